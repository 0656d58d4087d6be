"""Functions for `test_tape.py`: each makes a scalar of a float array of shape (3, 4)."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

CONSTANT = np.linspace(-1.0, 1.0, 12).reshape(3, 4)


@jax.custom_jvp
def clipped(x):
    return jnp.clip(x, -0.5, 0.5)


@clipped.defjvp
def clipped_rule(primals, tangents):
    (x,), (tangent,) = primals, tangents
    return clipped(x), tangent * jnp.cos(x)


@jax.custom_vjp
def doubled_back(x, scale):
    return jnp.sin(x) * scale


def _forward(x, scale):
    return doubled_back(x, scale), (x, scale)


def _backward(kept, gradient):
    x, scale = kept
    return 2 * gradient * jnp.cos(x) * scale, jnp.sum(gradient * jnp.sin(x))


doubled_back.defvjp(_forward, _backward)


def captured_by_jit(w):
    inner = jax.jit(lambda v: jnp.tanh(v @ w.T))
    return jax.jit(lambda v: inner(v) * w.sum())(w * 0.5).sum()


def captured_by_scan(w):
    def step(carry, row):
        return jnp.tanh(carry @ w.T @ w) + row, carry.sum()

    carry, sums = lax.scan(step, w[0], w)
    return carry.sum() + sums.sum()


def conditions(w):
    first = lax.cond(w[0, 0] > 10, lambda v: v * 2, lambda v: v * w[0, 1], w)
    second = lax.switch(1, [lambda v: v, lambda v: v**3, jnp.sin], w)
    return (first + second).sum()


def several_outputs(w):
    values, indices = lax.top_k(w, 2)
    left, right = jnp.split(w, 2, axis=1)
    return (values**2).sum() + (left * right).sum() + w[0, indices[0, 0]]


def layer_and_loss(w):
    hidden = jax.nn.relu(CONSTANT.astype("float32").T @ w + w[0])
    logits = jax.nn.log_softmax(hidden @ w.T[:, :3])
    return -jnp.take_along_axis(logits, np.array([[0], [2], [1], [1]]), axis=1).mean()


def stopped(w):
    held = lax.stop_gradient(w)
    return (w * held + held**2).sum()


def linear_algebra(w):
    square = w @ w.T + jnp.eye(3)
    lower = jnp.linalg.cholesky(square)
    return jnp.linalg.inv(square).sum() + jnp.linalg.solve(square, w).sum() + lower.sum()


def convolution(w):
    image = w.reshape(1, 3, 4, 1)
    kernel = w[:2, :2].reshape(2, 2, 1, 1)
    found = lax.conv_general_dilated(
        image, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return lax.reduce_window(found, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 1, 1, 1), "VALID").sum()


CASES = {
    "operators": lambda w: ((w * 2 + 1) / 3 - w**2 + (-w) ** 3 + abs(w)).sum(),
    "reflected_operators": lambda w: (1 - w + 2.5 * w + 1 / (3 + w) + 2.0**w).sum(),
    "same_array_twice": lambda w: (w * w + w @ w.T @ w).sum(),
    "numpy_arrays": lambda w: (CONSTANT * w + w - CONSTANT).sum(),
    "numpy_functions": lambda w: jnp.sum(jnp.exp(w) * jnp.tanh(w) + jnp.maximum(w, CONSTANT)),
    "indexing": lambda w: (w[0] * w[1:] + w[1:, -1:] + w[:2, None, 1]).sum() + w[2, 3] ** 2,
    "iteration": lambda w: sum((row * (i + 1)).sum() ** 2 for i, row in enumerate(w)),
    "update_at": lambda w: (w.at[0].set(2.0).at[:, 1].add(w[:, 2]) ** 2).sum(),
    "shapes": lambda w: (w.T.reshape(2, 6) @ w.ravel().reshape(6, 2)).sum() * w.mean(),
    "reductions": lambda w: w.max() * w.std() + jnp.linalg.norm(w) + jnp.prod(w[0]) + w.min(),
    "sorting": lambda w: (jnp.sort(w, axis=1) * CONSTANT).sum() + jnp.cumsum(w)[5],
    "where": lambda w: jnp.where(w > 0, w**2, jnp.exp(w)).sum(),
    "logsumexp": lambda w: jax.scipy.special.logsumexp(w) + jax.nn.softplus(w).sum(),
    "einsum": lambda w: jnp.einsum("ij,kj->ik", w, w).sum() + jnp.vdot(w, w),
    "activations": lambda w: (
        jax.nn.gelu(w) + jax.nn.silu(w) + jax.nn.relu6(w) - jax.nn.elu(w)
    ).sum(),
    "xlogy": lambda w: jax.scipy.special.xlogy(w**2, w**2 + 1).sum(),
    "fft": lambda w: (jnp.abs(jnp.fft.fft(w)) ** 2).sum(),
    "complex_between": lambda w: jnp.real((w + 1j * w**2) * jnp.conj(w - 2j)).sum(),
    "casts": lambda w: (w.astype("float16").astype("float32") * w.astype("int32")).sum(),
    "float_of_integers": lambda w: (w * jnp.argsort(w) + jnp.round(w)).sum(),
    "copies": lambda w: (jnp.array(w) * w.copy() + jax.device_put(w) * jnp.asarray(w)).sum(),
    "random": lambda w: (w * jax.random.normal(jax.random.key(0), w.shape)).sum(),
    "dropout": lambda w: jnp.where(
        jax.random.bernoulli(jax.random.key(1), 0.5, w.shape), w**2, 0.0
    ).sum(),
    "jitted": lambda w: jax.jit(lambda v, n: (v**n).sum(), static_argnums=1)(w, 3),
    "jitted_with_nests": lambda w: jax.jit(lambda a, b: a["x"] @ b[0].T)({"x": w}, b=[w, 3]).sum(),
    "captured_by_jit": captured_by_jit,
    "scan": lambda w: lax.scan(lambda c, row: (c * row + 1, None), w[0], w)[0].sum(),
    "captured_by_scan": captured_by_scan,
    "fori_loop": lambda w: lax.fori_loop(0, 3, lambda i, v: jnp.sin(v) * w[i], w[0]).sum(),
    "map": lambda w: lax.map(lambda row: jnp.outer(row, row).sum(), w).sum(),
    "conditions": conditions,
    "while_beside": lambda w: w.sum() * lax.while_loop(lambda i: i < 5, lambda i: i + 2, 0),
    "checkpoint": lambda w: jax.checkpoint(lambda v: jnp.sin(v @ w.T).sum())(w),
    "vmap": lambda w: jax.vmap(lambda row: jnp.outer(row, w[0]).sum() * row[0])(w).sum(),
    "grad": lambda w: (jax.grad(lambda v: (v**3 * w).sum())(w) ** 2).sum(),
    "jvp": lambda w: jax.jvp(jnp.sin, (w,), (w * 2,))[1].sum(),
    "custom_jvp": lambda w: (clipped(w * 0.7) ** 2).sum(),
    "custom_vjp": lambda w: (doubled_back(w, w[0, 0]) ** 2).sum(),
    "custom_in_jit": lambda w: jax.jit(lambda v: clipped(v) + doubled_back(v, 2.0))(w).sum(),
    "stop_gradient": stopped,
    "several_outputs": several_outputs,
    "layer_and_loss": layer_and_loss,
    "linear_algebra": linear_algebra,
    "convolution": convolution,
}
