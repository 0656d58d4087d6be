"""Puts into the public namespace `cornu.backend` what stands above the engine."""

try:
    import cornu.quantize  # noqa: F401
except ImportError: pass
from cornu import backend
from cornu.session import clear_session
from cornu.symbolic.tensor import is_keras_tensor

backend.clear_session = clear_session
backend.is_keras_tensor = is_keras_tensor
