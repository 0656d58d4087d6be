"""`StackedRNNCells`: several cells as one."""

from cornu import ops
from cornu.backend import kernels
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export


@export("keras.layers.StackedRNNCells")
class StackedRNNCells(Layer):
    """Cells one behind the other, as one cell for `RNN`: each gets the output of the one before.

    Args:
        cells: list of cells, see `RNN`.
        **kwargs: see `Layer`.

    Call arguments:
        inputs: (batch, size), of one step.
        states: list with the states of each cell.
        training: whether in training, for cells with dropout.

    Raises:
        ValueError: if something in the list is no cell.

    Example:
        >>> import cornu
        >>> cells = [cornu.layers.LSTMCell(4), cornu.layers.GRUCell(3)]
        >>> layer = cornu.layers.RNN(cornu.layers.StackedRNNCells(cells))
        >>> layer(cornu.ops.ones((2, 5, 8))).shape
        (2, 3)
    """

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        for cell in cells:
            for attribute in ("call", "state_size"):
                if not hasattr(cell, attribute):
                    raise ValueError(
                        f"All cells must have a `{attribute}` attribute. Received cell without a"
                        f" `{attribute}`: {shorten(cell)}"
                    )
        self.cells = list(cells)

    @property
    def state_size(self):
        """The cells' state sizes, one behind the other."""
        return [plain_sizes(cell.state_size) for cell in self.cells]

    @property
    def output_size(self):
        """The last cell's output size."""
        last = self.cells[-1]
        size = getattr(last, "output_size", None)
        return tree.flatten(last.state_size)[0] if size is None else size

    def get_initial_state(self, batch_size=None):
        """The list of the cells' states before the first step."""
        return [self._initial_state(cell, batch_size) for cell in self.cells]

    def _initial_state(self, cell, batch_size):
        own = getattr(cell, "get_initial_state", None)
        if own is not None:
            states = own(batch_size=batch_size)
            # A cell of one state, an int, has it here as a tensor.
            alone = not tree.is_nested(cell.state_size) and tree.is_nested(states)
            return states[0] if alone else states
        return tree.map_structure(
            lambda size: ops.zeros((batch_size, size), dtype=self.compute_dtype), cell.state_size
        )

    def _by_cell(self, states):
        """The states of each cell, however they are nested."""
        return tree.pack_sequence_as(self.state_size, tree.flatten(states))

    def build(self, input_shape):
        shape = input_shape
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(shape)
            size = getattr(cell, "output_size", None)
            size = tree.flatten(cell.state_size)[0] if size is None else size
            shape = (shape[0], *size) if isinstance(size, (list, tuple)) else (shape[0], size)

    def call(self, inputs, states, training=False, **kwargs):
        new = []
        for cell, state in zip(self.cells, self._by_cell(states), strict=True):
            alone = not tree.is_nested(state)
            options = {**kwargs, "training": training} if takes_training(cell) else kwargs
            run = cell if callable(cell) else cell.call
            inputs, after = run(inputs, [state] if alone else list(state), **options)
            new.append(tree.flatten(after)[0] if alone else after)
        return inputs, tree.pack_sequence_as(self.state_size, tree.flatten(new))

    @property
    def _is_known(self):
        return type(self).call is StackedRNNCells.call and all(
            getattr(cell, "_is_known", False) for cell in self.cells
        )

    def _along(self, sequences, states, mask, training, options):
        """All steps of one cell after the other, as `GatedCell._along`."""
        last, outputs, after = None, sequences, []
        for cell, state in zip(self.cells, self._by_cell(states), strict=True):
            inner = {**options, "keep_all": cell is not self.cells[-1] or options["keep_all"]}
            state = list(state) if tree.is_nested(state) else [state]
            last, outputs, state = cell._along(outputs, state, mask, training, inner)
            after += tree.flatten(state)
            if options["reverse"]:  # outputs come in the order of the steps
                mask = None if mask is None else kernels.flip(mask, 1)
                options = {**options, "reverse": False}
        return last, outputs, tree.pack_sequence_as(self.state_size, after)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from `get_config()`."""
        cells = [deserialize_keras_object(cell, custom_objects) for cell in config["cells"]]
        return super().from_config({**config, "cells": cells})


def takes_training(cell):
    """Whether a cell's `call` has an argument `training`."""
    return isinstance(cell, Layer) and cell._plan.takes_training


def plain_sizes(size):
    """A size, or nest of lists of sizes, with each list a plain one."""
    return [plain_sizes(each) for each in size] if isinstance(size, (list, tuple)) else size
