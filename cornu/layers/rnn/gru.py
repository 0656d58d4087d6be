"""`GRU` and its cell."""

from cornu import activations
from cornu.layers._input_spec import InputSpec
from cornu.layers.rnn._cell import (
    RecurrentCell,
    checked_units,
    checked_use_cudnn,
    options_for_cell,
    shows_cell,
)
from cornu.layers.rnn.rnn import RNN
from cornu.ops._recurrent_steps import GRUResetBeforeStep, GRUStep
from cornu.serial.registry import export


@export("keras.layers.GRUCell")
class GRUCell(RecurrentCell):
    """A step of `GRU`. Arguments as there.

    Call arguments:
        inputs: (batch, size), of one step.
        states: list of one tensor (batch, units), or the tensor.
        training: whether in training, where `dropout` acts.

    Returns:
        The output (batch, units), and the new states.

    Example:
        >>> import cornu
        >>> cell = cornu.layers.GRUCell(4)
        >>> output, states = cell(cornu.ops.ones((2, 3)), [cornu.ops.zeros((2, 4))])
        >>> output.shape
        (2, 4)
    """

    dropout_mask_count = 3

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        reset_after=True,
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
        self.reset_after = reset_after
        self.state_size = self.output_size = self.units

    def build(self, input_shape):
        size, units = input_shape[-1], self.units
        bias_shape = (2, 3 * units) if self.reset_after else (3 * units,)
        self._add_weights((size, 3 * units), (units, 3 * units), bias_shape)

    def _biases(self):
        if self.bias is None or not self.reset_after:
            return super()._biases()
        bias = self.bias.value
        return bias[0], bias[1]

    def _step(self):
        step = GRUStep if self.reset_after else GRUResetBeforeStep
        return step(*self._functions())

    def call(self, inputs, states, training=False):
        return self._call_once(inputs, states, training)


@export("keras.layers.GRU")
@shows_cell("units", "recurrent_activation", "reset_after")
class GRU(RNN):
    """Gated recurrent unit (Cho et al. 2014).

    The kernels hold the update gate, the reset gate and the candidate side by side. All steps'
    inputs are multiplied by the kernel at once; a step is one more product, or two for
    `reset_after=False`.

    Args:
        units: size of the output, a positive int.
        activation: name or callable of the candidate and the output, None for none.
        recurrent_activation: name or callable of the gates, None for none.
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
        reset_after: whether the reset gate acts after the recurrent product, as in cuDNN, with a
            bias of its own, or before it, as in the paper.
        use_cudnn: `"auto"` or False: XLA runs the layer, on GPUs too, because JAX hands on cuDNN's
            LSTM only; True, to demand cuDNN, is an error.
        **kwargs: see `RNN` and `Layer`.

    Call arguments: see `RNN`.

    Raises:
        ValueError: if `units` is no positive int.

    Example:
        >>> import cornu
        >>> cornu.layers.GRU(4, return_sequences=True)(cornu.ops.ones((2, 5, 3))).shape
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
        reset_after=True,
        use_cudnn="auto",
        **kwargs,
    ):
        cell = GRUCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
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
            reset_after=reset_after,
            seed=seed,
            **options_for_cell(kwargs, "gru_cell"),
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
