"""The seam: what an engine must supply. Nothing here computes.

`KERNELS` are functions on the engine's own tensors, called by the op of the same name with
arguments already promoted (an engine never casts). An engine may supply more kernels than these:
then they replace the portable body of the op of that name, and the change that adds one shows its
benchmark. `Engine` are the verbs that transform functions.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

Tensor = Any
Spec = tuple[tuple[int | None, ...], str]

ARRAYS = [
    "arange",
    "broadcast_to",
    "concatenate",
    "convert_to_numpy",
    "expand_dims",
    "eye",
    "flip",
    "full",
    "getitem",
    "linspace",
    "moveaxis",
    "nonzero",
    "pad",
    "repeat",
    "reshape",
    "roll",
    "scatter_update",
    "slice_update",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "transpose",
    "tril",
    "triu",
    "where",
    "zeros",
    "ones",
    "argsort",
    "sort",
    "top_k",
    "searchsorted",
    "scatter",
]

MATH = [
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "divide",
    "equal",
    "erf",
    "erfinv",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lgamma",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "power",
    "right_shift",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
    "real",
    "imag",
    "conj",
    "all",
    "any",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "max",
    "mean",
    "min",
    "prod",
    "sum",
    "std",
    "var",
]

LINALG = [
    "cholesky",
    "det",
    "eigh",
    "einsum",
    "inv",
    "matmul",
    "norm",
    "qr",
    "solve",
    "svd",
    "tensordot",
]

NN = [
    "average_pool",
    "conv",
    "depthwise_conv",
    "max_pool",
    "one_hot",
]

RANDOM = [
    "categorical",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
    "split_seed",
]

KERNELS = frozenset((*ARRAYS, *MATH, *LINALG, *NN, *RANDOM))


class Engine(Protocol):
    """The verbs of an engine."""

    def is_tensor(self, value: Any) -> bool:
        """Whether `value` is a tensor of this engine, concrete or traced."""
        ...

    def asarray(self, value: Any, dtype: str | None = None) -> Tensor:
        """`value` as a tensor."""
        ...

    def cast(self, value: Tensor, dtype: str) -> Tensor:
        """`value` in another dtype."""
        ...

    def abstract_eval(self, function: Callable[..., Any], *specs: Any) -> Any:
        """Specs of what `function` returns for tensors of the given specs; None is an unknown
        size."""
        ...

    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function(parameters, ...) -> (scalar, extra)`, with the gradient of the scalar by the
        parameters."""
        ...

    def compile(
        self, function: Callable[..., Any], donate: Sequence[int] = ()
    ) -> Callable[..., Any]:
        """`function` compiled, its arguments `donate` given up to it where the platform gains by
        it."""
        ...

    def repeat_steps(
        self, body: Callable[[Any, Any], Any], start: Any, count: Any, state: Any
    ) -> Any:
        """`state = body(index, state)` for `count` indices from `start`, one compiled loop, `count`
        unknown."""
        ...

    def stop_gradient(self, value: Tensor) -> Tensor:
        """`value`, constant for gradients."""
        ...

    def custom_gradient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function(*tensors) -> (outputs, gradient)` as one to `outputs` alone, whose gradient is
        `gradient(upstream)`: a value for each tensor, None for none."""
        ...

    def checkpoint(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, whose inner values are computed again for the gradient instead of kept."""
        ...

    def eager(self) -> Any:
        """A context in which operations on concrete values are carried out even while tracing."""
        ...

    def is_tracing(self) -> bool:
        """Whether a function is being traced rather than run."""
        ...

    def synchronize(self, value: Any) -> Any:
        """Wait until `value` is computed."""
        ...

    def to_device(self, value: Any) -> Any:
        """Copy host arrays to the device on which steps run."""
        ...

    def device(self, name: str) -> Any:
        """A context in which tensors are made on the device called `name`."""
        ...
