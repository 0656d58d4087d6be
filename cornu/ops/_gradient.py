"""Gradients that are given rather than derived."""

import functools

from cornu.backend import engine, kernels
from cornu.core import dtypes, tree
from cornu.core.errors import shorten
from cornu.serial.registry import export
from cornu.state.functional import Frame
from cornu.state.variable import Variable, value_of
from cornu.symbolic.operation import has_symbolic
from cornu.symbolic.tensor import KerasTensor


@export("keras.ops.custom_gradient")
def custom_gradient(f):
    """Decorator that gives a function a gradient of your own.

    Args:
        f: `f(*tensors) -> (outputs, gradient)`, where `gradient(upstream)` returns the gradient by
            each tensor: a tensor, or None for one that has none. The argument may be taken as
            `gradient(*args, upstream=None)` too.

    Returns:
        A function of the same tensors, which returns the outputs alone.

    Example:
        >>> import cornu
        >>> @cornu.ops.custom_gradient
        ... def rounded(x):
        ...     return cornu.ops.round(x), lambda upstream: upstream
        >>> with cornu.GradientTape() as tape:
        ...     x = cornu.ops.ones((1,)) * 0.7
        ...     tape.watch(x)
        ...     y = rounded(x)
        >>> tape.gradient(y, x).tolist()
        [1.0]
    """
    inner = engine.custom_gradient(f)

    @functools.wraps(f)
    def call(*tensors):
        if has_symbolic(tensors, {}):
            raise TypeError(
                "A function under `custom_gradient` works on values, not on symbolic tensors. Call "
                "it in the `call` of a layer."
            )
        return inner(*tree.map_structure(value_of, tensors))

    return call


def grad(f, argnums=0):
    """A function that computes the gradient of `f`.

    It works on values, not on symbolic tensors; inside compiled code and gradient tapes, too.

    Args:
        f: returns a float tensor; of one that is no scalar the sum is differentiated. It may assign
            variables.
        argnums: the position of the argument by which to differentiate, or a tuple of positions;
            negative ones count from the end. These arguments are float tensors, variables, or nests
            of them.

    Returns:
        A function of the same arguments, which returns the gradient as the argument is nested, or
        for a tuple of positions a tuple of such. What `f` doesn't depend on has zeros.

    Raises:
        TypeError: if `f` can't be called, or `argnums` are no ints. When it is called: if an
            argument, or what `f` returns, is not of a float dtype, or symbolic.
        ValueError: when it is called: if there is no argument at a position.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((2,))
        >>> cornu.ops.grad(lambda x: x * x)(x).tolist()
        [2.0, 2.0]
    """
    if not callable(f):
        raise TypeError(f"`grad`: `f` should be a callable. Received: {shorten(f)}")
    many = isinstance(argnums, (tuple, list))
    positions = tuple(argnums) if many else (argnums,)
    if not positions or not all(type(position) is int for position in positions):
        raise TypeError(f"`argnums` must be an int or a tuple of ints. Received: {argnums!r}")

    @functools.wraps(f)
    def gradient(*args, **kwargs):
        chosen = [args[_position(position, len(args))] for position in positions]
        found = _gradient(f, args, kwargs, chosen)
        return tuple(found) if many else found[0]

    return gradient


def _position(position, count):
    if not -count <= position < count:
        raise ValueError(f"`grad`: there is no argument {position} among {count} arguments.")
    return position


def _gradient(f, args, kwargs, chosen):
    """Gradients of the sum of `f(*args, **kwargs)` by the arguments `chosen`."""
    sources = {id(leaf): leaf for leaf in tree.flatten(chosen)}
    values = [_source(leaf) for leaf in sources.values()]
    written = {}

    def total(values):
        places = dict(zip(sources, values, strict=True))
        stand_ins = {
            key: places[key] for key, leaf in sources.items() if isinstance(leaf, Variable)
        }

        def replace(leaf):
            return leaf if isinstance(leaf, Variable) else places.get(id(leaf), leaf)

        inner_args, inner_kwargs = tree.map_structure(replace, (args, kwargs))
        with Frame(stand_ins) as frame:
            result = value_of(f(*inner_args, **inner_kwargs))
        _check_result(result)
        written.update(frame.written)
        return kernels.sum(result), [frame.values[key] for key in frame.written]

    (_, assigned), found = engine.value_and_grad(total)(values)
    for variable, value in zip(written.values(), assigned, strict=True):
        variable.assign(value)
    by_source = dict(zip(sources, found, strict=True))
    return tree.map_structure(lambda leaf: by_source[id(leaf)], chosen)


def _source(leaf):
    if isinstance(leaf, KerasTensor):
        raise TypeError("`grad` works on values, not on symbolic tensors.")
    value = leaf._raw_value if isinstance(leaf, Variable) else engine.asarray(leaf)
    if not dtypes.is_float_dtype(str(value.dtype)):
        raise TypeError(f"`grad` differentiates by float tensors. Received: {shorten(value)}")
    return value


def _check_result(result):
    if not engine.is_tensor(result) or not dtypes.is_float_dtype(str(result.dtype)):
        raise TypeError(
            f"`grad`: `f` must return a tensor of a float dtype. Received: {shorten(result)}"
        )
