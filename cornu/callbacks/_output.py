"""Where callbacks write to: standard output, or the log when interactive logging is off."""

import logging
import os
import sys

from cornu.core import config

LOGGER = logging.getLogger("cornu")


def say(message, line_break=True):
    """Print `message`; after `keras.config.disable_interactive_logging()`, log it instead."""
    if config.setting("interactive_logging"):
        sys.stdout.write(message + "\n" if line_break else message)
        sys.stdout.flush()
    else:
        LOGGER.info(message)


def is_dynamic():
    """Whether what was written can be written over: on a terminal, in a notebook."""
    return config.setting("interactive_logging") and (
        bool(getattr(sys.stdout, "isatty", bool)())
        or "ipykernel" in sys.modules
        or "PYCHARM_HOSTED" in os.environ
    )
