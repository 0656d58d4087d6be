"""`RNN`: a cell run along the time axis."""

from contextlib import ExitStack
from numbers import Integral

from cornu import ops
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.layers.rnn._cell import DropoutRNNCell
from cornu.layers.rnn.stacked_rnn_cells import StackedRNNCells, plain_sizes, takes_training
from cornu.ops._recurrence import rnn
from cornu.serial.budget import spend
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export
from cornu.state.variable import Variable, value_of


@export("keras.layers.RNN")
class RNN(Layer):
    """A cell run along the time axis of sequences, its states going from step to step.

    Args:
        cell: a layer (or list of them, for `StackedRNNCells`) with

            - `call(inputs, states)` -> `(output, new_states)`, for one step: (batch, ...) each;
              `states` is a list, new states are nested as they came; it may take `training`;
            - `state_size`: size of the state, or a list of them, possibly nested;
            - optionally `output_size` (else the first state's), and
              `get_initial_state(batch_size)` (else zeros).
        return_sequences: whether to return the outputs of all steps, else the last one.
        return_state: whether to return the last states too.
        go_backwards: whether to begin at the end. Outputs come in the order of the steps.
        stateful: whether a batch begins with the last states of the batch before; then the batch
            size is fixed.
        unroll: whether to write out all steps instead of looping: for short sequences.
        zero_output_for_mask: whether the output of a masked step is zeros, else that of the step
            before.
        **kwargs: see `Layer`.

    Call arguments:
        sequences: (batch, time, ...).
        initial_state: list of tensors (batch, size), nested as `state_size`; by default zeros.
        mask: booleans (batch, time). Where it is false, the step changes nothing.
        training: whether in training, for cells with dropout.

    Returns:
        (batch, units), or (batch, time, units) for `return_sequences`; a tuple of it and the states
        for `return_state`.

    Raises:
        ValueError: if the cell lacks something, or the batch size or number of steps is unknown
            where it is needed.

    Example:
        >>> import cornu
        >>> class Total(cornu.layers.Layer):
        ...     state_size = 3
        ...     def call(self, inputs, states):
        ...         total = states[0] + inputs
        ...         return total, [total]
        >>> cornu.layers.RNN(Total())(cornu.ops.ones((1, 5, 3)))
        Array([[5., 5., 5.]], dtype=float32)
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        self._check_cell(cell)
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.input_spec = None
        self.states = None

    @property
    def state_size(self):
        """The list of the cell's state sizes."""
        size = plain_sizes(self.cell.state_size)
        return size if isinstance(size, list) else [size]

    @staticmethod
    def _check_cell(cell):
        if not hasattr(cell, "call"):
            raise ValueError(
                f"Argument `cell` should have a `call` method. Received: cell={shorten(cell)}"
            )
        size = getattr(cell, "state_size", None)
        if size is None:
            raise ValueError(
                "Argument `cell` should have a `state_size` attribute: an int, or a list of ints,"
                f" one for each state. Received: cell={shorten(cell)}"
            )
        if not isinstance(size, (Integral, list, tuple)):
            raise ValueError(
                "`state_size` must be an integer, or a list/tuple of integers (one for each state"
                f" tensor). Received: {shorten(size)}"
            )

    def build(self, sequences_shape, initial_state_shape=None):
        self._check_steps(sequences_shape)
        step_shape = (sequences_shape[0], *sequences_shape[2:])
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build(step_shape)
        if not self.stateful:
            return
        if self.states is not None:
            self.reset_state()
            return
        if sequences_shape[0] is None:
            raise ValueError(
                "When using `stateful=True` in a RNN, the batch size must be static. Found dynamic"
                f" batch size: sequence.shape={tuple(sequences_shape)}. Give it as"
                " `Input(batch_shape=...)` or `batch_size=`."
            )
        places = [1 if size is None else size for size in sequences_shape[2:-1]]  # of images
        for size in tree.flatten(self.state_size):
            shape = (sequences_shape[0], *places, size)
            spend(shape, self.variable_dtype, f"a state of layer '{self.name}'")
        states = tree.map_structure(self._variable, self._zero_states(sequences_shape))
        self.__dict__["states"] = states  # variables, but no weights: no file holds them

    @property
    def variables(self):
        """All variables, the states of a stateful layer included."""
        return super().variables + tree.flatten(self.states or [])

    def _variable(self, value):
        return Variable(value, trainable=False, dtype=self.variable_dtype, name="rnn_state")

    def get_initial_state(self, batch_size):
        """The list of states before the first step: the cell's own, else zeros."""
        own = getattr(self.cell, "get_initial_state", None)
        if own is not None:
            states = own(batch_size=batch_size)
            return list(states) if tree.is_nested(states) else [states]
        return tree.map_structure(
            lambda size: ops.zeros((batch_size, size), dtype=self._state_dtype), self.state_size
        )

    def _zero_states(self, sequences_shape):
        return self.get_initial_state(sequences_shape[0])

    @property
    def _state_dtype(self):
        return getattr(self.cell, "compute_dtype", self.compute_dtype)

    def reset_state(self):
        """Begin the next batch of a stateful layer with the initial states."""
        if self.states is not None:
            for variable in tree.flatten(self.states):
                variable.assign(ops.zeros_like(variable))

    reset_states = reset_state

    def call(self, sequences, initial_state=None, mask=None, training=False):
        self._check_steps(sequences.shape)
        states = self._states_to_begin(sequences, initial_state)
        mask = self._checked_mask(sequences, mask)
        last, outputs, states = self.inner_loop(sequences, states, mask, training=bool(training))
        states = tree.map_structure(lambda x: ops.cast(x, self.compute_dtype), list(states))
        if self.stateful:
            for variable, state in zip(
                tree.flatten(self.states), tree.flatten(states), strict=True
            ):
                variable.assign(state)
        output = ops.cast(outputs if self.return_sequences else last, self.compute_dtype)
        return (output, *states) if self.return_state else output

    def _check_steps(self, shape):
        if self.unroll and not isinstance(shape[1], int):
            raise ValueError(
                "Cannot unroll a RNN if the time dimension is undefined: pass the number of steps"
                " to your `Input`, or use `unroll=False`. Received sequences of shape"
                f" {tuple(shape)}"
            )

    def _checked_mask(self, sequences, mask):
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        if mask is not None and tuple(mask.shape[:2]) != tuple(sequences.shape[:2]):
            raise ValueError(
                f"The mask of layer '{self.name}' must have an element for each step of each"
                f" example. Received: mask.shape={tuple(mask.shape)}, sequences.shape="
                f"{tuple(sequences.shape)}"
            )
        return mask

    def _states_to_begin(self, sequences, given):
        if given is None and not self.stateful:
            return self._zero_states(sequences.shape)
        given = self.states if given is None else given
        given = tree.map_structure(
            lambda state: ops.cast(value_of(state), self._state_dtype),
            list(given) if tree.is_nested(given) else [given],
        )
        self._check_states(sequences.shape[0], given)
        return given

    def _check_states(self, batch, given):
        wanted, found = tree.flatten(self.state_size), tree.flatten(given)
        if len(wanted) != len(found):
            raise ValueError(
                f"Layer '{self.name}' has {len(wanted)} states, of sizes {self.state_size}."
                f" Received: initial_state={shorten(given)}"
            )
        for state in found:
            if isinstance(batch, int) and state.shape[0] != batch:
                why = "A stateful layer has a fixed batch size." if self.stateful else ""
                raise ValueError(
                    f"Layer '{self.name}': the batch size of the sequences, {batch}, differs from"
                    f" that of the initial state, {state.shape[0]}. {why}"
                )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """The loop over the steps.

        Args:
            sequences: (batch, time, ...).
            initial_state: list of states before the first step.
            mask: booleans (batch, time), or None.
            training: whether in training.

        Returns:
            The last output, the outputs of all steps, and the list of last states.
        """
        if not getattr(self.cell, "_is_known", False):
            if getattr(self, "use_cudnn", False) is True:
                raise ValueError(
                    f"Layer '{self.name}' has `use_cudnn=True`, but cuDNN is not supported here: it"
                    " knows the activations 'tanh' and 'sigmoid' only. Use `use_cudnn='auto'`."
                )
            return self._loop(sequences, initial_state, mask, training)
        options = {
            "reverse": self.go_backwards,
            "unroll": self.unroll,
            "keep_all": self.return_sequences,
            "zero_output": self.zero_output_for_mask,
            "cudnn": getattr(self, "use_cudnn", False),  # only LSTM and GRU have it
        }
        return self.cell._along(sequences, initial_state, mask, training, options)

    def _loop(self, sequences, states, mask, training):
        """The loop for any cell, which is called for each step."""
        cell = self.cell if callable(self.cell) else self.cell.call
        options = {"training": training} if takes_training(self.cell) else {}

        def step(inputs, states):
            output, new = cell(inputs, states, **options)
            return output, tree.pack_sequence_as(states, tree.flatten(new))

        with ExitStack() as held:
            if training:
                _hold_masks(held, self.cell, sequences[:, 0], states)
            return rnn(
                step,
                sequences,
                states,
                go_backwards=self.go_backwards,
                mask=mask,
                unroll=self.unroll,
                zero_output_for_mask=self.zero_output_for_mask,
                return_all_outputs=self.return_sequences,
            )

    def compute_mask(self, _, mask):
        """The mask of the outputs for `return_sequences`, and none for states."""
        mask = tree.flatten(mask)[0] if self.return_sequences else None
        return [mask, *(None for _ in self.state_size)] if self.return_state else mask

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """(batch, units), or (batch, time, units) for `return_sequences`; with the states'
        shapes."""
        batch = sequences_shape[0]
        states = tree.map_structure(lambda size: (batch, size), self.state_size)
        size = getattr(self.cell, "output_size", None)
        size = tree.flatten(self.state_size)[0] if size is None else size
        if not isinstance(size, Integral):
            raise ValueError(f"`output_size` of a cell must be an integer. Received: {size}")
        output = (*sequences_shape[: 2 if self.return_sequences else 1], size)
        return (output, *states) if self.return_state else output

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from `get_config()`."""
        config = dict(config)
        if "cell" in config:
            config["cell"] = deserialize_keras_object(config["cell"], custom_objects)
        return super().from_config(config)


def _hold_masks(held, cell, inputs, states):
    """Have cells draw what they drop once, for inputs and states like these."""
    if isinstance(cell, DropoutRNNCell):
        held.enter_context(cell._dropout_masks(inputs, tree.flatten(states)[0]))
    elif isinstance(cell, StackedRNNCells):
        for inner, state in zip(cell.cells, cell._by_cell(states), strict=True):
            _hold_masks(held, inner, inputs, state)
            inputs = tree.flatten(state)[0]
