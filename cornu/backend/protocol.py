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
    "dynamic_slice",
    "expand_dims",
    "eye",
    "flip",
    "full",
    "getitem",
    "linspace",
    "moveaxis",
    "nonzero",
    "pad",
    "ravel",
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
    "diag",
    "diagonal",
    "isin",
    "unique",
    "vectorize",
    "view",
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
    "complex",
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
    "cbrt",
    "copysign",
    "erfc",
    "exp2",
    "fmax",
    "fmin",
    "fmod",
    "gammainc",
    "gcd",
    "heaviside",
    "i0",
    "isclose",
    "isneginf",
    "isposinf",
    "isreal",
    "lcm",
    "ldexp",
    "log10",
    "log2",
    "nan_to_num",
    "nextafter",
    "reciprocal",
    "signbit",
    "sinc",
]

LINALG = [
    "cholesky",
    "correlate",
    "cross",
    "det",
    "eig",
    "eigh",
    "einsum",
    "inv",
    "lu_factor",
    "matmul",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "tensordot",
    "trace",
]

NN = [
    "average_pool",
    "conv",
    "conv_transpose",
    "depthwise_conv",
    "flash_attention",
    "flash_attention_obstacle",
    "max_pool",
    "one_hot",
    "resize",
    "scale_and_translate",
]

FOURIER = [
    "complex_of",
    "fft",
    "fft2",
    "ifft2",
    "irfft",
    "overlap_add",
    "rfft",
]

SEGMENTS = ["segment_max", "segment_min", "segment_prod", "segment_sum"]

RANDOM = [
    "beta",
    "binomial",
    "categorical",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
    "split_seed",
]

# Whether the engine may have kernels for whole algorithms, and the call of one, with what to do
# where it has not.
NATIVE = [
    "has_native",
    "call_native",
    "affine",
    "affine_axes",
    "attention",
    "attention_suits",
    "layer_norm",
    "layer_norm_suits",
]

# An LSTM over whole sequences, and why it can't be had.
RECURRENT = ["whole_lstm", "whole_lstm_obstacle"]

