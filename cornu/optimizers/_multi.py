"""Several optimizers for the variables of one model."""

import re
from collections.abc import MutableMapping

from cornu.core.errors import shorten
from cornu.optimizers._optimizer import Optimizer
from cornu.optimizers._wrapper import WrapperOptimizer
from cornu.serial.configurable import Configurable
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export


@export("keras.optimizers.OptimizerMap")
class OptimizerMap(Configurable, MutableMapping):
    """Which optimizer a variable gets, by its path: a dictionary from regular expressions to
    optimizers.

    Asked for a path, it gives the optimizer of the key that equals it, else that of the expression
    that fits the whole path, else the default.

    Args:
        default_optimizer: the optimizer of all paths that nothing fits.
        optimizer_map: dict from regular expression to optimizer.

    Raises:
        TypeError: for a default that is no optimizer, and a map that is no dict.
        ValueError: for a key or value of the map of a wrong kind.

    Example:
        >>> import cornu
        >>> optimizers = cornu.optimizers
        >>> chosen = optimizers.OptimizerMap(optimizers.SGD(), {".*kernel": optimizers.Adam()})
        >>> [type(chosen[path]).__name__ for path in ("dense/kernel", "dense/bias")]
        ['Adam', 'SGD']
    """

    def __init__(self, default_optimizer, optimizer_map=None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                "default_optimizer must be a Keras Optimizer instance; `keras.optimizers.get` "
                f"makes one from a name. Received: {shorten(default_optimizer)}"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(
                "optimizer_map must be a dictionary from regular expressions to optimizers. "
                f"Received: {shorten(optimizer_map)}"
            )
        self._default_optimizer = default_optimizer
        self._optimizer_map = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    @property
    def default_optimizer(self):
        """The optimizer of all paths that nothing fits."""
        return self._default_optimizer

    def __getitem__(self, key):
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        fitting = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ValueError(
                f"Path '{key}' fits several keys of the OptimizerMap: {shorten(fitting)}. Change "
                "the keys so that at most one fits each path."
            )
        return self._optimizer_map[fitting[0]] if fitting else self._default_optimizer

    def __call__(self, variable):
        """The optimizer of a variable."""
        return self[variable.path]

    def __setitem__(self, key, optimizer):
        if key in self._optimizer_map:
            raise ValueError(
                f"'{key}' already exists in the OptimizerMap with value "
                f"{shorten(self._optimizer_map[key])}. Delete it first: `del optimizer_map[key]`."
            )
        if not isinstance(key, str):
            raise ValueError(f"key must be a string. Received: {shorten(key)}")
        if not isinstance(optimizer, Optimizer):
            raise ValueError(
                "optimizer must be a Keras Optimizer instance; `keras.optimizers.get` makes one "
                f"from a name. Received: {shorten(optimizer)}"
            )
        if isinstance(optimizer, WrapperOptimizer):
            raise ValueError(
                f"optimizer cannot be {type(optimizer).__name__}. Put the optimizers that it holds "
                "into the map; a LossScaleOptimizer goes around a MultiOptimizer."
            )
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key):
        del self._optimizer_map[key]

    def __iter__(self):
        return iter(self._optimizer_map)

    def __len__(self):
        return len(self._optimizer_map)

    def get_config(self):
        """The constructor's arguments."""
        return {
            "default_optimizer": serialize_keras_object(self._default_optimizer),
            "optimizer_map": {
                key: serialize_keras_object(optimizer)
                for key, optimizer in self._optimizer_map.items()
            },
        }

    @classmethod
    def from_config(cls, config):
        """A map from its config.

        Args:
            config: what `get_config` returned.
        """
        config = {name: deserialize_keras_object(value) for name, value in config.items()}
        return cls(**config)


