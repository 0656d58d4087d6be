"""Adam as one writes it by hand on JAX (Kingma and Ba, 2014, the form with one step size that
stands before section 2.1)."""

import jax
import jax.numpy as jnp


def start(parameters):
    """The state of training: step count, parameters and both moments."""
    # Each moment has memory of its own, for the state may be donated.
    first, second = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
    return jnp.zeros((), "int32"), parameters, first, second


def step(state, gradients, rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """The state after one update of the parameters by their gradients."""
    count, parameters, first, second = state
    count = count + 1
    t = count.astype("float32")
    size = rate * jnp.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - beta_1), first, gradients)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - beta_2), second, gradients)
    parameters = jax.tree.map(
        lambda p, m, v: p - size * m / (jnp.sqrt(v) + epsilon), parameters, first, second
    )
    return count, parameters, first, second
