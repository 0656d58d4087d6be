"""`Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose`."""

from cornu import constraints, initializers, ops, regularizers
from cornu.core.shapes import to_tuple, transposed_window_size
from cornu.layers.conv._base import BaseConv, positive
from cornu.serial.registry import export


class ConvTranspose(BaseConv):
    """Base of the transposed convolutions."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = positive(filters, "filters")
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._refuse_strides_with_dilation()
        self.output_padding = self._checked_output_padding(output_padding)
        self._set_bias(activation, use_bias, bias_initializer, bias_regularizer, bias_constraint)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def _checked_output_padding(self, output_padding):
        if output_padding is None:
            return None
        extra = to_tuple(output_padding, self.rank, "output_padding", allow_zero=True)
        if any(more >= stride for more, stride in zip(extra, self.strides, strict=True)):
            raise ValueError(
                "`output_padding` must be strictly less than `strides` for all dimensions."
                f" Received: output_padding={extra}, strides={self.strides}"
            )
        return extra

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters, self._take_channels(input_shape)),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(self.filters)

    def call(self, inputs):
        outputs = ops.conv_transpose(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self._biased_and_activated(outputs)

    def compute_output_shape(self, input_shape):
        """The shape after every place has become a window of the outputs."""
        extra = self.output_padding or (None,) * self.rank
        sizes = [
            transposed_window_size(size, width, stride, self.padding, step, more)
            for size, width, stride, step, more in zip(
                self._spatial_sizes(input_shape),
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                extra,
                strict=True,
            )
        ]
        return self._with_spatial_sizes(input_shape, sizes, self.filters)


@export("keras.layers.Conv1DTranspose", "keras.layers.Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """Transposed convolution of sequences. Arguments as of `Conv2DTranspose`, sizes being ints.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.Conv1DTranspose(8, 3, strides=2)(cornu.ops.ones((1, 10, 4))).shape
        (1, 21, 8)
    """

    rank = 1


@export("keras.layers.Conv2DTranspose", "keras.layers.Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """Transposed convolution of images: each place of the inputs adds a window to the outputs, with
    steps of `strides` between windows, so that images grow (Zeiler et al. 2010).

    It is the gradient of a convolution by its inputs, as a layer. Each spatial axis of size n
    becomes n * stride for `"same"` padding, and n * stride + max(kernel_size - stride, 0) for
    `"valid"`.

    Args:
        filters: number of output channels.
        kernel_size: int or (height, width) of the window.
        strides: int or pair: steps between the windows in the outputs.
        padding: `"valid"` or `"same"`.
        output_padding: int or pair, smaller than the strides: what is added at the far ends of the
            outputs; None lets the padding decide on their size.
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        dilation_rate: int or pair: distance between the elements of the window; not together with
            strides.
        activation: name or callable, None for none.
        use_bias: whether there is a bias for each filter.
        kernel_initializer, bias_initializer: names, configs or callables. The kernel has the shape
            (*kernel_size, filters, channels).
        kernel_regularizer, bias_regularizer, activity_regularizer: names, configs or callables,
            None for none.
        kernel_constraint, bias_constraint: names, configs or callables, None for none.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if a count or size doesn't fit.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Conv2DTranspose(8, 3, strides=2, padding="same")
        >>> layer(cornu.ops.ones((1, 7, 7, 4))).shape
        (1, 14, 14, 8)
    """

    rank = 2

    def __init__(
        self, filters, kernel_size, strides=(1, 1), padding="valid", output_padding=None,
        data_format=None, dilation_rate=(1, 1), activation=None, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip


@export("keras.layers.Conv3DTranspose", "keras.layers.Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """Transposed convolution of volumes. Arguments as of `Conv2DTranspose`, with sizes for three
    axes; `data_format` stands before `output_padding`.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.Conv3DTranspose(4, 2, strides=2)(cornu.ops.ones((1, 2, 3, 3, 1))).shape
        (1, 4, 6, 6, 4)
    """

    rank = 3

    def __init__(
        self, filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None,
        output_padding=None, dilation_rate=(1, 1, 1), activation=None, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
