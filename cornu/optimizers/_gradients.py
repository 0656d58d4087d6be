"""Arithmetic on gradients: pure functions on values."""

from cornu.backend import engine, kernels


def clip_by_norm(gradient, limit):
    """`gradient`, scaled down to an L2 norm of `limit` where it is larger."""
    norm = kernels.sqrt(kernels.sum(kernels.square(gradient)))
    return gradient * limit / kernels.maximum(norm, gradient.dtype.type(limit))


def clip_by_global_norm(gradients, limit):
    """`gradients`, scaled by one factor so that the norm of all of them together is at most
    `limit`."""
    total = sum(kernels.sum(kernels.square(gradient)) for gradient in gradients)
    norm = kernels.sqrt(total)
    factor = limit / kernels.maximum(norm, norm.dtype.type(limit))
    return [engine.cast(gradient * factor, gradient.dtype.name) for gradient in gradients]


def clip_by_value(gradient, limit):
    """Elements of `gradient` brought into [-limit, limit]."""
    limit = gradient.dtype.type(limit)
    return kernels.clip(gradient, -limit, limit)
