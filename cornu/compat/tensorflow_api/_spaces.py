"""Which name of `tf`, `tf.math`, `tf.nn` and the other namespaces means which function here."""

import enum
import logging
import time

import cornu as keras
from cornu import GradientTape, ops
from cornu.compat.tensorflow_api import (
    _arithmetic,
    _arrays,
    _control,
    _debugging,
    _errors,
    _image,
    _initializers,
    _io,
    _linalg,
    _module,
    _nn,
    _places,
    _random,
    _signal,
    _strings,
    _summary,
    _train,
    _unsupported,
)
from cornu.compat.tensorflow_api._data_space import data
from cornu.compat.tensorflow_api._dtypes import TABLE as DTYPES
from cornu.compat.tensorflow_api._dtypes import DType, as_dtype
from cornu.compat.tensorflow_api._function import (
    Function,
    function,
)
from cornu.compat.tensorflow_api._nest import nest
from cornu.compat.tensorflow_api._shapes import TensorShape, TensorSpec
from cornu.compat.tensorflow_api._table import Namespace
from cornu.compat.tensorflow_api._tensors import (
    Tensor,
    constant,
    convert_to_tensor,
    is_tensor,
)
from cornu.compat.tensorflow_api._variables import IndexedSlices, Variable
from cornu.control_flow.calls import left_alone
from cornu.core.scopes import FRAME


class UnconnectedGradients(enum.StrEnum):
    """What a tape gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


class VariableAggregation(enum.StrEnum):
    """How replicas of a variable are combined."""

    NONE = "none"
    SUM = "sum"
    MEAN = "mean"
    ONLY_FIRST_REPLICA = "only_first_replica"


class VariableSynchronization(enum.StrEnum):
    """When replicas of a variable are combined."""

    AUTO = "auto"
    NONE = "none"
    ON_WRITE = "on_write"
    ON_READ = "on_read"


def executing_eagerly():
    """Whether operations run when they are called; not so in a function that is being traced."""
    return FRAME.get() is None


def inside_function():
    """Whether a function is being traced."""
    return not executing_eagerly()


def _do_not_convert(func=None):
    """Leave a function's control flow as it is; also a decorator."""
    return left_alone if func is None else left_alone(func)


def get_logger():
    """TensorFlow's logger."""
    return logging.getLogger("tensorflow")


def timestamp(name=None):
    """Seconds since 1970, as a tensor."""
    return ops.convert_to_tensor(time.time())


def _members(module, names):
    return {name: getattr(module, name) for name in names.split()}


def _own(module):
    """The public functions and classes that a module defines, and those of its table."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and (getattr(value, "__module__", "") == module.__name__ or name in _table_of(module))
    }


def _table_of(module):
    return getattr(module, "TABLE", {})


ARITHMETIC = _own(_arithmetic)
ARRAYS = {name: value for name, value in _own(_arrays).items() if name not in ("Sizes", "sizes")}
LINALG = _own(_linalg)
CONTROL = {
    **{name.rstrip("_"): value for name, value in _own(_control).items()},
    "foldl": _control.foldl,
    "foldr": _control.foldr,
}
# What of `tf.math` is in `tf` too; the rest of it is in `tf.math` alone.
MATH_ON_TOP = """
    abs acos acosh add add_n argmax argmin asin asinh atan atan2 atanh cast clip_by_value complex
    cos cosh cumsum divide equal exp floor greater greater_equal less less_equal logical_and
    logical_not logical_or maximum minimum multiply negative not_equal pow reduce_all reduce_any
    reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum round saturate_cast
    scalar_mul sigmoid sign sin sinh sqrt square subtract tan tanh truediv truncatediv truncatemod
