"""Fourier transforms, of pairs of a real and an imaginary part, and complex tensors.

Half precision is computed in float32. The transforms are not normalised, the inverse ones are
divided by the number of points.
"""

import math

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.symbolic.op import op, promote, promote_float

WINDOWS = {"hann": 0.5, "hamming": 0.54}  # the first coefficient of a + (a - 1) * cos


def _real_dtype(name):
    if isinstance(name, str) and "complex" in name:
        raise ValueError(f"`x` must be real. Received: x.dtype={name}")
    return promote_float(name)


def _single(x):
    """`x` in a precision in which there are transforms."""
    return engine.cast(x, "float32") if str(x.dtype) in ("float16", "bfloat16") else x


def _complex(x, rank):
    """The complex tensor whose parts are a pair."""
    if not isinstance(x, (list, tuple)) or len(x) != 2:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Received: "
            f"x={_described(x)}"
        )
    real, imaginary = x
    if tuple(real.shape) != tuple(imaginary.shape):
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the real and "
            "imaginary parts should have the same shape. "
            f"Received: x[0].shape = {tuple(real.shape)}, x[1].shape = {tuple(imaginary.shape)}"
        )
    if not dtypes.is_float_dtype(str(real.dtype)):
        raise ValueError(
            f"At least one tensor in input `x` is not of type float. Received: {real.dtype}"
        )
    if real.ndim < rank:
        raise ValueError(
            f"Input should have rank >= {rank}. Received: x[0].shape = {tuple(real.shape)}"
        )
    return kernels.complex_of(_single(real), _single(imaginary))


def _described(x):
    if isinstance(x, (list, tuple)):
        return f"{type(x).__name__} of {len(x)}"
    return f"tensor of shape {tuple(x.shape)}"


def _pair(z, dtype):
    return engine.cast(kernels.real(z), str(dtype)), engine.cast(kernels.imag(z), str(dtype))


@op("x", lists=["x"], dtype=promote, family="math", keras_name="FFT")
def fft(x):
    """Discrete Fourier transform along the last axis (Cooley & Tukey 1965).

    Args:
        x: pair of float tensors, real and imaginary part, of equal shapes.

    Returns:
        A pair of such tensors.

    Raises:
        ValueError: if `x` is no pair of float tensors of one shape.
    """
    return _pair(kernels.fft(_complex(x, 1)), x[0].dtype)


@op("x", lists=["x"], dtype=promote, family="math", keras_name="FFT2")
def fft2(x):
    """Discrete Fourier transform along the last two axes. Arguments and results as of `fft`."""
    return _pair(kernels.fft2(_complex(x, 2)), x[0].dtype)


@op("x", lists=["x"], dtype=promote, family="math", keras_name="IFFT2")
def ifft2(x):
    """Inverse of `fft2`. Arguments and results as of `fft`."""
    return _pair(kernels.ifft2(_complex(x, 2)), x[0].dtype)


def _check_length(fft_length):
    if fft_length is not None and fft_length < 1:
        raise ValueError(f"`fft_length` must be positive. Received: fft_length={fft_length}")


def _check_rank(x, name):
    if x.ndim < 1:
        raise ValueError(f"`{name}`: `x` must have at least one axis. Received: x.shape=()")


@op("x", dtype=_real_dtype, family="math", keras_name="RFFT")
def rfft(x, fft_length=None):
    """Discrete Fourier transform of a real tensor along the last axis, without the frequencies that
    follow by symmetry.

    Args:
        x: real tensor.
        fft_length: number of points: `x` is cut or padded with zeros at the end; by default as many
            as it has.

    Returns:
        Real and imaginary part, with `fft_length // 2 + 1` frequencies.

    Raises:
        ValueError: if `x` is complex or a scalar, or `fft_length` is not positive.
    """
    _check_rank(x, "rfft")
    _check_length(fft_length)
    return _pair(kernels.rfft(_single(x), fft_length), x.dtype)


@op("x", lists=["x"], dtype=promote, family="math", keras_name="IRFFT")
def irfft(x, fft_length=None):
    """Inverse of `rfft`: the real tensor with these frequencies along the last axis.

    Args:
        x: pair of float tensors, real and imaginary part. The imaginary parts of the lowest
            frequency, and of the highest if `fft_length` is even, are ignored.
        fft_length: number of points of the result; by default twice the number of frequencies less
            two. The frequencies are cut or padded with zeros to `fft_length // 2 + 1`.

    Raises:
        ValueError: as for `fft`, and if `fft_length` is not positive.
    """
    _check_length(fft_length)
    return engine.cast(kernels.irfft(_complex(x, 1), fft_length), str(x[0].dtype))


@op("x", family="math")
def extract_sequences(x, sequence_length, sequence_stride):
    """Pieces of the last axis, one beginning `sequence_stride` after the other.

    Args:
        x: tensor (..., n).
        sequence_length: how long a piece is.
        sequence_stride: steps from piece to piece.

    Returns:
        Tensor (..., count, sequence_length), with as many pieces as are complete.

    Raises:
        ValueError: if `x` is a scalar, or one of the numbers not positive.
    """
    _check_rank(x, "extract_sequences")
    for name, value in (("length", sequence_length), ("stride", sequence_stride)):
        if value < 1:
            raise ValueError(
                f"`sequence_{name}` must be a positive integer. Received: sequence_{name}={value}"
            )
    return _frames(x, sequence_length, sequence_stride)


def _frames(x, length, stride):
    size = x.shape[-1]
    if isinstance(size, int) and size < length:
        return kernels.zeros((*x.shape[:-1], 0, length), x.dtype)
    count = (size - length) // stride + 1
    starts = stride * kernels.arange(0, count, 1, "int32")
    places = kernels.expand_dims(starts, 1) + kernels.arange(0, length, 1, "int32")
    return kernels.take(x, places, -1)


