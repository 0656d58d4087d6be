"""Pooling with a window: `MaxPooling1D` to `3D` and `AveragePooling1D` to `3D`."""

from cornu import ops
from cornu.core.shapes import to_tuple, window_size
from cornu.layers._layer import Layer
from cornu.layers._spatial import SpatialLayer
from cornu.serial.registry import export
from cornu.symbolic.op import promote_float


class Pooling(SpatialLayer):
    """Base of the poolings with a window, over `rank` spatial axes."""

    def __init__(
        self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.pool_size = to_tuple(pool_size, self.rank, "pool_size")
        self.strides = (
            self.pool_size if strides is None else to_tuple(strides, self.rank, "strides")
        )
        self.padding = str(padding).lower()
        if self.padding not in ("valid", "same"):
            raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={padding!r}")
        self._set_data_format(data_format)
        self.built = type(self).build is Layer.build

    def _pool(self, pooling, inputs):
        outputs = pooling(
            inputs,
            pool_size=self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )
        if 0 in outputs.shape:
            self.compute_output_shape(inputs.shape)  # raises if the window is too large
        return outputs

    def compute_output_shape(self, input_shape):
        """The shape after the window has slid over the spatial axes."""
        sizes = [
            window_size(size, width, stride, self.padding)
            for size, width, stride in zip(
                self._spatial_sizes(input_shape), self.pool_size, self.strides, strict=True
            )
        ]
        if any(size == 0 for size in sizes):
            raise ValueError(
                "Computed output size would be zero or negative. Received:"
                f" inputs.shape={tuple(input_shape)} and pool_size={self.pool_size}, layer"
                f" '{self.name}'"
            )
        return self._with_spatial_sizes(input_shape, sizes)


class MaxPooling(Pooling):
    """Base of the max poolings."""

    def call(self, inputs):
        return self._pool(ops.max_pool, inputs)


class AveragePooling(Pooling):
    """Base of the average poolings."""

    def call(self, inputs):
        return self._pool(ops.average_pool, inputs)

    def _output_dtype(self, dtype):
        return promote_float(dtype)


@export("keras.layers.MaxPooling1D", "keras.layers.MaxPool1D")
class MaxPooling1D(MaxPooling):
    """The largest element of each window of a sequence, in each channel. Arguments as of
    `MaxPooling2D`, sizes being ints.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.MaxPooling1D()(cornu.ops.ones((1, 6, 3))).shape
        (1, 3, 3)
    """

    rank = 1

    def __init__(
        self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs
    ):
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@export("keras.layers.MaxPooling2D", "keras.layers.MaxPool2D")
class MaxPooling2D(MaxPooling):
    """The largest element of each window of an image, in each channel (Zhou & Chellappa 1988).

    Args:
        pool_size: int or (height, width) of the window.
        strides: int or pair: steps of the window; by default the window's size.
        padding: `"valid"` (windows lie inside) or `"same"` (as many windows as steps fit; padding
            is never the largest).
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        name, **kwargs: see `Layer`.

    Raises:
        ValueError: if a size doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.MaxPooling2D()(cornu.ops.ones((1, 4, 4, 3))).shape
        (1, 2, 2, 3)
    """

    rank = 2

    def __init__(
        self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs
    ):
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@export("keras.layers.MaxPooling3D", "keras.layers.MaxPool3D")
class MaxPooling3D(MaxPooling):
    """The largest element of each window of a volume, in each channel. Arguments as of
    `MaxPooling2D`, with sizes for three axes.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.MaxPooling3D((1, 2, 2))(cornu.ops.ones((1, 3, 4, 4, 2))).shape
        (1, 3, 2, 2, 2)
    """

    rank = 3

    def __init__(
        self, pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, name=None,
        **kwargs,
    ):  # fmt: skip
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@export("keras.layers.AveragePooling1D", "keras.layers.AvgPool1D")
class AveragePooling1D(AveragePooling):
    """The mean of each window of a sequence, in each channel. Arguments as of `AveragePooling2D`,
    sizes being ints.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.AveragePooling1D(2)(cornu.ops.ones((1, 6, 3))).shape
        (1, 3, 3)
    """

    rank = 1


@export("keras.layers.AveragePooling2D", "keras.layers.AvgPool2D")
class AveragePooling2D(AveragePooling):
    """The mean of each window of an image, in each channel (LeCun et al. 1989).

    Args:
        pool_size: int or (height, width) of the window.
        strides: int or pair: steps of the window; by default the window's size.
        padding: `"valid"` (windows lie inside) or `"same"` (as many windows as steps fit; padding
            does not count).
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        name, **kwargs: see `Layer`.

    Raises:
        ValueError: if a size doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.AveragePooling2D(2)(cornu.ops.ones((1, 4, 4, 3))).shape
        (1, 2, 2, 3)
    """

    rank = 2


@export("keras.layers.AveragePooling3D", "keras.layers.AvgPool3D")
class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume, in each channel. Arguments as of `AveragePooling2D`,
    with sizes for three axes.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.AveragePooling3D(2)(cornu.ops.ones((1, 4, 4, 4, 2))).shape
        (1, 2, 2, 2, 2)
    """

    rank = 3
