"""`UpSampling1D`, `UpSampling2D` and `UpSampling3D`."""

from cornu import ops
from cornu.core.errors import unknown_name
from cornu.core.shapes import to_tuple
from cornu.layers._spatial import SpatialLayer
from cornu.layers.reshaping._counts import count
from cornu.serial.registry import export

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


class UpSampling(SpatialLayer):
    """Base of the layers that repeat each place; `_factors` say how often along each axis."""

    @property
    def _factors(self):
        return self.size

    def call(self, inputs):
        for axis, factor in zip(self._spatial_axes, self._factors, strict=True):
            inputs = ops.repeat(inputs, factor, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with spatial axes that are `size` times as long."""
        sizes = [
            None if size is None else size * factor
            for size, factor in zip(self._spatial_sizes(input_shape), self._factors, strict=True)
        ]
        return self._with_spatial_sizes(input_shape, sizes)


@export("keras.layers.UpSampling1D")
class UpSampling1D(UpSampling):
    """Each step of a sequence several times.

    Args:
        size: int, how often.
        **kwargs: see `Layer`.

    Inputs have the shape (batch, steps, channels).

    Raises:
        TypeError: if `size` is no int.
        ValueError: if it is not positive.

    Example:
        >>> import cornu
        >>> cornu.layers.UpSampling1D(2)(cornu.ops.ones((1, 3, 4))).shape
        (1, 6, 4)
    """

    rank = 1

    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        self.size = count(size, "size")
        self._set_data_format("channels_last")

    @property
    def _factors(self):
        return (self.size,)


@export("keras.layers.UpSampling2D")
class UpSampling2D(UpSampling):
    """Images made larger by a whole number.

    Args:
        size: int or (height, width): how many times larger.
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        interpolation: `"nearest"` repeats each pixel; `"bilinear"`, `"bicubic"`, `"lanczos3"` and
            `"lanczos5"` lay a curve through the pixels.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `size` or `interpolation` is none of these.

    Example:
        >>> import cornu
        >>> cornu.layers.UpSampling2D((2, 3))(cornu.ops.ones((1, 4, 4, 3))).shape
        (1, 8, 12, 3)
    """

    rank = 2

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(**kwargs)
        self.size = to_tuple(size, self.rank, "size")
        self._set_data_format(data_format)
        self.interpolation = str(interpolation).lower()
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(unknown_name("`interpolation`", interpolation, INTERPOLATIONS))

    def call(self, inputs):
        if self.interpolation == "nearest":
            return super().call(inputs)
        sizes = self._spatial_sizes(inputs.shape)
        return ops.image.resize(
            inputs,
            [size * factor for size, factor in zip(sizes, self.size, strict=True)],
            interpolation=self.interpolation,
            data_format=self.data_format,
        )


@export("keras.layers.UpSampling3D")
class UpSampling3D(UpSampling):
    """Each place of a volume several times along each axis.

    Args:
        size: int or (depth, height, width): how often.
        data_format: `"channels_last"`: (batch, depth, height, width, channels), or
            `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `size` is none of these.

    Example:
        >>> import cornu
        >>> cornu.layers.UpSampling3D((1, 2, 2))(cornu.ops.ones((1, 4, 4, 4, 3))).shape
        (1, 4, 8, 8, 3)
    """

    rank = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.size = to_tuple(size, self.rank, "size")
        self._set_data_format(data_format)