def _window(window, sequence_length, fft_length, dtype):
    """The window's `fft_length` weights, zeros around the `sequence_length` in the middle."""
    if window is None:
        return None
    if isinstance(window, str):
        if window not in WINDOWS:
            raise ValueError(
                'If a string is passed to `window`, it must be one of `"hann"`, `"hamming"`. '
                f"Received: window={window}"
            )
        a = WINDOWS[window]
        angles = 2 * math.pi * np.arange(sequence_length) / sequence_length
        window = a + (a - 1) * np.cos(angles)
    if tuple(window.shape) != (sequence_length,):
        raise ValueError(
            "The shape of `window` must be equal to [sequence_length]. Received: "
            f"window shape={tuple(window.shape)}"
        )
    before = (fft_length - sequence_length) // 2
    after = fft_length - sequence_length - before
    return kernels.pad(engine.asarray(window, dtype), [(before, after)])


def _check_frames(sequence_length, sequence_stride, fft_length):
    for name, value in (
        ("sequence_length", sequence_length),
        ("sequence_stride", sequence_stride),
        ("fft_length", fft_length),
    ):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must equal or larger than `sequence_length`. Received: "
            f"sequence_length={sequence_length}, fft_length={fft_length}"
        )


def _signal_dtype(name):
    if name is int or (isinstance(name, str) and not dtypes.is_float_dtype(name)):
        raise TypeError(
            f"Invalid input type. Expected `float32` or `float64`. Received: input type={name}"
        )
    return promote_float(name)


@op("x", dtype=_signal_dtype, family="math", keras_name="STFT")
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """Short-time Fourier transform: `rfft` of windowed pieces of the last axis.

    Args:
        x: real tensor (..., samples).
        sequence_length: samples that a window covers.
        sequence_stride: samples from one piece to the next.
        fft_length: samples of a piece, at least `sequence_length`; the window is in the middle.
        window: `"hann"` or `"hamming"` (periodic), an array of shape `(sequence_length,)`, or None
            for pieces that are not weighted at all.
        center: whether `x` is extended by its mirror image at both ends, so that piece n has sample
            `n * sequence_stride` in its middle.

    Returns:
        Real and imaginary part, (..., pieces, fft_length // 2 + 1).

    Raises:
        TypeError: if `x` is not of a float dtype.
        ValueError: if a number is not positive, the signal is shorter than a piece, or the window
            is unknown or of another shape.
    """
    _check_frames(sequence_length, sequence_stride, fft_length)
    _check_rank(x, "stft")
    dtype, x = x.dtype, _single(x)
    weights = _window(window, sequence_length, fft_length, str(x.dtype))
    if center:
        half = fft_length // 2
        x = kernels.pad(x, [(0, 0)] * (x.ndim - 1) + [(half, half)], "reflect")
    size = x.shape[-1]
    if isinstance(size, int) and size < fft_length:
        raise ValueError(
            "The signal is shorter than a piece. "
            f"Received: {size} samples, fft_length={fft_length}, center={center}"
        )
    frames = _frames(x, fft_length, sequence_stride)
    return _pair(kernels.rfft(frames if weights is None else frames * weights), dtype)


@op("x", lists=["x"], dtype=promote, family="math", keras_name="ISTFT")
def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """Inverse of `stft`: the signal whose pieces come nearest to the given ones (Griffin & Lim
    1984).

    Args:
        x: pair of float tensors (..., pieces, fft_length // 2 + 1), real and imaginary part.
        sequence_length, sequence_stride, fft_length, window, center: as of `stft`. With
            `window=None` the pieces are only added up, as in Keras and TensorFlow.
        length: the signal is cut to so many samples.

    Returns:
        Real tensor (..., samples). Samples that no piece covers are 0.

    Raises:
        ValueError: as `stft` and `fft` do.
    """
    _check_frames(sequence_length, sequence_stride, fft_length)
    z, dtype = _complex(x, 2), x[0].dtype
    frames = kernels.irfft(z, fft_length)
    weights = _window(window, sequence_length, fft_length, str(frames.dtype))
    if weights is not None:
        frames = frames * weights
    signal = kernels.overlap_add(frames, sequence_stride)
    if weights is not None:
        squares = kernels.broadcast_to(kernels.square(weights), frames.shape[-2:])
        total = kernels.overlap_add(squares, sequence_stride)
        one = kernels.ones((), total.dtype)
        signal = signal / kernels.where(total > 1e-10, total, one)
    start = fft_length // 2 if center else 0
    if length is not None:
        signal = signal[..., start : start + length]
    elif center:
        signal = signal[..., start : signal.shape[-1] - start]
    return engine.cast(signal, str(dtype))


def _part_of_complex(name):
    return "float64" if promote_float(name) == "float64" else "float32"


@op("x", dtype=_part_of_complex, family="math")
def view_as_complex(x):
    """A complex tensor from a real one (..., 2), with real and imaginary parts along the last axis.

    Raises:
        ValueError: if the last axis is not of size 2.
    """
    if x.ndim < 1 or x.shape[-1] != 2:
        raise ValueError(
            "Last dimension of input must be size 2 (real and imaginary). "
            f"Received shape: {tuple(x.shape)}"
        )
    return kernels.complex_of(x[..., 0], x[..., 1])


@op("x", family="math")
def view_as_real(x):
    """A real tensor (..., 2) from a complex one, with real and imaginary parts along the last
    axis."""
    return kernels.stack([kernels.real(x), kernels.imag(x)], -1)
