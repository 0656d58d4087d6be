"""The short-time Fourier transform as the kernel of a convolution."""

import numpy as np

from cornu.core.lazy import lazy_module
from cornu.initializers._constant import to_tensor
from cornu.initializers._initializer import Initializer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export

scipy = lazy_module("scipy")
signal = lazy_module("scipy.signal")
# Weights of cos(0), -cos(t), cos(2 t), ... (Harris 1978, "On the use of windows for harmonic
# analysis with the discrete Fourier transform"); SciPy knows more windows.
COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
}


@export("keras.initializers.STFT", "keras.initializers.STFTInitializer", "keras.initializers.stft")
class STFT(Initializer):
    """A kernel with which a `Conv1D` over samples gives one part of their short-time Fourier
    transform.

    It is called with the shape (frame length, 1, frequencies); the frequencies are those of a
    transform of length `2 * (frequencies - 1)`.

    Args:
        side: `"real"` or `"imag"`, the part of the transform.
        window: name of a window (`"hann"`, `"hamming"`, `"blackman"`, `"boxcar"`; any other of
            `scipy.signal.get_window` where SciPy is installed), an array of shape
            `(frame length,)`, or None.
        scaling: what a window is divided by: `"density"`, the root of the sum of its squares;
            `"spectrum"`, its sum; or None.
        periodic: whether the window is one period of a periodic one, rather than symmetric.

    Raises:
        ValueError: for arguments that are none of these, and when called with a shape that has
            other than three axes.

    Example:
        >>> import cornu
        >>> kernel = cornu.initializers.STFT("real", window=None)((4, 1, 3))
        >>> np.round(kernel[:, 0, 1])
        Array([ 1.,  0., -1., -0.], dtype=float32)
    """

    def __init__(self, side="real", window="hann", scaling="density", periodic=False):
        if side not in ("real", "imag"):
            raise ValueError(f"side should be 'real' or 'imag', not {side}")
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(
                "Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received "
                f"scaling={scaling}"
            )
        if isinstance(window, dict):
            window = deserialize_keras_object(window)
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic
        if isinstance(window, str):
            named_window(window, 4, periodic)

    def __call__(self, shape, dtype=None):
        if len(shape) != 3:
            raise ValueError(
                f"The shape must be (frame length, 1, frequencies). Received: shape={tuple(shape)}"
            )
        frame_length, _, frequencies = shape
        cycles = np.outer(np.arange(frame_length), np.arange(frequencies))
        length = max(2 * (frequencies - 1), 1)
        angles = -2 * np.pi * (cycles % length) / length
        values = np.cos(angles) if self.side == "real" else np.sin(angles)
        values = values * self._window(frame_length)[:, None]
        return to_tensor(values[:, None, :], dtype)

    def _window(self, length):
        """The scaled window's weights."""
        if self.window is None:
            return np.ones(length)
        if isinstance(self.window, str):
            window = named_window(self.window, length, self.periodic)
        else:
            window = np.asarray(self.window, "float64")
        if window.shape != (length,):
            raise ValueError(
                "The shape of `window` must be equal to [frame_length]. Received: window "
                f"shape={window.shape}, frame_length={length}"
            )
        if self.scaling == "density":
            return window / np.sqrt(np.sum(window**2))
        return window / np.sum(window) if self.scaling == "spectrum" else window


def named_window(name, length, periodic):
    """The weights of the window called `name`.

    Raises:
        ValueError: if there is none.
    """
    if name not in COSINES:
        if not scipy.available:
            raise ValueError(
                f"Unknown window: {name!r}. Without SciPy there are {', '.join(sorted(COSINES))}."
            )
        return signal.get_window(name, length, fftbins=periodic)
    if length == 1:
        return np.ones(1)
    angles = 2 * np.pi * np.arange(length) / (length if periodic else length - 1)
    terms = enumerate(COSINES[name])
    return sum((-1) ** k * weight * np.cos(k * angles) for k, weight in terms)
