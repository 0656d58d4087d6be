"""Names of Keras 1, Keras 2 and tf.keras, found when somebody asks for one.

`cornu._api` hooks `find` into the public modules, so that `keras.layers.LocallyConnected1D` is
there without being imported before, and `keras.layers.convolutional` stands for what it was.
What is left out is one error that says why, and what to do.
"""

import importlib
import sys
import types
from importlib.machinery import PathFinder

from cornu.legacy.left_out import CAUSES, cause_of


def _same(owner, *names, **others):
    """Rows for names that stand in `owner` too, and for those that are called otherwise there."""
    rows = {name: f"{owner}:{name}" for name in names}
    return {**rows, **{name: f"{owner}:{own}" for name, own in others.items()}}


_LOSSES = _same(
    "cornu.losses",
    BCE="binary_crossentropy",
    KLD="kl_divergence",
    MAE="mean_absolute_error",
    MAPE="mean_absolute_percentage_error",
    MSE="mean_squared_error",
    MSLE="mean_squared_logarithmic_error",
    bce="binary_crossentropy",
    cosine="cosine_similarity",
    cosine_proximity="cosine_similarity",
    kld="kl_divergence",
    kullback_leibler_divergence="kl_divergence",
    logcosh="log_cosh",
    mae="mean_absolute_error",
    mape="mean_absolute_percentage_error",
    mse="mean_squared_error",
    msle="mean_squared_logarithmic_error",
)
# From a public module to the names in it that Keras 3 has no more, and where each stands.
FOUND = {
    "": _same("cornu", "preprocessing"),
    "backend": _same("cornu.legacy.backend", "image_dim_ordering", "set_image_dim_ordering"),
    "callbacks": _same("cornu.legacy.callbacks", "BaseLogger"),
    "callbacks.experimental": _same("cornu.callbacks", "BackupAndRestore"),
    "constraints": {
        **_same("cornu.legacy.constraints", "RadialConstraint"),
        **_same("cornu.legacy.constraints", radial_constraint="RadialConstraint"),
        **_same("cornu.constraints", maxnorm="MaxNorm", nonneg="NonNeg", unitnorm="UnitNorm"),
    },
    "experimental": {
        **_same("cornu.optimizers.schedules", "CosineDecay", "CosineDecayRestarts"),
        **_same("cornu.legacy.linear_models", "LinearModel", "WideDeepModel"),
    },
    "initializers": _same(
        "cornu.initializers",
        normal="RandomNormal",
        one="Ones",
        uniform="RandomUniform",
        zero="Zeros",
    ),
    "layers": {
        **_same("cornu.legacy.locally_connected", "LocallyConnected1D", "LocallyConnected2D"),
        **_same("cornu.legacy.layers", "AbstractRNNCell", "ThresholdedReLU"),
        **_same("cornu.legacy.merge", "Merge"),
        **_same(
            "cornu.layers",
            AtrousConvolution1D="Conv1D",
            AtrousConvolution2D="Conv2D",
            CuDNNGRU="GRU",
            CuDNNLSTM="LSTM",
            Deconvolution2D="Conv2DTranspose",
            Deconvolution3D="Conv3DTranspose",
        ),
    },
    "layers.experimental": {
        **_same("cornu.layers", "EinsumDense"),
        **_same("cornu.legacy.layers", "RandomFourierFeatures", "SyncBatchNormalization"),
    },
    "losses": {**_LOSSES, **_same("cornu.legacy.losses", "Reduction")},
    "metrics": {**_LOSSES, **_same("cornu.legacy.metrics", "MeanRelativeError", "MeanTensor")},
    "models": _same("cornu.legacy.models", "model_from_config", "model_from_yaml"),
    "models.experimental": _same("cornu.legacy.sharpness", "SharpnessAwareMinimization"),
    "optimizers.experimental": _same(
        "cornu.optimizers", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl",
        "Nadam", "Optimizer", "RMSprop", "SGD",
    ),
    "optimizers.legacy": _same(
        "cornu.optimizers.legacy",
        Adadelta="LegacyOptimizer",
        Adamax="LegacyOptimizer",
        Nadam="LegacyOptimizer",
    ),
    "regularizers": _same(
        "cornu.regularizers",
        WeightRegularizer="L1L2",
        activity_l1="L1",
        activity_l1l2="L1L2",
        activity_l2="L2",
        l1l2="L1L2",
    ),
    "utils": {
        **_same(
            "cornu.legacy.enqueuers", "GeneratorEnqueuer", "OrderedEnqueuer", "SequenceEnqueuer"
        ),
        **_same("cornu.legacy.utils", "TimedThread", "to_ordinal", "warmstart_embedding_matrix"),
        # Of Keras 3 too; here so that nothing is imported for them before.
        **_same("cornu.utils.images", "array_to_img", "img_to_array", "load_img", "save_img"),
    },
}  # fmt: skip
# From a module that was, to the public modules that hold now what it held.
MOVED = {
    "backend.tensorflow_backend": ("backend",),
    "callbacks.callbacks": ("callbacks",),
    "engine": ("layers", "models"),
    "engine.base_layer": ("layers",),
    "engine.input_layer": ("layers",),
    "engine.network": ("models",),
    "engine.saving": ("models",),
    "engine.sequential": ("models",),
    "engine.topology": ("layers", "models"),
    "engine.training": ("models",),
    "initializations": ("initializers",),
    "layers.advanced_activations": ("layers",),
    "layers.convolutional": ("layers",),
    "layers.convolutional_recurrent": ("layers",),
    "layers.cudnn_recurrent": ("layers",),
    "layers.embeddings": ("layers",),
    "layers.experimental.preprocessing": ("layers",),
    "layers.local": ("layers",),
    "layers.merge": ("layers",),
    "layers.noise": ("layers",),
    "layers.recurrent": ("layers",),
    "layers.wrappers": ("layers",),
    "objectives": ("losses",),
    "utils.data_utils": ("utils",),
    "utils.generic_utils": ("utils",),
    "utils.io_utils": ("utils",),
    "utils.layer_utils": ("utils",),
    "utils.np_utils": ("utils",),
    "utils.vis_utils": ("utils",),
}
# Public modules of ours that were modules of Keras 2 with all kinds of layers in them.
ALSO_OLD = ("layers.core", "layers.normalization", "layers.pooling")
MOVED.update(dict.fromkeys(ALSO_OLD, ("layers",)))
# Public modules in which old names are found.
HOOKED = (
    "", "callbacks", "constraints", "initializers", "layers", "losses", "metrics", "models",
    "optimizers", "optimizers.legacy", "regularizers", "utils", *ALSO_OLD,
)  # fmt: skip
# Modules that hold old names only.
OLD = (
    "applications", "estimator", "metrics.experimental", "utils.experimental", "wrappers",
    "wrappers.scikit_learn", *(set(MOVED) - set(ALSO_OLD)),
    *(space for space in FOUND if "experimental" in space),
)  # fmt: skip


