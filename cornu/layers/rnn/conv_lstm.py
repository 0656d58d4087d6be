"""`ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`."""

from cornu import activations, ops
from cornu.core import config
from cornu.core.shapes import to_tuple, window_size
from cornu.layers._input_spec import InputSpec
from cornu.layers.rnn._cell import RecurrentCell, forget_by_ones, options_for_cell, shows_cell
from cornu.layers.rnn.rnn import RNN
from cornu.ops._recurrent_steps import ConvLSTMStep
from cornu.serial.registry import export


class ConvLSTMCell(RecurrentCell):
    """A step of a `ConvLSTM` over `rank` spatial axes. Arguments as of `ConvLSTM2D`.

    Call arguments:
        inputs: (batch, *spatial, channels), of one step.
        states: list of two tensors (batch, *spatial, filters): the output before, and the carry.
        training: whether in training, where `dropout` acts.

    Returns:
        The output, and the new states.
    """

    dropout_mask_count = 4

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation="tanh",
        recurrent_activation="sigmoid",
        unit_forget_bias=True,
        **kwargs,
    ):
        super().__init__(activation=activation, **kwargs)
        self.rank = rank
        self.filters = filters
        self.kernel_size = to_tuple(kernel_size, rank, "kernel_size")
        self.strides = to_tuple(strides, rank, "strides")
        self.padding = _checked_padding(padding)
        self.data_format = config.standardize_data_format(data_format)
        self.dilation_rate = to_tuple(dilation_rate, rank, "dilation_rate")
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. Received:"
                f" strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.input_spec = InputSpec(ndim=rank + 2)
        self.state_size = [filters, filters]
        self.output_size = filters

    @property
    def _channel_axis(self):
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape):
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs (last in input_shape) should be defined. Found"
                f" None. Full input shape received: input_shape={tuple(input_shape)}"
            )
        gates = 4 * self.filters
        self._add_weights(
            (*self.kernel_size, channels, gates),
            (*self.kernel_size, self.filters, gates),
            (gates,),
            forget_by_ones(self, self.filters),
        )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})

    def state_shape(self, input_shape):
        """The shape (batch, *spatial, filters) of each state, for inputs of one step."""
        last = self.data_format == "channels_last"
        spatial = input_shape[1:-1] if last else input_shape[2:]
        sizes = [
            window_size(size, window, stride, self.padding, step)
            for size, window, stride, step in zip(
                spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        ]
        if last:
            return (input_shape[0], *sizes, self.filters)
        return (input_shape[0], self.filters, *sizes)

    def _biases(self):
        if self.bias is None or self.data_format == "channels_last":
            return super()._biases()
        return ops.reshape(self.bias, (1, -1, *(1,) * self.rank)), None

    def _step(self):
        return ConvLSTMStep(
            *self._functions(),
            -1 if self.data_format == "channels_last" else -1 - self.rank,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )

    def call(self, inputs, states, training=False):
        return self._call_once(inputs, states, training)


def _checked_padding(padding):
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={padding!r}")
    return padding


@shows_cell(
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
    "recurrent_activation",
    "unit_forget_bias",
)
class ConvLSTM(RNN):
    """Base of the layers over `rank` spatial axes. Arguments as of `ConvLSTM2D`."""

    config_exclude = RNN.config_exclude | {"cell"}
    rank = None

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        **kwargs,
    ):
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **options_for_cell(kwargs, "conv_lstm_cell"),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.seed = seed
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def get_initial_state(self, batch_size):
        """A list of zeros for each state, for sequences as the layer was built for.

        Raises:
            ValueError: if the layer is not built.
        """
        if not self.built:
            raise ValueError(f"Layer '{self.name}' has to be built before it knows its states.")
        shape = self._build_shapes["sequences_shape"]
        return self._zero_states((batch_size, *shape[1:]))

    def _zero_states(self, sequences_shape):
        shape = self.cell.state_shape((sequences_shape[0], *sequences_shape[2:]))
        return [ops.zeros(shape, dtype=self._state_dtype) for _ in self.state_size]

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """As of `RNN`, with the spatial axes after the window has slid over them."""
        state = self.cell.state_shape((sequences_shape[0], *sequences_shape[2:]))
        output = state
        if self.return_sequences:
            output = (state[0], sequences_shape[1], *state[1:])
        return (output, state, state) if self.return_state else output


@export("keras.layers.ConvLSTM1D")
class ConvLSTM1D(ConvLSTM):
    """`LSTM` over sequences of sequences, with convolutions for products. Arguments as of
    `ConvLSTM2D`, sizes being ints.

    Sequences have the shape (batch, time, steps, channels), or (batch, time, channels, steps) for
    `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.ConvLSTM1D(2, 3)(cornu.ops.ones((1, 4, 8, 3))).shape
        (1, 6, 2)
    """

    rank = 1


@export("keras.layers.ConvLSTM2D")
class ConvLSTM2D(ConvLSTM):
    """`LSTM` over sequences of images, with convolutions for products (Shi et al. 2015).

    Args:
        filters: number of output channels.
        kernel_size: int or (height, width) of the windows.
        strides: int or pair: steps of the window over the inputs. The recurrent convolution has
            stride 1.
        padding: `"valid"` or `"same"`, of the inputs. The recurrent convolution is padded.
        data_format: `"channels_last"`: (batch, time, height, width, channels), or
            `"channels_first"`: (batch, time, channels, height, width).
        dilation_rate: int or pair: distance between the elements of the window over the inputs.
        activation: name or callable of the candidate and the output, None for none.
        recurrent_activation: name or callable of the gates, None for none.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: names, configs or callables.
        unit_forget_bias: whether the bias of the forget gate begins with ones.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: names,
            configs or callables, None for none.
        kernel_constraint, recurrent_constraint, bias_constraint: names, configs or callables, None
            for none.
        dropout, recurrent_dropout: see `LSTM`.
        seed: int for repeatable dropout, or None.
        return_sequences, return_state, go_backwards, stateful: see `RNN`.
        **kwargs: see `RNN` and `Layer`.

    Call arguments: see `RNN`.

    Returns:
        (batch, *spatial, filters), or (batch, time, *spatial, filters) for `return_sequences`, or
        with the filters before the spatial axes for `"channels_first"`.

    Raises:
        ValueError: if sizes don't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.ConvLSTM2D(2, 3)(cornu.ops.ones((1, 4, 8, 8, 3))).shape
        (1, 6, 6, 2)
    """

    rank = 2


@export("keras.layers.ConvLSTM3D")
class ConvLSTM3D(ConvLSTM):
    """`LSTM` over sequences of volumes, with convolutions for products. Arguments as of
    `ConvLSTM2D`, sizes being ints or triples.

    Sequences have the shape (batch, time, depth, height, width, channels), or (batch, time,
    channels, depth, height, width) for `"channels_first"`.

    Example:
        >>> import cornu
        >>> cornu.layers.ConvLSTM3D(2, 3)(cornu.ops.ones((1, 4, 5, 5, 5, 3))).shape
        (1, 3, 3, 3, 2)
    """

    rank = 3
