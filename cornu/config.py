"""`keras.config`: settings of the process."""

from cornu.core.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    max_epochs,
    max_steps_per_epoch,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    set_max_epochs,
    set_max_steps_per_epoch,
    set_setting,
    set_strict,
    setting,
    strict,
)
from cornu.dtype_policies.policy import dtype_policy, set_dtype_policy
from cornu.serial.functions import enable_unsafe_deserialization

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_strict",
    "strict",
]


def enable_interactive_logging():
    """Let `fit` and others show progress on the terminal; the default."""
    set_setting("interactive_logging", True)


def disable_interactive_logging():
    """Let `fit` and others write plain log lines rather than progress bars."""
    set_setting("interactive_logging", False)


def is_interactive_logging_enabled():
    """Whether progress bars are shown."""
    return setting("interactive_logging")


def enable_traceback_filtering():
    """Leave frames of this package out of tracebacks where that is possible; the default."""
    set_setting("traceback_filtering", True)


def disable_traceback_filtering():
    """Show whole tracebacks."""
    set_setting("traceback_filtering", False)


def is_traceback_filtering_enabled():
    """Whether tracebacks are shortened."""
    return setting("traceback_filtering")


def enable_flash_attention():
    """Let attention be computed by the engine's fused kernel wherever that can do it.

    It keeps no scores in memory (Dao et al. 2022). It is used by default too, where possible.

    Example:
        >>> import cornu
        >>> cornu.config.enable_flash_attention()
        >>> cornu.config.is_flash_attention_enabled()
        True
        >>> cornu.config.disable_flash_attention()
    """
    set_setting("flash_attention", True)


def disable_flash_attention():
    """Let attention be computed without the engine's fused kernel, unless a call demands it."""
    set_setting("flash_attention", False)


def is_flash_attention_enabled():
    """Whether the engine's fused kernel for attention is enabled: True or False as set, or None
    where nothing was, and the engine decides."""
    return setting("flash_attention")
