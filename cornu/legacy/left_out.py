"""What of the API of Keras 1, Keras 2 and tf.keras is left out, and what to do instead."""

APPLICATIONS = (
    "these networks are not written here yet. Load a `.keras` file of the model that you need."
)
SIZES = (
    "its images had another size in every batch, for each of which a model would be compiled. Use"
    " `keras.layers.RandomZoom` or `RandomCrop`, whose images keep one."
)
FEATURES = (
    "feature columns ended with TensorFlow 2. Give the model one `Input` for each feature, and join"
    " them with `keras.layers.Concatenate`."
)
SIDECAR = (
    "evaluation beside training in another process needs TensorFlow's checkpoints. Give `fit`"
    " `validation_data`, or load the files of `ModelCheckpoint` in a second program."
)
DYNAMIC = (
    "it needs TensorFlow's tables. Use `keras.layers.Embedding` and a vocabulary that is known."
)
SESSIONS = (
    "there are no sessions since TensorFlow 2: operations run when they are called. `K.function`"
    " compiles; memory and devices are set by JAX's environment variables (`JAX_PLATFORMS`,"
    " `XLA_PYTHON_CLIENT_PREALLOCATE`)."
)
GONE_LAYER = "Keras 2 took it out. Write it as a `keras.layers.Layer`."
SKLEARN = (
    "Keras 2's wrappers for scikit-learn ended. Keras 3's are `keras.wrappers.SKLearnClassifier`"
    " and `SKLearnRegressor`; SciKeras (`pip install scikeras`) is another one."
)
_EXPERIMENTAL = "layers.experimental.preprocessing"
# From a path below `keras` to why it is not there and what to do.
CAUSES = {
    "backend.get_session": SESSIONS,
    "backend.set_session": SESSIONS,
    "backend.tensorflow_backend.get_session": SESSIONS,
    "backend.tensorflow_backend.set_session": SESSIONS,
    "callbacks.SidecarEvaluatorModelExport": SIDECAR,
    "callbacks.experimental.UpdateEmbeddingCallback": DYNAMIC,
    "estimator.model_to_estimator": "estimators ended with TensorFlow 2.15. Call `model.fit`.",
    "experimental.SequenceFeatures": FEATURES,
    "experimental.SidecarEvaluator": SIDECAR,
    "layers.DenseFeatures": FEATURES,
    "layers.Highway": GONE_LAYER,
    "layers.MaxoutDense": GONE_LAYER,
    "layers.ParametricSoftplus": GONE_LAYER,
    "layers.RandomHeight": SIZES,
    "layers.RandomWidth": SIZES,
    "layers.SReLU": GONE_LAYER,
    "layers.TimeDistributedDense": "`keras.layers.Dense` works on the last axis, at every step.",
    "layers.experimental.DynamicEmbedding": DYNAMIC,
    "layers.experimental.DynamicLookup": DYNAMIC,
    f"{_EXPERIMENTAL}.PreprocessingLayer": (
        "layers that learn from data before training define `adapt` themselves: derive from"
        " `keras.layers.Layer`."
    ),
    f"{_EXPERIMENTAL}.RandomHeight": SIZES,
    f"{_EXPERIMENTAL}.RandomWidth": SIZES,
    "metrics.experimental.PyMetric": (
        "metrics are compiled with the step. Derive from `keras.metrics.Metric` and use"
        " `keras.ops`, or compute with NumPy in a callback's `on_epoch_end`."
    ),
    "models.Graph": "Keras 1 took it out. Use `keras.Model(inputs, outputs)`.",
    "optimizers.TFOptimizer": "TensorFlow 1's optimizers ended. Use one of `keras.optimizers`.",
    "utils.HDF5Matrix": "give `fit` the dataset of h5py itself: `h5py.File('x.h5')['x']`.",
    "utils.SidecarEvaluator": SIDECAR,
    "utils.StepsPerExecutionTuner": (
        "`compile(steps_per_execution='auto')`, the default, chooses the number of steps by time."
    ),
    "utils.experimental.DatasetCreator": (
        "it is for parameter servers, which only TensorFlow has. Give `fit` the dataset itself."
    ),
    "utils.multi_gpu_model": "TensorFlow 2 took it out. Distribution over devices is JAX's.",
    "wrappers.scikit_learn.KerasClassifier": SKLEARN,
    "wrappers.scikit_learn.KerasRegressor": SKLEARN,
}


def cause_of(path):
    """Why a path below `keras` is left out; None if it is not one of those."""
    if path.startswith("applications."):
        return APPLICATIONS
    return CAUSES.get(path)