@export("keras.optimizers.MultiOptimizer")
class MultiOptimizer(WrapperOptimizer):
    """Leaves each variable to one of several optimizers.

    Each clips, decays and averages by its own settings; its learning rate is set on it. Loss
    scaling is for all together: around this optimizer (`LossScaleOptimizer`), or by a fixed factor.

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a variable to its optimizer.
        loss_scale_factor: if given, the factor of `scale_loss`, by which gradients are divided
            again.
        name: name, by default the class's in snake case, made unique.

    Raises:
        TypeError: from `build`, for an `optimizer_map` that is neither.
        ValueError: from `build`, for a function that returns something else than optimizers, and
            for optimizers that themselves hold others.

    Example:
        >>> import cornu
        >>> optimizers = cornu.optimizers
        >>> chosen = optimizers.OptimizerMap(optimizers.SGD(0.5), {"scale": optimizers.SGD(0.25)})
        >>> optimizer = optimizers.MultiOptimizer(chosen)
        >>> pair = [cornu.Variable(1.0, name="scale"), cornu.Variable(1.0, name="offset")]
        >>> optimizer.apply([1.0, 1.0], pair)
        >>> [float(variable) for variable in pair]
        [0.75, 0.5]
    """

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        _refuse_wrapper(optimizer_map)
        self._optimizers = []
        super().__init__(name)
        self.optimizer_map = optimizer_map
        if isinstance(optimizer_map, OptimizerMap):
            self._optimizers = _distinct([*optimizer_map.values(), optimizer_map.default_optimizer])
        self.loss_scale_factor = loss_scale_factor

    @property
    def optimizers(self):
        """The optimizers, each once; those that a function gives are known once it is built."""
        return list(self._optimizers)

    def _inner(self):
        return self._optimizers

    @property
    def loss_scale_factor(self):
        """The factor of `scale_loss`; set on all optimizers."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value):
        self._loss_scale_factor = value
        for optimizer in self._optimizers:
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self):
        """There is none: each optimizer has its own."""
        raise AttributeError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the "
            "individual sub-optimizers instead: `optimizer.optimizers[0].learning_rate`."
        )

    @learning_rate.setter
    def learning_rate(self, value):
        raise AttributeError(
            "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the "
            "individual sub-optimizers instead: `optimizer.optimizers[0].learning_rate`."
        )

    def build(self, variables):
        if self.built:
            return
        if not callable(self.optimizer_map):
            raise TypeError(
                "`optimizer_map` must be an OptimizerMap, or a function from a variable to its "
                f"optimizer. Received: optimizer_map={shorten(self.optimizer_map)}"
            )
        chosen = [self._chosen(variable) for variable in variables]
        self._optimizers = _distinct([*self._optimizers, *chosen])
        for optimizer in self._optimizers:
            _refuse_wrapper(optimizer)
        self.loss_scale_factor = self._loss_scale_factor
        for optimizer in self._optimizers:
            pairs = zip(variables, chosen, strict=True)
            optimizer.build([variable for variable, other in pairs if other is optimizer])
        super().build(variables)

    def _var_key(self, variable):
        return id(variable)

    @property
    def _var_to_optimizer_idx(self):
        """From the keys of variables to the places of their optimizers in `optimizers`."""
        return {
            self._var_key(variable): index
            for index, optimizer in enumerate(self._optimizers)
            for variable in optimizer._own(self._trainable_variables)
        }

    def _chosen(self, variable):
        """The optimizer of a variable."""
        found = self.optimizer_map(variable)
        if not isinstance(found, Optimizer):
            raise ValueError(
                f"Optimizer for variable {variable} is not an Optimizer instance. Received: "
                f"{shorten(found)}"
            )
        return found

    def _step(self, grads, variables):
        for optimizer in self._optimizers:
            own = set(map(id, optimizer._own(variables)))
            pairs = [pair for pair in zip(grads, variables, strict=True) if id(pair[1]) in own]
            optimizer.apply([gradient for gradient, _ in pairs], [v for _, v in pairs])
        self._iterations.assign_add(1)

    def get_config(self):
        """The constructor's arguments."""
        return {
            "optimizer_map": serialize_keras_object(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """An optimizer from its config.

        Args:
            config: what `get_config` returned.
            custom_objects: dict of your own optimizers by name.
        """
        found = deserialize_keras_object(config["optimizer_map"], custom_objects=custom_objects)
        return cls(**{**config, "optimizer_map": found})


def _refuse_wrapper(optimizer):
    if isinstance(optimizer, WrapperOptimizer):
        inner = getattr(optimizer, "inner_optimizer", None)
        wrong = inner if isinstance(inner, WrapperOptimizer) else optimizer
        raise ValueError(
            f"{type(wrong).__name__} cannot be used inside an MultiOptimizer. Put the "
            "optimizers that it holds into the map; a LossScaleOptimizer goes around it."
        )


def _distinct(optimizers):
    return list({id(optimizer): optimizer for optimizer in optimizers}.values())
