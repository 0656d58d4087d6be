"""Activations without corners, but for that of `celu` and `selu` at 0."""

from cornu import ops
from cornu.serial.registry import export


@export("keras.activations.celu")
def celu(x, alpha=1.0):
    """`x` where positive, `alpha * (exp(x / alpha) - 1)` elsewhere (Barron 2017).

    Args:
        x: tensor.
        alpha: the result tends to `-alpha` for large negative `x`; not 0.

    Example:
        >>> import cornu
        >>> cornu.activations.celu([-100.0, 1.0])
        Array([-1.,  1.], dtype=float32)
    """
    return ops.celu(x, alpha=alpha)


@export("keras.activations.selu")
def selu(x):
    """`1.0507 * elu(x, 1.6733)`, which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    Goes with the initializer `"lecun_normal"` and with `AlphaDropout`.

    Example:
        >>> import cornu
        >>> cornu.activations.selu([-100.0, 0.0, 1.0])
        Array([-1.7580993,  0.       ,  1.050701 ], dtype=float32)
    """
    return ops.selu(x)


@export("keras.activations.glu")
def glu(x, axis=-1):
    """First half of `x` along `axis`, times the sigmoid of the second half (Dauphin et al. 2016).

    Args:
        x: tensor.
        axis: int, an axis of even size, which is halved.

    Raises:
        ValueError: if `axis` has an odd size.

    Example:
        >>> import cornu
        >>> cornu.activations.glu([3.0, 8.0, 100.0, 0.0])
        Array([3., 4.], dtype=float32)
    """
    return ops.glu(x, axis=axis)


@export("keras.activations.log_sigmoid")
def log_sigmoid(x):
    """Logarithm of `sigmoid`, without its rounding to zero.

    Example:
        >>> import cornu
        >>> cornu.activations.log_sigmoid([-1000.0, 1000.0]) + 0.0
        Array([-1000.,     0.], dtype=float32)
    """
    return ops.log_sigmoid(x)


@export("keras.activations.mish")
def mish(x):
    """`x * tanh(softplus(x))` (Misra 2019).

    Example:
        >>> import cornu
        >>> cornu.activations.mish([0.0, 100.0])
        Array([  0., 100.], dtype=float32)
    """
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


@export("keras.activations.softsign")
def softsign(x):
    """`x / (1 + |x|)`, from -1 to 1 (Turian et al. 2009).

    Example:
        >>> import cornu
        >>> cornu.activations.softsign([-1.0, 0.0, 3.0])
        Array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    return ops.softsign(x)


@export("keras.activations.squareplus")
def squareplus(x, b=4):
    """`(x + sqrt(x**2 + b)) / 2`, a smooth relu without `exp` (Barron 2021).

    Args:
        x: tensor.
        b: how wide the bend at 0 is, not negative; 0 gives relu.

    Example:
        >>> import cornu
        >>> cornu.activations.squareplus([0.0, 1.5])
        Array([1., 2.], dtype=float32)
    """
    return ops.squareplus(x, b=b)


@export("keras.activations.tanh_shrink")
def tanh_shrink(x):
    """`x - tanh(x)`.

    Example:
        >>> import cornu
        >>> cornu.activations.tanh_shrink([0.0, 100.0])
        Array([ 0., 99.], dtype=float32)
    """
    return ops.tanh_shrink(x)
