"""Transformations of gradients in the style of optax as optimizers."""

from cornu.backend import engine, kernels
from cornu.core.errors import shorten
from cornu.optimizers._optimizer import Optimizer
from cornu.state.variable import value_of


class GradientTransformationOptimizer(Optimizer):
    """What `from_optax` returns: an optimizer whose moves are a gradient transformation's.

    Args:
        transformation: object with `init(params) -> state` and
            `update(gradients, state, params) -> (moves, state)`.
        learning_rate: float, schedule or callable: the factor of the moves.
        **kwargs: as of `Optimizer`.
    """

    def __init__(self, transformation, learning_rate=1.0, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        missing = [n for n in ("init", "update") if not callable(getattr(transformation, n, None))]
        if missing:
            raise ValueError(
                "`from_optax` expects a gradient transformation: an object with the methods "
                f"`init(params)` and `update(gradients, state, params)`. {shorten(transformation)} "
                f"lacks {' and '.join(missing)}. Call the function that makes it, as in "
                "`optax.adam(1e-3)`."
            )
        self.transformation = transformation

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._keys = _unique([v.path for v in self._trainable_variables])
        state = self.transformation.init(self._values())
        names, leaves, self._unflatten = engine.named_leaves(state)
        self._leaves = [
            self._leaf_variable(name, leaf) if _is_array(leaf) else leaf
            for name, leaf in zip(_unique(names), leaves, strict=True)
        ]

    def _leaf_variable(self, name, leaf):
        leaf = engine.asarray(leaf)
        return self.add_variable(
            tuple(leaf.shape),
            initializer=lambda shape, dtype: leaf,
            dtype=leaf.dtype.name,
            name=f"state_{name}" if name else "state",
        )

    def _values(self):
        pairs = zip(self._keys, self._trainable_variables, strict=True)
        return {key: v.value for key, v in pairs if not v.overwrite_with_gradient}

    def _update_variables(self, grads, variables, learning_rate):
        given = {id(v): gradient for gradient, v in zip(grads, variables, strict=True)}
        values = self._values()
        places = dict(zip(self._keys, self._trainable_variables, strict=True))
        gradients = {
            key: engine.cast(_gradient(given, places[key]), value.dtype.name)
            for key, value in values.items()
        }
        state = self._unflatten([value_of(leaf) for leaf in self._leaves])
        moves, state = self.transformation.update(gradients, state, values)
        for key, move in moves.items():
            variable = places[key]
            if id(variable) in given:
                rate = engine.cast(value_of(learning_rate), variable.dtype)
                variable.assign(values[key] + rate * move)
        for leaf, new in zip(self._leaves, engine.named_leaves(state)[1], strict=True):
            if _is_array(leaf):
                leaf.assign(new)

    def get_config(self):
        """Raises: a transformation is code, which no config can describe."""
        raise NotImplementedError(
            "An optimizer made by `from_optax` has no config, as its transformation is made of "
            "functions. Save with `include_optimizer=False` or as weights (which hold the "
            "optimizer's state), and make the optimizer again by the same call."
        )


def from_optax(transformation, learning_rate=1.0, **kwargs):
    """An optimizer of a gradient transformation in the style of optax.

    The state of the transformation is kept in the optimizer's variables: it is saved with a model's
    weights and loaded from them. The parameters that the transformation sees are a dictionary from
    the variables' paths to their values, so that masks and labels can go by path.

    Args:
        transformation: object with `init(params) -> state` and
            `update(gradients, state, params) -> (moves, state)`, such as `optax.adam(1e-3)`. The
            package optax itself is not needed.
        learning_rate: float, schedule or callable: a factor of the moves, which have the
            transformation's own rate in them already. Callbacks that change the learning rate
            change this.
        **kwargs: what `Optimizer` takes, such as `clipnorm`, `weight_decay`, `use_ema`, `name`.

    Returns:
        An `Optimizer`. It has no config.

    Raises:
        ValueError: for an object without these methods.

    Example:
        >>> import cornu, types
        >>> def init(params):
        ...     return {"steps": cornu.ops.zeros((), "int32")}
        >>> def update(gradients, state, params=None):
        ...     moves = {path: -0.5 * gradient for path, gradient in gradients.items()}
        ...     return moves, {"steps": state["steps"] + 1}
        >>> descent = types.SimpleNamespace(init=init, update=update)
        >>> optimizer = cornu.optimizers.from_optax(descent)
        >>> v = cornu.Variable([1.0, 2.0])
        >>> optimizer.apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy(), [variable.name for variable in optimizer.variables]
        (array([0.5, 1.5], dtype=float32), ['iteration', 'learning_rate', 'state_steps'])
    """
    return GradientTransformationOptimizer(transformation, learning_rate, **kwargs)


def _is_array(leaf):
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def _gradient(given, variable):
    """The gradient of a variable, zeros where there is none."""
    gradient = given.get(id(variable))
    return kernels.zeros(variable.shape, variable.dtype) if gradient is None else gradient


def _unique(names):
    """The names, numbered where they are repeated."""
    counts, found = {}, []
    for name in names:
        counts[name] = count = counts.get(name, -1) + 1
        found.append(f"{name}_{count}" if count else name)
    return found
