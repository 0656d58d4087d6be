"""`Rescaling`."""

import numpy as np

from cornu import ops
from cornu.core import config
from cornu.layers._layer import Layer
from cornu.layers.preprocessing._graphs import WorksInGraphs
from cornu.serial.registry import export


@export("keras.layers.Rescaling")
class Rescaling(WorksInGraphs, Layer):
    """Multiplies its inputs and adds to them: `inputs * scale + offset`.

    Args:
        scale: a number, or one for each channel. 1/255 brings images from [0, 255] to [0, 1].
        offset: a number, or one for each channel.
        **kwargs: see `Layer`.

    Inputs of any shape, integers too; outputs have the same shape and are floats. Channels are the
    last axis, or the third last where `keras.config.image_data_format()` is `"channels_first"`.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Rescaling(1 / 127.5, offset=-1)
        >>> layer(cornu.ops.convert_to_tensor([0.0, 127.5, 255.0]))
        Array([-1.,  0.,  1.], dtype=float32)
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self.supports_masking = True

    def convert_weight(self, weight):
        """A weight as a tensor for the engine: as it is."""
        return weight

    def call(self, inputs):
        dtype = self.compute_dtype
        return ops.cast(inputs, dtype) * self._factor(self.scale) + self._factor(self.offset)

    def _factor(self, value):
        found = np.asarray(value, "float64")
        if found.ndim and config.image_data_format() == "channels_first":
            found = found.reshape(found.shape + (1,) * (3 - found.ndim))
        return ops.cast(found, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def get_config(self):
        """The constructor's arguments, arrays as lists."""
        return {**super().get_config(), "scale": _plain(self.scale), "offset": _plain(self.offset)}


def _plain(value):
    return np.asarray(value).tolist() if hasattr(value, "dtype") else value
