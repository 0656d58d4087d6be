"""The variables of a layer: adding, listing, freezing, reading and setting them."""

import numpy as np

from cornu import constraints, initializers, regularizers
from cornu.core import dtypes, scopes
from cornu.core.errors import shorten
from cornu.core.shapes import standardize_shape
from cornu.state.variable import Variable


def unique(items):
    """The items without repetitions (by identity), in order."""
    seen, out = set(), []
    for item in items:
        if id(item) not in seen:
            seen.add(id(item))
            out.append(item)
    return out


class Weights:
    """Mixin of `Layer` on its variables. What it owns is tracked in the lists set up by `Layer`."""

    def add_weight(
        self,
        *args,
        shape=None,
        initializer=None,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        aggregation="none",
        overwrite_with_gradient=False,
        name=None,
    ):
        """Make a variable that belongs to the layer.

        Args:
            *args: `shape`, `initializer` and `dtype`, by position.
            shape: tuple of ints; `()` by default.
            initializer: name, config, object or callable `(shape, dtype)`; by default Glorot
                uniform for floats, zeros for other dtypes.
            dtype: by default the layer's `variable_dtype`.
            trainable: whether training changes it.
            autocast: whether the layer reads it in its compute dtype.
            regularizer: name, config, object or callable whose value is added to the loss.
            constraint: name, config, object or callable applied after each update.
            aggregation: how replicas are combined.
            overwrite_with_gradient: see `Variable`.
            name: name of the variable.

        Returns:
            A `Variable`.
        """
        if args and isinstance(args[0], str):
            raise ValueError(
                "The first argument of `add_weight` is the shape, received the string"
                f" {args[0]!r}. Pass the name as a keyword argument:"
                f" add_weight(name={args[0]!r}, shape=...)"
            )
        if args and shape is not None:
            raise ValueError("`shape` was passed both positionally and as a keyword argument.")
        if len(args) > 3:
            raise TypeError(
                "`add_weight` takes at most 3 positional arguments: shape, initializer, dtype"
            )
        shape = args[0] if args else shape
        initializer = args[1] if len(args) > 1 else initializer
        dtype = args[2] if len(args) > 2 else dtype
        shape = () if shape is None else standardize_shape(shape)
        dtype = self.variable_dtype if dtype is None else dtypes.standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        initializer = initializers.get(initializer)
        with self._own_scope():
            variable = Variable(
                initializer,
                shape=shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    def add_variable(
        self,
        shape,
        initializer,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        name=None,
    ):
        """As `add_weight`."""
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            dtype=dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
        )

    def _own_scope(self):
        """The name scope in which the layer's own variables are made."""
        names = scopes.NAME_SCOPE.get()
        if self._path is not None:
            names = tuple(self._path.split("/"))
        elif not names or names[-1] != self.name:
            names = (*names, self.name)
        return scopes.setting(scopes.NAME_SCOPE, names)

    def _track_variable(self, variable):
        kind = "trainable_variables" if variable.trainable else "non_trainable_variables"
        self._tracker.add(kind, variable)

    def _untrack_variable(self, variable):
        locked, self._tracker.locked = self._tracker.locked, None
        self._tracker.untrack(variable)
        self._tracker.locked = locked

    def _flatten_layers(self, include_self=True, recursive=True):
        """The layers owned, depth first."""
        found = [self] if include_self else []
        for layer in self._layers:
            found.append(layer)
            if recursive:
                found += layer._flatten_layers(include_self=False)
        return unique(found)

    @property
    def variables(self):
        """All variables: weights and the states of seed generators, not those of metrics."""
        found = [*self._trainable_variables, *self._non_trainable_variables]
        found += [generator.state for generator in self._seed_generators]
        for layer in self._layers:
            found += layer.variables
        return unique(found)

    @property
    def weights(self):
        """All variables but the states of seed generators."""
        found = [*self._trainable_variables, *self._non_trainable_variables]
        for layer in self._layers:
            found += layer.weights
        return unique(found)

    @property
    def trainable_variables(self):
        """Variables that training changes; none if the layer is frozen."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self):
        """Variables that training by gradients leaves alone; all if the layer is frozen."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def trainable_weights(self):
        """Weights that training changes; none if the layer is frozen."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self):
        """Weights that training by gradients leaves alone; all if the layer is frozen."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def metrics(self):
        """Metrics that the layer and the layers in it own."""
        return self._own_metrics()

    def _own_metrics(self):
        """The metrics of layers: not those that models in it were compiled with."""
        found = list(self._metrics)
        for layer in self._layers:
            found += layer._own_metrics()
        return unique(found)

    @property
    def metrics_variables(self):
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def count_params(self):
        """Number of elements of all weights.

        Raises:
            ValueError: if the layer has no weights yet because it is not built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't"
                " built. You can build it manually via: `layer.build(input_shape)`."
            )
        return sum(weight.size for weight in self.weights)

    @property
    def trainable(self):
        """Whether training changes the layer's weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        value = bool(value)
        self._trainable = value
        for variable in self._trainable_variables:
            variable.trainable = value
        for layer in self._layers:
            layer.trainable = value

    def get_weights(self):
        """The values of `weights` as NumPy arrays."""
        return [np.asarray(weight._raw_value) for weight in self.weights]

    def set_weights(self, weights):
        """Set the values of `weights`.

        Args:
            weights: arrays in the order and of the shapes of `get_weights()`. Nothing is set if any
                doesn't fit.

        Raises:
            ValueError: if the number or a shape differs.
        """
        own = self.weights
        if len(own) != len(weights):
            built = (
                "" if self.built else " (it is not built yet: build it, or call it on data, first)"
            )
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of"
                f" length {len(weights)}, but the layer was expecting {len(own)} weights{built}."
            )
        for variable, value in zip(own, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not compatible with"
                    f" provided weight shape {tuple(np.shape(value))}, for the weight"
                    f" '{variable.path}'."
                )
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store):
        """Put the values of the layer's own variables (not those of layers in it) into `store`, a
        mapping.

        Keys are "0", "1", ... in the order: trainable, then not trainable.
        """
        for index, value in enumerate(self._saved_values()):
            store[str(index)] = value

    def load_own_variables(self, store):
        """Set the layer's own variables from a mapping as `save_own_variables` fills it.

        Raises:
            ValueError: if the number of values differs, telling an unbuilt layer apart.
        """
        own = self._own_variables()
        if len(store.keys()) != len(own):
            if not own and not self.built:
                raise ValueError(
                    f"Layer '{self.name}' was never built and thus it doesn't have any variables."
                    f" However the weights file lists {len(store.keys())} variables for this layer."
                    " Build the model, or call it on data, before loading weights; a custom layer"
                    " makes its weights in `build()`, not in `call()`."
                )
            raise ValueError(
                f"Layer '{self.name}' expected {len(own)} variables, but received"
                f" {len(store.keys())} variables during loading. Expected:"
                f" {shorten([v.path for v in own])}"
            )
        for index, variable in enumerate(own):
            variable.assign(store[str(index)])
        self._after_load()

    def _own_variables(self):
        """The layer's own variables in the order of files."""
        return [*self._trainable_variables, *self._non_trainable_variables]

    def _saved_values(self):
        """What files hold for `_own_variables()`."""
        return self._own_variables()

    def _after_load(self):
        """Hook, after the layer's own variables were loaded."""
