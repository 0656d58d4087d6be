"""`SimpleRNN` and its cell."""

from cornu.layers._input_spec import InputSpec
from cornu.layers.rnn._cell import RecurrentCell, checked_units, options_for_cell, shows_cell
from cornu.layers.rnn.rnn import RNN
from cornu.ops._recurrent_steps import SimpleStep
from cornu.serial.registry import export


@export("keras.layers.SimpleRNNCell")
class SimpleRNNCell(RecurrentCell):
    """A step of `SimpleRNN`. Arguments as there.

    Call arguments:
        sequence: (batch, size), of one step.
        states: list of one tensor (batch, units), or the tensor.
        training: whether in training, where `dropout` acts.

    Returns:
        The output (batch, units), and the new states.

    Example:
        >>> import cornu
        >>> cell = cornu.layers.SimpleRNNCell(4)
        >>> output, states = cell(cornu.ops.ones((2, 3)), [cornu.ops.zeros((2, 4))])
        >>> output.shape
        (2, 4)
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
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
        self.state_size = self.output_size = self.units

    def build(self, input_shape):
        units = self.units
        self._add_weights((input_shape[-1], units), (units, units), (units,))

    def _step(self):
        return SimpleStep(*self._functions())

    def call(self, sequence, states, training=False):
        return self._call_once(sequence, states, training)


@export("keras.layers.SimpleRNN")
@shows_cell("units")
class SimpleRNN(RNN):
    """A layer of neurons that also see their outputs of the step before (Elman 1990):
    `activation(inputs @ kernel + output @ recurrent_kernel + bias)`.

    Args:
        units: size of the output, a positive int.
        activation: name or callable, None for none.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: names,
            configs or callables, None for none.
        kernel_constraint, recurrent_constraint, bias_constraint: names, configs or callables, None
            for none.
        dropout: fraction of the inputs to drop in training, the same ones in all steps.
        recurrent_dropout: fraction of the outputs of the step before to drop, likewise.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        seed: int for repeatable dropout, or None.
        **kwargs: see `RNN` and `Layer`.

    Call arguments: see `RNN`.

    Raises:
        ValueError: if `units` is no positive int.

    Example:
        >>> import cornu
        >>> cornu.layers.SimpleRNN(4, return_sequences=True)(cornu.ops.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    config_exclude = RNN.config_exclude | {"cell"}

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        cell = SimpleRNNCell(
            units,
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
            **options_for_cell(kwargs, "simple_rnn_cell"),
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
        self.input_spec = InputSpec(ndim=3)
