"""Functions of TensorFlow that tf.keras kept as layers of a model, as the ops that do the same.

tf.keras 2.4 and newer wrote `TFOpLambda` (and `SlicingOpLambda` for `x[...]`) with the function's
name, and its arguments with the call; older ones `TensorFlowOpLayer` with a node of a TensorFlow
graph.
"""

from dataclasses import dataclass, field

from cornu.saving.legacy_h5 import tf_nodes
from cornu.saving.legacy_h5.objects import plain_name
from cornu.serial.errors import ConfigError
from cornu.serial.registry import ALIASES

LAYERS = {"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "AddLoss", "AddMetric"}
LAYERS |= {"ClassMethod", "InstanceMethod", "InstanceProperty"}


@dataclass(frozen=True)
class Rule:
    """Which op a function of TensorFlow is.

    Args:
        op: its path below `keras.src.ops`.
        tensors: names of the function's further tensors, after the first argument.
        static: name of a static argument -> the op's name for it.
        fixed: static arguments that the function has not, and the op needs.
    """

    op: str
    tensors: tuple[str, ...] = ()
    static: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, object] = field(default_factory=dict)


def _same(*names):
    return {name: name for name in names}


_REDUCED = _same("axis", "keepdims")
_PAIRS = {
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "divide": "TrueDivide",
    "truediv": "TrueDivide",
    "floordiv": "FloorDivide",
    "floormod": "Mod",
    "mod": "Mod",
    "pow": "Power",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "greater": "Greater",
    "greater_equal": "GreaterEqual",
    "less": "Less",
    "less_equal": "LessEqual",
    "equal": "Equal",
    "not_equal": "NotEqual",
    "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr",
}
_SINGLES = {
    "abs": "numpy.Absolute",
    "ceil": "numpy.Ceil",
    "cos": "numpy.Cos",
    "erf": "math.Erf",
    "exp": "numpy.Exp",
    "expm1": "numpy.Expm1",
    "floor": "numpy.Floor",
    "log": "numpy.Log",
    "log1p": "numpy.Log1p",
    "log_sigmoid": "nn.LogSigmoid",
    "logical_not": "numpy.LogicalNot",
    "neg": "numpy.Negative",
    "negative": "numpy.Negative",
    "reciprocal": "numpy.Reciprocal",
    "round": "numpy.Round",
    "rsqrt": "math.Rsqrt",
    "sigmoid": "nn.Sigmoid",
    "sign": "numpy.Sign",
    "sin": "numpy.Sin",
    "softplus": "nn.Softplus",
    "sqrt": "numpy.Sqrt",
    "square": "numpy.Square",
    "tanh": "numpy.Tanh",
}
_REDUCTIONS = {
    "reduce_all": "numpy.All",
    "reduce_any": "numpy.Any",
    "reduce_logsumexp": "math.Logsumexp",
    "reduce_max": "numpy.Max",
    "reduce_mean": "numpy.Mean",
    "reduce_min": "numpy.Min",
    "reduce_prod": "numpy.Prod",
    "reduce_std": "numpy.Std",
    "reduce_sum": "numpy.Sum",
    "reduce_variance": "numpy.Var",
}
RULES = {
    **{f"math.{name}": Rule(f"numpy.{op}", ("y",)) for name, op in _PAIRS.items()},
    **{f"__operators__.{name}": Rule(f"numpy.{op}", ("y",)) for name, op in _PAIRS.items()},
    **{f"math.{name}": Rule(op) for name, op in _SINGLES.items()},
    **{f"__operators__.{name}": Rule(op) for name, op in _SINGLES.items()},
    **{f"math.{name}": Rule(op, static=_REDUCED) for name, op in _REDUCTIONS.items()},
    "math.argmax": Rule("numpy.Argmax", static={"axis": "axis"}),
    "math.argmin": Rule("numpy.Argmin", static={"axis": "axis"}),
    "math.cumsum": Rule("numpy.Cumsum", static={"axis": "axis"}),
    "math.l2_normalize": Rule("nn.Normalize", static={"axis": "axis"}, fixed={"order": 2}),
    "nn.bias_add": Rule("numpy.Add", ("bias",)),
    "nn.elu": Rule("nn.Elu"),
    "nn.gelu": Rule("nn.Gelu", static=_same("approximate"), fixed={"approximate": False}),
    "nn.l2_normalize": Rule("nn.Normalize", static={"axis": "axis"}, fixed={"order": 2}),
    "nn.leaky_relu": Rule("nn.LeakyRelu", static={"alpha": "negative_slope"}),
    "nn.log_softmax": Rule("nn.LogSoftmax", static=_same("axis")),
    "nn.relu": Rule("nn.Relu"),
    "nn.relu6": Rule("nn.Relu6"),
    "nn.selu": Rule("nn.Selu"),
    "nn.sigmoid": Rule("nn.Sigmoid"),
    "nn.silu": Rule("nn.Silu"),
    "nn.softmax": Rule("nn.Softmax", static=_same("axis")),
    "nn.softplus": Rule("nn.Softplus"),
    "nn.softsign": Rule("nn.Softsign"),
    "nn.swish": Rule("nn.Silu"),
    "nn.tanh": Rule("numpy.Tanh"),
    "broadcast_to": Rule("numpy.BroadcastTo", static=_same("shape")),
    "cast": Rule("core.Cast", static=_same("dtype")),
    "clip_by_value": Rule(
        "numpy.Clip", static={"clip_value_min": "x_min", "clip_value_max": "x_max"}
    ),
    "concat": Rule("numpy.Concatenate", static=_same("axis")),
    "expand_dims": Rule("numpy.ExpandDims", static=_same("axis")),
    "gather": Rule("numpy.Take", ("indices",), static=_same("axis"), fixed={"axis": 0}),
    "image.resize": Rule("image.Resize", static={"size": "size", "method": "interpolation"}),
    "linalg.matmul": Rule("numpy.Matmul", ("b",)),
    "one_hot": Rule("nn.OneHot", static={"depth": "num_classes", "axis": "axis"}),
    "ones_like": Rule("numpy.OnesLike"),
    "pad": Rule(
        "numpy.Pad", static={"paddings": "pad_width", "constant_values": "constant_values"}
    ),
    "repeat": Rule("numpy.Repeat", static=_same("repeats", "axis")),
    "reshape": Rule("numpy.Reshape", static={"shape": "newshape"}),
    "reverse": Rule("numpy.Flip", static=_same("axis")),
    "roll": Rule("numpy.Roll", static=_same("shift", "axis")),
    "squeeze": Rule("numpy.Squeeze", static=_same("axis")),
    "stack": Rule("numpy.Stack", static=_same("axis")),
    "stop_gradient": Rule("core.StopGradient"),
    "tile": Rule("numpy.Tile", static={"multiples": "repeats"}),
    "transpose": Rule("numpy.Transpose", static={"perm": "axes"}),
    "where": Rule("numpy.Where", ("x", "y")),
    "zeros_like": Rule("numpy.ZerosLike"),
}
# Arguments that change nothing at these values, and names of nodes at any.
_DEFAULTS = {
    "batch_dims": (0,),
    "conjugate": (False,),
    "adjoint_a": (False,),
    "adjoint_b": (False,),
    "transpose_a": (False,),
    "transpose_b": (False,),
    "a_is_sparse": (False,),
    "b_is_sparse": (False,),
    "antialias": (False,),
    "epsilon": (1e-12,),
    "exclusive": (False,),
    "keepdims": (False,),
    "mode": ("CONSTANT",),
    "num": (None,),
    "off_value": (0, 0.0),
    "on_value": (1, 1.0),
    "output_type": ("int64",),
    "preserve_aspect_ratio": (False,),
    "reverse": (False,),
}


