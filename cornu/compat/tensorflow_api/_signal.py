"""`tf.signal`: Fourier transforms, frames, windows."""

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api._arithmetic import complex as _complex
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._tensors import convert_to_tensor


def _parts(x):
    x = ops.cast(convert_to_tensor(x), "complex64")
    return ops.real(x), ops.imag(x)


def fft(input, name=None):
    """Discrete Fourier transform along the last axis."""
    return _complex(*ops.fft(_parts(input)))


def ifft(input, name=None):
    """Inverse of `fft`."""
    x = ops.cast(convert_to_tensor(input), "complex64")
    return ops.conj(fft(ops.conj(x))) / x.shape[-1]


def fft2d(input, name=None):
    """Discrete Fourier transform along the last two axes."""
    return _complex(*ops.fft2(_parts(input)))


def ifft2d(input, name=None):
    """Inverse of `fft2d`."""
    return _complex(*ops.ifft2(_parts(input)))


def _length(fft_length):
    return None if fft_length is None else int(np.ravel(fft_length)[-1])


def rfft(input_tensor, fft_length=None, name=None):
    """Discrete Fourier transform of real numbers, without the frequencies that mirror others."""
    return _complex(*ops.rfft(convert_to_tensor(input_tensor), _length(fft_length)))


def irfft(input_tensor, fft_length=None, name=None):
    """Inverse of `rfft`."""
    return ops.irfft(_parts(input_tensor), _length(fft_length))


