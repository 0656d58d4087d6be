"""`Cropping1D`, `Cropping2D` and `Cropping3D`."""

from cornu.layers._spatial import SpatialLayer
from cornu.layers.reshaping._margins import margin, margins
from cornu.serial.registry import export


class Cropping(SpatialLayer):
    """Base of the croppings; `cropping` is what is cut off."""

    limit = (
        "Values in `cropping` argument should be smaller than the corresponding spatial dimension"
        " of the input"
    )

    @property
    def _pairs(self):
        """(before, after) for each spatial axis."""
        return self.cropping

    def call(self, inputs):
        # A slice of too few places would be empty, or wrong, without an error.
        self._sizes(inputs.shape)
        parts = [slice(None)] * len(inputs.shape)
        for axis, (before, after) in zip(self._spatial_axes, self._pairs, strict=True):
            parts[axis] = slice(before, -after if after else None)
        return inputs[tuple(parts)]

    def _sizes(self, shape):
        sizes = []
        for size, (before, after) in zip(self._spatial_sizes(shape), self._pairs, strict=True):
            if isinstance(size, int) and size <= before + after:
                raise ValueError(
                    f"{self.limit}. Received: input_shape={tuple(shape)}, cropping={self.cropping},"
                    f" data_format={self.data_format!r}"
                )
            sizes.append(None if size is None else size - before - after)
        return sizes

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with shorter spatial axes."""
        return self._with_spatial_sizes(input_shape, self._sizes(input_shape))


@export("keras.layers.Cropping1D")
class Cropping1D(Cropping):
    """Sequences without their first and last steps.

    Args:
        cropping: int or (before, after): number of steps that are cut off.
        **kwargs: see `Layer`.

    Inputs have the shape (batch, steps, channels).

    Raises:
        ValueError: if nothing would be left, or `cropping` has another form.

    Example:
        >>> import cornu
        >>> cornu.layers.Cropping1D((1, 2))(cornu.ops.ones((1, 6, 3))).shape
        (1, 3, 3)
    """

    rank = 1
    limit = "`cropping` parameter of `Cropping1D` layer must be smaller than the number of steps"

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(**kwargs)
        self.cropping = margin(cropping, "cropping")
        self._set_data_format("channels_last")

    @property
    def _pairs(self):
        return (self.cropping,)


@export("keras.layers.Cropping2D")
class Cropping2D(Cropping):
    """Images without their margins.

    Args:
        cropping: number of pixels that are cut off: int; (height, width), each on both sides; or
            ((top, bottom), (left, right)).
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if nothing would be left, or `cropping` has another form.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Cropping2D(((1, 2), (3, 0)))
        >>> layer(cornu.ops.ones((1, 8, 8, 3))).shape
        (1, 5, 5, 3)
    """

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.cropping = margins(cropping, self.rank, "cropping")
        self._set_data_format(data_format)


@export("keras.layers.Cropping3D")
class Cropping3D(Cropping):
    """Volumes without their margins.

    Args:
        cropping: number of places that are cut off: int; (depth, height, width), each on both
            sides; or a pair (before, after) for each of these axes.
        data_format: `"channels_last"`: (batch, depth, height, width, channels), or
            `"channels_first"`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if nothing would be left, or `cropping` has another form.

    Example:
        >>> import cornu
        >>> cornu.layers.Cropping3D((0, 1, 2))(cornu.ops.ones((1, 6, 6, 6, 3))).shape
        (1, 6, 4, 2, 3)
    """

    rank = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.cropping = margins(cropping, self.rank, "cropping")
        self._set_data_format(data_format)
