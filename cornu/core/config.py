"""Settings of the process: default float type, epsilon, image layout, engine.

Read once from the environment (`KERAS_BACKEND`) and from `~/.keras/keras.json` (or
`$KERAS_HOME/keras.json`) if that file is there and readable; it is never required and never an
error.
"""

import json
import os
from pathlib import Path

from cornu.core import dtypes

FLOAT_CHOICES = ("bfloat16", "float16", "float32", "float64")
LAYOUT_CHOICES = ("channels_last", "channels_first")
BACKENDS = ("jax",)

_settings = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "backend": "jax",
    "interactive_logging": True,
    "traceback_filtering": True,
    "flash_attention": None,
    "max_epochs": None,
    "max_steps_per_epoch": None,
    "strict": False,
}
_listeners = []


def on_floatx(listener):
    """Have `listener(dtype)` called whenever the default float type changes."""
    _listeners.append(listener)


def floatx():
    """The default float dtype, as a string: `"float32"` unless changed."""
    return _settings["floatx"]


def set_floatx(value):
    """Set the default float dtype.

    Args:
        value: `"bfloat16"`, `"float16"`, `"float32"` or `"float64"`. `"float64"` also switches the
            engine's 64-bit types on, and any other value switches them off again if this function
            had switched them on.

    Raises:
        ValueError: for any other value.
    """
    if value not in FLOAT_CHOICES:
        raise ValueError(f"Unknown `floatx` value: {value!r}. Expected one of {FLOAT_CHOICES}")
    if value == _settings["floatx"]:
        return  # what listeners do, dropping compiled code among it, costs time
    _settings["floatx"] = str(value)
    dtypes.set_default_float(str(value))
    for listener in _listeners:
        listener(str(value))


def epsilon():
    """The small number that keeps divisions and logarithms finite."""
    return _settings["epsilon"]


def set_epsilon(value):
    """Set the small number that keeps divisions and logarithms finite."""
    _settings["epsilon"] = float(value)


def image_data_format():
    """`"channels_last"` or `"channels_first"`: the default axis order of images."""
    return _settings["image_data_format"]


def set_image_data_format(data_format):
    """Set the default axis order of images to `"channels_last"` or `"channels_first"`."""
    _settings["image_data_format"] = standardize_data_format(data_format)


def standardize_data_format(data_format):
    """`data_format`, or the default for None; an unknown one raises ValueError."""
    if data_format is None:
        return image_data_format()
    if str(data_format).lower() not in LAYOUT_CHOICES:
        raise ValueError(
            "The `data_format` argument must be one of "
            f"{set(LAYOUT_CHOICES)}. Received: data_format={data_format}"
        )
    return str(data_format).lower()


def backend():
    """The name of the engine that computes: `"jax"`."""
    return _settings["backend"]


def strict():
    """Whether what is probably a mistake is an error instead of a warning; False unless changed."""
    return _settings["strict"]


def set_strict(value):
    """Make an error of what is probably a mistake, and by default gives a warning.

    That is: a loss or metric whose `y_true` and `y_pred` have shapes that only fit by broadcasting,
    such as (batch, 1) and (batch, 10). Losses look at shapes when they are called, or when the code
    around them is compiled; so set this before training.

    Args:
        value: True for errors, False for warnings.

    Raises:
        TypeError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.config.set_strict(True)
        >>> cornu.losses.MeanSquaredError()([[0.0], [0.0]], [[1.0, 2.0], [3.0, 4.0]])
        Traceback (most recent call last):
            ...
        ValueError: `y_true` of shape (2, 1) and `y_pred` of shape (2, 2) only fit by ...
        >>> cornu.config.set_strict(False)
    """
    if not isinstance(value, bool):
        raise TypeError(f"`set_strict` takes True or False. Received: {value!r:.100}")
    _settings["strict"] = value


def max_epochs():
    """The most epochs that any `fit` runs, or None; the environment's `KERAS_MAX_EPOCHS` at
    first."""
    return _settings["max_epochs"]


def set_max_epochs(max_epochs):
    """Have no `fit` run more epochs than this, as for a quick trial of a script; None for no limit.

    Raises:
        ValueError: for anything but a positive int or None.
    """
    _settings["max_epochs"] = _limit("max_epochs", max_epochs)


def max_steps_per_epoch():
    """The most steps of any epoch, evaluation and prediction, or None; the environment's
    `KERAS_MAX_STEPS_PER_EPOCH` at first."""
    return _settings["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch):
    """Have no epoch, evaluation or prediction take more steps than this; None for no limit.

    Raises:
        ValueError: for anything but a positive int or None.
    """
    _settings["max_steps_per_epoch"] = _limit("max_steps_per_epoch", max_steps_per_epoch)


def _limit(name, value):
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"`{name}` must be a positive int or None. Received: {value!r:.100}")
    return value


def setting(name):
    """The value of one of the plain switches of this module."""
    return _settings[name]


def set_setting(name, value):
    """Change one of the plain switches of this module."""
    _settings[name] = value


def _read_file():
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        found = json.loads((home / "keras.json").read_text())
    except (OSError, ValueError):
        return
    if not isinstance(found, dict):
        return
    if found.get("floatx") in FLOAT_CHOICES:
        set_floatx(found["floatx"])
    if isinstance(found.get("epsilon"), float):
        set_epsilon(found["epsilon"])
    if found.get("image_data_format") in LAYOUT_CHOICES:
        set_image_data_format(found["image_data_format"])


def _read_environment():
    for name in ("max_epochs", "max_steps_per_epoch"):
        given = os.environ.get(f"KERAS_{name.upper()}", "")
        if given.isdigit() and int(given) > 0:
            _settings[name] = int(given)
    wanted = os.environ.get("KERAS_BACKEND")
    if wanted and wanted not in BACKENDS:
        import warnings

        warnings.warn(
            f"KERAS_BACKEND={wanted} asks for an engine that cornu does not have; it runs on jax.",
            stacklevel=2,
        )


_read_file()
_read_environment()
