"""The engine that computes, and the public `keras.backend` functions on settings and dtypes.

Inside the package: `from cornu.backend import engine, kernels`. `kernels` holds functions on
tensors, `engine` the verbs that transform functions (see `protocol`). What the public namespace has
beyond this is added by `cornu._api`.
"""

from cornu.backend.jax import engine, kernels
from cornu.core.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from cornu.core.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype
from cornu.core.names import get_uid

__all__ = [
    "backend",
    "engine",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "kernels",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
