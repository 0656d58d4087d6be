"""Pooling to a given size: `AdaptiveAveragePooling1D` to `3D`, `AdaptiveMaxPooling1D` to `3D`."""

from cornu import ops
from cornu.core.shapes import to_tuple
from cornu.layers._spatial import SpatialLayer
from cornu.serial.registry import export
from cornu.symbolic.op import promote_float


class AdaptivePooling(SpatialLayer):
    """Base of the poolings whose windows follow from the size of the outputs."""

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.output_size = to_tuple(output_size, self.rank, "output_size")
        self._set_data_format(data_format)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with `output_size` as spatial sizes."""
        self._spatial_sizes(input_shape)
        return self._with_spatial_sizes(input_shape, self.output_size)


class AdaptiveAveragePooling(AdaptivePooling):
    """Base of the adaptive poolings by mean."""

    def call(self, inputs):
        return ops.adaptive_average_pool(
            inputs, output_size=self.output_size, data_format=self.data_format
        )

    def _output_dtype(self, dtype):
        return promote_float(dtype)


class AdaptiveMaxPooling(AdaptivePooling):
    """Base of the adaptive poolings by maximum."""

    def call(self, inputs):
        return ops.adaptive_max_pool(
            inputs, output_size=self.output_size, data_format=self.data_format
        )


@export("keras.layers.AdaptiveAveragePooling1D")
class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The means of `output_size` parts of a sequence, in each channel. Arguments as of
    `AdaptiveAveragePooling2D`, the size being an int.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.AdaptiveAveragePooling1D(4)(cornu.ops.ones((1, 10, 3))).shape
        (1, 4, 3)
    """

    rank = 1


@export("keras.layers.AdaptiveAveragePooling2D")
class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The means of the parts into which an image is divided, in each channel, so that images of all
    sizes give outputs of one size (after He et al. 2014).

    Part i of m along n places is those from floor(i * n / m) to ceil((i + 1) * n / m); where m does
    not divide n, neighbours share a place.

    Args:
        output_size: int or (height, width) of the outputs.
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if a size doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.AdaptiveAveragePooling2D((2, 3))(cornu.ops.ones((1, 7, 7, 3))).shape
        (1, 2, 3, 3)
    """

    rank = 2


@export("keras.layers.AdaptiveAveragePooling3D")
class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The means of the parts into which a volume is divided, in each channel. Arguments as of
    `AdaptiveAveragePooling2D`, with sizes for three axes.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.AdaptiveAveragePooling3D(2)(cornu.ops.ones((1, 3, 5, 5, 2))).shape
        (1, 2, 2, 2, 2)
    """

    rank = 3


@export("keras.layers.AdaptiveMaxPooling1D")
class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest elements of `output_size` parts of a sequence, in each channel. Arguments and
    parts as of `AdaptiveAveragePooling2D`, the size being an int.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.AdaptiveMaxPooling1D(4)(cornu.ops.ones((1, 10, 3))).shape
        (1, 4, 3)
    """

    rank = 1


@export("keras.layers.AdaptiveMaxPooling2D")
class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest elements of the parts into which an image is divided, in each channel. Arguments
    and parts as of `AdaptiveAveragePooling2D`.

    Example:
        >>> import cornu
        >>> cornu.layers.AdaptiveMaxPooling2D((2, 3))(cornu.ops.ones((1, 7, 7, 3))).shape
        (1, 2, 3, 3)
    """

    rank = 2


@export("keras.layers.AdaptiveMaxPooling3D")
class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest elements of the parts into which a volume is divided, in each channel. Arguments
    and parts as of `AdaptiveAveragePooling2D`, with sizes for three axes.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.AdaptiveMaxPooling3D(2)(cornu.ops.ones((1, 3, 5, 5, 2))).shape
        (1, 2, 2, 2, 2)
    """

    rank = 3