KERNELS = frozenset(
    (*ARRAYS, *MATH, *LINALG, *NN, *FOURIER, *SEGMENTS, *RANDOM, *NATIVE, *RECURRENT)
)


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

    def scan(
        self,
        body: Callable[..., Any],
        carry: list[Tensor],
        xs: list[Tensor],
        length: int | None = None,
        reverse: bool = False,
        unroll: int | bool = 1,
    ) -> Any:
        """`carry, y = body(carry, x)` along the first axes; the last carry and the ys stacked."""
        ...

    def while_loop(
        self, test: Callable[..., Any], body: Callable[..., Any], carry: list[Tensor]
    ) -> Any:
        """`carry = body(carry)` as long as `test(carry)`, with gradients in bounded memory."""
        ...

    def staged(self, function: Callable[..., Any], tensors: Sequence[Tensor]) -> Callable[..., Any]:
        """`function`, from a list of tensors to a list, traced once; `kinds` of the result are the
        `Kind`s of the tensors that it gives."""
        ...

    def kind_of(self, tensor: Tensor) -> Any:
        """Shape, dtype and weakness of a tensor: a `Kind`."""
        ...

    def joined(self, first: Any, second: Any) -> Any:
        """The `Kind` of what is of one of two kinds."""
        ...

    def to_kind(self, tensor: Tensor, kind: Any) -> Tensor:
        """The tensor with the dtype of a kind, weak or not."""
        ...

    def zeros_of(self, kind: Any, near: Tensor | None = None) -> Tensor:
        """Zeros of a kind, computed along with the tensor `near`."""
        ...

    def weak_asarray(self, value: Any) -> Tensor:
        """A number as a tensor that takes the dtype of what it meets."""
        ...

    def fori_loop(
        self, lower: Any, upper: Any, body: Callable[..., Any], carry: list[Tensor]
    ) -> Any:
        """`carry = body(index, carry)` for index from `lower` to before `upper`."""
        ...

    def switch(self, index: Any, branches: Sequence[Callable[[], Any]]) -> Any:
        """What `branches[index]()` returns, all being traced."""
        ...

    def vectorize(self, function: Callable[..., Any], xs: list[Tensor], shared: Any) -> Any:
        """`function(x, shared)` for all x along the first axes at once; of its two results, the
        second must be the same for all."""
        ...

    def associative_scan(
        self, function: Callable[..., Any], elements: list[Tensor], reverse: bool, axis: int
    ) -> Any:
        """All partial results of `function(a, b)` along `axis`."""
        ...

    def named_leaves(
        self, structure: Any
    ) -> tuple[list[str], list[Any], Callable[[list[Any]], Any]]:
        """Names of the leaves of a nest by where they are, the leaves, and the way back from such a
        list to the nest."""
        ...

    def form_of(self, structure: Any) -> Any:
        """How such a nest is made up, to be compared with others."""
        ...

    def stop_gradient(self, value: Tensor) -> Tensor:
        """`value`, constant for gradients."""
        ...

    def custom_gradient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function(*tensors) -> (outputs, gradient)` as one to `outputs` alone, whose gradient is
        `gradient(upstream)`: a value for each tensor, None for none."""
        ...

    def custom_derivative(
        self, function: Callable[..., Any], linearized: Callable[..., Any]
    ) -> Callable[..., Any]:
        """`function`, whose value and derivative `linearized(*args) -> (outputs, linear)` gives:
        `linear` takes changes of the arguments to the change of the outputs."""
        ...

    def jvp(
        self,
        function: Callable[..., Any],
        primals: Sequence[Any],
        tangents: Sequence[Any],
        has_aux: bool = False,
    ) -> Any:
        """`function(*primals)` and its derivative in the direction `tangents`, and what else it
        returns if `has_aux`."""
        ...

    def checkpoint(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, whose inner values are computed again for the gradient instead of kept."""
        ...

    def eager(self) -> Any:
        """A context in which operations on concrete values are carried out even while tracing."""
        ...

    def is_key(self, value: Any) -> bool:
        """Whether `value` is a random key in a form of the engine's own."""
        ...

    def raw_key(self, key: Any) -> Tensor:
        """Such a key as the raw `uint32[2]` that kernels take."""
        ...

    def key_form(self, key: Any) -> Callable[[Tensor], Any]:
        """The function from a raw key to one in the form of `key`."""
        ...

    def host_function(
        self,
        run: Callable[..., Any],
        pull: Callable[..., Any] | None,
        specs: Sequence[Spec],
    ) -> Callable[..., Any]:
        """A function of tensors that the host computes, by `run` from arrays to a tuple of them;
        `pull` goes from arrays and the gradients of the results to those of the arrays."""
        ...

    def watch_operators(self, after: Callable[[str, Any, Any], None]) -> None:
        """Have `after(name, operands, result)` called after each operator on tensors, named as the
        op that does the same."""
        ...

    def host_call(self, function: Callable[..., Any], *values: Any) -> None:
        """Have `function` called with the values once they are computed, in compiled code at each
        run."""
        ...

    def is_tracing(self) -> bool:
        """Whether a function is being traced rather than run."""
        ...

    def missing_value(self, error: Exception) -> str | None:
        """What code wanted of a traced tensor, which has no value: "truth", "integer", "array",
        "mask" or "number"; None for any other error."""
        ...

    def is_ready(self, value: Any) -> bool:
        """Whether a tensor is computed, so that reading it does not wait."""
        ...

    def synchronize(self, value: Any) -> Any:
        """Wait until `value` is computed."""
        ...

    def to_device(self, value: Any) -> Any:
        """Copy host arrays to the device on which steps run."""
        ...

    def keep_memory(self) -> None:
        """Keep the memory of compiled programs for their next runs, within bounds; called before
        each run, and when an op is traced."""
        ...

    def free_memory(self) -> None:
        """Give the system what memory is kept for later steps."""
        ...

    def start_profile(self, folder: str) -> None:
        """Record what the processor and the accelerator do into `folder`, for TensorBoard."""
        ...

    def stop_profile(self) -> None:
        """End the recording."""
        ...

    def device_names(self, kind: str | None = None) -> list[str]:
        """Names of the devices of a kind, by default the one that programs run on."""
        ...

    def device(self, name: str) -> Any:
        """A context in which tensors are made on the device called `name`."""
        ...
