"""Activations. `x` is a tensor of any shape, also a symbolic one; integers are computed as floats
where needed."""

from cornu import ops
from cornu.backend import engine, kernels
from cornu.core import config, dtypes
from cornu.serial import registry
from cornu.serial.registry import export
from cornu.symbolic.op import op


@export("keras.activations.relu")
@op("x", keras_name="ReLU", register=False)
def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """Rectified linear unit: `x` above `threshold`, else `negative_slope * (x - threshold)`.

    Args:
        x: tensor.
        negative_slope: slope below the threshold.
        max_value: largest value of the result, or None for no limit.
        threshold: the value below which `x` is damped or zero.

    Returns:
        A tensor shaped as `x`.

    Example:
        >>> import cornu
        >>> cornu.activations.relu([-2.0, 0.5, 8.0], negative_slope=0.5, max_value=6.0)
        Array([-1. ,  0.5,  6. ], dtype=float32)

    Reference: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """
    if negative_slope == 0 and max_value is None and threshold == 0:
        return ops.relu(x)
    exact = not dtypes.is_float_dtype(x.dtype)
    if exact and (negative_slope != 0 or max_value is not None):
        x = engine.cast(x, config.floatx())
    low = x.dtype.type(0)
    if negative_slope != 0:
        low = negative_slope * (x - threshold if threshold != 0 else x)
    x = kernels.where(x > threshold, x, low)
    return x if max_value is None else kernels.minimum(x, x.dtype.type(max_value))


# Files know the node of a call by where Keras keeps its class.
relu.operation.saved_path = "keras.src.activations.activations.ReLU"
registry.alias(relu.operation.saved_path, relu.operation)


@export("keras.activations.leaky_relu")
def leaky_relu(x, negative_slope=0.2):
    """`x` where positive, `negative_slope * x` elsewhere (Maas et al. 2013).

    Args:
        x: tensor.
        negative_slope: slope for negative `x`.

    Example:
        >>> import cornu
        >>> cornu.activations.leaky_relu([-5.0, 5.0])
        Array([-1.,  5.], dtype=float32)
    """
    return ops.leaky_relu(x, negative_slope=negative_slope)


@export("keras.activations.elu")
def elu(x, alpha=1.0):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al. 2015).

    Args:
        x: tensor.
        alpha: the result tends to `-alpha` for large negative `x`.

    Example:
        >>> import cornu
        >>> cornu.activations.elu([-100.0, 1.0])
        Array([-1.,  1.], dtype=float32)
    """
    return ops.elu(x, alpha=alpha)


@export("keras.activations.softmax")
def softmax(x, axis=-1):
    """Positive numbers that sum to 1 along `axis`: `exp(x)` divided by its sum.

    Args:
        x: tensor of at least one axis.
        axis: int, or a tuple of ints for a common sum over several axes.

    Example:
        >>> import cornu
        >>> cornu.activations.softmax([[1.0, 1.0]])
        Array([[0.5, 0.5]], dtype=float32)
    """
    return ops.softmax(x, axis=axis)


@export("keras.activations.log_softmax")
def log_softmax(x, axis=-1):
    """Logarithm of `softmax`, without its rounding to zero.

    Args:
        x: tensor of at least one axis.
        axis: int, or a tuple of ints for a common sum over several axes.

    Example:
        >>> import cornu
        >>> cornu.activations.log_softmax([0.0, 1000.0])
        Array([-1000.,     0.], dtype=float32)
    """
    return ops.log_softmax(x, axis=axis)


@export("keras.activations.sigmoid")
def sigmoid(x):
    """`1 / (1 + exp(-x))`, from 0 to 1.

    Example:
        >>> import cornu
        >>> cornu.activations.sigmoid([0.0])
        Array([0.5], dtype=float32)
    """
    return ops.sigmoid(x)


@export("keras.activations.tanh")
def tanh(x):
    """Hyperbolic tangent, from -1 to 1.

    Example:
        >>> import cornu
        >>> cornu.activations.tanh([0.0, 100.0])
        Array([0., 1.], dtype=float32)
    """
    return ops.tanh(x)


@export("keras.activations.gelu")
def gelu(x, approximate=False):
    """`x` times the probability that a normal variable is below `x` (Hendrycks & Gimpel 2016).

    Args:
        x: tensor.
        approximate: whether to use the paper's formula in tanh, accurate to about 1e-3.

    Example:
        >>> import cornu
        >>> cornu.activations.gelu([-10.0, 0.0, 10.0]) + 0.0
        Array([ 0.,  0., 10.], dtype=float32)
    """
    return ops.gelu(x, approximate=approximate)


@export("keras.activations.silu", "keras.activations.swish")
def silu(x):
    """`x * sigmoid(x)`, also called swish (Elfwing et al. 2017, Ramachandran et al. 2017).

    Example:
        >>> import cornu
        >>> cornu.activations.silu([0.0, 100.0])
        Array([  0., 100.], dtype=float32)
    """
    return ops.silu(x)


@export("keras.activations.softplus")
def softplus(x):
    """`log(1 + exp(x))`, a smooth relu.

    Example:
        >>> import cornu
        >>> cornu.activations.softplus([-200.0, 200.0])
        Array([  0., 200.], dtype=float32)
    """
    return ops.softplus(x)


@export("keras.activations.exponential")
def exponential(x):
    """`exp(x)`.

    Example:
        >>> import cornu
        >>> cornu.activations.exponential([0.0])
        Array([1.], dtype=float32)
    """
    return ops.exp(x)


@export("keras.activations.linear")
def linear(x):
    """`x` itself.

    Example:
        >>> import cornu
        >>> cornu.activations.linear(3.0)
        3.0
    """
    return x
