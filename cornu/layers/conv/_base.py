"""What all convolution layers share: the window, the bias, the activation, and their checks."""

import operator

from cornu import activations, constraints, initializers, ops, regularizers
from cornu.core.shapes import to_tuple, window_size
from cornu.layers._input_spec import InputSpec
from cornu.layers._spatial import SpatialLayer


class BaseConv(SpatialLayer):
    """Base of the convolutions: a window slides over `rank` spatial axes, a bias is added to what
    it gives, and an activation is applied."""

    paddings = ("valid", "same")

    def _set_window(self, kernel_size, strides, padding, data_format, dilation_rate):
        self.kernel_size = to_tuple(kernel_size, self.rank, "kernel_size")
        self.strides = to_tuple(strides, self.rank, "strides")
        self.dilation_rate = to_tuple(dilation_rate, self.rank, "dilation_rate")
        self.padding = str(padding).lower()
        if self.padding not in self.paddings:
            raise ValueError(
                f"`padding` must be one of {self.paddings}. Received: padding={padding!r}"
            )
        self._set_data_format(data_format)

    def _refuse_strides_with_dilation(self):
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    def _set_bias(self, activation, use_bias, initializer, regularizer, constraint):
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(initializer)
        self.bias_regularizer = regularizers.get(regularizer)
        self.bias_constraint = constraints.get(constraint)

    def _take_channels(self, input_shape):
        """The number of channels that the layer is built for, from now on required of inputs."""
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. Found None, in the input"
                f" shape {input_shape}."
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self._channel_axis: channels})
        return channels

    def _add_bias(self, size):
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(size,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _check_output(self, input_shape):
        output_shape = self.compute_output_shape(input_shape)
        if any(size == 0 for size in output_shape[1:]):
            raise ValueError(
                "Computed output size would be zero or negative. One of the dimensions in the"
                f" output is <= 0 due to downsampling in {self.name}. Consider increasing the input"
                f" size. Received input shape {input_shape} which would produce output shape with a"
                " zero or negative value in a dimension."
            )

    def _slide(self, convolution, inputs, *kernels):
        """One of the convolutions of `cornu.ops`, with this layer's window."""
        padding = self.padding
        if padding == "causal":
            pads = [(0, 0)] * 3
            reach = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            pads[self._spatial_axes[0]] = (reach, 0)
            inputs, padding = ops.pad(inputs, pads), "valid"
        return convolution(
            inputs,
            *kernels,
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )

    def _biased_and_activated(self, outputs):
        if self.bias is not None:
            bias = self.bias
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (1, -1, *(1,) * self.rank))
            outputs = ops.add(outputs, bias)
        return self._activated(outputs)

    def _activated(self, outputs):
        if self.activation not in (None, activations.linear):
            outputs = self.activation(outputs)
        return outputs

    def _output_channels(self, input_shape):
        return self.filters

    def compute_output_shape(self, input_shape):
        """The shape after the window has slid over the spatial axes."""
        sizes = [
            window_size(size, width, stride, self.padding, step)
            for size, width, stride, step in zip(
                self._spatial_sizes(input_shape),
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                strict=True,
            )
        ]
        return self._with_spatial_sizes(input_shape, sizes, self._output_channels(input_shape))

    def _output_dtype(self, dtype):
        return self.compute_dtype


def positive(value, name):
    """`value` as an int of 1 or more; ValueError naming the argument `name` for anything else."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected a strictly positive value."
            f" Received {name}={value}."
        )
    return number
