"""`JaxLayer`: a function of JAX as a layer."""

import inspect
import operator

from cornu import ops, random
from cornu.core import tree
from cornu.layers._layer import Layer
from cornu.layers.wrapping._leaves import Leaves
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export

CALL_ARGUMENTS = ("params", "state", "rng", "inputs", "training")
INIT_ARGUMENTS = ("rng", "inputs", "training")
# What a config holds as a description.
DESCRIBED = ("call_fn", "init_fn", "module")


@export("keras.layers.JaxLayer")
class JaxLayer(Layer):
    """A function of JAX, and what it is to be trained, as a layer.

    Args:
        call_fn: the computation, called with those of the arguments `params`, `state`, `rng`,
            `inputs` and `training` that it has parameters for; `inputs` it must have. Returns the
            outputs, or the outputs and the new state if it takes `state`.
        init_fn: makes `params`, or `(params, state)`, where they are not given; called with those
            of `rng`, `inputs` and `training` that it has parameters for.
        params: nest of arrays that training changes.
        state: nest of arrays that each call replaces, such as statistics or random keys; what it
            does besides training is up to the function.
        seed: int for repeatable keys `rng`, or None.
        native_serialization_platforms: accepted for compatibility: it matters where another engine
            than JAX runs the function.
        **kwargs: see `Layer`.

    `params` and `state` may be of any form that JAX can take apart. The arrays in them become the
    layer's variables; other leaves stay as they are.

    Raises:
        ValueError: if a function has other parameters, or there is nothing to begin with.

    Example:
        >>> import cornu
        >>> import jax.numpy as jnp
        >>> def affine(params, inputs):
        ...     return inputs @ params["w"] + params["b"]
        >>> params = {"w": jnp.ones((3, 2)), "b": jnp.zeros(2)}
        >>> layer = cornu.layers.JaxLayer(affine, params=params)
        >>> layer(jnp.ones((1, 3)))
        Array([[3., 3.]], dtype=float32)
    """

    config_exclude = Layer.config_exclude | {"params", "state", "seed"}

    def __init__(
        self,
        call_fn,
        init_fn=None,
        params=None,
        state=None,
        seed=None,
        native_serialization_platforms=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.call_fn = call_fn
        self.init_fn = init_fn
        self.seed = None if seed is None else operator.index(seed)
        self.native_serialization_platforms = native_serialization_platforms
        self._call_takes = _accepted("call_fn", call_fn, CALL_ARGUMENTS)
        self._init_takes = (
            frozenset() if init_fn is None else _accepted("init_fn", init_fn, INIT_ARGUMENTS)
        )
        if init_fn is None and params is None and state is None and self._has_values():
            raise ValueError(
                "`init_fn`, `params` and `state` cannot all be `None` when `call_fn` takes a"
                " `params` or a `state` argument."
            )
        self.seed_generator = random.SeedGenerator(self.seed)
        # Past the tracking of state: what the two hold belongs to nobody until it is built.
        object.__setattr__(self, "_given", (params, state))
        self._params = self._state = None

    def _has_values(self):
        return bool(self._call_takes & {"params", "state"})

    @property
    def params(self):
        """The nest that training changes, with a variable for each array once the layer is
        built."""
        return self._given[0] if self._params is None else self._params.nest()

    @property
    def state(self):
        """The nest that calls replace, with a variable for each array once the layer is built."""
        return self._given[1] if self._state is None else self._state.nest()

    def build(self, input_shape):
        params, state = self._given
        if params is None and state is None and self._has_values():
            params, state = self._first_values(input_shape)
        if params is not None:
            self._params = Leaves(self, params, "params", trainable=True)
        if state is not None:
            self._state = Leaves(self, state, "state", trainable=False)
        object.__setattr__(self, "_given", (None, None))

    def _first_values(self, input_shape):
        """`(params, state)` as `init_fn` makes them, None for what there is not."""
        inputs = tree.map_shape_structure(self._example, input_shape)
        given = {"rng": self.seed_generator.next(), "inputs": inputs, "training": True}
        made = self.init_fn(**{name: given[name] for name in self._init_takes})
        return made if "state" in self._call_takes else (made, None)

    def _example(self, shape):
        return ops.ones([1 if size is None else size for size in shape], dtype=self.compute_dtype)

    def call(self, inputs, training=False):
        given = {"inputs": inputs, "training": bool(training)}
        if "params" in self._call_takes:
            given["params"] = None if self._params is None else self._params.values()
        if "state" in self._call_takes:
            given["state"] = None if self._state is None else self._state.values()
        if "rng" in self._call_takes:
            given["rng"] = self.seed_generator.next()
        outputs = self.call_fn(**{name: given[name] for name in self._call_takes})
        if "state" not in self._call_takes:
            return outputs
        outputs, state = outputs
        self._replace_state(state)
        return outputs

    def _replace_state(self, state):
        if self._state is None:
            raise ValueError(
                f"Layer '{self.name}': `call_fn` takes `state` and returned one, but there is none"
                " to begin with. Return it from `init_fn`, or pass `state`."
            )
        self._state.assign(state)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from `get_config()`; functions and modules must be registered, or among the
        custom objects."""
        config = {
            name: deserialize_keras_object(value, custom_objects)
            if name in DESCRIBED and isinstance(value, dict)
            else value
            for name, value in config.items()
        }
        return super().from_config(config)


def _accepted(name, function, allowed):
    """The names of a function's parameters, all among the allowed ones."""
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            return frozenset(allowed)
        if parameter.name not in allowed:
            raise ValueError(
                f"Unsupported argument in `{name}`: `{parameter.name}`, supported arguments are"
                f" {', '.join(f'`{one}`' for one in allowed)}"
            )
        found.append(parameter.name)
    if "inputs" not in found:
        raise ValueError(f"Missing required argument in `{name}`: `inputs`")
    return frozenset(found)
