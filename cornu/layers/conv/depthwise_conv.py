"""`DepthwiseConv1D` and `DepthwiseConv2D`."""

from cornu import constraints, initializers, ops, regularizers
from cornu.layers.conv._base import BaseConv, positive
from cornu.serial.registry import export


class DepthwiseConv(BaseConv):
    """Base of the convolutions of each channel by itself."""

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = positive(depth_multiplier, "depth_multiplier")
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_bias(activation, use_bias, bias_initializer, bias_regularizer, bias_constraint)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape):
        channels = self._take_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self._add_bias(channels * self.depth_multiplier)
        self._check_output(input_shape)

    def call(self, inputs):
        return self._biased_and_activated(self._slide(ops.depthwise_conv, inputs, self.kernel))

    def _output_channels(self, input_shape):
        channels = input_shape[self._channel_axis]
        return None if channels is None else channels * self.depth_multiplier


@export("keras.layers.DepthwiseConv1D")
class DepthwiseConv1D(DepthwiseConv):
    """Convolution of each channel of a sequence by itself. Arguments as of `DepthwiseConv2D`, sizes
    being ints.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.DepthwiseConv1D(3)(cornu.ops.ones((1, 10, 4))).shape
        (1, 8, 4)
    """

    rank = 1


@export("keras.layers.DepthwiseConv2D")
class DepthwiseConv2D(DepthwiseConv):
    """Convolution of each channel of an image by itself (Sifre 2014).

    Args:
        kernel_size: int or (height, width) of the window.
        strides: int or pair: steps of the window.
        padding: `"valid"` (no padding) or `"same"` (as many windows as steps fit).
        depth_multiplier: number of filters of each channel; the outputs have as many times the
            channels of the inputs, those of one channel side by side.
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        dilation_rate: int or pair: distance between the elements of the window.
        activation: name or callable, None for none.
        use_bias: whether there is a bias for each output channel.
        depthwise_initializer, bias_initializer: names, configs or callables. The kernel has the
            shape (*kernel_size, channels, depth_multiplier).
        depthwise_regularizer, bias_regularizer, activity_regularizer: names, configs or callables,
            None for none.
        depthwise_constraint, bias_constraint: names, configs or callables, None for none.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if a count or size doesn't fit.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.DepthwiseConv2D(3, depth_multiplier=2)
        >>> layer(cornu.ops.ones((1, 8, 8, 4))).shape
        (1, 6, 6, 8)
    """

    rank = 2

    def __init__(
        self, kernel_size, strides=(1, 1), padding="valid", depth_multiplier=1, data_format=None,
        dilation_rate=(1, 1), activation=None, use_bias=True,
        depthwise_initializer="glorot_uniform", bias_initializer="zeros",
        depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
        depthwise_constraint=None, bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            kernel_size, strides, padding, depth_multiplier, data_format, dilation_rate,
            activation, use_bias, depthwise_initializer, bias_initializer, depthwise_regularizer,
            bias_regularizer, activity_regularizer, depthwise_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
