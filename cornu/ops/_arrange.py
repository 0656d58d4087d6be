"""Ops that join, split, turn and pick whole tensors."""

from cornu.backend import engine, kernels
from cornu.symbolic.op import is_symbolic, op, promote


def _select_dtype(*found):
    # As many conditions as choices, and one more for the rest.
    kind = promote(*found[len(found) // 2 :])
    return "bool", kind, kind


@op("x1", "x2", dtype=promote)
def append(x1, x2, axis=None):
    """`x2` after `x1` along `axis`; None flattens both."""
    if axis is None:
        x1, x2, axis = kernels.reshape(x1, (-1,)), kernels.reshape(x2, (-1,)), 0
    return kernels.concatenate([x1, x2], axis)


@op("xs", lists=["xs"], dtype=promote)
def column_stack(xs):
    """Vectors as the columns of a matrix; matrices are joined along their second axis."""
    return kernels.concatenate([x if x.ndim > 1 else _as_column(x) for x in xs], 1)


def _as_column(x):
    return kernels.reshape(x, (-1, 1))


@op("xs", lists=["xs"], dtype=promote)
def hstack(xs):
    """Tensors joined along the second axis, vectors along their only one."""
    xs = [kernels.reshape(x, (1,)) if x.ndim == 0 else x for x in xs]
    return kernels.concatenate(xs, 0 if xs[0].ndim == 1 else 1)


@op("xs", lists=["xs"], dtype=promote)
def vstack(xs):
    """Tensors joined along the first axis, vectors as rows of a matrix."""
    rows = [kernels.reshape(x, (1, -1)) if x.ndim < 2 else x for x in xs]
    return kernels.concatenate(rows, 0)


@op("xs", lists=["xs"], dtype=promote)
def dstack(xs):
    """Tensors joined along the third axis, which matrices and vectors (as matrices of one row) are
    given."""
    return kernels.concatenate([_with_depth(x) for x in xs], 2)


def _with_depth(x):
    if x.ndim > 2:
        return x
    return kernels.expand_dims(kernels.reshape(x, (1, -1)) if x.ndim < 2 else x, -1)


@op("x")
def array_split(x, indices_or_sections, axis=0):
    """A list of so many parts along `axis`; if they can't be equal, the first are longer by one."""
    if not isinstance(indices_or_sections, int):
        raise TypeError(
            "`array_split` takes a number of parts; for indices to cut at see `split`. Received: "
            f"indices_or_sections={indices_or_sections}"
        )
    if indices_or_sections < 1:
        raise ValueError(
            f"There must be at least one part. Received: indices_or_sections={indices_or_sections}"
        )
    least, longer = divmod(x.shape[axis], indices_or_sections)
    cuts = [
        place * least + (place if place < longer else longer)
        for place in range(1, indices_or_sections)
    ]
    return kernels.split(x, cuts, axis)


def _split(x, indices_or_sections, axis, name):
    if x.ndim <= axis:
        raise ValueError(
            f"`{name}` needs a tensor with at least {axis + 1} axes. Received: "
            f"x.shape={tuple(x.shape)}"
        )
    return kernels.split(x, indices_or_sections, axis)


@op("x")
def hsplit(x, indices_or_sections):
    """A list of parts along the second axis, or the only one: so many equal ones, or cut at the
    given indices."""
    return _split(x, indices_or_sections, 0 if x.ndim < 2 else 1, "hsplit")


@op("x")
def vsplit(x, indices_or_sections):
    """A list of parts along the first axis: so many equal ones, or cut at the given indices."""
    return _split(x, indices_or_sections, 0, "vsplit")


@op("x")
def dsplit(x, indices_or_sections):
    """A list of parts along the third axis: so many equal ones, or cut at the given indices."""
    return _split(x, indices_or_sections, 2, "dsplit")


def _flipped(x, axis, name):
    if x.ndim <= axis:
        raise ValueError(
            f"`{name}` needs a tensor with at least {axis + 1} axes. Received: "
            f"x.shape={tuple(x.shape)}"
        )
    return kernels.flip(x, axis)


@op("x")
def fliplr(x):
    """Elements in reverse order along the second axis."""
    return _flipped(x, 1, "fliplr")


@op("x")
def flipud(x):
    """Elements in reverse order along the first axis."""
    return _flipped(x, 0, "flipud")


@op("array", fuse=True)
def rot90(array, k=1, axes=(0, 1)):
    """A tensor turned by `k` right angles, from the first of `axes` towards the second.

    Raises:
        ValueError: if `axes` are not two different axes of a tensor that has them.
    """
    if array.ndim < 2:
        raise ValueError(f"`rot90` needs at least two axes. Received: array.shape={array.shape}")
    if len(axes) != 2 or len({axis % array.ndim for axis in axes}) != 2:
        raise ValueError(f"`axes` must be two different axes. Received: axes={axes}")
    first, second = axes
    if k % 4 == 2:
        return kernels.flip(array, (first, second))
    if k % 2:
        # By one right angle: the second axis, backwards, becomes the first.
        array = kernels.swapaxes(array, first, second)
        return kernels.flip(array, first if k % 4 == 1 else second)
    return array


@op("condlist", "choicelist", "default", lists=["condlist", "choicelist"], dtype=_select_dtype)
def _select(condlist, choicelist, default):
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = kernels.where(condition, choice, chosen)
    return chosen


def select(condlist, choicelist, default=0):
    """Elements of the first of several tensors whose condition holds, else of `default`.

    Args:
        condlist: list of tensors of booleans.
        choicelist: list of as many tensors or numbers; they all broadcast against each other.
        default: tensor or number for where no condition holds.
    """
    if not all(isinstance(given, (list, tuple)) for given in (condlist, choicelist)):
        raise ValueError(
            "`condlist` and `choicelist` must be lists. Received: "
            f"{type(condlist).__name__} and {type(choicelist).__name__}"
        )
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(
            "`condlist` and `choicelist` must be of the same length, of at least 1. Received: "
            f"{len(condlist)} conditions and {len(choicelist)} choices"
        )
    return _select(_with_a_tensor(condlist), _with_a_tensor(choicelist), default)


def _with_a_tensor(given):
    """The items of a list, the first a tensor: a list of numbers alone would become one tensor."""
    first = given[0]
    return [first if is_symbolic(first) else engine.asarray(first), *given[1:]]
