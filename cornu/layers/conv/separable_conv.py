"""`SeparableConv1D` and `SeparableConv2D`."""

from cornu import constraints, initializers, ops, regularizers
from cornu.layers.conv._base import BaseConv, positive
from cornu.serial.registry import export


class SeparableConv(BaseConv):
    """Base of the convolutions of each channel by itself, followed by a product over channels."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = positive(filters, "filters")
        self.depth_multiplier = positive(depth_multiplier, "depth_multiplier")
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_bias(activation, use_bias, bias_initializer, bias_regularizer, bias_constraint)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape):
        channels = self._take_channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._add_bias(self.filters)
        self._check_output(input_shape)

    def call(self, inputs):
        outputs = self._slide(
            ops.separable_conv, inputs, self.depthwise_kernel, self.pointwise_kernel
        )
        return self._biased_and_activated(outputs)


@export("keras.layers.SeparableConv1D", "keras.layers.SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """Separable convolution of sequences. Arguments as of `SeparableConv2D`, sizes being ints.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.SeparableConv1D(8, 3)(cornu.ops.ones((1, 10, 4))).shape
        (1, 8, 8)
    """

    rank = 1


@export("keras.layers.SeparableConv2D", "keras.layers.SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """Convolution of each channel of an image by itself, then a product over the channels of each
    place: far fewer weights than `Conv2D` has (Chollet 2017).

    Args:
        filters: number of output channels.
        kernel_size: int or (height, width) of the window.
        strides: int or pair: steps of the window.
        padding: `"valid"` (no padding) or `"same"` (as many windows as steps fit).
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        dilation_rate: int or pair: distance between the elements of the window.
        depth_multiplier: number of filters of each channel in the first part.
        activation: name or callable, None for none.
        use_bias: whether there is a bias for each filter.
        depthwise_initializer, pointwise_initializer, bias_initializer: names, configs or callables.
            The kernels have the shapes (*kernel_size, channels, depth_multiplier) and
            (1, 1, channels * depth_multiplier, filters).
        depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer: names,
            configs or callables, None for none.
        depthwise_constraint, pointwise_constraint, bias_constraint: names, configs or callables,
            None for none.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if a count or size doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.SeparableConv2D(8, 3)(cornu.ops.ones((1, 8, 8, 4))).shape
        (1, 6, 6, 8)
    """

    rank = 2

    def __init__(
        self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None,
        dilation_rate=(1, 1), depth_multiplier=1, activation=None, use_bias=True,
        depthwise_initializer="glorot_uniform", pointwise_initializer="glorot_uniform",
        bias_initializer="zeros", depthwise_regularizer=None, pointwise_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
        pointwise_constraint=None, bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, depth_multiplier,
            activation, use_bias, depthwise_initializer, pointwise_initializer, bias_initializer,
            depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer,
            depthwise_constraint, pointwise_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
