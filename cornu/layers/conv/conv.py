"""`Conv1D`, `Conv2D` and `Conv3D`."""

import functools

from cornu import activations, constraints, initializers, ops, regularizers
from cornu.layers._kernels import Contracting
from cornu.layers._layer import Layer
from cornu.layers.conv._base import BaseConv, positive
from cornu.ops._convolution import convolved
from cornu.serial.registry import export


class Conv(Contracting, BaseConv):
    """Base of the convolutions with a kernel from all channels (of a group) to all filters."""

    config_exclude = Layer.config_exclude | {"lora_rank", "lora_alpha"}
    contraction = "convolution"

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
        lora_rank=None,
        lora_alpha=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = positive(filters, "filters")
        self.groups = _checked_groups(groups)
        if self.filters % self.groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}."
            )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._refuse_strides_with_dilation()
        self._set_bias(activation, use_bias, bias_initializer, bias_regularizer, bias_constraint)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self._set_adaptation(lora_rank, lora_alpha, None)

    def build(self, input_shape):
        channels = self._take_channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups."
                f" Received groups={self.groups}, but the input has {channels} channels (full input"
                f" shape is {input_shape})."
            )
        self._add_kernel(
            (*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(self.filters)
        self._check_output(input_shape)
        self._enable_lora_from_arguments()

    @property
    def kernel(self):
        """The kernel, (*kernel_size, channels / groups, filters).

        Raises:
            AttributeError: if the layer is not built.
        """
        return self._kernel_in_use()

    def call(self, inputs):
        if self._strategy is not None or type(self).convolution_op is not Conv.convolution_op:
            return self._biased_and_activated(self._contract(inputs))
        # In one, which some engines do faster.
        relu = self.activation is activations.relu
        convolution = functools.partial(convolved, relu=relu)
        outputs = self._slide(convolution, inputs, self._kernel, self.bias)
        return outputs if relu else self._activated(outputs)

    def _apply_kernel(self, inputs, kernel):
        return self.convolution_op(inputs, kernel)

    def convolution_op(self, inputs, kernel):
        """The convolution itself, without bias and activation; subclasses may replace it."""
        return self._slide(ops.conv, inputs, kernel)


def _checked_groups(groups):
    try:
        return positive(groups, "groups")
    except ValueError:
        raise ValueError(
            f"The number of groups must be a positive integer. Received: groups={groups}."
        ) from None


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
        self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
        groups=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
        bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
        activity_regularizer=None, kernel_constraint=None, bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, groups,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip


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
        **kwargs: see `Layer`; also `lora_rank` and `lora_alpha`, see `Dense`.

    Raises:
        ValueError: if a count or size doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.Conv2D(8, 3)(cornu.ops.ones((1, 28, 28, 1))).shape
        (1, 26, 26, 8)
    """

    rank = 2

    def __init__(
        self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None,
        dilation_rate=(1, 1), groups=1, activation=None, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, groups,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip


@export("keras.layers.Conv3D", "keras.layers.Convolution3D")
class Conv3D(Conv):
    """Convolution of volumes, or of images over time (Ji et al. 2013). Arguments as of `Conv2D`,
    with sizes for three axes.

    Inputs have the shape (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.Conv3D(4, (1, 3, 3))(cornu.ops.ones((1, 2, 8, 8, 1))).shape
        (1, 2, 6, 6, 4)
    """

    rank = 3

    def __init__(
        self, filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None,
        dilation_rate=(1, 1, 1), groups=1, activation=None, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, groups,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
