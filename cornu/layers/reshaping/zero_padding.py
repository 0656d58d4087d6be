"""`ZeroPadding1D`, `ZeroPadding2D` and `ZeroPadding3D`."""

from cornu import ops
from cornu.layers._spatial import SpatialLayer
from cornu.layers.reshaping._margins import margin, margins
from cornu.serial.registry import export


class ZeroPadding(SpatialLayer):
    """Base of the zero paddings; `padding` is what is added."""

    @property
    def _pairs(self):
        """(before, after) for each spatial axis."""
        return self.padding

    def call(self, inputs):
        pads = [(0, 0)] * len(inputs.shape)
        for axis, pair in zip(self._spatial_axes, self._pairs, strict=True):
            pads[axis] = pair
        return ops.pad(inputs, pads)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with longer spatial axes."""
        sizes = [
            None if size is None else size + before + after
            for size, (before, after) in zip(
                self._spatial_sizes(input_shape), self._pairs, strict=True
            )
        ]
        return self._with_spatial_sizes(input_shape, sizes)


@export("keras.layers.ZeroPadding1D")
class ZeroPadding1D(ZeroPadding):
    """Sequences with zeros before and after.

    Args:
        padding: int or (before, after): number of steps that are added.
        data_format: `"channels_last"`: (batch, steps, channels), or `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `padding` has another form.

    Example:
        >>> import cornu
        >>> cornu.layers.ZeroPadding1D((1, 2))(cornu.ops.ones((1, 6, 3))).shape
        (1, 9, 3)
    """

    rank = 1

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.padding = margin(padding, "padding")
        self._set_data_format(data_format)

    @property
    def _pairs(self):
        return (self.padding,)


@export("keras.layers.ZeroPadding2D")
class ZeroPadding2D(ZeroPadding):
    """Images with zeros around them.

    Args:
        padding: number of pixels that are added: int; (height, width), each on both sides; or
            ((top, bottom), (left, right)).
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `padding` has another form.

    Example:
        >>> import cornu
        >>> cornu.layers.ZeroPadding2D((1, 2))(cornu.ops.ones((1, 8, 8, 3))).shape
        (1, 10, 12, 3)
    """

    rank = 2

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.padding = margins(padding, self.rank, "padding")
        self._set_data_format(data_format)


@export("keras.layers.ZeroPadding3D")
class ZeroPadding3D(ZeroPadding):
    """Volumes with zeros around them.

    Args:
        padding: number of places that are added: int; (depth, height, width), each on both sides;
            or a pair (before, after) for each of these axes.
        data_format: `"channels_last"`: (batch, depth, height, width, channels), or
            `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `padding` has another form.

    Example:
        >>> import cornu
        >>> cornu.layers.ZeroPadding3D(1)(cornu.ops.ones((1, 2, 3, 4, 5))).shape
        (1, 4, 5, 6, 5)
    """

    rank = 3

    def __init__(self, padding=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.padding = margins(padding, self.rank, "padding")
        self._set_data_format(data_format)
