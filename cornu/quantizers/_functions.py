"""Scales, integers and 8-bit floats from floats, and back."""

import ml_dtypes
import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core import dtypes
from cornu.serial.registry import export
from cornu.symbolic.op import op, promote_float

# The formulas below are written once, for `math` being NumPy (on the host) or `ops`.


def _run(formula, inputs, settings, to_numpy):
    """What a formula makes of `inputs`: integers, and tensors of the dtype of `inputs`."""
    dtype = dtypes.standardize_dtype(settings["dtype"])
    if not to_numpy:
        return formula(inputs, **{**settings, "dtype": dtype})
    inputs = np.asarray(inputs)
    if not dtypes.is_float_dtype(inputs.dtype):
        inputs = inputs.astype("float32")
    static = {name: value for name, value in settings.items() if name != "dtype"}
    integers, scale, *zero = FORMULAS[formula](np, inputs, **static)
    return (
        ops.convert_to_tensor(integers, dtype),
        ops.convert_to_tensor(scale, dtypes.standardize_dtype(inputs.dtype)),
        *(ops.convert_to_tensor(each, dtype) for each in zero),
    )


def _abs_max_formula(math, inputs, axis, value_range, epsilon):
    low, high = value_range
    scale = high / (math.max(math.abs(inputs), axis=axis, keepdims=True) + epsilon)
    return math.clip(math.round(inputs * scale), low, high), scale


@op("inputs", dtype=promote_float, register=False, fuse=True)
def _abs_max(inputs, axis, value_range, dtype, epsilon):
    integers, scale = _abs_max_formula(ops, inputs, axis, value_range, epsilon)
    return ops.cast(integers, dtype), scale


