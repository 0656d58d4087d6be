"""Convolution over 1 to 3 spatial axes; `Conv1D` and `Conv2D`."""

from cornu import activations, constraints, initializers, ops, regularizers
from cornu.core import config
from cornu.core.shapes import to_tuple, window_size
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.serial.registry import export


class Conv(Layer):
    """Base of the convolutions: `activation(conv(inputs, kernel) + bias)` over `rank` spatial
    axes."""

    config_exclude = Layer.config_exclude | {"rank"}
    rank = None
    paddings = ("valid", "same")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
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
        self.filters = filters
        self.groups = groups
        self.kernel_size = to_tuple(kernel_size, self.rank, "kernel_size")
        self.strides = to_tuple(strides, self.rank, "strides")
        self.dilation_rate = to_tuple(dilation_rate, self.rank, "dilation_rate")
        self.padding = self._checked_padding(padding)
        self.data_format = config.standardize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._check_counts()

    def _checked_padding(self, padding):
        padding = str(padding).lower()
        if padding not in self.paddings:
            raise ValueError(
                f"`padding` must be one of {self.paddings}. Received: padding={padding!r}"
            )
        return padding

    def _check_counts(self):
        if not isinstance(self.filters, int) or self.filters <= 0:
            raise ValueError(
                "Invalid value for argument `filters`. Expected a strictly positive value."
                f" Received filters={self.filters}."
            )
        if not isinstance(self.groups, int) or self.groups <= 0:
            raise ValueError(
                f"The number of groups must be a positive integer. Received: groups={self.groups}"
            )
        if self.filters % self.groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={self.groups}, filters={self.filters}."
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    @property
    def _channel_axis(self):
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape):
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. Found None, in the input"
                f" shape {input_shape}."
            )
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups."
                f" Received groups={self.groups}, but the input has {channels} channels (full input"
                f" shape is {input_shape})."
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self._channel_axis: channels})
        self._kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self._check_output(input_shape)

    @property
    def kernel(self):
        """The kernel, (*kernel_size, channels / groups, filters).

        Raises:
            AttributeError: if the layer is not built.
        """
        if not self.built:
            raise AttributeError("You must build the layer before accessing `kernel`.")
        return self._kernel

    def _check_output(self, input_shape):
        output_shape = self.compute_output_shape(input_shape)
        if any(size == 0 for size in output_shape[1:]):
            raise ValueError(
                f"One of the dimensions in the output is <= 0 due to downsampling in {self.name}."
                f" Consider increasing the input size. Received input shape {input_shape} which"
                " would produce output shape with a zero or negative value in a dimension."
            )

    def call(self, inputs):
        outputs = self.convolution_op(inputs, self._kernel)
        if self.bias is not None:
            outputs = ops.add(outputs, self._shaped_bias())
        return self.activation(outputs)

    def convolution_op(self, inputs, kernel, padding=None):
        """The convolution itself, without bias and activation; subclasses may replace it."""
        return ops.conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=padding or self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )

    def _shaped_bias(self):
        if self.data_format == "channels_last":
            return self.bias
        return ops.reshape(self.bias, (1, self.filters, *(1,) * self.rank))

    def compute_output_shape(self, input_shape):
        """The shape after the window has slid over the spatial axes, with `filters` channels."""
        last = self.data_format == "channels_last"
        spatial = input_shape[1:-1] if last else input_shape[2:]
        sizes = [
            window_size(size, width, stride, self.padding, step)
            for size, width, stride, step in zip(
                spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        ]
        if last:
            return (input_shape[0], *sizes, self.filters)
        return (input_shape[0], self.filters, *sizes)


@export("keras.layers.Conv1D", "keras.layers.Convolution1D")
class Conv1D(Conv):
    """Convolution of sequences. Arguments as of `Conv2D`, sizes being ints.

    Inputs have the shape (batch, steps, channels), or (batch, channels, steps) for
    `"channels_first"`. `padding="causal"` pads in front alone, so that no output depends on later
    steps (van den Oord et al. 2016).

    Example:
        >>> import cornu
        >>> cornu.layers.Conv1D(8, 3, padding="causal")(cornu.ops.ones((1, 10, 2))).shape
        (1, 10, 8)
    """

    rank = 1
    paddings = ("valid", "same", "causal")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
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
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )

    def convolution_op(self, inputs, kernel, padding=None):
        if self.padding != "causal":
            return super().convolution_op(inputs, kernel, padding)
        width = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        pads = [(0, 0), (width, 0), (0, 0)]
        if self.data_format == "channels_first":
            pads = [(0, 0), (0, 0), (width, 0)]
        return super().convolution_op(ops.pad(inputs, pads), kernel, padding="valid")


@export("keras.layers.Conv2D", "keras.layers.Convolution2D")
class Conv2D(Conv):
    """Convolution of images (LeCun et al. 1989).

    Args:
        filters: number of output channels.
        kernel_size: int or (height, width) of the window.
        strides: int or pair: steps of the window.
        padding: `"valid"` (no padding) or `"same"` (as many windows as steps fit).
        data_format: `"channels_last"`: (batch, height, width, channels), or `"channels_first"`.
        dilation_rate: int or pair: distance between the elements of the window.
        groups: number of parts into which channels are split, each with its own filters.
        activation: name or callable, None for none.
        use_bias: whether there is a bias for each filter.
        kernel_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, bias_regularizer, activity_regularizer: names, configs or callables,
            None for none.
        kernel_constraint, bias_constraint: names, configs or callables, None for none.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if a count or size doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.Conv2D(8, 3)(cornu.ops.ones((1, 28, 28, 1))).shape
        (1, 26, 26, 8)
    """

    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        data_format=None,
        dilation_rate=(1, 1),
        groups=1,
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
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
