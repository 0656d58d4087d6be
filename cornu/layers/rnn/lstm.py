"""`LSTM` and its cell."""

from cornu import activations
from cornu.layers._input_spec import InputSpec
from cornu.layers.rnn._cell import (
    RecurrentCell,
    checked_units,
    checked_use_cudnn,
    forget_by_ones,
    options_for_cell,
    shows_cell,
)
from cornu.layers.rnn.rnn import RNN
from cornu.ops._recurrent_steps import LSTMStep
from cornu.serial.registry import export


@export("keras.layers.LSTMCell")
class LSTMCell(RecurrentCell):
    """A step of `LSTM`. Arguments as there.

    Call arguments:
        inputs: (batch, size), of one step.
        states: list of two tensors (batch, units): the output before, and the carry.
        training: whether in training, where `dropout` acts.

    Returns:
        The output (batch, units), and the new states.

    Example:
        >>> import cornu
        >>> cell = cornu.layers.LSTMCell(4)
        >>> output, states = cell(cornu.ops.ones((2, 3)), [cornu.ops.zeros((2, 4))] * 2)
        >>> output.shape
        (2, 4)
    """

    dropout_mask_count = 4

    def __init__(
        self,
        units,
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
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        self.units = checked_units(units)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def build(self, input_shape):
        size, units = input_shape[-1], self.units
        self._add_weights(
            (size, 4 * units), (units, 4 * units), (4 * units,), forget_by_ones(self, units)
        )

    def _step(self):
        return LSTMStep(*self._functions())

    def call(self, inputs, states, training=False):
        return self._call_once(inputs, states, training)


@export("keras.layers.LSTM")
@shows_cell("units", "recurrent_activation", "unit_forget_bias")
class LSTM(RNN):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; with a forget gate, Gers et al. 2000).

    The kernels hold the input gate, the forget gate, the candidate and the output gate side by
    side. All steps' inputs are multiplied by the kernel at once; a step is one more product.

    Args:
        units: size of the output, a positive int.
        activation: name or callable of the candidate and the output, None for none.
        recurrent_activation: name or callable of the gates, None for none.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: names, configs or callables.
        unit_forget_bias: whether the bias of the forget gate begins with ones (Jozefowicz et al.
            2015).
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: names,
            configs or callables, None for none.
        kernel_constraint, recurrent_constraint, bias_constraint: names, configs or callables, None
            for none.
        dropout: fraction of the inputs to drop in training, the same ones in all steps.
        recurrent_dropout: fraction of the outputs of the step before to drop, likewise.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        seed: int for repeatable dropout, or None.
        use_cudnn: `"auto"` to have cuDNN run the layer where it can: on NVIDIA GPUs, in float32,
            for tanh and sigmoid, with a bias, not unrolled, nothing dropped. With False XLA runs
            it; True, where cuDNN can't, is an error.
        **kwargs: see `RNN` and `Layer`.

    Call arguments: see `RNN`.

    Raises:
        ValueError: if `units` is no positive int, or cuDNN is demanded where it can't run the
            layer.

    Example:
        >>> import cornu
        >>> cornu.layers.LSTM(4, return_sequences=True)(cornu.ops.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    config_exclude = RNN.config_exclude | {"cell", "use_cudnn"}

    def __init__(
        self,
        units,
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
        unroll=False,
        use_cudnn="auto",
        **kwargs,
    ):
        cell = LSTMCell(
            units,
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
            **options_for_cell(kwargs, "lstm_cell"),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.seed = seed
        self.use_cudnn = checked_use_cudnn(use_cudnn)
        self.input_spec = InputSpec(ndim=3)
