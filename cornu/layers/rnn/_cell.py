"""What the built-in recurrent cells share: weights, dropout, and the way past the single step."""

from contextlib import contextmanager

import numpy as np

from cornu import activations, constraints, initializers, ops, random, regularizers
from cornu.backend import engine
from cornu.core import scopes, tree
from cornu.layers._layer import Layer
from cornu.ops._recurrent import recur
from cornu.ops._recurrent_steps import by_gates
from cornu.serial.registry import path_of

# Of the activations that have a name, those whose elements depend on one another.
NOT_ELEMENTWISE = {"softmax", "log_softmax", "sparsemax", "glu"}


# What these compute, under the name by which `ops._recurrent_steps` knows it.
AS_OPS = {activations.sigmoid: ops.sigmoid, activations.tanh: ops.tanh}


def is_elementwise(activation):
    """Whether `activation` is known to be a function of each element alone."""
    space, _, name = (path_of(activation) or "").rpartition(".")
    return space == "keras.activations" and name not in NOT_ELEMENTWISE


# Arguments that the layers of one cell have from it.
OF_CELL = (
    "activation",
    "use_bias",
    "kernel_initializer",
    "recurrent_initializer",
    "bias_initializer",
    "kernel_regularizer",
    "recurrent_regularizer",
    "bias_regularizer",
    "kernel_constraint",
    "recurrent_constraint",
    "bias_constraint",
    "dropout",
    "recurrent_dropout",
)


def shows_cell(*names):
    """Decorator that gives a layer its cell's arguments as properties: those above, and `names`."""

    def decorate(cls):
        for name in (*names, *OF_CELL):
            text = f"See the constructor's `{name}`."
            setattr(
                cls, name, property(lambda layer, name=name: getattr(layer.cell, name), doc=text)
            )
        return cls

    return decorate


def checked_units(units):
    """`units`, if it is a positive int.

    Raises:
        ValueError: if it is not.
    """
    if isinstance(units, bool) or not isinstance(units, (int, np.integer)) or units <= 0:
        raise ValueError(
            "Received an invalid value for argument `units`, expected a positive integer, got"
            f" {units}"
        )
    return int(units)


def checked_use_cudnn(value):
    """`use_cudnn`, if it is one of its three values."""
    if value not in ("auto", True, False):
        raise ValueError(f"`use_cudnn` must be 'auto', True or False. Received: {value!r}")
    return value if value == "auto" else bool(value)


def forget_by_ones(cell, units):
    """The initializer of an LSTM's bias, ones for the forget gate if the cell wants them."""
    if not cell.unit_forget_bias:
        return cell.bias_initializer

    def initialize(shape, dtype=None):
        first, rest = ((units,), (2 * units,))
        forget = ops.ones(first, dtype=dtype)
        bias = cell.bias_initializer
        return ops.concatenate([bias(first, dtype=dtype), forget, bias(rest, dtype=dtype)])

    return initialize


def options_for_cell(options, name):
    """Of a layer's further arguments, those that its cell has too, and the cell's name."""
    options.pop("implementation", None)  # of Keras 2, which had several
    shared = {key: options[key] for key in ("dtype", "trainable") if key in options}
    return {"name": name, **shared}


