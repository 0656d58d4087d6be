"""The values of a function's names before, in, and after control flow."""

import numpy as np

from cornu.backend import engine
from cornu.control_flow.errors import RETURNED, control_flow_error, in_words
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.state.variable import Variable, value_of

NUMBERS = (bool, int, float, complex)
COMPARABLE = (*NUMBERS, str, bytes, np.dtype)


class Undefined:
    """Stands for the value of a name that has none yet.

    Args:
        name: the name.
    """

    def __init__(self, name):
        self.symbol_name = name

    def read(self):
        """Raise what Python raises when the name is read."""
        raise UnboundLocalError(
            f"cannot access local variable '{self.symbol_name}' where it is not associated with a"
            " value"
        )

    def __getattr__(self, attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return self.read()


class NotReturned(Undefined):
    """Stands for the value that a function returns while it has not returned yet."""

    def __init__(self):
        super().__init__(RETURNED)


class Values:
    """What a name is bound to, taken apart.

    Args:
        value: a tensor, a nest of tensors and other things, or anything else.

    Attributes:
        value: the value itself.
        leaves: what is in the nest.
    """

    def __init__(self, value):
        self.value = value
        self.leaves = tree.flatten(value)
        self._structure = tree.structure_of(value)

    @property
    def undefined(self):
        """Whether there is none."""
        return len(self.leaves) == 1 and isinstance(self.leaves[0], Undefined)

    @property
    def not_returned(self):
        """Whether it stands for what a function has not returned yet."""
        return self.undefined and isinstance(self.leaves[0], NotReturned)

    def filled(self, leaves):
        """The value with other leaves in it."""
        return self._structure.unflatten(list(leaves))

    def is_like(self, other):
        """Whether the other value is nested in the same way."""
        return self._structure == other._structure

    def __str__(self):
        return shorten(self.filled(map(_described, self.leaves)), 120)


class _Word:
    """Text that shows without quotation marks."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def _described(leaf):
    if not engine.is_tensor(leaf):
        return leaf
    return _Word(f"a {leaf.dtype} tensor of shape {known(leaf.shape)}")


def known(shape):
    """A shape as a tuple, None for sizes that are not known."""
    return tuple(size if isinstance(size, int) else None for size in shape)


def is_dynamic(leaf):
    """Whether a leaf is a tensor, or a number that can become one."""
    return (
        type(leaf) in NUMBERS
        or engine.is_tensor(leaf)
        or isinstance(leaf, (np.ndarray, np.generic, Variable))
    )


def is_same(a, b):
    """Whether two leaves are known to be the same thing."""
    return a is b or (type(a) is type(b) and isinstance(a, COMPARABLE) and a == b)


def tensor(leaf):
    """A dynamic leaf as a tensor; what is a number to Python takes the dtype of what it meets."""
    return engine.weak_asarray(value_of(leaf))


def as_condition(value, statement):
    """A traced condition as a scalar bool.

    Raises:
        ControlFlowError: if it is more than one number.
    """
    shape = known(value.shape)
    if any(size != 1 for size in shape):
        raise control_flow_error(
            f"The condition of `{statement}` is a tensor of shape {shape}, not one truth.",
            "Use `keras.ops.any` or `keras.ops.all` to make one of it, or `keras.ops.where` to"
            " choose element by element.",
        )
    return engine.cast(value.reshape(()), "bool")


def snapshot(functions):
    """The lists, dicts and sets that functions can reach by name, with what is in them now."""
    found = {}
    for function in functions:
        names = function.__code__.co_freevars
        for name, cell in zip(names, function.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:  # set later
                continue
            _note(found, name, value)
            for attribute, inner in getattr(value, "__dict__", {}).items():
                if not attribute.startswith("_"):
                    _note(found, f"{name}.{attribute}", inner)
    return list(found.values())


def _note(found, name, value):
    if type(value) in (list, dict, set):
        found.setdefault(id(value), (name, value, value.copy()))


def check_unchanged(before, statement):
    """Raise ControlFlowError if a list, dict or set has changed since `snapshot`; what was in it is
    put back.
    """
    for name, container, content in before:
        if _is_unchanged(container, content):
            continue
        container.clear()
        (container.extend if isinstance(container, list) else container.update)(content)
        raise control_flow_error(
            f"The {type(container).__name__} `{name}` is changed inside a `{statement}` that"
            " depends on the value of a tensor: it would be changed once, while the code is"
            " compiled, not each time it runs.",
            "Use a tensor with a place for each element and write `x = x.at[i].set(value)`, or"
            " `keras.ops.scan`, which stacks what each step returns.",
        )


def _is_unchanged(container, content):
    if len(container) != len(content):
        return False
    if isinstance(container, dict):
        return all(key in content and content[key] is value for key, value in container.items())
    if isinstance(container, set):
        return container == content
    return all(a is b for a, b in zip(container, content, strict=True))


def unset_error(name, statement, where):
    """The error for a name that has a value on one way only."""
    return control_flow_error(
        f"{in_words(name)} is set {where}, and whether that runs depends on the value of a tensor.",
        f"Give {in_words(name)} a value of the same shape and dtype before the `{statement}`."
        if not name.startswith(RETURNED)
        else "Return a value of the same shape and dtype on every way through the function.",
    )
