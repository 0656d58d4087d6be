"""Ops that make tensors from a shape, from ends, or from vectors."""

from cornu.backend import engine, kernels
from cornu.ops._shape import _dtype, _sizes
from cornu.symbolic.op import op, promote, promote_divide


def _powers_dtype(name):
    return "int32" if name == "bool" else promote(name)


def empty(shape, dtype=None):
    """A tensor of the given shape; its elements are zeros, but nothing should depend on that."""
    return kernels.zeros(_sizes(shape), _dtype(dtype))


@op("x")
def empty_like(x, dtype=None):
    """A tensor of the shape of `x`, of its dtype unless `dtype` says otherwise; its elements are
    zeros, but nothing should depend on that."""
    return kernels.zeros(x.shape, x.dtype if dtype is None else _dtype(dtype))


def tri(N, M=None, k=0, dtype=None):
    """N x M matrix (square without M) with ones on diagonal `k` and below, zeros above."""
    return kernels.tril(kernels.ones((N, N if M is None else M), _dtype(dtype)), k)


@op("x", fuse=True)
def diag(x, k=0):
    """A vector as diagonal `k` of a matrix of zeros, or diagonal `k` of a matrix.

    Raises:
        ValueError: if `x` is neither a vector nor a matrix.
    """
    if x.ndim not in (1, 2):
        raise ValueError(f"`diag` takes a vector or a matrix. Received: x.shape={tuple(x.shape)}")
    return kernels.diag(x, k)


@op("x", fuse=True)
def diagflat(x, k=0):
    """All elements of `x`, in row-major order, as diagonal `k` of a matrix of zeros."""
    return kernels.diag(kernels.reshape(x, (-1,)), k)


@op("x")
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal of the matrices along `axis1` and `axis2`, as a new last axis.

    Args:
        offset: how many places above the main diagonal, below it if negative.
    """
    if x.ndim < 2:
        raise ValueError(f"`diagonal` needs at least two axes. Received: x.shape={tuple(x.shape)}")
    if axis1 % x.ndim == axis2 % x.ndim:
        raise ValueError(
            f"`axis1` and `axis2` cannot be the same. Received: axis1={axis1}, axis2={axis2}, "
            f"x.shape={tuple(x.shape)}"
        )
    return kernels.diagonal(x, offset, axis1, axis2)


@op("x", dtype=_powers_dtype, fuse=True)
def vander(x, N=None, increasing=False):
    """Powers of each element of a vector as the rows of a Vandermonde matrix, booleans as int32.

    Args:
        N: how many powers, from the 0th on; by default as many as `x` has elements.
        increasing: whether the powers rise along a row instead of falling.
    """
    if x.ndim != 1:
        raise ValueError(f"`vander` takes a vector. Received: x.shape={tuple(x.shape)}")
    count = x.shape[0] if N is None else N
    # A product of so many factors, so that the gradient at 0 is exact.
    column = kernels.ones((x.shape[0], 1), x.dtype)[:, : min(count, 1)]
    rest = kernels.broadcast_to(x[:, None], (x.shape[0], max(count - 1, 0)))
    powers = kernels.cumprod(kernels.concatenate([column, rest], -1), -1)
    return powers if increasing else kernels.flip(powers, -1)


@op("start", "stop", dtype=promote_divide, fuse=True)
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`base` to the power of `num` evenly spaced numbers from `start` to `stop`.

    Args:
        endpoint: whether `base**stop` is among the results.
        dtype: dtype of the result, by default what `start` and `stop` promote to, a float.
        axis: where the new axis goes if `start` or `stop` are no scalars.
    """
    exponents = _spaced(start, stop, num, endpoint)
    powers = kernels.power(kernels.full((), base, exponents.dtype), exponents)
    return _finished(powers, start, dtype, axis)


@op("start", "stop", dtype=promote_divide, fuse=True)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from `start` to `stop`, each a constant multiple of the one before.

    They are NaN where `start` or `stop` is 0 or their signs differ.

    Args:
        endpoint: whether `stop` is among the results.
        dtype: dtype of the result, by default what `start` and `stop` promote to, a float.
        axis: where the new axis goes if `start` or `stop` are no scalars.
    """
    wide = _wide(start.dtype)
    first, last = engine.cast(start, wide), engine.cast(stop, wide)
    if "complex" in wide:
        turned = _spaced(kernels.log(first), kernels.log(last), num, endpoint)
        return _finished(kernels.exp(turned), start, dtype, axis)
    logarithms = [kernels.log(kernels.absolute(end)) for end in (first, last)]
    values = kernels.sign(first) * kernels.exp(_spaced(*logarithms, num, endpoint))
    place = kernels.arange(0, num, 1, "int32").reshape((-1,) + (1,) * (values.ndim - 1))
    if endpoint:  # the ends are exact
        values = kernels.where(place == num - 1, last, values)
    values = kernels.where(place == 0, first, values)
    broken = kernels.logical_not(kernels.sign(first) * kernels.sign(last) > 0)
    values = kernels.where(broken, kernels.full((), float("nan"), values.dtype), values)
    return _finished(values, start, dtype, axis)


def _spaced(start, stop, num, endpoint):
    """Evenly spaced numbers along a new first axis, in single precision at least."""
    wide = _wide(start.dtype)
    ends = engine.cast(start, wide), engine.cast(stop, wide)
    return kernels.linspace(*ends, num, endpoint, False, wide, 0)


def _wide(dtype):
    name = str(dtype)
    return "float32" if name in ("float16", "bfloat16") else name


def _finished(values, start, dtype, axis):
    values = engine.cast(values, str(start.dtype) if dtype is None else _dtype(dtype))
    return kernels.moveaxis(values, 0, axis)


@op("xs", lists=["xs"])
def _meshgrid(xs, indexing):
    vectors = [kernels.reshape(x, (-1,)) for x in xs]
    places = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        places[:2] = 1, 0
    sizes = [0] * len(vectors)
    for place, vector in zip(places, vectors, strict=True):
        sizes[place] = vector.shape[0]

    def spread(vector, place):
        column = [1] * len(sizes)
        column[place] = vector.shape[0]
        return kernels.broadcast_to(kernels.reshape(vector, tuple(column)), tuple(sizes))

    return list(map(spread, vectors, places))


def meshgrid(*x, indexing="xy"):
    """The coordinates of the points of a grid: for each vector of coordinates along one axis a
    tensor of the grid's shape.

    Args:
        *x: coordinates along each axis; tensors that are no vectors are flattened.
        indexing: `"xy"` for grids whose first axis is the second vector's, as in images, or `"ij"`
            for axes in the order of the vectors.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"`indexing` must be 'xy' or 'ij'. Received: indexing={indexing!r}")
    return _meshgrid(list(x), indexing=indexing) if x else []
