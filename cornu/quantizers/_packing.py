"""Two 4-bit integers in a byte."""

from cornu import ops
from cornu.core import dtypes
from cornu.serial.registry import export
from cornu.symbolic.op import op

BYTES = ("int8", "uint8")


@export("keras.quantizers.pack_int4")
def pack_int4(arr, axis=0, dtype="int8"):
    """Bytes of which each holds two neighbours along an axis, the first in its lower half.

    Args:
        arr: tensor of 4-bit numbers, kept in `dtype`: from -8 to 7, or 0 to 15 if unsigned.
        axis: int. An odd size is filled up with a 0.
        dtype: `"int8"` or `"uint8"`.

    Returns:
        `(packed, shape of packed, size of arr along the axis)`.

    Raises:
        ValueError: for another `dtype`.
        TypeError: if `arr` is not of it.

    Example:
        >>> import cornu
        >>> packed, shape, size = cornu.quantizers.pack_int4(cornu.ops.ones((3, 2), dtype="int8"))
        >>> packed.tolist(), shape, size
        ([[17, 17], [1, 1]], (2, 2), 3)
    """
    dtype = _byte(dtype)
    arr = ops.convert_to_tensor(arr)
    found = dtypes.standardize_dtype(arr.dtype)
    if found != dtype:
        raise TypeError(f"Expected {dtype} tensor for packing, got {found}.")
    axis = _positive(axis, arr.ndim)
    packed = _pack(arr, axis=axis, dtype=dtype)
    return packed, tuple(packed.shape), arr.shape[axis]


@op("arr", register=False, fuse=True)
def _pack(arr, axis, dtype):
    if arr.shape[axis] % 2:
        arr = ops.pad(arr, [(0, int(place == axis)) for place in range(arr.ndim)])
    pairs = ops.reshape(arr, (*arr.shape[:axis], -1, 2, *arr.shape[axis + 1 :]))
    low, high = ops.split(pairs, 2, axis=axis + 1)
    mask = ops.cast(15, dtype)
    high = ops.left_shift(ops.bitwise_and(high, mask), ops.cast(4, dtype))
    return ops.squeeze(ops.bitwise_or(ops.bitwise_and(low, mask), high), axis + 1)


@export("keras.quantizers.unpack_int4")
def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """The 4-bit numbers that `pack_int4` packed.

    Args:
        packed: tensor of bytes.
        orig_len: size of the unpacked tensor along the axis, or None for twice that of `packed`.
        axis: the axis along which they were packed.
        dtype: `"int8"`, for numbers from -8 to 7, or `"uint8"`, for 0 to 15.

    Returns:
        Tensor of `dtype`.

    Raises:
        ValueError: for another `dtype`.
        TypeError: if `packed` holds no bytes.

    Example:
        >>> import cornu
        >>> packed = cornu.ops.convert_to_tensor([31, -8], dtype="int8")
        >>> cornu.quantizers.unpack_int4(packed, 3).tolist()
        [-1, 1, -8]
    """
    dtype = _byte(dtype)
    packed = ops.convert_to_tensor(packed)
    found = dtypes.standardize_dtype(packed.dtype)
    if found not in BYTES:
        raise TypeError(f"Expected int8 or uint8 tensor for unpacking, got {found}")
    return _unpack(packed, size=orig_len, axis=_positive(axis, packed.ndim), dtype=dtype)


@op("packed", register=False, fuse=True)
def _unpack(packed, size, axis, dtype):
    found = dtypes.standardize_dtype(packed.dtype)
    mask = ops.cast(15, found)
    halves = [
        ops.cast(ops.bitwise_and(half, mask), dtype)
        for half in (packed, ops.right_shift(packed, ops.cast(4, found)))
    ]
    if dtype == "int8":  # the fourth bit is a sign
        sign = ops.cast(8, dtype)
        halves = [ops.subtract(ops.bitwise_xor(half, sign), sign) for half in halves]
    shape = (*packed.shape[:axis], -1, *packed.shape[axis + 1 :])
    whole = ops.reshape(ops.stack(halves, axis=axis + 1), shape)
    return whole[(slice(None),) * axis + (slice(size),)]


def _byte(dtype):
    name = dtypes.standardize_dtype(dtype)
    if name not in BYTES:
        raise ValueError(f"Expected dtype to be 'int8' or 'uint8', but got '{name}'.")
    return name


def _positive(axis, ndim):
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is out of bounds for a tensor with {ndim} axes")
    return axis % ndim