def is_op(entry):
    """Whether an entry of a model's layers is a function of TensorFlow."""
    return entry["class_name"] in LAYERS


def operation(entry):
    """The description of the op that an entry stands for.

    Raises:
        ConfigError: if the function is none that is known here.
    """
    path, static, _ = _translate(entry, *_first_call(entry))
    module, _, name = f"keras.src.ops.{path}".rpartition(".")
    if f"{module}.{name}" not in ALIASES:
        raise ConfigError(f"There is no op {path}.", pointer="$", config=entry)
    config = {"name": plain_name(entry["config"]["name"]), **static}
    return {"module": module, "class_name": name, "config": config, "registered_name": name}


def call(entry, args, kwargs):
    """A call of it: `{"args": tensors, "kwargs": {}}`.

    Raises:
        ConfigError: if what is not a tensor is not the same as in the first call.
    """
    _, static, tensors = _translate(entry, args, kwargs)
    if static != _translate(entry, *_first_call(entry))[1]:
        raise ConfigError(
            f"{entry['config']['name']!r:.100} is called in several ways, which is not read.",
            pointer="$",
            config=entry,
        )
    return {"args": tensors, "kwargs": {}}


def _first_call(entry):
    """The arguments of the first call: those that are no tensors belong to the op."""
    place = entry["inbound_nodes"][0]
    while isinstance(place, (list, dict)) and place and not isinstance(_item(place), (str, int)):
        place = _item(place)
    is_place = isinstance(place, list) and len(place) > 3
    return [None], place[3] if is_place and isinstance(place[3], dict) else {}