"""
LINALG_ON_TOP = "clip_by_global_norm clip_by_norm eig eigvals einsum matmul norm tensordot"
ACTIVATIONS = "sigmoid tanh softplus softsign"

math = Namespace(
    "tf.math",
    {
        **{k: v for k, v in ARITHMETIC.items() if k not in ("cast", "clip_by_value", "TopK")},
        **_members(_nn, "sigmoid tanh softplus softsign"),
    },
)
linalg = Namespace(
    "tf.linalg",
    {
        **{k: v for k, v in LINALG.items() if not k.startswith("clip_")},
        "eye": _arrays.eye,
        "l2_normalize": _arithmetic.l2_normalize,
    },
)
nn = Namespace(
    "tf.nn",
    {
        **_own(_nn),
        **_members(_nn, " ".join(_nn._nn_windows.__all__)),
        **_members(_arithmetic, "in_top_k l2_normalize log_softmax softmax top_k zero_fraction"),
        "swish": _nn.swish,
        "lrn": _nn.lrn,
        "experimental": Namespace("tf.nn.experimental", {}),
    },
    {
        "rnn_cell": "Cells are in `tf.keras.layers`: `LSTMCell`, `GRUCell`, `SimpleRNNCell`.",
        "dynamic_rnn": "Use `tf.keras.layers.RNN`.",
        "softmax_cross_entropy_with_logits_v2": "It is `softmax_cross_entropy_with_logits` now.",
    },
)
random = Namespace(
    "tf.random",
    {
        **_members(_random, " ".join(_random.__all__)),
        "experimental": Namespace(
            "tf.random.experimental",
            {"Generator": _random.Generator, "stateless_split": _random.split,
             "get_global_generator": _random.get_global_generator},
        ),
    },
    {"random_normal": "It is `tf.random.normal` since TensorFlow 2."},
)  # fmt: skip
debugging = Namespace("tf.debugging", _own(_debugging))
errors = Namespace("tf.errors", _errors.MEMBERS)
dtypes = Namespace(
    "tf.dtypes",
    {
        **DTYPES, "DType": DType, "as_dtype": as_dtype, "cast": _arithmetic.cast,
        "complex": _arithmetic.complex, "saturate_cast": _arithmetic.saturate_cast,
    },
)  # fmt: skip
bitwise = Namespace(
    "tf.bitwise",
    {
        "bitwise_and": ops.bitwise_and, "bitwise_or": ops.bitwise_or,
        "bitwise_xor": ops.bitwise_xor, "invert": ops.bitwise_not,
        "left_shift": ops.left_shift, "right_shift": ops.right_shift,
    },
)  # fmt: skip
autograph = Namespace(
    "tf.autograph",
    {
        "experimental": Namespace(
            "tf.autograph.experimental",
            {"do_not_convert": _do_not_convert, "set_loop_options": _places._nothing},
        ),
        "set_verbosity": _places._nothing,
    },
    {
        "to_graph": "There are no graphs here: put `tf.function` around the function.",
        "to_code": "There is no code to look at: functions are converted when that is needed.",
    },
)  # fmt: skip
types = Namespace(
    "tf.types",
    {
        "experimental": Namespace(
            "tf.types.experimental", {"TensorLike": Tensor, "Callable": Function}
        )
    },
)
experimental = Namespace(
    "tf.experimental",
    {
        "numpy": Namespace(
            "tf.experimental.numpy", {name: getattr(ops.numpy, name) for name in ops.numpy.__all__}
        ),
        "function_executor_type": _places._nothing,
    },
)
compat = Namespace(
    "tf.compat",
    {
        "as_bytes": lambda x, encoding="utf-8": x if isinstance(x, bytes) else x.encode(encoding),
        "as_str": lambda x, encoding="utf-8": x.decode(encoding) if isinstance(x, bytes) else x,
        "as_str_any": lambda x, encoding="utf-8": (
            x.decode(encoding) if isinstance(x, bytes) else str(x)
        ),
    },
)
compat.as_text = compat.as_str
compat.v1 = Namespace(
    "tf.compat.v1",
    {
        "logging": Namespace(
            "tf.compat.v1.logging",
            {"set_verbosity": _places._nothing, "ERROR": 40, "WARN": 30, "INFO": 20, "DEBUG": 10},
        ),
        "enable_eager_execution": _places._nothing,
        "enable_v2_behavior": _places._nothing,
        "executing_eagerly": executing_eagerly,
        "set_random_seed": _random.set_seed,
    },
    _unsupported.COMPAT_V1,
)

image = Namespace(
    "tf.image", {**_image.MEMBERS, **{name: _io.MEMBERS[name] for name in _io.ENCODERS}}
)
io = Namespace("tf.io", _io.MEMBERS)
signal = Namespace("tf.signal", _own(_signal))
strings = Namespace("tf.strings", _own(_strings))
train = Namespace(
    "tf.train",
    _train.MEMBERS,
    {
        name: f"Use `tf.keras.optimizers`: `train.{name}` ended with TensorFlow 1."
        for name in ("AdamOptimizer", "GradientDescentOptimizer", "RMSPropOptimizer",
                     "AdagradOptimizer", "MomentumOptimizer", "Saver")
    },
)  # fmt: skip
summary = Namespace(
    "tf.summary",
    {
        **_members(
            _summary,
            "create_file_writer flush histogram image scalar should_record_summaries text",
        ),
        "experimental": Namespace(
            "tf.summary.experimental", _members(_summary, "get_step set_step")
        ),
    },
    {
        "trace_on": "Use `keras.callbacks.TensorBoard(profile_batch=...)`, or `jax.profiler`.",
        "FileWriter": "Use `tf.summary.create_file_writer`.",
    },
)

TOP = {
    **ARRAYS,
    **{name: ARITHMETIC[name] for name in MATH_ON_TOP.split()},
    **{name: LINALG[name] for name in LINALG_ON_TOP.split()},
    **CONTROL,
    **DTYPES,
    **_initializers.MEMBERS,
    **_members(_debugging, "Assert assert_equal assert_greater assert_less assert_rank"),
    **_members(
        _module,
        "Module name_scope device control_dependencies init_scope print get_static_value"
        " recompute_grad grad_pass_through",
    ),
    "DType": DType,
    "GradientTape": GradientTape,
    "IndexedSlices": IndexedSlices,
    "Tensor": Tensor,
    "TensorShape": TensorShape,
    "TensorSpec": TensorSpec,
    "UnconnectedGradients": UnconnectedGradients,
    "Variable": Variable,
    "VariableAggregation": VariableAggregation,
    "VariableSynchronization": VariableSynchronization,
    "as_dtype": as_dtype,
    "as_string": _strings.as_string,
    "autograph": autograph,
    "bitwise": bitwise,
    "compat": compat,
    "config": _places.config,
    "constant": constant,
    "convert_to_tensor": convert_to_tensor,
    "custom_gradient": ops.custom_gradient,
    "data": data,
    "debugging": debugging,
    "distribute": _places.distribute,
    "dtypes": dtypes,
    "errors": errors,
    "executing_eagerly": executing_eagerly,
    "experimental": experimental,
    "function": function,
    "get_logger": get_logger,
    "image": image,
    "initializers": _initializers.initializers,
    "inside_function": inside_function,
    "io": io,
    "is_tensor": is_tensor,
    "keras": keras,
    "linalg": linalg,
    "losses": keras.losses,
    "math": math,
    "metrics": keras.metrics,
    "nest": nest,
    "newaxis": None,
    "nn": nn,
    "optimizers": keras.optimizers,
    "random": random,
    "signal": signal,
    "strings": strings,
    "summary": summary,
    "sysconfig": _places.sysconfig,
    "test": _places.test,
    "timestamp": timestamp,
    "train": train,
    "types": types,
    "version": _places.version,
}
