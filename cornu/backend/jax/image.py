"""Kernels of images: `jax.image`'s."""

import jax

__all__ = ["resize", "scale_and_translate"]


def resize(images, shape, method, antialias):
    return jax.image.resize(images, shape, method, antialias)


def scale_and_translate(images, shape, spatial_dims, scale, translation, method, antialias):
    return jax.image.scale_and_translate(
        images, shape, spatial_dims, scale, translation, method, antialias
    )
