"""`FlaxLayer` and `NnxLayer`: modules of Flax as layers."""

import inspect

from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.layers.wrapping.jax_layer import JaxLayer
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export

flax_core = lazy_module("flax.core")
nnx = lazy_module("flax.nnx")


@export("keras.layers.FlaxLayer")
class FlaxLayer(JaxLayer):
    """A `flax.linen.Module` as a layer.

    Args:
        module: the module.
        method: the method of it to call, or its name; by default `__call__`. It takes the inputs,
            and may take `training`, a bool.
        variables: what `module.init` returned, to begin with; by default the layer calls it when it
            is built.
        **kwargs: see `JaxLayer` and `Layer`.

    The collection `params` is trained; training replaces the others, such as running statistics.
    Every stream of random numbers comes from the layer's seed.

    Example:
        >>> import cornu
        >>> import flax  # doctest: +SKIP
        >>> layer = cornu.layers.FlaxLayer(flax.linen.Dense(3))  # doctest: +SKIP
        >>> layer(cornu.ops.ones((2, 4))).shape  # doctest: +SKIP
        (2, 3)
    """

    config_exclude = JaxLayer.config_exclude | {
        "call_fn",
        "init_fn",
        "module",
        "method",
        "variables",
    }

    def __init__(self, module, method=None, variables=None, **kwargs):
        self._set_plain(module=module, method=method)
        taking = inspect.signature(self._function()).parameters
        call_fn, init_fn = self._apply, self._init
        if "training" in taking:
            call_fn, init_fn = self._apply_in_mode, self._init_in_mode
        params, state = (None, None) if variables is None else _parted(variables)
        super().__init__(call_fn, init_fn, params=params, state=state, **kwargs)

    def _set_plain(self, **values):
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _function(self):
        if self.method is None:
            return type(self.module).__call__
        if isinstance(self.method, str):
            return getattr(type(self.module), self.method)
        return self.method

    def _apply(self, params, state, rng, inputs):
        return self._run(params, state, rng, inputs)

    def _apply_in_mode(self, params, state, rng, inputs, training):
        return self._run(params, state, rng, inputs, training=training)

    def _run(self, params, state, rng, inputs, **mode):
        variables = dict(state or {})
        if params is not None:
            variables["params"] = params
        outputs, changed = self.module.apply(
            variables,
            inputs,
            rngs={"params": rng},
            method=self.method,
            mutable=flax_core.DenyList(["params"]),
            **mode,
        )
        return outputs, {**(state or {}), **_kept(changed, state)}

    def _init(self, rng, inputs):
        return _parted(self.module.init(rng, inputs, method=self.method))

    def _init_in_mode(self, rng, inputs, training):
        made = self.module.init(rng, inputs, method=self.method, training=training)
        return _parted(made)

    def get_config(self):
        """The constructor's arguments. A module of yours needs a `get_config` to be saved."""
        config = super().get_config()
        method = self.method
        config["module"] = serialize_keras_object(self.module)
        config["method"] = method if isinstance(method, (str, type(None))) else method.__name__
        return config


def _parted(variables):
    """`(params, the other collections)`, None for what there is not."""
    others = flax_core.unfreeze(variables)
    params = others.pop("params", None)
    return params, others or None


def _kept(changed, state):
    """Of the collections that a call changed, those that the layer keeps: others are only told
    about, such as `intermediates`."""
    changed = flax_core.unfreeze(changed)
    return {name: changed[name] for name in changed if state and name in state}


@export("cornu.layers.NnxLayer")
class NnxLayer(JaxLayer):
    """A module of `flax.nnx`, today's API of Flax, as a layer.

    Args:
        module: a `flax.nnx.Module`, made with its weights.
        **kwargs: see `Layer`.

    `nnx.Param`s are trained. Other variables of the module, such as running statistics and the
    states of random streams, change in training. The module itself stays as it was given: the
    layer has copies. `module.train()` or `module.eval()` is in force as `training` says.

    Raises:
        TypeError: if `module` is no `flax.nnx.Module`.

    Example:
        >>> import cornu
        >>> from flax import nnx  # doctest: +SKIP
        >>> layer = cornu.layers.NnxLayer(nnx.Linear(4, 3, rngs=nnx.Rngs(0)))  # doctest: +SKIP
        >>> layer(cornu.ops.ones((2, 4))).shape  # doctest: +SKIP
        (2, 3)
    """

    config_exclude = JaxLayer.config_exclude | {"call_fn", "init_fn", "module"}

    def __init__(self, module, **kwargs):
        if not isinstance(module, nnx.Module):
            raise TypeError(
                f"NnxLayer takes a `flax.nnx.Module`. Received: module={shorten(module)}; a"
                " `flax.linen.Module` goes to `FlaxLayer`."
            )
        object.__setattr__(self, "module", module)
        graph, params, state = nnx.split(module, nnx.Param, ...)
        object.__setattr__(self, "_graph", graph)
        super().__init__(self._run, params=params, state=state, **kwargs)

    def _run(self, params, state, inputs, training):
        module = nnx.merge(self._graph, params, state)
        if training:
            module.train()
        else:
            module.eval()
        outputs = module(inputs)
        return outputs, nnx.split(module, nnx.Param, ...)[2]

    def get_config(self):
        """The constructor's arguments. A module of yours needs a `get_config` to be saved."""
        config = super().get_config()
        config["module"] = serialize_keras_object(self.module)
        return config
