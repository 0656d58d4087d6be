"""`MaxPooling2D` and `GlobalAveragePooling2D`, on bases for any number of spatial axes."""

from cornu import ops
from cornu.core import config
from cornu.core.shapes import to_tuple, window_size
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


class Pooling(Layer):
    """Base of the poolings with a window, over `rank` spatial axes."""

    rank = None

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
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape):
        """The shape after the window has slid over the spatial axes."""
        last = self.data_format == "channels_last"
        spatial = input_shape[1:-1] if last else input_shape[2:]
        sizes = [
            window_size(size, width, stride, self.padding)
            for size, width, stride in zip(spatial, self.pool_size, self.strides, strict=True)
        ]
        if any(size == 0 for size in sizes):
            raise ValueError(
                "Computed output size would be zero or negative. Received:"
                f" inputs.shape={tuple(input_shape)} and pool_size={self.pool_size}, layer"
                f" '{self.name}'"
            )
        return (input_shape[0], *sizes, input_shape[-1]) if last else (*input_shape[:2], *sizes)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)


class MaxPooling(Pooling):
    """Base of the max poolings."""

    def call(self, inputs):
        return ops.max_pool(
            inputs,
            pool_size=self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )


@export("keras.layers.MaxPooling2D", "keras.layers.MaxPool2D")
class MaxPooling2D(MaxPooling):
    """The largest element of each window of an image.

    Args:
        pool_size: int or (height, width) of the window.
        strides: int or pair; by default the window's size.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        name, **kwargs: see `Layer`.

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


class GlobalPooling(Layer):
    """Base of the poolings over all spatial axes."""

    rank = None

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self):
        start = 1 if self.data_format == "channels_last" else 2
        return tuple(range(start, start + self.rank))

    def compute_output_shape(self, input_shape):
        """(batch, channels), or with sizes of 1 if `keepdims`."""
        if self.keepdims:
            return tuple(1 if i in self._axes else n for i, n in enumerate(input_shape))
        return tuple(n for i, n in enumerate(input_shape) if i not in self._axes)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)


class GlobalAveragePooling(GlobalPooling):
    """Base of the poolings by mean over all spatial axes."""

    def call(self, inputs):
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


@export("keras.layers.GlobalAveragePooling2D", "keras.layers.GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image (Lin et al. 2013).

    Args:
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        keepdims: whether spatial axes are kept with size 1.
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalAveragePooling2D()(cornu.ops.ones((1, 4, 4, 3))).shape
        (1, 3)
    """

    rank = 2
