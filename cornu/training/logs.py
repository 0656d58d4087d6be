"""Logs that stay on the device until somebody reads them."""

import numpy as np


def to_float(value):
    """A tensor of one element as a Python float; other tensors as NumPy arrays, other things as
    they are."""
    if hasattr(value, "dtype"):
        value = np.asarray(value)
        return float(value.reshape(())) if value.size == 1 else value
    return value


class Logs(dict):
    """A dict from a name to a number, each read from the device when first asked for."""

    def __getitem__(self, key):
        value = super().__getitem__(key)
        if hasattr(value, "dtype"):
            value = to_float(value)
            super().__setitem__(key, value)
        return value

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __iter__(self):  # overridden so that `dict(logs)` and `{**logs}` read through `__getitem__`
        return super().__iter__()

    def keys(self):
        return super().keys()

    def values(self):
        return [self[key] for key in self]

    def items(self):
        return [(key, self[key]) for key in self]

    def copy(self):
        return dict(self.items())

    def pop(self, key, *default):
        value = self.get(key, *default)
        super().pop(key, None)
        return value

    def __repr__(self):
        return repr(self.copy())

    def __eq__(self, other):
        return self.copy() == other

    __hash__ = None

    def __reduce__(self):
        return (dict, (self.copy(),))
