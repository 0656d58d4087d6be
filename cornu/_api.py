"""Puts into the public namespace `cornu.backend` what stands above the engine."""

import cornu.quantize  # noqa: F401  (hooks low-rank adaptation and quantisation into layers)
from cornu import backend
from cornu.session import clear_session
from cornu.symbolic.tensor import is_keras_tensor

backend.clear_session = clear_session
backend.is_keras_tensor = is_keras_tensor
