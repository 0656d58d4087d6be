"""Kernels of discrete Fourier transforms, along the last axes."""

import jax.numpy as jnp
from jax import lax

__all__ = ["complex_of", "fft", "fft2", "ifft2", "irfft", "rfft", "overlap_add"]

complex_of = lax.complex
fft = jnp.fft.fft
fft2 = jnp.fft.fft2
ifft2 = jnp.fft.ifft2


def rfft(x, fft_length=None):
    return jnp.fft.rfft(x, fft_length)


def irfft(x, fft_length=None):
    return jnp.fft.irfft(x, fft_length)


def overlap_add(frames, stride):
    """Sum of `frames` (..., count, size), each `stride` later than the one before."""
    *batch, count, size = frames.shape
    # A frame is cut into pieces as long as the stride: piece k of frame n goes to place n + k.
    pieces = -(-size // stride)
    padding = [(0, 0)] * (frames.ndim - 1) + [(0, pieces * stride - size)]
    frames = jnp.pad(frames, padding).reshape((*batch, count, pieces, stride))
    total = 0
    for k in range(pieces):
        padding = [(0, 0)] * len(batch) + [(k, pieces - 1 - k), (0, 0)]
        total = total + jnp.pad(frames[..., k, :], padding)
    total = total.reshape((*batch, (count + pieces - 1) * stride))
    return total[..., : (count - 1) * stride + size]
