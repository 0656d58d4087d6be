"""Rows of the Fourier transforms, and of complex tensors as pairs."""

import numpy as np
from ops.rows import row


def pair(r, n):
    return ((r.normal(n, 6), r.normal(n, 6)),)


def planes(r, n):
    return ((r.normal(n, 3, 4), r.normal(n, 3, 4)),)


def signal(r, n):
    return (r.normal(n, 40),)


def parts(function):
    """An oracle on pairs, from a function of complex arrays."""

    def oracle(x, **kwargs):
        z = function(x[0] + 1j * x[1], **kwargs)
        return z.real, z.imag

    return oracle


def rfft(x, fft_length=None):
    z = np.fft.rfft(x, fft_length)
    return z.real, z.imag


def irfft(x, fft_length=None):
    return np.fft.irfft(x[0] + 1j * x[1], fft_length)


def pieces(x, sequence_length, sequence_stride):
    starts = range(0, x.shape[-1] - sequence_length + 1, sequence_stride)
    found = [x[..., start : start + sequence_length] for start in starts]
    return np.stack(found, -2) if found else np.zeros((*x.shape[:-1], 0, sequence_length))


def weights(window, sequence_length, fft_length):
    if window is None:
        return np.ones(fft_length)
    if isinstance(window, str):
        angles = 2 * np.pi * np.arange(sequence_length) / sequence_length
        share = {"hann": 0.5, "hamming": 0.54}[window]
        window = share - (1 - share) * np.cos(angles)
    before = (fft_length - sequence_length) // 2
    return np.pad(np.asarray(window), (before, fft_length - sequence_length - before))


def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    if center:
        x = np.pad(x, ((0, 0), (fft_length // 2, fft_length // 2)), "reflect")
    windowed = pieces(x, fft_length, sequence_stride)
    return rfft(windowed * weights(window, sequence_length, fft_length))


def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    frames = irfft(x, fft_length)
    share = weights(window, sequence_length, fft_length)
    count = frames.shape[-2]
    size = (count - 1) * sequence_stride + fft_length
    total, norm = np.zeros((*frames.shape[:-2], size)), np.zeros(size)
    for n in range(count):
        there = slice(n * sequence_stride, n * sequence_stride + fft_length)
        total[..., there] += frames[..., n, :] * share
        norm[there] += share**2
    if window is not None:
        total /= np.where(norm > 1e-10, norm, 1)
    start = fft_length // 2 if center else 0
    if length is not None:
        return total[..., start : start + length]
    return total[..., start : size - start]


def spectrum(pieces, frequencies):
    return lambda r, n: ((r.normal(n, pieces, frequencies), r.normal(n, pieces, frequencies)),)


def view_as_complex(x):
    return x[..., 0] + 1j * x[..., 1]


SHORT = {"sequence_length": 8, "sequence_stride": 3, "fft_length": 10}
ODD = {"sequence_length": 7, "sequence_stride": 4, "fft_length": 9}
SHAPED = np.array([0.1, 0.5, 1.0, 2.0, 1.0, 0.5, 0.25, 0.2], "float32")

ROWS = [
    row("fft", pair, parts(np.fft.fft), terms=20),
    row("fft2", planes, parts(np.fft.fft2), terms=50),
    row("ifft2", planes, parts(np.fft.ifft2), terms=50),
    row("rfft", signal, rfft, terms=80),
    row("rfft", signal, rfft, {"fft_length": 33}, terms=80),
    row("rfft", signal, rfft, {"fft_length": 50}, terms=80),
    row("rfft", lambda r, n: (r.integers(-9, 9, n, 4),), rfft, terms=8),
    row("irfft", pair, irfft, terms=20),
    row("irfft", pair, irfft, {"fft_length": 9}, terms=20),
    row("irfft", pair, irfft, {"fft_length": 4}, terms=20),
    row("irfft", pair, irfft, {"fft_length": 16}, terms=20),
    row("stft", signal, stft, SHORT, terms=20),
    row("stft", signal, stft, {**SHORT, "center": False}, terms=20),
    row("stft", signal, stft, {**SHORT, "window": "hamming"}, terms=20),
    row("stft", signal, stft, {**SHORT, "window": None}, terms=20),
    row("stft", signal, stft, {**SHORT, "window": SHAPED}, terms=20),
    row("stft", signal, stft, ODD, terms=20),
    row("istft", spectrum(5, 6), istft, SHORT, terms=200),
    row("istft", spectrum(5, 6), istft, {**SHORT, "center": False}, terms=200),
    row("istft", spectrum(5, 6), istft, {**SHORT, "length": 11}, terms=200),
    row("istft", spectrum(5, 6), istft, {**SHORT, "window": "hamming"}, terms=200),
    row("istft", spectrum(5, 6), istft, {**SHORT, "window": None}, terms=200),
    row("istft", spectrum(5, 6), istft, {**SHORT, "window": SHAPED}, terms=200),
    row("istft", spectrum(5, 5), istft, ODD, terms=200),
    row("extract_sequences", signal, pieces, {"sequence_length": 8, "sequence_stride": 5}),
    row("extract_sequences", signal, pieces, {"sequence_length": 40, "sequence_stride": 1}),
    row("extract_sequences", signal, pieces, {"sequence_length": 41, "sequence_stride": 1}),
    row("extract_sequences", lambda r, n: (r.integers(0, 9, n, 3, 6),), pieces,
        {"sequence_length": 1, "sequence_stride": 2}),
    row("view_as_complex", lambda r, n: (r.normal(n, 3, 2),), view_as_complex),
    row("view_as_complex", lambda r, n: (r.integers(-9, 9, n, 2),), view_as_complex),
    row("view_as_real", lambda r, n: (r.complex(n, 3),),
        lambda x: np.stack([x.real, x.imag], -1), gradient=False),
    row("view_as_real", lambda r, n: (r.normal(n, 3),),
        lambda x: np.stack([x, np.zeros_like(x)], -1)),
]  # fmt: skip