def rfft2d(input_tensor, fft_length=None, name=None):
    """Discrete Fourier transform of real numbers along the last two axes."""
    x = convert_to_tensor(input_tensor)
    if fft_length is not None:
        x = _sized(x, [int(n) for n in np.ravel(fft_length)])
    return fft2d(x)[..., : x.shape[-1] // 2 + 1]


def _sized(x, sizes):
    """The last axes cut, or filled up with zeros."""
    for axis, size in zip(range(-len(sizes), 0), sizes, strict=True):
        have = x.shape[axis]
        widths = [(0, 0)] * len(x.shape)
        widths[axis] = (0, max(size - have, 0))
        x = ops.take(ops.pad(x, tuple(widths)), np.arange(size), axis=axis)
    return x


def fftshift(x, axes=None, name=None):
    """The zero frequency in the middle."""
    return _shifted(x, axes, lambda size: size // 2)


def ifftshift(x, axes=None, name=None):
    """Inverse of `fftshift`."""
    return _shifted(x, axes, lambda size: -(size // 2))


def _shifted(x, axes, by):
    x = convert_to_tensor(x)
    axes = range(len(x.shape)) if axes is None else np.ravel(axes).tolist()
    for axis in axes:
        x = ops.roll(x, by(x.shape[axis]), axis)
    return x


def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    """Parts of a signal, `frame_length` long, `frame_step` after one another."""
    x = ops.moveaxis(convert_to_tensor(signal), axis, -1)
    length, step = int(frame_length), int(frame_step)
    size = x.shape[-1]
    count = -(-size // step) if pad_end else max(1 + (size - length) // step, 0)
    if pad_end:
        missing = max((count - 1) * step + length - size, 0)
        widths = ((0, 0),) * (len(x.shape) - 1) + ((0, missing),)
        x = ops.pad(x, widths, constant_values=pad_value)
    places = np.arange(count)[:, None] * step + np.arange(length)
    found = ops.take(x, places, axis=-1)
    axis = axis if axis >= 0 else len(x.shape) + axis
    return ops.moveaxis(found, (-2, -1), (axis, axis + 1))


def overlap_and_add(signal, frame_step, name=None):
    """Frames, `frame_step` after one another, added up."""
    x = convert_to_tensor(signal)
    count, length = tuple(x.shape)[-2:]
    step = int(frame_step)
    places = (np.arange(count)[:, None] * step + np.arange(length)).ravel()
    lead = tuple(x.shape)[:-2]
    flat = ops.swapaxes(ops.reshape(x, (-1, count * length)), 0, 1)
    total = ops.segment_sum(flat, places, num_segments=(count - 1) * step + length)
    return ops.reshape(ops.swapaxes(total, 0, 1), (*lead, -1))


def _window(values, dtype):
    return ops.convert_to_tensor(values.astype(as_dtype(dtype).name))


def hann_window(window_length, periodic=True, dtype="float32", name=None):
    """Hann's window; `periodic` for spectra."""
    return _cosines(0.5, 0.5, window_length, periodic, dtype)


def hamming_window(window_length, periodic=True, dtype="float32", name=None):
    """Hamming's window; `periodic` for spectra."""
    return _cosines(0.54, 0.46, window_length, periodic, dtype)


def _cosines(a, b, length, periodic, dtype):
    length = int(length)
    if length == 1:
        return _window(np.ones(1), dtype)
    # TensorFlow leaves windows of odd length as they are.
    size = length if periodic and length % 2 == 0 else length - 1
    return _window(a - b * np.cos(2 * np.pi * np.arange(length) / size), dtype)


def kaiser_window(window_length, beta=12.0, dtype="float32", name=None):
    """Kaiser's window."""
    return _window(np.kaiser(int(window_length), float(beta)), dtype)


def vorbis_window(window_length, dtype="float32", name=None):
    """The window of the Vorbis codec."""
    steps = np.sin(np.pi / int(window_length) * (np.arange(int(window_length)) + 0.5))
    return _window(np.sin(np.pi / 2 * steps**2), dtype)


def stft(
    signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False,
    name=None,
):  # fmt: skip
    """Spectra of frames of a signal.

    Args:
        fft_length: by default the least power of 2 that holds a frame.
        window_fn: `(length, dtype=...) -> window`, or None.
    """
    framed = frame(signals, frame_length, frame_step, pad_end)
    if window_fn is not None:
        framed = framed * window_fn(int(frame_length), dtype="float32")
    if fft_length is None:
        fft_length = 2 ** int(np.ceil(np.log2(int(frame_length))))
    return rfft(framed, [fft_length])


def inverse_stft(
    stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None
):
    """The signal of spectra: frames with a window, added up."""
    length = int(frame_length)
    if fft_length is None:
        fft_length = 2 ** int(np.ceil(np.log2(length)))
    framed = irfft(stfts, [fft_length])[..., :length]
    if window_fn is not None:
        framed = framed * window_fn(length, dtype="float32")
    return overlap_and_add(framed, frame_step)


def inverse_stft_window_fn(frame_step, forward_window_fn=hann_window, name=None):
    """The window for `inverse_stft` that undoes one of `stft`."""

    def window(frame_length, dtype="float32"):
        forward = np.asarray(forward_window_fn(int(frame_length), dtype=dtype))
        step = int(frame_step)
        overlaps = -(-len(forward) // step)
        squares = np.pad(forward**2, (0, overlaps * step - len(forward))).reshape(overlaps, step)
        total = np.tile(squares.sum(0), overlaps)[: len(forward)]
        return _window(forward / total, dtype)

    return window


def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """Discrete cosine transform of the types 2 and 3, along the last axis.

    Raises:
        NotImplementedError: for other types.
    """
    if type not in (2, 3):
        raise NotImplementedError(f"`tf.signal.dct` has the types 2 and 3 here. Received: {type}")
    x = ops.cast(convert_to_tensor(input), "float32")
    x = x if n is None else _sized(x, [int(n)])
    return ops.matmul(x, _cosine_matrix(x.shape[-1], type, norm))


def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """Inverse of `dct`, but for a factor where `norm` is None."""
    return dct(input, {2: 3, 3: 2}.get(type, type), n, axis, norm)


def _cosine_matrix(size, kind, norm):
    time, frequency = np.arange(size)[:, None], np.arange(size)
    matrix = 2 * np.cos(np.pi * frequency * (2 * time + 1) / (2 * size))
    if norm == "ortho":
        matrix *= np.where(frequency == 0, np.sqrt(0.25 / size), np.sqrt(0.5 / size))
    elif kind == 3:
        matrix[:, 0] /= 2
    return (matrix if kind == 2 else matrix.T).astype("float32")


def linear_to_mel_weight_matrix(
    num_mel_bins=20, num_spectrogram_bins=129, sample_rate=8000, lower_edge_hertz=125.0,
    upper_edge_hertz=3800.0, dtype="float32", name=None,
):  # fmt: skip
    """The matrix from a spectrum to bands of the mel scale (O'Shaughnessy 1987)."""

    def mel(hertz):
        return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)

    spectrum = mel(np.linspace(0.0, float(sample_rate) / 2, int(num_spectrogram_bins))[1:])[:, None]
    edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), int(num_mel_bins) + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (spectrum - low) / (middle - low), (high - spectrum) / (high - middle)
    weights = np.maximum(0, np.minimum(rising, falling))
    return _window(np.pad(weights, ((1, 0), (0, 0))), dtype)


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms, name=None):
    """Cepstral coefficients of spectra in mel bands."""
    x = convert_to_tensor(log_mel_spectrograms)
    return dct(x) * float(1 / np.sqrt(2.0 * x.shape[-1]))
