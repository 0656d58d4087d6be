"""Pooling over all places: `GlobalAveragePooling1D` to `3D` and `GlobalMaxPooling1D` to `3D`."""

from cornu import ops
from cornu.layers._layer import Layer
from cornu.layers._spatial import SpatialLayer
from cornu.serial.registry import export
from cornu.symbolic.op import promote_float


class GlobalPooling(SpatialLayer):
    """Base of the poolings over all spatial axes."""

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self._set_data_format(data_format)
        self.keepdims = keepdims
        self.built = type(self).build is Layer.build

    def compute_output_shape(self, input_shape):
        """(batch, channels), or with sizes of 1 if `keepdims`."""
        if self.keepdims:
            return self._with_spatial_sizes(input_shape, (1,) * self.rank)
        return (input_shape[0], input_shape[self._channel_axis])


class GlobalAveragePooling(GlobalPooling):
    """Base of the poolings by mean over all spatial axes."""

    def call(self, inputs):
        return ops.mean(inputs, axis=self._spatial_axes, keepdims=self.keepdims)

    def _output_dtype(self, dtype):
        return promote_float(dtype)


class GlobalMaxPooling(GlobalPooling):
    """Base of the poolings by maximum over all spatial axes."""

    def call(self, inputs):
        return ops.max(inputs, axis=self._spatial_axes, keepdims=self.keepdims)


@export("keras.layers.GlobalAveragePooling1D", "keras.layers.GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel of a sequence. Arguments as of `GlobalAveragePooling2D`.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Call arguments:
        inputs: the sequences.
        mask: booleans (batch, steps): the steps that count. A sequence without any gives zeros.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalAveragePooling1D()(cornu.ops.ones((1, 6, 3))).shape
        (1, 3)
    """

    rank = 1

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        steps = self._spatial_axes[0]
        if tuple(mask.shape) != (inputs.shape[0], inputs.shape[steps]):
            raise ValueError(
                "The mask must have the shape (batch, steps). Received: mask.shape="
                f"{tuple(mask.shape)}, inputs.shape={tuple(inputs.shape)},"
                f" data_format={self.data_format!r}"
            )
        dtype = promote_float(str(inputs.dtype))
        wide = "float32" if dtype in ("float16", "bfloat16") else dtype
        mask = ops.expand_dims(ops.cast(mask, "bool"), 3 - steps)
        kept = ops.where(mask, ops.cast(inputs, wide), 0)
        total = ops.sum(kept, axis=steps, keepdims=self.keepdims)
        count = ops.sum(ops.cast(mask, wide), axis=steps, keepdims=self.keepdims)
        return ops.cast(ops.divide(total, ops.maximum(count, 1)), dtype)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_spec(self, inputs, mask=None):
        return super().compute_output_spec(inputs)


@export("keras.layers.GlobalAveragePooling2D", "keras.layers.GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image (Lin et al. 2013).

    Args:
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        keepdims: whether spatial axes are kept with size 1; else the outputs are (batch, channels).
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalAveragePooling2D()(cornu.ops.ones((1, 4, 4, 3))).shape
        (1, 3)
    """

    rank = 2


@export("keras.layers.GlobalAveragePooling3D", "keras.layers.GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume. Arguments as of `GlobalAveragePooling2D`.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalAveragePooling3D()(cornu.ops.ones((1, 4, 4, 4, 3))).shape
        (1, 3)
    """

    rank = 3


@export("keras.layers.GlobalMaxPooling1D", "keras.layers.GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest element of each channel of a sequence (Collobert & Weston 2008). Arguments as of
    `GlobalMaxPooling2D`.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalMaxPooling1D()(cornu.ops.ones((1, 6, 3))).shape
        (1, 3)
    """

    rank = 1


@export("keras.layers.GlobalMaxPooling2D", "keras.layers.GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest element of each channel of an image (Oquab et al. 2015).

    Args:
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        keepdims: whether spatial axes are kept with size 1; else the outputs are (batch, channels).
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalMaxPooling2D(keepdims=True)(cornu.ops.ones((1, 4, 4, 3))).shape
        (1, 1, 1, 3)
    """

    rank = 2


@export("keras.layers.GlobalMaxPooling3D", "keras.layers.GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest element of each channel of a volume. Arguments as of `GlobalMaxPooling2D`.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.GlobalMaxPooling3D()(cornu.ops.ones((1, 4, 4, 4, 3))).shape
        (1, 3)
    """

    rank = 3
