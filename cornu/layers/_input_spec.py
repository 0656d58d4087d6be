"""`InputSpec`: what a layer expects of an input, and the check."""

from cornu.core import tree
from cornu.core.errors import shorten
from cornu.core.shapes import standardize_shape
from cornu.serial.registry import export


@export("keras.InputSpec", "keras.layers.InputSpec")
class InputSpec:
    """What an input must be like: set as `layer.input_spec`, checked at each call.

    Args:
        dtype: name of a dtype.
        shape: tuple of ints and None (any size).
        ndim, max_ndim, min_ndim: number of axes.
        axes: dict from axis to size.
        allow_last_axis_squeeze: whether a missing or additional last axis of size 1 is fine.
        name: key of the input where inputs are a dict.
        optional: whether the input may be None.

    Raises:
        TypeError: if an axis or size is no int.
        ValueError: if an axis is out of range.
    """

    def __init__(
        self,
        dtype=None,
        shape=None,
        ndim=None,
        max_ndim=None,
        min_ndim=None,
        axes=None,
        allow_last_axis_squeeze=False,
        name=None,
        optional=False,
    ):
        self.dtype = dtype
        self.shape = None if shape is None else standardize_shape(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError, AttributeError):
            raise TypeError(
                f"Argument `axes` must be a dict with integer keys. Received: axes={axes}"
            ) from None
        limit = self.ndim if self.ndim is not None else self.max_ndim
        if self.axes and limit is not None and max(self.axes) > limit - 1:
            raise ValueError(
                f"Axis {max(self.axes)} is greater than the maximum allowed value: {limit - 1}"
            )

    def __repr__(self):
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return (
            f"InputSpec({', '.join(f'{n}={getattr(self, n)}' for n in names if getattr(self, n))})"
        )

    def get_config(self):
        """The constructor's arguments."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config):
        """A spec from `get_config()`."""
        return cls(**config)


def assert_compatible(spec, inputs, layer):
    """Raise ValueError unless the inputs of a layer's call fit its spec."""
    if type(spec) is InputSpec and hasattr(inputs, "shape"):
        specs, values = (spec,), (inputs,)
        check_each(specs, values, layer)
        return
    specs = tree.flatten(spec)
    check_each(specs, _match(specs, inputs, layer), layer)


def check_each(specs, values, layer):
    """Raise ValueError unless each value fits its spec."""
    for index, (value, one) in enumerate(zip(values, specs, strict=True)):
        if one is None or (value is None and one.optional):
            continue
        if value is None or not hasattr(value, "shape"):
            raise ValueError(
                f"Inputs to layer '{layer.name}' should be tensors. Got '{shorten(value)}' as input"
                f" for '{one.name}'."
            )
        problem = _problem(one, tuple(value.shape), getattr(value, "dtype", None))
        if problem:
            named = f" with name '{one.name}'" if one.name else ""
            raise ValueError(
                f"Input {index}{named} of layer '{layer.name}' is incompatible with the layer:"
                f" {problem}. Full shape received: {_plain(value.shape)}"
            )


def _match(specs, inputs, layer):
    names = [one.name for one in specs if one is not None]
    if (
        isinstance(inputs, dict)
        and names
        and all(name in inputs for name in names)
        and len(names) == len(specs)
    ):
        return [inputs[name] for name in names]
    values = tree.flatten(inputs)
    if len(values) != len(specs):
        raise ValueError(
            f"Layer '{layer.name}' expected {len(specs)} input(s). Received {len(values)} instead:"
            f" {shorten(inputs)}"
        )
    return values


def _plain(shape):
    return tuple(n if isinstance(n, int) else None for n in shape)


def _problem(spec, shape, dtype):
    shape = _plain(shape)
    rank = len(shape)
    if spec.ndim is not None and not spec.allow_last_axis_squeeze and rank != spec.ndim:
        return f"expected ndim={spec.ndim}, found ndim={rank}"
    if spec.max_ndim is not None and rank > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={rank}"
    if spec.min_ndim is not None and rank < spec.min_ndim:
        return f"expected min_ndim={spec.min_ndim}, found ndim={rank}"
    if spec.dtype is not None and str(dtype) != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={dtype}"
    for axis, size in spec.axes.items():
        if size is not None and -rank <= axis < rank and shape[axis] not in (size, None):
            return (
                f"expected axis {axis} of input shape to have value {size}, but received input with"
                f" shape {shape}"
            )
    return _shape_problem(spec, shape)


def _shape_problem(spec, shape):
    if spec.shape is None:
        return None
    wanted = spec.shape
    if spec.allow_last_axis_squeeze:
        wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
        shape = shape[:-1] if shape and shape[-1] == 1 and len(shape) > len(wanted) else shape
        if len(shape) != len(wanted):
            return f"expected shape={spec.shape}, found shape={shape}"
    for size, found in zip(wanted, shape, strict=True):
        if size is not None and found is not None and size != found:
            return f"expected shape={spec.shape}, found shape={shape}"
    return None
