"""Native kernels beside the portable lowering, in one process."""

import importlib.util
from contextlib import contextmanager
from unittest import mock

import jax
import numpy as np
import pytest

from cornu.backend.jax import native

needs_package = pytest.mark.skipif(
    importlib.util.find_spec("cornu_native") is None,
    reason="cornu-native is not installed: make native",
)


@contextmanager
def portable():
    """Programs compiled in this context call no native kernel."""
    with mock.patch.object(native, "serves", lambda module: False):
        yield


@contextmanager
def without_package():
    """As if the package were not installed, for what is traced in this context."""
    jax.clear_caches()  # what was traced before
    with mock.patch.object(native, "package", lambda: None):
        yield
    jax.clear_caches()


def calls(function, *arguments):
    """The native kernels in the program of `function`, by name."""
    text = jax.jit(lambda *values: function(*values)).lower(*arguments).as_text()
    words = text.replace("(", " ").split()
    return {word.lstrip("@") for word in words if word.lstrip("@").startswith("cornu_")}


def by_both(function, *arguments):
    """What `function` returns, flat, with native kernels and without."""
    found = jax.tree.leaves(jax.jit(lambda *values: function(*values))(*arguments))
    with portable():
        expected = jax.tree.leaves(jax.jit(lambda *values: function(*values))(*arguments))
    return found, expected


def assert_close(found, expected, tolerance=1e-5):
    """Equal up to `tolerance`, as a part of the largest element of each."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        one, other = np.asarray(one, "float64"), np.asarray(other, "float64")
        scale = max(np.abs(other).max(initial=0), 1e-30)
        np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=tolerance)


def normal(seed, *shape, dtype="float32"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)