class DropoutRNNCell:
    """Mixin of cells that in training drop some of their inputs, or of their state before the
    recurrent product: the same ones in all steps of a sequence (Gal & Ghahramani 2016).

    A cell has the attributes `dropout`, `recurrent_dropout`, `seed_generator`, and as
    `dropout_mask_count` its number of gates, each of which sees other parts.
    """

    dropout_mask_count = 1

    def get_dropout_mask(self, step_input):
        """Factors for the inputs (batch, ...) of a step, the same until they are reset: a list of
        one for each gate where there are several; None without dropout."""
        return self._drawn_factors("_dropout_mask", step_input, self.dropout)

    def get_recurrent_dropout_mask(self, step_input):
        """Factors for the state (batch, ...) before a step, likewise."""
        return self._drawn_factors("_recurrent_dropout_mask", step_input, self.recurrent_dropout)

    def _drawn_factors(self, name, like, rate):
        factors = self.__dict__.get(name)
        if factors is None and rate > 0:
            ones = ops.ones_like(like)
            factors = [
                random.dropout(ones, rate=rate, seed=self.seed_generator)
                for _ in range(self.dropout_mask_count)
            ]
            # What is drawn in compiled code is of no use after it.
            if self.__dict__.get("_holds_factors") or not engine.is_traced(factors[0]):
                self.__dict__[name] = factors
        if factors is None or self.dropout_mask_count > 1:
            return factors
        return factors[0]

    def reset_dropout_mask(self):
        """Have new factors for the inputs drawn."""
        self.__dict__["_dropout_mask"] = None

    def reset_recurrent_dropout_mask(self):
        """Have new factors for the state drawn."""
        self.__dict__["_recurrent_dropout_mask"] = None

    @contextmanager
    def _dropout_masks(self, step_input, state):
        """Within, factors stay as drawn for inputs and a state like these."""
        self.__dict__["_holds_factors"] = True
        try:
            yield self._dropped(True, step_input, state)
        finally:
            self.__dict__["_holds_factors"] = False
            self.reset_dropout_mask()
            self.reset_recurrent_dropout_mask()

    def _dropped(self, training, inputs, state):
        """Tuples of the factors for inputs and state, each None where nothing is dropped."""
        from_inputs = from_state = None
        if training and 0 < self.dropout < 1:
            from_inputs = tuple(tree.flatten(self.get_dropout_mask(inputs)))
        if training and 0 < self.recurrent_dropout < 1:
            from_state = tuple(tree.flatten(self.get_recurrent_dropout_mask(state)))
        return from_inputs, from_state

    def _dropped_once(self, training, inputs, state):
        """As `_dropped`, for one sequence: the next one drops something else."""
        try:
            return self._dropped(training, inputs, state)
        finally:
            self.reset_dropout_mask()
            self.reset_recurrent_dropout_mask()


class RecurrentCell(DropoutRNNCell, Layer):
    """Base of the built-in cells: one kernel for the inputs and one for the output before, in which
    the gates stand side by side.

    A subclass makes the weights `kernel`, `recurrent_kernel` and `bias`, and says by `_step()` what
    it computes.
    """

    def __init__(
        self,
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
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)

    def _add_weights(self, kernel_shape, recurrent_shape, bias_shape, bias_initializer=None):
        self.kernel = self.add_weight(
            shape=kernel_shape,
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=recurrent_shape,
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=bias_shape,
                name="bias",
                initializer=bias_initializer or self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def get_initial_state(self, batch_size=None):
        """A list of zeros (batch_size, size), one for each state."""
        sizes = self.state_size if tree.is_nested(self.state_size) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def _step(self):
        """What the cell computes, one of `ops._recurrent_steps`."""
        raise NotImplementedError

    def _functions(self):
        """The activation and, where there is one, that of the gates."""
        found = (self.activation, getattr(self, "recurrent_activation", None))
        return [AS_OPS.get(each, each) for each in found if each is not None]

    def _biases(self):
        """What is added to the product with the kernel, and with the recurrent one; or None."""
        return (None, None) if self.bias is None else (self.bias.value, None)

    def _call_once(self, inputs, states, training):
        """The output, and the new states nested as the old ones."""
        step = self._step()
        old = tree.flatten(states)
        from_inputs, from_state = self._dropped(training, inputs, old[0])
        bias, recurrent_bias = self._biases()
        kernel = self.recurrent_kernel.value
        projected = by_gates(step.project, inputs, self.kernel.value, from_inputs, step.axis)
        inner = step.inner(step.product, old[0], kernel, from_state)
        new = step.step(
            _plus(projected, bias), _plus(inner, recurrent_bias), old, kernel, from_state
        )
        return new[0], tree.pack_sequence_as(states, new)

    @property
    def _is_known(self):
        """Whether `_along` does what calling the cell for each step would."""
        return (
            type(self).call.__module__.startswith(f"{__package__}.")
            and is_elementwise(self.activation)
            and is_elementwise(getattr(self, "recurrent_activation", activations.linear))
            and self.activity_regularizer is None
        )

    def _along(self, sequences, states, mask, training, options):
        """All steps of sequences (batch, time, ...).

        Args:
            options: `reverse`, `unroll`, `keep_all`, `zero_output` and `cudnn` of
                `ops._recurrent.recur`.

        Returns:
            The last output, the outputs of all steps or None, and the list of last states.
        """
        with scopes.setting(scopes.AUTOCAST, self._autocast_dtype):
            sequences = ops.cast(sequences, self.compute_dtype)
            first = sequences[:, 0] if training else None
            from_inputs, from_state = self._dropped_once(training, first, states[0])
            return recur(
                sequences,
                tuple(states),
                self.kernel.value,
                self.recurrent_kernel.value,
                *self._biases(),
                mask,
                from_inputs,
                from_state,
                cell=self._step(),
                **options,
            )


def _plus(x, other):
    return x if other is None else x + other
