"""Products of matrices and what generalizes them.

On the CPU, a tensor of many axes times one matrix becomes a matrix with a row for each place of the
leading axes. The numbers are the same. But the gradient by the matrix, a sum over all those places,
is one product then; over several axes XLA's CPU compiler copies one of the operands first, turned
round, which took a third as long as the product itself.
"""

import functools
import math

import jax
import jax.numpy as jnp

from cornu.backend.jax import engine, native_products

__all__ = ["affine_axes", "einsum", "matmul", "tensordot"]

# Products of bytes are summed up in 32 bits, as the hardware does it.
INT8, INT32 = jnp.dtype("int8"), jnp.dtype("int32")

tensordot = jnp.tensordot


def affine_axes(x, kernel, bias, equation=None):
    """Over how many axes `affine` sums, or 0 if it does not compute this, or no faster.

    Args:
        x, kernel, bias: tensors, or anything with a shape and a dtype; `bias` may be None.
        equation: of an einsum; None for `matmul`.
    """
    if equation is not None:
        count = _summed_axes(equation, x.ndim, len(kernel.shape))
    else:
        count = int(x.ndim > 1 and len(kernel.shape) == 2)
    if not count or x.shape[-count:] != tuple(kernel.shape[:count]):
        return 0
    made = tuple(kernel.shape[count:])
    if bias is not None and tuple(bias.shape[-len(made) :]) != made:
        return 0
    return count if native_products.affine_suits(x, kernel, bias, count) else 0


def matmul(x1, x2):
    if x1.ndim > 2 and x2.ndim == 2 and engine.platform() == "cpu":
        return _project(x1, x2, 1)
    return jnp.matmul(x1, x2, preferred_element_type=_sum_type(x1, x2))


def einsum(subscripts, *operands):
    if len(operands) == 2 and engine.platform() == "cpu":
        x, kernel = operands
        count = _summed_axes(subscripts, x.ndim, kernel.ndim)
        if count and x.shape[-count:] == kernel.shape[:count]:
            return _project(x, kernel, count)
    return jnp.einsum(subscripts, *operands, preferred_element_type=_sum_type(*operands))


def _sum_type(*operands):
    return INT32 if all(x.dtype == INT8 for x in operands) else None


@functools.partial(jax.jit, static_argnums=2, inline=True)
def _project(x, kernel, count):
    """The sum of products over the last `count` axes of `x` and the first of `kernel`."""
    places, made = x.shape[: x.ndim - count], kernel.shape[count:]
    summed = math.prod(kernel.shape[:count])
    rows = x.reshape(math.prod(places), summed)
    columns = kernel.reshape(summed, math.prod(made))
    product = jnp.matmul(rows, columns, preferred_element_type=_sum_type(x, kernel))
    return product.reshape(*places, *made)


@functools.lru_cache(maxsize=4096)
def _summed_axes(subscripts, rank, kernel_rank):
    """How many axes an equation sums if it does what `_project` does, else 0.

    Args:
        subscripts: equation of two operands.
        rank, kernel_rank: their numbers of axes.
    """
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    first, comma, second = inputs.partition(",")
    letters = first + second + result
    if not arrow or not comma or not letters.isalpha():
        return 0
    if (len(first), len(second)) != (rank, kernel_rank):
        return 0
    count = len(set(first) & set(second))
    alike = 0 < count < rank and first[-count:] == second[:count]
    once = len(set(letters)) == rank + kernel_rank - count
    return count if alike and once and result == first[:-count] + second[count:] else 0