def _item(place):
    return next(iter(place.values())) if isinstance(place, dict) else place[0]


def _translate(entry, args, kwargs):
    """`(path of the op, its static arguments, its tensors)`."""
    kind, config = entry["class_name"], entry["config"]
    if kind == "TensorFlowOpLayer":
        return tf_nodes.translate(config, args)
    if kind == "SlicingOpLambda":
        return "numpy.GetItem", {}, [args[0], _key(kwargs["slice_spec"], entry)]
    function = (config.get("function") or kind).removeprefix("compat.v1.")
    rule = RULES.get(function)
    if rule is None or kind != "TFOpLambda":
        raise ConfigError(
            f"The model calls TensorFlow's `tf.{function}` ({kind}), which is not read. Load the "
            "weights into a model built here, which says the same by `keras.ops`.",
            pointer="$",
            config=entry,
        )
    tensors, static = [args[0]], dict(rule.fixed)
    given = {key: value for key, value in kwargs.items() if key != "name" and value is not None}
    tensors += [given.pop(name) for name in rule.tensors if name in given]
    for key, value in given.items():
        if key in rule.static:
            static[rule.static[key]] = _argument(value, function, entry)
        elif value not in _DEFAULTS.get(key, ()):
            raise ConfigError(
                f"`tf.{function}` is called with {key}={value!r:.100}, which is not read.",
                pointer="$",
                config=entry,
            )
    return rule.op, static, tensors


def _argument(value, function, entry):
    """A static argument."""
    if _holds_tensor(value):
        raise ConfigError(
            f"`tf.{function}` gets a shape or the like that is computed, which is not read.",
            pointer="$",
            config=entry,
        )
    return value


def _holds_tensor(value):
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__"
    return isinstance(value, list) and any(map(_holds_tensor, value))


def _key(items, entry):
    """What stands in `x[...]`, as Keras 3 writes it."""
    items = items if isinstance(items, list) else [items]
    return {"class_name": "__tuple__", "items": [_index(item, entry) for item in items]}


def _index(item, entry):
    if item is None or (isinstance(item, int) and not isinstance(item, bool)):
        return item
    if item == "..." or (isinstance(item, dict) and item.get("class_name") == "__ellipsis__"):
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(item, dict) and item.keys() == {"start", "stop", "step"}:
        bounds = list(item.values())
        if all(bound is None or isinstance(bound, int) for bound in bounds):
            return {"class_name": "__slice__", "config": item}
    raise ConfigError(f"An index {item!r:.100} is not read.", pointer="$", config=entry)