class OldModule(types.ModuleType):
    """A module of Keras 1 or 2 that Keras 3 has no more.

    Args:
        path: its path below `keras`.
    """

    def __init__(self, path):
        super().__init__(f"cornu.{path}", f"`keras.{path}`, as Keras 1 or 2 had it.")
        self.__path__ = []
        self._where = path

    def __getattr__(self, name):
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        return find(self._where, name)


class MergeModule(OldModule):
    """`keras.layers.merge`: a function in Keras 1, a module in Keras 2."""

    def __call__(self, inputs, mode="sum", concat_axis=-1, dot_axes=-1, **kwargs):
        return importlib.import_module("cornu.legacy.merge").merge(
            inputs, mode, concat_axis, dot_axes, **kwargs
        )


def old_module(path):
    """The module that answers for one that was; the import system finds what is in it by its
    name."""
    name = f"cornu.{path}"
    if name not in sys.modules:
        where = importlib.import_module("cornu").__path__
        if "." not in path and PathFinder.find_spec(name, where) is not None:
            return importlib.import_module(name)  # written by now
        sys.modules[name] = (MergeModule if path == "layers.merge" else OldModule)(path)
    return sys.modules[name]


def find(space, name):
    """What an old name stands for.

    Args:
        space: the public module it is looked for in, such as `"layers"`.
        name: the name.

    Raises:
        AttributeError: if it is not there; one that is known says what to do.

    Example:
        >>> from cornu.legacy.names import find
        >>> find("losses", "mse").__name__
        'mean_squared_error'
    """
    path = f"{space}.{name}" if space else name
    if name in FOUND.get(space, ()):
        module, _, own = FOUND[space][name].partition(":")
        return _member(module, own)
    if path in OLD:
        return old_module(path)
    for module in map(importlib.import_module, _holders(space)):
        if not name.startswith("_") and hasattr(module, name):
            return getattr(module, name)
    if name == "__all__" and space in MOVED:
        return sorted({each for holder in _holders(space) for each in sys.modules[holder].__all__})
    raise AttributeError(_message(space, name), name=name)


def _holders(space):
    """The modules of ours that hold what an old module held."""
    return [f"cornu.{other}" for other in MOVED.get(space, ())]


def _member(module, name):
    if module == "cornu":  # a module of ours that nothing else imports
        return importlib.import_module(f"cornu.{name}")
    return getattr(importlib.import_module(module), name)


def _cause(space, name):
    """Why a name is left out, be it asked for where it was or where it moved; None if it isn't."""
    places = (space, *MOVED.get(space, ()))
    causes = (cause_of(f"{place}.{name}" if place else name) for place in places)
    return next((cause for cause in causes if cause is not None), None)


def _message(space, name):
    cause = _cause(space, name)
    if cause is None:
        module = f"cornu.{space}" if space else "cornu"
        return f"module {module!r} has no attribute {name!r}"
    path = f"{space}.{name}" if space else name
    return f"`keras.{path}` is not part of cornu: {cause}"


def refusal(path):
    """The `ImportError` for `from keras.layers import ...` of a name that is left out on purpose;
    None for any other.

    Args:
        path: path below `keras`.
    """
    space, _, name = path.rpartition(".")
    if path in OLD or _cause(space, name) is None:
        return None
    return ImportError(_message(space, name), name=path)


def left_out():
    """The paths that are left out on purpose, in order."""
    return sorted(CAUSES)
