"""Automatic names, given out per process until `clear_session`."""

import functools
import re

from cornu.core.scopes import NAME_COUNTS

_WORD_START = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")


@functools.lru_cache(4096)
def to_snake_case(name):
    """`MaxPooling2D` as `max_pooling2d`."""
    name = _WORD_START.sub("_", re.sub(r"\W+", "", name)).lower()
    return re.sub("_+", "_", name)


def get_uid(prefix=""):
    """The next number for `prefix`, counting from 1."""
    NAME_COUNTS[prefix] = NAME_COUNTS.get(prefix, 0) + 1
    return NAME_COUNTS[prefix]


def uniquify(name):
    """`name` itself the first time, then `name_1`, `name_2`, ..."""
    count = get_uid(name) - 1
    return f"{name}_{count}" if count else name


def auto_name(prefix):
    """A fresh name for an object whose class is called `prefix`."""
    return uniquify(to_snake_case(prefix))
