"""Functions of Keras 1's `keras.backend` that Keras 2 has under other names."""

from cornu.core import config

ORDERINGS = {"th": "channels_first", "tf": "channels_last"}


def image_dim_ordering():
    """`"th"` for channels first, `"tf"` for channels last.

    Example:
        >>> import cornu
        >>> cornu.backend.image_dim_ordering()
        'tf'
    """
    formats = {data_format: name for name, data_format in ORDERINGS.items()}
    return formats[config.image_data_format()]


def set_image_dim_ordering(dim_ordering):
    """Set where the channels of images stand.

    Args:
        dim_ordering: `"th"` (first) or `"tf"` (last).

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.backend.set_image_dim_ordering("tf")
    """
    if dim_ordering not in ORDERINGS:
        raise ValueError(
            f"`dim_ordering` must be 'th' or 'tf'. Received: dim_ordering={dim_ordering!r}"
        )
    config.set_image_data_format(ORDERINGS[dim_ordering])
