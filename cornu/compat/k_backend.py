"""The functions of Keras 2's `keras.backend`, on Keras 3's ops.

`cornu.backend.X` finds those that Keras 3 doesn't have here, when first asked for one. Most are an
op under another name or with other arguments, and stand in `TABLE`; the others have files of their
own (`_k_*.py`).
"""

from cornu import ops
from cornu.compat import (
    _k_arrays,
    _k_control,
    _k_graph,
    _k_nn,
    _k_phase,
    _k_products,
    _k_state,
)
from cornu.core import config, dtypes, names, scopes
from cornu.session import clear_session
from cornu.symbolic.tensor import is_keras_tensor

# Ops are looked up when called: what a user puts in their place counts.
TABLE = {
    "abs": lambda x: ops.abs(x),
    "all": lambda x, axis=None, keepdims=False: ops.all(ops.cast(x, "bool"), axis, keepdims),
    "any": lambda x, axis=None, keepdims=False: ops.any(ops.cast(x, "bool"), axis, keepdims),
    "argmax": lambda x, axis=-1: ops.argmax(x, axis=axis),
    "argmin": lambda x, axis=-1: ops.argmin(x, axis=axis),
    "batch_get_value": lambda tensors: [_k_state.to_numpy(x) for x in tensors],
    "binary_crossentropy": lambda target, output, from_logits=False: ops.binary_crossentropy(
        target, output, from_logits
    ),
    "cast": lambda x, dtype: ops.cast(x, dtype),
    "categorical_crossentropy": lambda target, output, from_logits=False, axis=-1: (
        ops.categorical_crossentropy(target, output, from_logits, axis)
    ),
    "concatenate": lambda tensors, axis=-1: ops.concatenate(tensors, axis=axis),
    "cos": lambda x: ops.cos(x),
    "cumprod": lambda x, axis=0: ops.cumprod(x, axis=axis),
    "cumsum": lambda x, axis=0: ops.cumsum(x, axis=axis),
    "elu": lambda x, alpha=1.0: ops.elu(x, alpha=alpha),
    "equal": lambda x, y: ops.equal(x, y),
    "eval": lambda x: _k_state.to_numpy(x),
    "exp": lambda x: ops.exp(x),
    "expand_dims": lambda x, axis=-1: ops.expand_dims(x, axis),
    "gather": lambda reference, indices: ops.take(reference, indices, axis=0),
    "get_value": lambda x: _k_state.to_numpy(x),
    "greater": lambda x, y: ops.greater(x, y),
    "greater_equal": lambda x, y: ops.greater_equal(x, y),
    "in_top_k": lambda predictions, targets, k: ops.in_top_k(targets, predictions, k),
    "less": lambda x, y: ops.less(x, y),
    "less_equal": lambda x, y: ops.less_equal(x, y),
    "log": lambda x: ops.log(x),
    "max": lambda x, axis=None, keepdims=False: ops.max(x, axis=axis, keepdims=keepdims),
    "maximum": lambda x, y: ops.maximum(x, y),
    "mean": lambda x, axis=None, keepdims=False: ops.mean(x, axis=axis, keepdims=keepdims),
    "min": lambda x, axis=None, keepdims=False: ops.min(x, axis=axis, keepdims=keepdims),
    "minimum": lambda x, y: ops.minimum(x, y),
    "ndim": lambda x: len(x.shape),
    "not_equal": lambda x, y: ops.not_equal(x, y),
    "one_hot": lambda indices, num_classes: ops.one_hot(indices, num_classes, dtype="float32"),
    "permute_dimensions": lambda x, pattern: ops.transpose(x, axes=pattern),
    "pow": lambda x, a: ops.power(x, a),
    "prod": lambda x, axis=None, keepdims=False: ops.prod(x, axis=axis, keepdims=keepdims),
    "reverse": lambda x, axes: ops.flip(x, axis=axes),
    "round": lambda x: ops.round(x),
    "sigmoid": lambda x: ops.sigmoid(x),
    "sign": lambda x: ops.sign(x),
    "sin": lambda x: ops.sin(x),
    "softplus": lambda x: ops.softplus(x),
    "softsign": lambda x: ops.softsign(x),
    "sqrt": lambda x: ops.sqrt(ops.maximum(x, 0)),
    "square": lambda x: ops.square(x),
    "squeeze": lambda x, axis: ops.squeeze(x, axis),
    "stack": lambda x, axis=0: ops.stack(x, axis=axis),
    "std": lambda x, axis=None, keepdims=False: ops.std(x, axis=axis, keepdims=keepdims),
    "sum": lambda x, axis=None, keepdims=False: ops.sum(x, axis=axis, keepdims=keepdims),
    "tanh": lambda x: ops.tanh(x),
    "transpose": lambda x: ops.transpose(x),
    "var": lambda x, axis=None, keepdims=False: ops.var(x, axis=axis, keepdims=keepdims),
}
for _name, _function in TABLE.items():
    _function.__name__ = _function.__qualname__ = _name
    _function.__doc__ = f"Keras 2's `K.{_name}`: see the op of that name or meaning in `keras.ops`."


MODULES = {
    _k_arrays: (
        "arange", "batch_flatten", "cast_to_floatx", "clip", "count_params", "dropout", "dtype",
        "eye", "flatten", "int_shape", "ones", "ones_like", "print_tensor", "random_bernoulli",
        "random_binomial", "random_normal", "random_normal_variable", "random_uniform",
        "random_uniform_variable", "repeat", "repeat_elements", "reshape", "stop_gradient", "tile",
        "truncated_normal", "zeros", "zeros_like",
    ),
    _k_control: ("foldl", "foldr", "map_fn", "rnn", "switch"),
    _k_graph: ("shape",),
    _k_nn: (
        "batch_normalization", "binary_focal_crossentropy", "categorical_focal_crossentropy",
        "ctc_batch_cost", "ctc_decode", "ctc_label_dense_to_sparse", "hard_sigmoid", "is_sparse",
        "l2_normalize", "normalize_batch_in_training", "relu", "softmax",
        "sparse_categorical_crossentropy", "to_dense",
    ),
    _k_phase: (
        "in_test_phase", "in_train_phase", "learning_phase", "learning_phase_scope",
        "set_learning_phase",
    ),
    _k_products: (
        "batch_dot", "bias_add", "conv1d", "conv2d", "conv2d_transpose", "conv3d",
        "depthwise_conv2d", "dot", "local_conv1d", "local_conv2d", "pool2d", "pool3d",
        "resize_images", "resize_volumes", "separable_conv2d", "spatial_2d_padding",
        "spatial_3d_padding", "temporal_padding",
    ),
    _k_state: (
        "batch_set_value", "constant", "function", "gradients", "manual_variable_initialization",
        "moving_average_update", "placeholder", "reset_uids", "set_value", "update", "update_add",
        "update_sub", "variable",
    ),
    # What Keras 3 has kept.
    config: (
        "backend", "epsilon", "floatx", "image_data_format", "set_epsilon", "set_floatx",
        "set_image_data_format",
    ),
    dtypes: ("is_float_dtype", "is_int_dtype", "result_type", "standardize_dtype"),
    names: ("get_uid",),
    scopes: ("name_scope",),
}  # fmt: skip

FUNCTIONS = {
    **TABLE,
    **{name: getattr(module, name) for module, names in MODULES.items() for name in names},
    "clear_session": clear_session,
    "is_keras_tensor": is_keras_tensor,
}
__all__ = sorted(FUNCTIONS)
globals().update(FUNCTIONS)
