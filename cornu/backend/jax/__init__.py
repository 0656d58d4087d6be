"""The engine on JAX/XLA."""

from cornu.backend.jax import (
    arrays,
    attention,
    convolution,
    engine,
    fourier,
    image,
    linalg,
    math,
    native,
    native_normalization,
    native_products,
    nn,
    pooling,
    products,
    random,
    recurrent,
    segments,
)

__all__ = ["engine", "kernels"]


class Kernels:
    """All kernels by name. `overrides` are those that replace the portable body of an op."""

    overrides = frozenset()

    def __init__(self, *modules):
        for module in modules:
            for name in module.__all__:
                setattr(self, name, getattr(module, name))


kernels = Kernels(
    arrays,
    math,
    products,
    linalg,
    nn,
    convolution,
    pooling,
    attention,
    image,
    random,
    recurrent,
    fourier,
    segments,
    native,
    native_normalization,
    native_products,
)
