"""What `import tensorflow as tf` means when cornu answers it: TensorFlow's names on cornu's own.

Each module here is a table, or thin functions where arguments differ. What eager code gets are
JAX's arrays with a few more methods (see `_tensors`); integers and floats of 64 bits are of 32, as
everywhere in cornu; dtypes that differ are promoted, where TensorFlow raises. `tf.__version__` says
which TensorFlow's names these are.

What is not here is an `AttributeError` that says what to do, and `python -m cornu --check SCRIPT`
lists beforehand what of a script is missing.
"""

import sys

from cornu.compat.tensorflow_api import _places, _spaces, _table, _tensors, _unsupported

_tensors.install_methods()
_spaces.compat.v2 = sys.modules[__name__]
globals().update(_spaces.TOP)
__version__ = _places.VERSION
__all__ = sorted(_spaces.TOP)


def __getattr__(name):
    raise _table.missing("tf", name, _spaces.TOP, _unsupported.TOP)


def __dir__():
    return __all__
