"""What goes wrong with a model file or a config: one error class, with where and why."""

import sys
import warnings

from cornu.core.errors import LIMIT


class ModelFileError(ValueError):
    """A saved model, weights file or config that cannot be used.

    Args:
        reason: what is wrong and what to do about it.
        path: the file, or None when a config in memory was read.
        member: the part of the file, such as `"config.json"`.
        pointer: where in the JSON, such as `"$.config.layers[3].config"`.

    Example:
        >>> import cornu
        >>> try:
        ...     cornu.saving.deserialize_keras_object({"class_name": "Nothing", "config": {}})
        ... except cornu.saving.ModelFileError as error:
        ...     print(error.pointer)
        $
    """

    def __init__(self, reason, path=None, member=None, pointer=None, config=None):
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.member = member
        self.pointer = pointer
        self._config = config

    def __str__(self):
        where = [str(part) for part in (self.path, self.member, self.pointer) if part is not None]
        text = f"{self.reason} (at {', '.join(where)})" if where else self.reason
        return text if len(text) <= LIMIT else text[: LIMIT - 3] + "..."

    def inside(self, outer):
        """Extend the pointer: this error's config lies somewhere in the config `outer`."""
        steps = path_to(outer, self._config)
        if steps is not None:
            self.pointer = "$" + steps + (self.pointer or "$")[1:]
            self._config = outer
        return self

    def located(self, path=None, member=None):
        """Fill in the file and its member where they are not known yet."""
        self.path = path if self.path is None else self.path
        self.member = member if self.member is None else self.member
        return self


class ConfigError(ModelFileError, TypeError):
    """A config that names or describes something that cannot be built (a `TypeError` as well, as in
    Keras)."""


def warn_user(message, category=UserWarning):
    """Warn, pointing at the line outside of this package that led here."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("cornu."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def path_to(outer, inner):
    """The JSON path from `outer` to the very object `inner` (or an equal one), or None.

    Example:
        >>> leaf = {"x": 1}
        >>> path_to({"a": [0, leaf]}, leaf)
        '.a[1]'
    """
    if inner is None:
        return None
    return _search(outer, lambda node: node is inner) or _search(
        outer, lambda node: _equal(node, inner)
    )


def _equal(node, inner):
    return isinstance(node, dict) and node.keys() == inner.keys() and repr(node) == repr(inner)


def _search(outer, matches, depth=0):
    if depth and matches(outer):
        return ""
    if depth > 100:
        return None
    if isinstance(outer, dict):
        children = ((f".{key}", value) for key, value in outer.items())
    elif isinstance(outer, (list, tuple)):
        children = ((f"[{index}]", value) for index, value in enumerate(outer))
    else:
        return None
    for step, value in children:
        rest = _search(value, matches, depth + 1)
        if rest is not None:
            return step + rest
    return None
