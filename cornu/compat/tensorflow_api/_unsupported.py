"""What of TensorFlow is left out on purpose, and what to do instead."""

REAL = "Use an installed TensorFlow: `python -m cornu --tensorflow=real`."
GRAPHS = (
    "Graphs and sessions ended with TensorFlow 1. Write the code without them: operations run when"
    " they are called, and `tf.function` compiles."
)
SPARSE = "cornu has dense tensors only: `tf.sparse.to_dense` before, or masks."
RAGGED = "cornu has no ragged tensors: pad sequences, and mask (`keras.layers.Masking`)."
TOP = {
    "AggregationMethod": GRAPHS,
    "ConfigProto": GRAPHS,
    "Graph": GRAPHS,
    "GraphDef": GRAPHS,
    "InteractiveSession": GRAPHS,
    "Operation": GRAPHS,
    "RaggedTensor": RAGGED,
    "Session": GRAPHS,
    "SparseTensor": SPARSE,
    "all_variables": GRAPHS,
    "app": "`tf.app` ended with TensorFlow 1: use `argparse`.",
    "contrib": "`tf.contrib` ended with TensorFlow 1; layers are in `tf.keras.layers`.",
    "disable_eager_execution": GRAPHS,
    "disable_v2_behavior": GRAPHS,
    "estimator": "Estimators ended with TensorFlow 2.15: use `tf.keras` models.",
    "feature_column": "Feature columns ended: use `keras.utils.FeatureSpace`.",
    "flags": "`tf.flags` ended with TensorFlow 1: use `argparse`.",
    "get_default_graph": GRAPHS,
    "get_variable": GRAPHS,
    "global_variables_initializer": GRAPHS,
    "gradients": "`tf.gradients` needs a graph: use `tf.GradientTape`.",
    "hessians": "`tf.hessians` needs a graph: use two `tf.GradientTape`s.",
    "layers": "`tf.layers` ended with TensorFlow 1: use `tf.keras.layers`.",
    "lite": "cornu writes no TensorFlow Lite here: see the formats of `model.export`.",
    "lookup": "Use `keras.layers.StringLookup` or `IntegerLookup`, or a dict.",
    "logging": "`tf.logging` ended with TensorFlow 1: use `tf.get_logger()`, or `logging`.",
    "placeholder": GRAPHS,
    "ragged": RAGGED,
    "raw_ops": "Raw operations are TensorFlow's own: use the public function, or `keras.ops`.",
    "reset_default_graph": "There is no graph; `keras.utils.clear_session()` forgets names.",
    "saved_model": 'SavedModels need TensorFlow: `model.save("x.keras")`, or `model.export`.',
    "set_random_seed": "This is `tf.random.set_seed` since TensorFlow 2.",
    "sparse": SPARSE,
    "tpu": "TPUs are found by JAX, without being set up.",
    "trainable_variables": GRAPHS,
    "variable_scope": GRAPHS,
    "xla": "All compiled functions are compiled by XLA.",
}
COMPAT_V1 = dict.fromkeys(
    ("Session", "InteractiveSession", "ConfigProto", "GPUOptions", "Graph", "placeholder",
     "get_variable", "variable_scope", "global_variables_initializer", "disable_v2_behavior",
     "disable_eager_execution", "get_default_graph", "reset_default_graph", "layers", "losses",
     "train", "app", "flags", "keras", "nn", "data", "summary", "gfile"),
    GRAPHS,
)  # fmt: skip
