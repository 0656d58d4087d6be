"""Puts into the public namespaces what stands above them: functions of Keras 2's backend, and old
names."""

import importlib

import cornu.quantize  # noqa: F401  (hooks low-rank adaptation and quantisation into layers)
from cornu import backend
from cornu.core.lazy import lazy_module
from cornu.legacy import names
from cornu.session import clear_session
from cornu.symbolic.tensor import is_keras_tensor

backend.clear_session = clear_session
backend.is_keras_tensor = is_keras_tensor

# Keras 2's functions, imported when the first of them is asked for.
_legacy = lazy_module("cornu.compat.k_backend")


def _legacy_function(name):
    if not name.startswith("_"):
        found = _legacy.FUNCTIONS.get(name)
        if found is not None:
            return found
    return names.find("backend", name)


backend.__getattr__ = _legacy_function


def _old_names(space):
    """The `__getattr__` of a public module that finds names of Keras 1 and 2."""

    def find(name):
        return names.find(space, name)

    return find


for _space in names.HOOKED:
    _module = importlib.import_module(f"cornu.{_space}" if _space else "cornu")
    _module.__getattr__ = _old_names(_space)

_finder = lazy_module("cornu.compat.finder")


def install_as_keras(tensorflow="cornu"):
    """Have `import keras`, `tf_keras` and `tensorflow` mean this package from now on, in this
    process. `python -m cornu SCRIPT` does it for a script as it is.

    Args:
        tensorflow: `"real"` leaves `import tensorflow` to an installed TensorFlow.

    Raises:
        RuntimeError: if another `keras` or `tensorflow` was imported before.
        ValueError: for another value of `tensorflow`.
    """
    _finder.install(tensorflow)


def load_ipython_extension(ipython):
    """What `%load_ext cornu` does in a notebook: `install_as_keras()`."""
    _finder.load_ipython_extension(ipython)
