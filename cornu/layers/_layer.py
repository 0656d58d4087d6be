"""`Layer`: weights and a computation."""

import functools

from cornu import dtype_policies, regularizers
from cornu.backend import engine
from cornu.control_flow.retry import Conversions
from cornu.core import scopes, tree
from cornu.core.scopes import AUTOCAST, FRAME, SYMBOLIC
from cornu.dtype_policies import DTypePolicy
from cornu.layers import _call
from cornu.layers._calling import Calling
from cornu.layers._dtypes import Dtypes
from cornu.layers._shapes import LayerShapes
from cornu.layers._weights import Weights
from cornu.metrics import Mean, Metric
from cornu.serial.configurable import auto_config, is_automatic
from cornu.serial.registry import export, public_class
from cornu.state.functional import Frame
from cornu.state.seeds import SeedGenerator
from cornu.state.tracking import Tracker
from cornu.state.variable import Variable
from cornu.symbolic.operation import Operation
from cornu.symbolic.tensor import KerasTensor

UNTRACKED = (bool, int, float, str, type(None))


@export("keras.Layer", "keras.layers.Layer")
class Layer(Calling, Dtypes, Weights, LayerShapes, Operation):
    """A computation with weights: what models are made of.

    Subclasses make their weights in `__init__` or `build(input_shape)` and compute in
    `call(inputs, ...)`. Variables, layers, metrics and seed generators set as attributes, also in
    lists and dicts, belong to the layer.

    Args:
        activity_regularizer: name, config, object or callable whose value on the output, divided by
            the batch size, is added to the loss.
        trainable: whether training changes the weights.
        dtype: name of a dtype or policy, or a `DTypePolicy`.
        autocast: whether float inputs are cast to the compute dtype.
        name: name, by default the class's in snake case, made unique.

    Example:
        >>> import cornu
        >>> class Scale(cornu.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=input_shape[-1:], initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> Scale()(cornu.ops.ones((2, 3))).shape
        (2, 3)
    """

    config_exclude = frozenset({"activity_regularizer", "autocast", "name", "trainable", "dtype"})

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls, *args, **kwargs)
        # Here and not in `__init__`, so that a subclass may set attributes before it calls
        # `super().__init__()`.
        state = self.__dict__
        for name in (
            "_trainable_variables",
            "_non_trainable_variables",
            "_metrics",
            "_layers",
            "_seed_generators",
        ):
            state[name] = []
        state["_tracker"] = Tracker(
            {
                "trainable_variables": (
                    _is_trainable_variable,
                    state["_trainable_variables"],
                ),
                "non_trainable_variables": (
                    _is_variable,
                    state["_non_trainable_variables"],
                ),
                "metrics": (_is_metric, state["_metrics"]),
                "layers": (is_own_layer, state["_layers"]),
                "seed_generators": (
                    _is_seed_generator,
                    state["_seed_generators"],
                ),
            }
        )
        return self

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _building(cls.build)

    def __init__(
        self,
        *,
        activity_regularizer=None,
        trainable=True,
        dtype=None,
        autocast=True,
        name=None,
        **kwargs,
    ):
        Operation.__init__(self, name=name)
        shape = _legacy_input_shape(kwargs)
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}"
            )
        if shape is not None:
            self._input_shape_arg = shape
        if not isinstance(trainable, bool):
            raise ValueError(
                f"`trainable` argument is expected to be a boolean. Received: {trainable!r}"
            )
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._use_policy(dtype_policies.get(dtype))
        self.autocast = autocast
        self._trainable = trainable
        self._path = None
        self._input_spec = None
        self._called = False
        self._losses = []
        self._build_shapes = None
        self._supports_masking = False
        self._makes_masks = type(self).compute_mask is not Layer.compute_mask
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._call_context_args = frozenset({"training"})
        self._plan = _call.plan_of(self)
        self._remat = scopes.REMAT.get()
        self.supports_jit = True
        self.built = False

    def __setattr__(self, name, value):
        if isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
            return
        if type(value) not in UNTRACKED and name not in ("_tracker", "_plan"):
            value = self._tracker.track(value)
            old = self.__dict__.get(name)
            if old is not None and old is not value and type(old) not in UNTRACKED:
                self._tracker_replace(name, old)
        object.__setattr__(self, name, value)

    def _tracker_replace(self, name, old):
        # What an attribute held before is no longer owned, unless another attribute holds it too.
        if isinstance(old, (Variable, Layer, Metric, SeedGenerator)):
            held = sum(1 for key, item in self.__dict__.items() if item is old and key != name)
            if not held:
                self._tracker.untrack(old)

    def __delattr__(self, name):
        old = self.__dict__.get(name)
        object.__delattr__(self, name)
        if isinstance(old, (Variable, Layer, Metric, SeedGenerator)):
            self._tracker.untrack(old)
        elif isinstance(old, (list, dict)):
            for item in tree.flatten(old):
                self._tracker.untrack(item)

    @property
    def path(self):
        """Name scopes of the place where the layer was built and its name, joined by `/`; None
        before."""
        return self._path

    @property
    def supports_masking(self):
        """Whether the layer passes masks on."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value):
        self._supports_masking = bool(value)

    @property
    def input_spec(self):
        """`InputSpec`s that inputs must fit, nested as the inputs, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value):
        object.__setattr__(self, "_input_spec", value)

    def stateless_call(
        self, trainable_variables, non_trainable_variables, *args, return_losses=False, **kwargs
    ):
        """Call the layer with the given values of its variables, which keep their own.

        Args:
            trainable_variables: values in the order of the attribute of that name.
            non_trainable_variables: values in the order of the attribute of that name.
            *args, **kwargs: arguments of the call.
            return_losses: whether to return the losses too.

        Returns:
            `(outputs, new values of non_trainable_variables)`, and the list of losses if asked for.

        Raises:
            ValueError: if the layer is not built, or the number of values differs.
        """
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables"
                " must have been already created). You can build it by calling it on some data."
            )
        own, fixed = self.trainable_variables, self.non_trainable_variables
        _check_count("trainable_variables", own, trainable_variables)
        _check_count("non_trainable_variables", fixed, non_trainable_variables)
        values = {
            id(variable): variable._stand_in(value)
            for variable, value in zip(
                (*own, *fixed), (*trainable_variables, *non_trainable_variables), strict=True
            )
        }
        conversions = Conversions()

        def run():
            with conversions, Frame(values, collect_losses=True) as frame:
                outputs = self(*args, **kwargs)
                losses = self.losses if return_losses else None
            updated = [frame.values[id(variable)] for variable in fixed]
            return (outputs, updated, losses) if return_losses else (outputs, updated)

        return conversions.retried(run)

    def add_loss(self, loss):
        """Add a scalar (or a list of scalars) computed in `call` to the loss that training
        minimises.

        Raises:
            ValueError: if it is no scalar.
        """
        for item in loss if isinstance(loss, (list, tuple)) else [loss]:
            if isinstance(item, KerasTensor):
                continue  # shapes are being inferred: there is no value to keep
            if getattr(item, "size", 1) != 1:
                raise ValueError(
                    f"`add_loss` takes scalars. Received a tensor of shape {tuple(item.shape)}"
                )
            frame = FRAME.get()
            if frame is not None and frame.collect_losses:
                frame.losses.append(item)
            else:
                self._losses.append(item)

    def add_metric(self, value, name=None, aggregation="mean"):
        """Show the mean of a tensor that `call` computes among the metrics, as in Keras 2.

        Args:
            value: tensor of any shape.
            name: under which it is shown.
            aggregation: `"mean"` (or None): over all elements and batches.

        Raises:
            ValueError: without a name, or for another aggregation.
        """
        if not isinstance(name, str) or not name:
            raise ValueError("`add_metric` needs a name: `self.add_metric(value, name='...')`.")
        if aggregation not in (None, "mean"):
            raise ValueError(
                f"`aggregation` must be 'mean'. Received: aggregation={aggregation!r}. For another"
                " one keep a metric as an attribute, and call its `update_state` in `call`."
            )
        metric = next((own for own in self._metrics if own.name == name), None)
        if metric is None:
            metric = Mean(name=name)
            self._tracker.add("metrics", metric, late=True)
        if not isinstance(value, KerasTensor):  # else shapes are being inferred
            metric.update_state(value)

    @property
    def losses(self):
        """Scalars added in the last call by this layer and those in it, and what regularizers
        add."""
        frame = FRAME.get()
        collected = frame is not None and frame.collect_losses
        found = (
            list(frame.losses)
            if collected
            else [loss for layer in self._flatten_layers() for loss in layer._losses]
        )
        for variable in self.trainable_weights:
            if variable.regularizer is not None:
                found.append(variable.regularizer(variable))
        return found

    def _losses_exist(self):
        return self._losses or self._layers

    def _clear_losses(self):
        for layer in self._flatten_layers():
            if layer._losses:
                layer.__dict__["_losses"] = []

    def get_config(self):
        """The constructor's arguments as plain values.

        Raises:
            NotImplementedError: for a class of yours with arguments that are not plain and no
                `get_config` of its own.
        """
        cls = type(self)
        config = {
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self._dtype_policy),
        }
        owner = public_class(cls)
        if owner is not cls and is_automatic(cls, owner):
            return {**auto_config(self), **config}
        config = {"name": self.name, **config}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return {**config, **super().get_config()}

    @classmethod
    def from_config(cls, config):
        """A layer from `get_config()`."""
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            policy = dtype_policies.deserialize(config["dtype"])
            # A policy that is no more than its name goes to the constructor as the name.
            config["dtype"] = policy.name if type(policy) is DTypePolicy else policy
        return super().from_config(config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _is_trainable_variable(value):
    return isinstance(value, Variable) and value.trainable


def _is_variable(value):
    return isinstance(value, Variable)


def _is_metric(value):
    return isinstance(value, Metric)


def _is_seed_generator(value):
    return isinstance(value, SeedGenerator)


def is_own_layer(value):
    """Whether `value` is a layer that another may own: any but a metric."""
    return isinstance(value, Layer) and not isinstance(value, Metric)


def _building(build):
    """`build`, run in the layer's name scope; afterwards the layer is built and its state
    complete."""

    @functools.wraps(build)
    def wrapped(self, *args, **kwargs):
        if self.__dict__.get("_is_building"):  # a subclass's `build` that calls its parent's
            return build(self, *args, **kwargs)
        self.__dict__["_is_building"] = True
        scope = scopes.NAME_SCOPE.get()
        inside = bool(scope) and scope[-1] == self.name
        tokens = [
            (variable, variable.set(value))
            for variable, value in (
                # What building assigns is for good, whatever is going on around it.
                (FRAME, None),
                (AUTOCAST, None),
                (SYMBOLIC, False),
                (scopes.NAME_SCOPE, scope if inside else (*scope, self.name)),
            )
        ]
        try:
            object.__setattr__(self, "_path", scopes.current_path())
            self._use_policy(self._dtype_policy)
            with engine.eager():
                result = build(self, *args, **kwargs)
            self._remember_build(build, args, kwargs)
            self._close()
            return result
        finally:
            self.__dict__["_is_building"] = False
            for variable, token in reversed(tokens):
                variable.reset(token)

    return wrapped


def _check_count(name, own, values):
    if len(own) != len(values):
        raise ValueError(
            f"Argument `{name}` must be a list of tensors corresponding 1:1 to the variables of"
            f" that name. Received list with length {len(values)}, but expected {len(own)}"
            " variables."
        )


def _legacy_input_shape(kwargs):
    """The batch shape that Keras 1 and 2 arguments of a first layer ask for, or None."""
    if "batch_input_shape" in kwargs:
        return tuple(kwargs.pop("batch_input_shape"))
    if "batch_shape" in kwargs:
        return tuple(kwargs.pop("batch_shape"))
    if "input_shape" in kwargs:
        return (None, *kwargs.pop("input_shape"))
    if "input_dim" in kwargs:
        return (None, kwargs.pop("input_dim"))
    return None
