"""Nodes of a TensorFlow graph that tf.keras 2.0 to 2.3 kept as layers (`TensorFlowOpLayer`)."""

from cornu.serial.errors import ConfigError

_PAIRS = {
    "Add": "Add",
    "AddV2": "Add",
    "BiasAdd": "Add",
    "Sub": "Subtract",
    "Mul": "Multiply",
    "RealDiv": "TrueDivide",
    "FloorDiv": "FloorDivide",
    "Maximum": "Maximum",
    "Minimum": "Minimum",
    "Pow": "Power",
    "Greater": "Greater",
    "Less": "Less",
    "Equal": "Equal",
}
_SINGLES = {
    "Abs": "numpy.Absolute",
    "Elu": "nn.Elu",
    "Exp": "numpy.Exp",
    "Floor": "numpy.Floor",
    "Log": "numpy.Log",
    "LogSoftmax": "nn.LogSoftmax",
    "Neg": "numpy.Negative",
    "Relu": "nn.Relu",
    "Relu6": "nn.Relu6",
    "Round": "numpy.Round",
    "Rsqrt": "math.Rsqrt",
    "Selu": "nn.Selu",
    "Sigmoid": "nn.Sigmoid",
    "Softmax": "nn.Softmax",
    "Softplus": "nn.Softplus",
    "Sqrt": "numpy.Sqrt",
    "Square": "numpy.Square",
    "Tanh": "numpy.Tanh",
}
_REDUCTIONS = {
    "Max": "numpy.Max",
    "Mean": "numpy.Mean",
    "Min": "numpy.Min",
    "Prod": "numpy.Prod",
    "Sum": "numpy.Sum",
}
# Ops whose second input says how, and must be a constant; our name for it.
_SHAPING = {
    "ExpandDims": ("numpy.ExpandDims", "axis"),
    "Reshape": ("numpy.Reshape", "newshape"),
    "Tile": ("numpy.Tile", "repeats"),
    "Transpose": ("numpy.Transpose", "axes"),
}
_DTYPES = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_HALF": "float16",
    "DT_BFLOAT16": "bfloat16",
    "DT_INT32": "int32",
    "DT_INT64": "int64",
    "DT_BOOL": "bool",
}


def translate(config, args):
    """`(path of an op, its static arguments, its tensors)` for a node and its tensors.

    Args:
        config: the config of a `TensorFlowOpLayer`.
        args: the tensors that it is called on: one, or a list.

    Raises:
        ConfigError: if the node is none that is known here.
    """
    node = config.get("node_def")
    if not isinstance(node, dict) or not isinstance(node.get("op"), str):
        raise ConfigError(
            "A TensorFlowOpLayer without a readable `node_def` is not read.", pointer="$"
        )
    inputs = _inputs(node, config.get("constants") or {}, args)
    found = _translate(node["op"], node.get("attr") or {}, inputs)
    if found is None:
        raise ConfigError(
            f"The model has a node of TensorFlow's op {node['op']!r:.100}, used in a way that is "
            "not read. Load the weights into a model built here, which says the same by "
            "`keras.ops`.",
            pointer="$",
        )
    return found


def _inputs(node, constants, args):
    """The inputs of a node in order: tensors, and constants in their places."""
    tensors = list(args[0]) if args and isinstance(args[0], list) else list(args)
    tensors += [None] * len(node.get("input", ()))
    rest = iter(tensors)
    return [
        constants[str(place)] if str(place) in constants else next(rest)
        for place in range(len(node.get("input", ())))
    ]


def _translate(op, attributes, inputs):
    if op in _PAIRS and len(inputs) == 2:
        return f"numpy.{_PAIRS[op]}", {}, inputs
    if op in _SINGLES and len(inputs) == 1:
        return _SINGLES[op], {}, inputs
    if op in _REDUCTIONS and len(inputs) == 2 and _is_constant(inputs[1]):
        kept = bool(attributes.get("keep_dims", {}).get("b", False))
        return _REDUCTIONS[op], {"axis": inputs[1], "keepdims": kept}, inputs[:1]
    if op in _SHAPING and len(inputs) == 2 and _is_constant(inputs[1]):
        path, name = _SHAPING[op]
        return path, {name: inputs[1]}, inputs[:1]
    if op == "ConcatV2" and _is_constant(inputs[-1]):
        return "numpy.Concatenate", {"axis": inputs[-1]}, [inputs[:-1]]
    if op == "Pack":
        return "numpy.Stack", {"axis": int(attributes.get("axis", {}).get("i", 0))}, [inputs]
    if op == "Squeeze" and len(inputs) == 1:
        axes = [int(n) for n in attributes.get("squeeze_dims", {}).get("list", {}).get("i", ())]
        return "numpy.Squeeze", {"axis": axes or None}, inputs
    if op == "Cast" and attributes.get("DstT", {}).get("type") in _DTYPES:
        return "core.Cast", {"dtype": _DTYPES[attributes["DstT"]["type"]]}, inputs
    transposed = any(attributes.get(f"transpose_{x}", {}).get("b") for x in "ab")
    if op in ("MatMul", "BatchMatMulV2") and not transposed:
        return "numpy.Matmul", {}, inputs
    return None


def _is_constant(value):
    return value is not None and not isinstance(value, dict)
