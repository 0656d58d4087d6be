"""A product, a bias and relu at once, where the engine has a kernel for that."""

from cornu.backend import engine, kernels
from cornu.state.variable import value_of
from cornu.symbolic.mask_flow import RULES, rows
from cornu.symbolic.op import op


def affine(x, kernel, bias, equation, relu):
    """What `matmul`, `add` and `relu` make of `x`, or None if they had better be called.

    Args:
        x: tensor.
        kernel, bias: tensors or variables; `bias` may be None.
        equation: for `einsum` in the place of `matmul`, else None.
        relu: whether there is one.
    """
    if not engine.is_tensor(x):
        return None
    count = kernels.affine_axes(x, kernel, bias, equation)
    if not count:
        return None
    kernel, bias = value_of(kernel), value_of(bias)
    return _affine(x, kernel, bias, count=count, relu=relu, equation=equation)


@op("x", "kernel", "bias", register=False)
def _affine(x, kernel, bias, count, relu, equation):
    return kernels.affine(x, kernel, bias, count, relu)


def _rows_of_matmul(tensor, mask, arguments, result):
    if arguments["equation"] is not None:
        return None
    return rows(tensor, mask, {"x1": arguments["x"]}, result)


RULES["_affine"] = _rows_of_matmul
