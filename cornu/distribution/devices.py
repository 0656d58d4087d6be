"""Which devices there are, and how a program is spread over them."""

from cornu.backend import engine
from cornu.serial.registry import export


@export("keras.distribution.distribution")
def distribution():
    """How the program is spread over devices, or None if it is not.

    It never is so far: cornu runs a program on one device, `keras.device` chooses which.

    Example:
        >>> import cornu
        >>> cornu.distribution.distribution() is None
        True
    """
    return


@export("keras.distribution.list_devices")
def list_devices(device_type=None):
    """Names of the devices of a kind, such as `["gpu:0", "gpu:1"]`.

    Args:
        device_type: `"cpu"`, `"gpu"` or `"tpu"`; the kind that programs run on by default.

    Raises:
        RuntimeError: if there is none of that kind.

    Example:
        >>> import cornu
        >>> cornu.distribution.list_devices("cpu")[0]
        'cpu:0'
    """
    return engine.device_names(None if device_type is None else device_type.lower())


@export("keras.distribution.get_device_count")
def get_device_count(device_type=None):
    """The number of devices of a kind.

    Args:
        device_type: `"cpu"`, `"gpu"` or `"tpu"`; the kind that programs run on by default.

    Raises:
        RuntimeError: if there is none of that kind.

    Example:
        >>> import cornu
        >>> cornu.distribution.get_device_count("cpu") >= 1
        True
    """
    return len(list_devices(device_type))
