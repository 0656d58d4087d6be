"""Makes the public classes read what Keras 1 and 2 called otherwise, for as long as the import
alias is installed.

Without the alias `cornu` takes and refuses what Keras 3 does. With it, constructors are wrapped
once; a call in today's words passes through a single look at its keywords.
"""

import functools
import sys

from cornu import (
    callbacks,
    constraints,
    layers,
    legacy,
    losses,
    models,
    optimizers,
    regularizers,
    saving,
)
from cornu.compat import old_arguments, old_files, old_members
from cornu.layers import Layer
from cornu.models.functional import Functional
from cornu.symbolic.tensor import KerasTensor

# What was patched: (owner, name, what stood there or None).
_patched = []
_ABSENT = object()
# Old class -> its class of today and its number of spatial axes, where Keras 1 gave the sizes of a
# kernel as so many arguments after the number of filters.
CONVOLUTIONS = {
    "AtrousConvolution1D": ("Conv1D", 1),
    "AtrousConvolution2D": ("Conv2D", 2),
    "Convolution1D": ("Conv1D", 1),
    "Convolution2D": ("Conv2D", 2),
    "Convolution3D": ("Conv3D", 3),
    "Deconvolution2D": ("Conv2DTranspose", 2),
    "SeparableConvolution2D": ("SeparableConv2D", 2),
}


def _put(owner, name, value):
    """Set an attribute, remembering what stood there."""
    _patched.append((owner, name, vars(owner).get(name, _ABSENT)))
    setattr(owner, name, value)


def _replace(cls, name, wrap):
    """Wrap a method where it is defined, so that no class seems to override it."""
    owner = next(base for base in cls.__mro__ if name in vars(base))
    _put(owner, name, wrap(vars(owner)[name]))


def install():
    """Read old spellings from now on."""
    if _patched:
        return
    with_layers = (layers, legacy.layers, legacy.locally_connected, legacy.merge)
    _wrap_all(with_layers, Layer, old_arguments.of_layer)
    _wrap_all([optimizers], optimizers.Optimizer, old_arguments.of_optimizer)
    _wrap_all([callbacks], callbacks.Callback, old_arguments.of_callback)
    _wrap_all([losses], losses.Loss, old_arguments.of_loss)
    for name, table in old_arguments.REGULARIZERS.items():
        _wrap(getattr(regularizers, name), functools.partial(old_arguments.of_named, table))
    _wrap(constraints.MaxNorm, functools.partial(old_arguments.of_named, old_arguments.CONSTRAINTS))
    _put(callbacks.ModelCheckpoint, "__init__", _checkpoint(callbacks.ModelCheckpoint.__init__))
    _patch_layers()
    _patch_models()
    _patch_optimizers()
    for name, (own, count) in CONVOLUTIONS.items():
        _put(layers, name, _convolution(name, getattr(layers, own), count))


def uninstall():
    """Refuse old spellings from now on, as Keras 3 does."""
    while _patched:
        owner, name, before = _patched.pop()
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    old_arguments.forget_notes()


def _wrap_all(modules, base, read):
    """Wrap the constructors of all classes of a kind that modules hold."""
    found = {cls for module in modules for cls in vars(module).values() if isinstance(cls, type)}
    for cls in sorted(found, key=lambda cls: cls.__name__):
        if issubclass(cls, base) and cls.__module__.startswith("cornu."):
            _wrap(cls, read)


def _wrap(cls, read):
    """Have the constructor of `cls` read old words."""
    init = cls.__init__

    @functools.wraps(init)
    def wrapped(self, *args, **kwargs):
        found = read(cls, args, kwargs) if kwargs else (args, kwargs)
        args, kwargs = found[:2]
        if type(self) is cls and "_init_call" in vars(self):
            object.__setattr__(self, "_init_call", (args, kwargs))
        init(self, *args, **kwargs)
        if len(found) == 3 and found[2] is not None:
            _set_when_built(self, found[2])

    _put(cls, "__init__", wrapped)


def _set_when_built(layer, weights):
    """Give a layer its first weights, now or when it is built."""
    old_arguments.note(type(layer).__name__, "weights", "call `set_weights` after building.")
    if layer.built:
        layer.set_weights(weights)
        return
    after = layer._post_build

    def set_weights():
        object.__delattr__(layer, "_post_build")
        after()
        layer.set_weights(weights)

    object.__setattr__(layer, "_post_build", set_weights)