def _blocks_formula(math, inputs, block_size, value_range, epsilon):
    rows, columns = inputs.shape
    count = -(-rows // block_size)
    padded = math.pad(inputs, ((0, count * block_size - rows), (0, 0)))
    blocks = math.reshape(padded, (count, block_size, columns))
    low, high = value_range
    smallest, largest = math.min(blocks, axis=1), math.max(blocks, axis=1)
    constant = smallest == largest
    smallest = math.where(constant, smallest - 1, smallest)
    largest = math.where(constant, largest + 1, largest)
    scale = (largest - smallest + epsilon) / (high - low)
    zero = math.clip(math.round(-smallest / scale) + low, low, high)
    steps = math.round(blocks / math.expand_dims(scale, 1)) + math.expand_dims(zero, 1)
    integers = math.reshape(math.clip(steps, low, high), padded.shape)[:rows]
    return integers, scale, zero


@op("inputs", dtype=promote_float, register=False, fuse=True)
def _blocks(inputs, block_size, value_range, dtype, epsilon):
    integers, scale, zero = _blocks_formula(ops, inputs, block_size, value_range, epsilon)
    return ops.cast(integers, dtype), scale, ops.cast(zero, dtype)


FORMULAS = {_abs_max: _abs_max_formula, _blocks: _blocks_formula}


@export("keras.quantizers.abs_max_quantize")
def abs_max_quantize(
    inputs, axis, value_range=(-127, 127), dtype="int8", epsilon=1e-07, to_numpy=False
):
    """Integers that a scale brings back to floats: `inputs = integers / scale`, nearly.

    Args:
        inputs: float tensor of any shape.
        axis: int or tuple of ints: the axes that share a scale, along which the largest magnitude
            is sought; None for all.
        value_range: smallest and largest integer.
        dtype: dtype of the integers.
        epsilon: added to the largest magnitude, against division by zero.
        to_numpy: whether to compute on the host, to spare memory on the device.

    Returns:
        `(integers, scale)`; the scale has size 1 along `axis`.

    Example:
        >>> import cornu
        >>> integers, scale = cornu.quantizers.abs_max_quantize([[1.0, -2.0]], axis=-1)
        >>> integers.tolist(), round(scale.item(), 3)
        ([[64, -127]], 63.5)
    """
    settings = {"axis": axis, "value_range": value_range, "dtype": dtype, "epsilon": epsilon}
    return _run(_abs_max, inputs, settings, to_numpy)


@export("keras.quantizers.abs_max_quantize_grouped_with_zero_point")
def abs_max_quantize_grouped_with_zero_point(
    inputs, block_size, value_range=(-8, 7), dtype="int8", epsilon=1e-07, to_numpy=False
):
    """Integers with a scale and a zero point for each block of rows:
    `inputs = (integers - zero) * scale`, nearly.

    The zero point is kept in `value_range`, so blocks whose values are all far from zero on one
    side lose the farthest of them, as in Keras.

    Args:
        inputs: float tensor (rows, columns).
        block_size: number of rows that share a scale, column by column; the last block may be
            shorter.
        value_range: smallest and largest integer.
        dtype: dtype of integers and zero points.
        epsilon: added to a block's range, against division by zero.
        to_numpy: whether to compute on the host, to spare memory on the device.

    Returns:
        `(integers, scale, zero)`: integers as `inputs`, the others (blocks, columns).

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((6, 2))
        >>> found = cornu.quantizers.abs_max_quantize_grouped_with_zero_point(x, block_size=4)
        >>> [tensor.shape for tensor in found]
        [(6, 2), (2, 2), (2, 2)]
    """
    settings = {"block_size": block_size, "value_range": value_range, "dtype": dtype}
    return _run(_blocks, inputs, {**settings, "epsilon": epsilon}, to_numpy)


@op("integers", "scale", "zero", "group_of", register=False, fuse=True)
def dequantize_grouped(integers, scale, zero, group_of, axis):
    """Floats from integers that share scale and zero point in groups along an axis.

    Args:
        integers: integer tensor.
        scale, zero: tensors of as many axes, with the groups along `axis`.
        group_of: the group of each place along `axis`, as numbers of any dtype.
        axis: int.
    """
    group_of = ops.cast(group_of, "int32")
    scale = ops.take(scale, group_of, axis=axis)
    zero = ops.take(zero, group_of, axis=axis)
    return (ops.cast(integers, scale.dtype) - ops.cast(zero, scale.dtype)) * scale


# --- 8-bit floats


@export("keras.quantizers.compute_float8_scale")
def compute_float8_scale(amax, scale, dtype_max, margin=0):
    """The scale by which values of magnitude up to `amax` just fit an 8-bit float type.

    Args:
        amax: scalar, the largest magnitude of late.
        scale: scalar, the scale so far: kept where `amax` is 0 or not finite.
        dtype_max: the largest value of the type.
        margin: number of powers of 2 to leave free.

    Returns:
        A scalar: values are divided by it before rounding, multiplied after (Micikevicius et al.
        2022).

    Example:
        >>> import cornu
        >>> float(cornu.quantizers.compute_float8_scale(896.0, 1.0, 448.0))
        2.0
    """
    amax, scale = ops.convert_to_tensor(amax), ops.convert_to_tensor(scale)
    inverse = 1 / scale
    fitting = dtype_max / amax / 2**margin
    inverse = ops.where(amax > 0, fitting, inverse)
    return 1 / ops.where(ops.isfinite(amax), inverse, 1 / scale)


@export("keras.quantizers.compute_float8_amax_history")
def compute_float8_amax_history(x, amax_history):
    """The history with the largest magnitude of `x` in front and the rest rolled one place on.

    Args:
        x: float tensor.
        amax_history: tensor (length,) of earlier magnitudes, the last in front.

    Returns:
        Tensor (length,). What the roll brings round to the front, the second of them, is replaced.

    Example:
        >>> import cornu
        >>> cornu.quantizers.compute_float8_amax_history([[-3.0]], [1.0, 2.0]).tolist()
        [3.0, 1.0]
    """
    history = ops.convert_to_tensor(amax_history)
    amax = ops.cast(ops.max(ops.abs(ops.convert_to_tensor(x))), history.dtype)
    return ops.concatenate([ops.reshape(amax, (1,)), ops.roll(history, -1)[1:]])


def float8_max(dtype):
    """The largest value of an 8-bit float dtype."""
    return float(ml_dtypes.finfo(dtypes.standardize_dtype(dtype)).max)


@export("keras.quantizers.quantize_and_dequantize")
def quantize_and_dequantize(inputs, scale, quantized_dtype, compute_dtype):
    """`inputs` rounded to what an 8-bit float type can say at this scale.

    Args:
        inputs: float tensor.
        scale: scalar, by which values are divided before rounding and multiplied after.
        quantized_dtype: `"float8_e4m3fn"` or `"float8_e5m2"`.
        compute_dtype: dtype of the result.

    Example:
        >>> import cornu
        >>> x = cornu.quantizers.quantize_and_dequantize([1.01], 1.0, "float8_e4m3fn", "float32")
        >>> x.tolist()
        [1.0]
    """
    narrow, wide = map(dtypes.standardize_dtype, (quantized_dtype, compute_dtype))
    return _round_to_float8(inputs, scale, dtype=narrow, compute_dtype=wide)


@op("inputs", "scale", register=False, fuse=True)
def _round_to_float8(inputs, scale, dtype, compute_dtype):
    limit = float8_max(dtype)
    scale = ops.cast(scale, compute_dtype)
    rounded = engine.cast(ops.clip(inputs / scale, -limit, limit), dtype)
    return engine.cast(rounded, compute_dtype) * scale


# --- for quantisation-aware training


@export("keras.quantizers.fake_quant_with_min_max_vars")
def fake_quant_with_min_max_vars(
    inputs, min_vals, max_vals, num_bits=8, narrow_range=False, axis=None
):
    """`inputs` clipped to a range and rounded to the steps that `num_bits` bits can tell apart in
    it (Jacob et al. 2017).

    The range is moved a little so that 0 is one of the steps. The gradient passes through within
    the range; outside of it goes to the limit that clipped.

    Args:
        inputs: float tensor.
        min_vals, max_vals: scalars, or vectors along `axis`.
        num_bits: number of bits.
        narrow_range: whether to leave out the lowest of the steps.
        axis: the axis along which the limits differ, or None.

    Returns:
        A tensor like `inputs`.

    Example:
        >>> import cornu
        >>> x = [-1.0, 0.3, 9.0]
        >>> cornu.quantizers.fake_quant_with_min_max_vars(x, 0.0, 3.0, num_bits=2).tolist()
        [0.0, 0.0, 3.0]
    """
    if not hasattr(inputs, "dtype"):
        inputs = ops.convert_to_tensor(inputs)
    low, high = (ops.cast(ops.convert_to_tensor(x), "float32") for x in (min_vals, max_vals))
    if axis is not None:
        shape = [1] * len(inputs.shape)
        shape[axis] = -1
        low, high = ops.reshape(low, shape), ops.reshape(high, shape)
    return _fake_quantize(inputs, low, high, num_bits=num_bits, narrow_range=narrow_range)


@op("inputs", "low", "high", register=False)
def _fake_quantize(inputs, low, high, num_bits, narrow_range):
    bottom, top = int(narrow_range), 2**num_bits - 1

    def quantize(inputs, low, high):
        step, per_unit = (high - low) / (top - bottom), (top - bottom) / (high - low)
        zero = ops.round(ops.clip(bottom - low / step, bottom, top))
        first, last = (bottom - zero) * step, (top - zero) * step
        steps = (ops.clip(inputs, first, last) - first) * per_unit
        outputs = ops.floor(steps - ops.floor(0.5 - first * per_unit) + 0.5) * step

        def gradient(upstream):
            below, above = inputs < first, inputs > last
            return (
                ops.where(ops.logical_or(below, above), 0.0, upstream),
                _sum_to(ops.where(below, upstream, 0.0), low.shape),
                _sum_to(ops.where(above, upstream, 0.0), high.shape),
            )

        return outputs, gradient

    floats = engine.cast(inputs, "float32")
    return engine.cast(engine.custom_gradient(quantize)(floats, low, high), str(inputs.dtype))


def _sum_to(x, shape):
    """`x` summed over the axes along which something of `shape` was broadcast to it."""
    padded = (1,) * (x.ndim - len(shape)) + tuple(shape)
    axes = tuple(axis for axis, size in enumerate(padded) if size == 1)
    return ops.reshape(ops.sum(x, axis=axes) if axes else x, shape)
