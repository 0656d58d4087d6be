"""Layer normalization by `cornu-native`, which reads each row from memory once."""

import dataclasses
import functools

import jax
import jax.numpy as jnp

from cornu.backend.jax import native

__all__ = ["layer_norm", "layer_norm_suits"]

FLOAT = jnp.dtype("float32")
LEAST_SIZE, LEAST_ROW = 1 << 16, 16


def layer_norm_suits(x, gamma, beta, axes):
    """Whether `layer_norm` does this, and fast."""
    if x.dtype != FLOAT or not all(isinstance(size, int) for size in x.shape):
        return False
    if axes != (x.ndim - 1,):
        return False
    row = x.shape[-1]
    if any(each.size != row or each.dtype != FLOAT for each in (gamma, beta)):
        return False
    return x.size >= LEAST_SIZE and row >= LEAST_ROW and native.has_native("cornu_layer_norm")


def layer_norm(x, gamma, beta, epsilon):
    """`x` with mean 0 and variance 1 along its last axis, times `gamma`, plus `beta`.

    Args:
        gamma, beta: tensors of the size of that axis.
        epsilon: added to the variance.
    """
    return _layer_norm(x, gamma, beta, float(epsilon))


@functools.partial(jax.custom_jvp, nondiff_argnums=(3,))
def _layer_norm(x, gamma, beta, epsilon):
    run = _Normal(epsilon)
    return native.call_native("cornu_layer_norm", run, [x, gamma, beta], epsilon=epsilon)[0]


@_layer_norm.defjvp
def _(epsilon, values, changes):
    [change] = native.call_native(
        None,
        _NormalChange(epsilon),
        [*changes, *values[:2]],
        3,
        "cornu_layer_norm_gradient",
        epsilon=epsilon,
    )
    return _layer_norm(*values, epsilon), change


def _normal(x, epsilon):
    """Rows with mean 0 and variance 1, and by what they were multiplied."""
    # Differences from one element lose no digits where all are large and near to each other.
    shifted = x - jax.lax.stop_gradient(x[..., :1])
    centered = shifted - jnp.mean(shifted, -1, keepdims=True)
    factor = jax.lax.rsqrt(jnp.mean(jnp.square(centered), -1, keepdims=True) + epsilon)
    return centered * factor, factor


@dataclasses.dataclass(frozen=True)
class _Normal:
    """What `cornu_layer_norm` computes."""

    epsilon: float

    def __call__(self, x, gamma, beta):
        return [_normal(x, self.epsilon)[0] * gamma + beta]


@dataclasses.dataclass(frozen=True)
class _NormalChange:
    """The change of `_Normal` with those of its arguments."""

    epsilon: float

    def __call__(self, x_change, gamma_change, beta_change, x, gamma):
        normal, factor = _normal(x, self.epsilon)
        mean = jnp.mean(x_change, -1, keepdims=True)
        slope = jnp.mean(x_change * normal, -1, keepdims=True)
        change = (x_change - mean - normal * slope) * factor
        return [change * gamma + normal * gamma_change + beta_change]
