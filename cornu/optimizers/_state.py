"""What an optimizer owns: its variables, in the order and under the names that files know."""

import warnings

import numpy as np

from cornu import initializers
from cornu.core.names import auto_name
from cornu.core.scopes import name_scope
from cornu.serial.configurable import Configurable
from cornu.state.tracking import Tracker
from cornu.state.variable import Variable

# Attributes that hold variables of the model, or hold the optimizer's own a second time.
UNTRACKED = frozenset(
    (
        "_trainable_variables",
        "_slots",
        "_model_variables_moving_average",
        "_accumulated_gradients",
        "_compiled",
    )
)


class OptimizerState(Configurable):
    """Base of `Optimizer`: makes, finds, saves and loads its variables.

    A variable that a subclass sets as an attribute is one of the optimizer's too.

    Args:
        name: name, by default the class's in snake case, made unique.
    """

    def __init__(self, name):
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name}"
            )
        self.name = name
        self.built = False
        self._variables = []
        self._trainable_variables = []
        self._positions = {}
        self._slots = {}
        self._model_variables_moving_average = []
        self._accumulated_gradients = []
        self._compiled = {}
        self._tracker = Tracker({"variables": (_is_variable, self._variables)})

    def __setattr__(self, name, value):
        tracker = self.__dict__.get("_tracker")
        if tracker is not None and name not in UNTRACKED and not _is_property(type(self), name):
            value = tracker.track(value)
        super().__setattr__(name, value)

    def __getstate__(self):
        return {**self.__dict__, "_compiled": {}}

    def __setstate__(self, state):
        # Copies of the variables have new identities; what is found by identity is made again.
        self.__dict__.update(state)
        self._positions = {id(v): i for i, v in enumerate(self._trainable_variables)}
        tracker = Tracker({"variables": (_is_variable, self._variables)})
        tracker.ids["variables"] = set(map(id, self._variables))
        self.__dict__["_tracker"] = tracker

    @property
    def variables(self):
        """The optimizer's own variables: steps done, learning rate, then what belongs to each
        trainable variable."""
        return list(self._variables)

    def add_variable(
        self,
        shape,
        initializer="zeros",
        dtype=None,
        aggregation="none",
        layout=None,
        name=None,
    ):
        """Make a variable of the optimizer.

        Args:
            shape: tuple of ints.
            initializer: name of an initializer, or a callable `(shape, dtype)`.
            dtype: name of a dtype, by default `floatx()`.
            aggregation: how replicas are combined.
            layout: sharding of the value.
            name: name, made up by default.

        Returns:
            A `Variable` that is not trainable.
        """
        with name_scope(self.name):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                layout=layout,
                name=name,
            )
        self._tracker.add("variables", variable)
        return variable

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        """Make a variable of the shape and dtype of another.

        Args:
            reference_variable: a trainable variable.
            name: what follows the trainable variable's path in the name.
            initializer: name of an initializer, or a callable `(shape, dtype)`.

        Returns:
            A `Variable` that is not trainable.
        """
        return self.add_variable(
            shape=reference_variable.shape,
            initializer=initializer,
            dtype=reference_variable._dtype,
            layout=reference_variable._layout,
            name=f"{reference_variable.path.replace('/', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """Make a variable for each trainable one; None for those that their gradient overwrites.

        Args:
            trainable_variables: list of variables.
            name: a name, or a list of them for several variables each, made one trainable variable
                after the other.
            initializer: an initializer, or as many as names.

        Returns:
            A list, or for a list of names a tuple of lists.
        """
        single = isinstance(name, str)
        names = [name] if single else list(name)
        many = isinstance(initializer, (list, tuple))
        starts = list(initializer) if many else [initializer] * len(names)
        found = [[] for _ in names]
        for variable in trainable_variables:
            skipped = variable.overwrite_with_gradient
            for column, each, start in zip(found, names, starts, strict=True):
                column.append(
                    None if skipped else self.add_variable_from_reference(variable, each, start)
                )
        return found[0] if single else tuple(found)

    def set_weights(self, weights):
        """Set all of `variables`, from as many arrays of the same shapes.

        Raises:
            ValueError: if the optimizer is not built, or a count or shape differs.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. "
                "Please call "
                "`optimizer.build(trainable_variables)` to create the optimizer weights before "
                "calling "
                "`set_weights()`."
            )
        if len(weights) != len(self.variables):
            raise ValueError(
                f"Optimizer '{self.name}' has {len(self.variables)} variables, received "
                f"{len(weights)} weights."
            )
        for variable, weight in zip(self.variables, weights, strict=True):
            shape = np.shape(weight)
            if tuple(shape) != variable.shape:
                raise ValueError(
                    f"Optimizer variable '{variable.path}' has shape {variable.shape}, which is "
                    "incompatible with "
                    f"the provided weight shape {tuple(shape)}."
                )
        for variable, weight in zip(self.variables, weights, strict=True):
            variable.assign(weight)

    def save_own_variables(self, store):
        """Put the values of `variables` into `store` under `"0"`, `"1"`, ..."""
        for index, variable in enumerate(self.variables):
            store[str(index)] = np.asarray(variable._raw_value)

    def load_own_variables(self, store):
        """Take the values of `variables` from `store`; a store of another number of them is left
        alone, with a warning."""
        count = len(store.keys())
        if count != len(self.variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(self.variables)} "
                f"variables whereas the saved optimizer has {count} variables.",
                stacklevel=2,
            )
            return
        for index, variable in enumerate(self.variables):
            variable.assign(np.asarray(store[str(index)]))


def _is_variable(value):
    return isinstance(value, Variable)


def _is_property(cls, name):
    return isinstance(getattr(cls, name, None), property)
