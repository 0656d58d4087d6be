"""Kernels that draw. A seed is a raw `uint32[2]` key, so that it can be the value of a variable."""

import jax
import jax.numpy as jnp

__all__ = [
    "beta",
    "binomial",
    "categorical",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
    "split_seed",
]


def split_seed(seed, count=2):
    return jax.random.split(seed, count)


def beta(seed, shape, alpha, beta, dtype):
    return jax.random.beta(seed, alpha, beta, shape, dtype)


def binomial(seed, shape, counts, probabilities, dtype):
    return jax.random.binomial(seed, counts, probabilities, shape, dtype)


def categorical(seed, logits, num_samples):
    shape = (num_samples, *logits.shape[:-1])
    return jnp.moveaxis(jax.random.categorical(seed, logits, axis=-1, shape=shape), 0, -1)


def gamma(seed, shape, alpha, dtype):
    return jax.random.gamma(seed, alpha, shape, dtype)


def normal(seed, shape, dtype):
    return jax.random.normal(seed, shape, dtype)


def randint(seed, shape, minval, maxval, dtype):
    return jax.random.randint(seed, shape, minval, maxval, dtype)


def shuffle(seed, x, axis):
    return jax.random.permutation(seed, x, axis, independent=False)


def truncated_normal(seed, shape, dtype):
    return jax.random.truncated_normal(seed, -2.0, 2.0, shape, dtype)


def uniform(seed, shape, dtype):
    return jax.random.uniform(seed, shape, dtype)