def _checkpoint(init):
    """`ModelCheckpoint.__init__` that takes the file names of Keras 2."""

    @functools.wraps(init)
    def wrapped(self, filepath, *args, **kwargs):
        path = str(filepath)
        period = kwargs.pop("period", 1)
        weights = kwargs.get("save_weights_only", args[3] if len(args) > 3 else False)
        ending = ".weights.h5" if weights else ".keras"
        known = path.endswith(ending) or (not weights and path.endswith(".h5"))
        init(self, path if known else path + ending, *args, **kwargs)
        self.filepath = path if path.endswith(old_files.OLD_ENDINGS) else self.filepath
        if period > 1:
            old_arguments.note("ModelCheckpoint", "period", "there is `save_freq` for batches now.")
            self.on_epoch_end = old_members.every(period, self.on_epoch_end)

    return wrapped


def _convolution(name, cls, count):
    """The class `name` of Keras 1: it makes layers of `cls`, whose kernel's sizes may be several
    arguments."""

    class Convolution(cls):
        def __new__(own, *args, **kwargs):
            if own is not Convolution:
                return super().__new__(own, *args, **kwargs)
            sizes = args[1 : 1 + count]
            if count > 1 and len(sizes) == count and all(isinstance(n, int) for n in sizes):
                old_arguments.note(name, "nb_row, nb_col", "a kernel's size is one argument now.")
                args = (args[0], sizes, *args[1 + count :])
            if name == "Deconvolution2D":
                kwargs.pop("output_shape", None)
                args = args[:2]
            return cls(*args, **kwargs)

    Convolution.__name__ = Convolution.__qualname__ = name
    Convolution.__doc__ = f"`{name}` of Keras 1: makes layers of `{cls.__name__}`."
    return Convolution


def _patch_layers():
    for name in (
        "add_update", "get_input_at", "get_input_shape_at", "get_output_at", "get_output_shape_at",
    ):  # fmt: skip
        _put(Layer, name, getattr(old_members, name))
    for name in ("inbound_nodes", "input_shape", "outbound_nodes", "output_shape"):
        given = old_members.Given(getattr(old_members, name))
        given.__set_name__(Layer, name)
        _put(Layer, name, given)
    _replace(Layer, "add_weight", old_members.with_name_first)
    _replace(Layer, "add_loss", old_members.without_inputs)
    for name in ("trainable_weights", "non_trainable_weights"):
        _replace(Layer, name, old_members.settable)
    _put(KerasTensor, "_keras_shape", property(lambda self: self.shape))


def _patch_models():
    model = models.Model
    for name in (
        "evaluate_generator", "fit_generator", "predict_classes", "predict_generator",
        "predict_proba", "reset_states", "to_yaml",
    ):  # fmt: skip
        _put(model, name, getattr(old_members, name))
    for name in ("_make_predict_function", "_make_train_function", "_make_test_function"):
        _put(model, name, old_members.nothing_to_make)
    for name, wrap in {
        "fit": old_members.reading_fit,
        "compile": old_members.reading_compile,
        "evaluate": functools.partial(old_members.reading_data, "evaluate"),
        "predict": functools.partial(old_members.reading_data, "predict"),
        "train_on_batch": old_members.reading_batch,
        "test_on_batch": old_members.reading_batch,
        "save": old_files.saving,
        "save_weights": old_files.saving_weights,
        "load_weights": old_files.loading_weights,
    }.items():
        _replace(model, name, wrap)
    load = old_files.loading_model(models.load_model)
    for module in (models, saving):
        _put(module, "load_model", load)
    for cls in (model, Functional):
        _put(cls, "__new__", staticmethod(_plural(cls.__new__)))
        _put(cls, "__init__", _plural(cls.__init__))


def _plural(make):
    """`Model(input=..., output=...)` as `Model(inputs=..., outputs=...)`."""

    @functools.wraps(make)
    def wrapped(first, *args, **kwargs):
        if "input" in kwargs or "output" in kwargs:
            kwargs = {
                {"input": "inputs", "output": "outputs"}.get(name, name): value
                for name, value in kwargs.items()
            }
            old_arguments.note("Model", "input, output", "they are `inputs` and `outputs` now.")
        return make(first, *args, **kwargs)

    return wrapped


def _patch_optimizers():
    base = optimizers.Optimizer
    _put(base, "lr", property(old_members.learning_rate, old_members.set_learning_rate))
    for name in ("get_weights", "set_weights"):
        _put(base, name, getattr(old_members, name))
    legacy = sys.modules["cornu.optimizers.legacy"]
    for name in (
        "Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "Optimizer", "RMSprop", "SGD",
    ):  # fmt: skip
        _put(legacy, name, getattr(optimizers, name))
