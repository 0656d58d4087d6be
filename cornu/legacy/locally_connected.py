"""`LocallyConnected1D` and `LocallyConnected2D` of Keras 1 and 2."""

import math

import numpy as np

from cornu import constraints, initializers, ops, regularizers
from cornu.layers._input_spec import InputSpec
from cornu.layers.conv._base import BaseConv, positive
from cornu.serial.registry import export


def local_convolution(inputs, kernel, kernel_size, strides, places, data_format):
    """Convolution with weights of its own at each place.

    Args:
        inputs: (batch, spatial..., channels), or channels before the spatial axes.
        kernel: (places, window * channels, filters).
        kernel_size, strides: a tuple of ints, one for each spatial axis.
        places: how many places there are along each spatial axis.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        (batch, places..., filters), or filters before the places.
    """
    rank, first = len(places), data_format == "channels_first"
    start = 2 if first else 1
    windows = inputs
    for number, (count, stride, size) in enumerate(zip(places, strides, kernel_size, strict=True)):
        indices = np.arange(count)[:, None] * stride + np.arange(size)
        windows = ops.take(windows, indices, axis=start + 2 * number)
    spatial = [start + 2 * number for number in range(rank)]
    inner = [axis + 1 for axis in spatial]
    inner = [1, *inner] if first else [*inner, start + 2 * rank]
    windows = ops.transpose(windows, (0, *spatial, *inner))
    windows = ops.reshape(windows, (-1, math.prod(places), kernel.shape[1]))
    outputs = ops.einsum("bpf,pfo->bpo", windows, kernel)
    outputs = ops.reshape(outputs, (-1, *places, kernel.shape[2]))
    return ops.moveaxis(outputs, -1, 1) if first else outputs


class LocallyConnected(BaseConv):
    """Base of convolutions that share no weights between places."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        implementation=1,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = positive(filters, "filters")
        self._set_window(kernel_size, strides, padding, data_format, 1)
        self._set_bias(activation, use_bias, bias_initializer, bias_regularizer, bias_constraint)
        if implementation not in (1, 2, 3):
            raise ValueError(
                f"`implementation` must be 1, 2 or 3. Received: implementation={implementation!r}"
            )
        if implementation == 1 and self.padding != "valid":
            raise ValueError(
                f"`padding={padding!r}` needs `implementation=2` or 3; with `implementation=1` it"
                " is 'valid'."
            )
        self.implementation = implementation
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape):
        sizes = self._spatial_sizes(input_shape)
        channels = self._take_channels(input_shape)
        if None in sizes:
            raise ValueError(
                f"A {type(self).__name__} layer has weights for each place, so the inputs' spatial"
                f" sizes must be known. Received: input_shape={tuple(input_shape)}"
            )
        self._check_output(input_shape)
        axes = {self._channel_axis: channels, **dict(zip(self._spatial_axes, sizes, strict=True))}
        self.input_spec = InputSpec(ndim=self.rank + 2, axes=axes)
        places = self._spatial_sizes(self.compute_output_shape(input_shape))
        self.kernel = self.add_weight(
            name="kernel",
            shape=(math.prod(places), math.prod(self.kernel_size) * channels, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(*places, self.filters),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, inputs):
        places = self._spatial_sizes(self.compute_output_shape(inputs.shape))
        if self.padding == "same":
            inputs = ops.pad(inputs, self._margins(inputs.shape, places))
        outputs = local_convolution(
            inputs, self.kernel, self.kernel_size, self.strides, places, self.data_format
        )
        if self.bias is not None:
            # Keras 2 reads the bias of channels first in the order in which it lies in memory.
            outputs = ops.add(outputs, ops.reshape(self.bias, tuple(outputs.shape[1:])))
        return outputs if self.activation is None else self.activation(outputs)

    def _margins(self, shape, places):
        """What `"same"` adds around the inputs, as `ops.pad` takes it."""
        margins = [(0, 0)] * len(shape)
        for number, axis in enumerate(self._spatial_axes):
            needed = (places[number] - 1) * self.strides[number] + self.kernel_size[number]
            missing = max(0, needed - shape[axis])
            margins[axis] = (missing // 2, missing - missing // 2)
        return margins


@export("keras.layers.LocallyConnected1D")
class LocallyConnected1D(LocallyConnected):
    """A convolution over one axis with weights of its own at each place, as Keras 2 has it.

    Args:
        filters: number of channels of the outputs.
        kernel_size: length of the window, an int or a tuple of one.
        strides: steps between two places.
        padding: `"valid"`, or `"same"` with `implementation=2` or 3.
        data_format: `"channels_last"` for inputs (batch, steps, channels), or `"channels_first"`.
        activation: name, or callable; none by default.
        use_bias: whether to add a trained bias, one for each place and filter.
        kernel_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, bias_regularizer, activity_regularizer: names, configs or callables.
        kernel_constraint, bias_constraint: names, configs or callables.
        implementation: 1, 2 or 3. Here they compute the same way, with the weights of 1: a kernel
            of shape (places, window * channels, filters).
        **kwargs: see `Layer`.

    Raises:
        ValueError: for sizes that are not known or not positive, and `"same"` without another
            `implementation`.

    Example:
        >>> import cornu
        >>> cornu.layers.LocallyConnected1D(4, 3)(cornu.ops.ones((2, 8, 5))).shape
        (2, 6, 4)
    """

    rank = 1


@export("keras.layers.LocallyConnected2D")
class LocallyConnected2D(LocallyConnected):
    """A convolution over two axes with weights of its own at each place, as Keras 2 has it.

    Args:
        filters: number of channels of the outputs.
        kernel_size: height and width of the window, a pair of ints or one for both.
        strides: steps between two places, likewise.
        padding: `"valid"`, or `"same"` with `implementation=2` or 3.
        data_format: `"channels_last"` for inputs (batch, rows, columns, channels), or
            `"channels_first"`.
        activation: name, or callable; none by default.
        use_bias: whether to add a trained bias, one for each place and filter.
        kernel_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, bias_regularizer, activity_regularizer: names, configs or callables.
        kernel_constraint, bias_constraint: names, configs or callables.
        implementation: 1, 2 or 3; see `LocallyConnected1D`.
        **kwargs: see `Layer`.

    Raises:
        ValueError: as `LocallyConnected1D` does.

    Example:
        >>> import cornu
        >>> cornu.layers.LocallyConnected2D(4, 3)(cornu.ops.ones((2, 8, 6, 1))).shape
        (2, 6, 4, 4)
    """

    rank = 2
