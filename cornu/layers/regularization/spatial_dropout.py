"""`SpatialDropout1D`, `SpatialDropout2D` and `SpatialDropout3D`."""

from cornu.core import config
from cornu.layers._input_spec import InputSpec
from cornu.layers.regularization.dropout import Dropout
from cornu.serial.registry import export


class BaseSpatialDropout(Dropout):
    """Base of dropout of whole channels: one random choice for each, the same at all places."""

    spatial_axes = 1

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=self.spatial_axes + 2)

    def _noise_shape_for(self, inputs):
        places = (1,) * self.spatial_axes
        if getattr(self, "data_format", None) == "channels_first":
            return (None, None, *places)
        return (None, *places, None)

    def get_config(self):
        """The constructor's arguments."""
        found = super().get_config()
        del found["trainable"]
        return {**found, "dtype": self.dtype}


@export("keras.layers.SpatialDropout1D")
class SpatialDropout1D(BaseSpatialDropout):
    """In training, sets whole channels of a sequence to 0 at random (Tompson et al. 2014).

    Neighbouring steps of a channel tell nearly the same, so that dropping single ones would drop
    no information.

    Args:
        rate: probability of 0, in [0, 1].
        seed: int for repeatable choices, or None.
        name, dtype: see `Layer`.

    Inputs of shape (batch, steps, channels).

    Raises:
        ValueError: if the rate is out of range.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.SpatialDropout1D(0.5, seed=1)
        >>> y = layer(cornu.ops.ones((1, 3, 4)), training=True)
        >>> bool((y == y[:, :1]).all())
        True
    """


@export("keras.layers.SpatialDropout2D")
class SpatialDropout2D(BaseSpatialDropout):
    """In training, sets whole channels of an image to 0 at random (Tompson et al. 2014).

    Args:
        rate: probability of 0, in [0, 1].
        data_format: `"channels_last"` or `"channels_first"`, by default that of `keras.config`.
        seed: int for repeatable choices, or None.
        name, dtype: see `Layer`.

    Inputs of shape (batch, rows, columns, channels) or (batch, channels, rows, columns).

    Raises:
        ValueError: if the rate is out of range.

    Example:
        >>> import cornu
        >>> cornu.layers.SpatialDropout2D(0.5)(cornu.ops.ones((1, 3, 3, 4))).shape
        (1, 3, 3, 4)
    """

    spatial_axes = 2

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = config.standardize_data_format(data_format)


@export("keras.layers.SpatialDropout3D")
class SpatialDropout3D(BaseSpatialDropout):
    """In training, sets whole channels of a volume to 0 at random (Tompson et al. 2014).

    Args:
        rate: probability of 0, in [0, 1].
        data_format: `"channels_last"` or `"channels_first"`, by default that of `keras.config`.
        seed: int for repeatable choices, or None.
        name, dtype: see `Layer`.

    Inputs of shape (batch, depth, rows, columns, channels), or with the channels second.

    Raises:
        ValueError: if the rate is out of range.

    Example:
        >>> import cornu
        >>> cornu.layers.SpatialDropout3D(0.5)(cornu.ops.ones((1, 2, 3, 3, 4))).shape
        (1, 2, 3, 3, 4)
    """

    spatial_axes = 3

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = config.standardize_data_format(data_format)
