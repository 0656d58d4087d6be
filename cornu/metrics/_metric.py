"""The base of metrics."""

import numpy as np

from cornu import dtype_policies, initializers
from cornu.core import config
from cornu.core.names import auto_name
from cornu.core.scopes import name_scope
from cornu.serial.configurable import Configurable
from cornu.serial.registry import export
from cornu.state.functional import functional
from cornu.state.tracking import Tracker
from cornu.state.variable import Variable

NO_INIT = "You forgot to call `super().__init__()` in the `__init__()` method. Go add it!"


@export("keras.Metric", "keras.metrics.Metric")
class Metric(Configurable):
    """A number (or dict of numbers) gathered over batches.

    Subclasses make variables in `__init__` (`add_weight`), change them in `update_state` and
    compute from them in `result`. All three run inside compiled code. Metrics and variables set as
    attributes belong to the metric.

    Args:
        dtype: dtype or policy of the computation, by default `floatx()`.
        name: name, by default the class's in snake case, made unique.

    Example:
        >>> import cornu
        >>> class Largest(cornu.metrics.Metric):
        ...     def __init__(self, name="largest", **kwargs):
        ...         super().__init__(name=name, **kwargs)
        ...         self.top = self.add_weight(name="top")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.top.assign(cornu.ops.maximum(self.top, cornu.ops.max(y_pred)))
        ...     def result(self):
        ...         return self.top.value
        >>> metric = Largest()
        >>> metric.update_state(None, cornu.ops.convert_to_tensor([1.0, 3.0, 2.0]))
        >>> float(metric.result())
        3.0
    """

    def __init__(self, dtype=None, name=None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = dtype_policies.get(dtype or config.floatx())
        self._variables = []
        self._metrics = []
        self._tracker = _tracker(self._variables, self._metrics)

    def __setattr__(self, name, value):
        tracker = self.__dict__.get("_tracker")
        if tracker is not None:
            value = tracker.track(value)
        super().__setattr__(name, value)

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_tracker"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.__dict__["_tracker"] = _tracker(self._variables, self._metrics)

    @property
    def dtype(self):
        """The dtype of the computation, a string."""
        return self._dtype_policy.compute_dtype

    @property
    def _dtype(self):
        return self.dtype

    @property
    def variables(self):
        """The metric's own variables, then those of the metrics in it."""
        found = list(self._variables)
        for metric in self._metrics:
            found.extend(metric.variables)
        return found

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        """Make a variable of the metric.

        Args:
            shape: tuple of ints.
            initializer: name of an initializer, or a callable `(shape, dtype)`.
            dtype: name of a dtype, by default the metric's.
            aggregation: how replicas are combined.
            name: name, made up by default.

        Returns:
            A `Variable` that is not trainable.
        """
        if "_tracker" not in self.__dict__:
            raise RuntimeError(NO_INIT)
        with name_scope(self.name):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype or self.dtype,
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._tracker.add("variables", variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """As `add_variable`, zero by default."""
        return self.add_variable(
            shape=shape,
            initializer="zeros" if initializer is None else initializer,
            dtype=dtype,
            name=name,
        )

    def reset_state(self):
        """Set all variables to zero."""
        for variable in self.variables:
            # From NumPy, which compiles nothing.
            variable.assign(np.zeros(variable.shape, variable.value.dtype))

    def update_state(self, *args, **kwargs):
        """Take in a batch."""
        raise NotImplementedError(f"{type(self).__name__} must define `update_state`")

    def result(self):
        """The metric over all that was taken in: a scalar, or a dict of scalars."""
        raise NotImplementedError(f"{type(self).__name__} must define `result`")

    def __call__(self, *args, **kwargs):
        """`update_state`, then `result`."""
        self.update_state(*args, **kwargs)
        return self.result()

    # --- on values instead of variables -----------------------------------------------------------

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """`update_state` as a pure function of the variables' values.

        Args:
            metric_variables: list of the values of `variables`; empty for a metric that makes its
                variables with the first batch.
            *args, **kwargs: of `update_state`.

        Returns:
            The list of their new values.

        Raises:
            ValueError: if their number differs.
        """
        values = self._checked("metric_variables", metric_variables)

        def update():
            self.update_state(*args, **kwargs)
            return [variable._raw_value for variable in self.variables]

        return functional(update, self.variables)(values)[0]

    def stateless_result(self, metric_variables):
        """`result` as a pure function of the values of `variables`, a list."""
        values = self._checked("metric_variables", metric_variables)
        return functional(self.result, self.variables)(values)[0]

    def stateless_reset_state(self):
        """The values that `reset_state` gives to `variables`, a list."""
        variables = self.variables
        values = [variable._raw_value for variable in variables]
        return functional(self.reset_state, variables)(values)[1]

    def _checked(self, name, values):
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(
                f"Argument `{name}` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().variables. "
                f"Received list with length {len(values)}, but expected {len(variables)} variables."
            )
        return [v._stand_in(value) for v, value in zip(variables, values, strict=True)]

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


def _is_variable(value):
    return isinstance(value, Variable)


def _is_metric(value):
    return isinstance(value, Metric)


def _tracker(variables, metrics):
    """What finds variables and metrics among attributes, knowing those that are in the lists."""
    tracker = Tracker({"variables": (_is_variable, variables), "metrics": (_is_metric, metrics)})
    tracker.ids["variables"].update(map(id, variables))
    tracker.ids["metrics"].update(map(id, metrics))
    return tracker
