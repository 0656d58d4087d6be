"""`keras.activations`: functions applied to the outputs of layers."""

from cornu.activations._functions import (
    elu,
    exponential,
    gelu,
    leaky_relu,
    linear,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from cornu.activations._names import deserialize, get, serialize

swish = silu

__all__ = [
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "leaky_relu",
    "linear",
    "log_softmax",
    "relu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]
