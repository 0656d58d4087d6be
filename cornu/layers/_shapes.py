"""Building a layer for the shapes of its inputs, and the shapes of what it returns."""

import inspect

from cornu.core import scopes, tree
from cornu.core.shapes import is_shape
from cornu.layers._call import plan_of, shapes_of
from cornu.symbolic.operation import infer_outputs
from cornu.symbolic.tensor import KerasTensor


class LayerShapes:
    """Mixin of `Layer` on shapes."""

    def build(self, input_shape):
        """Make the weights. Subclasses define it; called once, before the first call.

        Args:
            input_shape: shape of the inputs, nested as they are. For a `call` of several tensors,
                parameters are named
                after its: `query_shape`, `value_shape`.
        """
        if not self.__dict__.get("_is_building"):
            self._close()

    def _take_place(self):
        """Note where the layer is: the path, and what the dtype policy says of it."""
        path = scopes.current_path()
        inside = path.rpartition("/")[2] == self.name
        object.__setattr__(self, "_path", path if inside else f"{path}/{self.name}".lstrip("/"))
        self._use_policy(self._dtype_policy)

    def _close(self):
        """Note that the layer is built and its state complete."""
        if self._path is None:
            self._take_place()
        object.__setattr__(self, "built", True)
        if not self._trainable:
            self.trainable = False  # also for the variables made since
        self._post_build()
        self._lock()

    def _lock(self):
        self._tracker.lock()

    def _post_build(self):
        """Hook for subclasses, after building."""

    def _build_for(self, plan, args, kwargs):
        """Build for the arguments of a call."""
        if type(self).build is LayerShapes.build:
            self._close()
            return
        given = {name: shapes_of(value) for name, value in zip(plan.names, args, strict=False)}
        if plan.variadic and len(args) > len(plan.names):
            given[plan.variadic] = shapes_of(args[len(plan.names) :])
        given.update(
            {name: shapes_of(value) for name, value in kwargs.items() if _has_shape(value)}
        )
        self.build(**self._build_arguments(given, plan))

    def _build_at_init(self):
        """Note from `__init__` that there is nothing to build, unless a subclass builds. The first
        call shows where the layer is."""
        if type(self).build is LayerShapes.build:
            object.__setattr__(self, "built", True)

    def _build_arguments(self, shapes, plan):
        parameters = _parameters(type(self).build)
        if len(parameters) == 1:
            first = shapes.get(plan.first, next(iter(shapes.values()), None))
            return {parameters[0]: shapes.get(parameters[0].removesuffix("_shape"), first)}
        for parameter in parameters:
            name = parameter.removesuffix("_shape")
            if name == parameter:
                raise ValueError(
                    f"The `build()` method of layer {type(self).__name__} has an argument"
                    f" `{parameter}`, which does not end in `_shape`. With several arguments, each"
                    " must be named after an argument of `call()`, such as `query_shape`."
                )
            if name not in plan.names:
                raise ValueError(
                    f"The `build()` method of layer {type(self).__name__} has an argument"
                    f" `{parameter}`, but `call()` does not have argument `{name}`."
                )
        return {parameter: shapes.get(parameter.removesuffix("_shape")) for parameter in parameters}

    def _remember_build(self, build, args, kwargs):
        names = _parameters(build)
        shapes = {**dict(zip(names, args, strict=False)), **kwargs}
        object.__setattr__(self, "_build_shapes", shapes)

    def get_build_config(self):
        """The shapes for which the layer was built, or None."""
        shapes = self.__dict__.get("_build_shapes")
        if shapes is None:
            return None
        shapes = {name: shape for name, shape in shapes.items() if shape is not None} or shapes
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": dict(shapes)}

    def build_from_config(self, config):
        """Build from what `get_build_config` returned."""
        if not config:
            return
        if "input_shape" in config:
            self.build(_as_shapes(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{name: _as_shapes(shape) for name, shape in config["shapes_dict"].items()})

    def compute_output_shape(self, *args, **kwargs):
        """The shape (nested as the outputs) for inputs of the given shape, found by tracing `call`.

        Subclasses may define it with parameters as those of `build`; it is then trusted when the
        layer is called on `KerasTensor`s.
        """
        if not self._defines_call():
            raise NotImplementedError(
                f"Layer {type(self).__name__} does not have a `compute_output_shape` method"
                " implemented. Should implement `def compute_output_shape(self, input_shape)`."
            )
        names = [name.removesuffix("_shape") for name in kwargs]
        tensors = [_tensors_like(shape, self.compute_dtype) for shape in args]
        named = {
            name: _tensors_like(shape, self.compute_dtype)
            for name, shape in zip(names, kwargs.values(), strict=True)
        }
        if "input" in named:
            tensors.append(named.pop("input"))
        outputs = self.compute_output_spec(*tensors, **named)
        return tree.map_structure(lambda tensor: tensor.shape, outputs)

    def compute_output_spec(self, *args, **kwargs):
        """`KerasTensor`s like the outputs for `KerasTensor`s like the inputs; nothing is
        recorded."""
        if _is_own(type(self).compute_output_shape):
            return self._spec_from_shapes(args, kwargs)
        return infer_outputs(self.call, args, kwargs)

    def _spec_from_shapes(self, args, kwargs):
        plan = plan_of(self)
        given = {name: shapes_of(value) for name, value in zip(plan.names, args, strict=False)}
        given.update(
            {name: shapes_of(value) for name, value in kwargs.items() if _has_shape(value)}
        )
        parameters = _parameters(type(self).compute_output_shape)
        named = {
            f"{name}_shape": shape for name, shape in given.items() if f"{name}_shape" in parameters
        }
        if len(parameters) == 1 or not named:
            shape = self.compute_output_shape(given.get(plan.first))
        else:
            shape = self.compute_output_shape(**named)
        return _tensors_like(shape, self.compute_dtype)


def _parameters(function):
    found = list(inspect.signature(inspect.unwrap(function)).parameters.values())[1:]
    return [
        p.name
        for p in found
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]


def _has_shape(value):
    return any(
        hasattr(leaf, "shape")
        for leaf in (tree.flatten(value) if tree.is_nested(value) else [value])
    )


def _is_own(method):
    return method is not LayerShapes.compute_output_shape


def _tensors_like(shape, dtype):
    """A nest of shapes as a nest of `KerasTensor`s."""
    if shape is None:
        return None
    if is_shape(shape):
        return KerasTensor(shape, dtype)
    if isinstance(shape, dict):
        return {key: _tensors_like(item, dtype) for key, item in shape.items()}
    items = [_tensors_like(item, dtype) for item in shape]
    return tuple(items) if isinstance(shape, tuple) else items


def _as_shapes(value):
    """Shapes as they come from JSON: lists of sizes to tuples."""
    if value is None:
        return None
    if is_shape(value):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _as_shapes(item) for key, item in value.items()}
    return [_as_shapes(item) for item in value]
