"""Arguments of Keras 1 and 2, and what each is called now: tables, and how they are read.

The words of layers are those of old files (`cornu.saving.legacy_h5`). Only a word that a class does
not take is looked up here, so code of today is read as it stands.
"""

import inspect

from cornu.core.errors import shorten
from cornu.saving.legacy_h5 import compiled, keras1, layer_rules
from cornu.serial.configurable import constructor_fields
from cornu.serial.errors import warn_user

# Arguments of a first layer's input, which every layer takes.
SHAPES = frozenset({"batch_input_shape", "batch_shape", "input_dim", "input_shape"})
KERNEL_SIZES = frozenset({"kernel_dim1", "kernel_dim2", "kernel_dim3", "nb_col", "nb_row"})
# Arguments that choose between equal ways to compute, or have become the data's own.
FORGOTTEN = (layer_rules.FORGOTTEN | {"dynamic", "forget_bias_init"}) - SHAPES
CALLBACKS = {"epsilon": "min_delta"}
FORGOTTEN_IN_CALLBACKS = frozenset(
    {"batch_size", "count_mode", "embeddings_layer_names", "stateful_metrics", "write_grads"}
)
REGULARIZERS = {"L1": {"l": "l1"}, "L2": {"l": "l2"}}
CONSTRAINTS = {"m": "max_value"}
FIT = {"nb_epoch": "epochs", "nb_val_samples": "validation_steps"}
# How batches were fetched is said by a `PyDataset` now.
FORGOTTEN_IN_FIT = frozenset(
    {
        "max_q_size",
        "max_queue_size",
        "nb_worker",
        "pickle_safe",
        "show_accuracy",
        "use_multiprocessing",
        "workers",
    }
)
FORGOTTEN_IN_COMPILE = frozenset(
    {"class_mode", "distribute", "experimental_run_tf_function", "sample_weight_mode"}
)
RENAMED = "it is called `{new}` now, and read as that."

_told = set()


def note(owner, old, text):
    """Tell, once in a process, that something old was read.

    Args:
        owner: the class or function that took it.
        old: the word.
        text: what it means now.
    """
    if (owner, old) not in _told:
        _told.add((owner, old))
        warn_user(f"`{old}` of `{owner}`: {text}", DeprecationWarning)


def forget_notes():
    """Tell again."""
    _told.clear()


def _rename(owner, kwargs, old, new, value):
    if new in kwargs:
        raise TypeError(f"`{owner}` was given both `{old}` and `{new}`, which mean the same.")
    kwargs[new] = value
    note(owner, old, RENAMED.format(new=new))


def _drop(owner, kwargs, words):
    for old in [old for old in kwargs if old in words]:
        del kwargs[old]
        note(owner, old, "it has no meaning any more, and is left out.")


def of_layer(cls, args, kwargs):
    """The arguments of a layer's constructor in today's words.

    Args:
        cls: the layer's class.
        args, kwargs: arguments.

    Returns:
        `(args, kwargs, weights)`: the last are the layer's initial weights in Keras 2's way, or
        None.
    """
    fields, owner = constructor_fields(cls), cls.__name__
    has_slash = isinstance(kwargs.get("name"), str) and "/" in kwargs["name"]
    if kwargs.keys() <= fields.keys() and not has_slash:
        return args, kwargs, None  # as today's code has it
    kwargs = dict(kwargs)
    weights = None if "weights" in fields else kwargs.pop("weights", None)
    unknown = [old for old in kwargs if old not in fields and old not in SHAPES]
    if KERNEL_SIZES & set(unknown) and "kernel_size" in fields:
        sizes = {old: kwargs.pop(old) for old in unknown if old in KERNEL_SIZES}
        size = tuple(keras1._join_sizes(dict(sizes))["kernel_size"])
        _rename(owner, kwargs, ", ".join(sorted(sizes)), "kernel_size", size)
    _input_shape(owner, kwargs, fields)
    own = keras1._OF_CLASS.get(owner, {})
    for old in unknown:
        new = own.get(old, keras1.ARGUMENTS.get(old))
        if old not in kwargs:
            continue
        if new in fields:
            _rename(owner, kwargs, old, new, kwargs.pop(old))
        elif old == "dim_ordering" and "data_format" in fields:
            ordering = kwargs.pop(old)
            if ordering != "default":
                ordering = keras1._ORDERINGS.get(ordering, ordering)
                _rename(owner, kwargs, old, "data_format", ordering)
        elif _changes_nothing(owner, old, kwargs[old]):
            _drop(owner, kwargs, {old})
    _drop(owner, kwargs, FORGOTTEN - fields.keys() - _taken_anyway(owner))
    if has_slash:
        kwargs["name"] = kwargs["name"].replace("/", "_")
        note(owner, "name", "names have no '/' any more: '_' is written for it.")
    return args, kwargs, weights


def _changes_nothing(owner, old, value):
    """Whether an argument that is no more has the value that stands for what is done now."""
    if old == "mode":
        return owner == "BatchNormalization" and value == 0
    return value in layer_rules.HARMLESS.get(old, ())


def _taken_anyway(owner):
    """What a constructor reads out of its `**kwargs`."""
    return {"input_length"} if owner == "Embedding" else set()


def _input_shape(owner, kwargs, fields):
    """The shape of the input, where several words make it up."""
    has_steps = "input_length" in kwargs or "return_sequences" in fields
    if has_steps and "input_dim" in kwargs and "input_dim" not in fields:
        shape = (kwargs.pop("input_length", None), kwargs.pop("input_dim"))
        _rename(owner, kwargs, "input_dim, input_length", "input_shape", shape)
    if "batch_size" in kwargs and "batch_size" not in fields and "input_shape" in kwargs:
        shape = (kwargs.pop("batch_size"), *kwargs.pop("input_shape"))
        _rename(owner, kwargs, "batch_size, input_shape", "batch_input_shape", shape)


def of_optimizer(cls, args, kwargs):
    """The arguments of an optimizer's constructor in today's words: `lr`, and the `decay` by which
    optimizers lowered it themselves.

    Args:
        cls: the optimizer's class.
        args, kwargs: arguments.

    Returns:
        `(args, kwargs)`.
    """
    fields, owner = constructor_fields(cls), cls.__name__
    kwargs = dict(kwargs)
    _drop(owner, kwargs, set(compiled._FORGOTTEN) - fields.keys())
    if "lr" in kwargs and "learning_rate" in fields:
        _rename(owner, kwargs, "lr", "learning_rate", kwargs.pop("lr"))
    if kwargs.get("epsilon", 0) is None:
        del kwargs["epsilon"]  # Keras 2 took what its backend said
    if ("decay" in kwargs or "schedule_decay" in kwargs) and "decay" not in fields:
        if args:
            kwargs["learning_rate"], args = args[0], ()  # nothing else is positional beside `decay`
        kwargs.setdefault("learning_rate", fields["learning_rate"])
        compiled._learning_rate(owner, kwargs)
        text = "it is a schedule now, `keras.optimizers.schedules.InverseTimeDecay`."
        note(owner, "decay", text)
    return args, kwargs


def of_callback(cls, args, kwargs):
    """The arguments of a callback's constructor in today's words.

    Args:
        cls: the callback's class.
        args, kwargs: arguments.

    Returns:
        `(args, kwargs)`.
    """
    fields, owner = inspect.signature(cls.__init__).parameters, cls.__name__
    kwargs = dict(kwargs)
    for old, new in CALLBACKS.items():
        if old in kwargs and old not in fields and new in fields:
            _rename(owner, kwargs, old, new, kwargs.pop(old))
    _drop(owner, kwargs, FORGOTTEN_IN_CALLBACKS - set(fields))
    return args, kwargs


def of_named(table, cls, args, kwargs):
    """The arguments of a small object (a regularizer, a constraint) in today's words.

    Args:
        table: from old words to new ones.
        cls: its class.
        args, kwargs: arguments.

    Returns:
        `(args, kwargs)`.
    """
    kwargs = dict(kwargs)
    for old, new in table.items():
        if old in kwargs and new in constructor_fields(cls):
            _rename(cls.__name__, kwargs, old, new, kwargs.pop(old))
    return args, kwargs


def of_loss(cls, args, kwargs):
    """The arguments of a loss: the reduction that tf.keras called "auto".

    Args:
        cls: its class.
        args, kwargs: arguments.

    Returns:
        `(args, kwargs)`.
    """
    reduction = kwargs.get("reduction")
    if reduction not in compiled._REDUCTIONS:
        return args, kwargs
    note(cls.__name__, f"reduction={reduction!r}", "it is 'sum_over_batch_size' now.")
    return args, {**kwargs, "reduction": compiled._REDUCTIONS[reduction]}


def of_fit(method, kwargs):
    """The keyword arguments of `fit`, `evaluate` or `predict` in today's words.

    Args:
        method: which of them.
        kwargs: arguments.
    """
    kwargs = dict(kwargs)
    for old, new in FIT.items():
        if old in kwargs:
            _rename(method, kwargs, old, new, kwargs.pop(old))
    _drop(method, kwargs, FORGOTTEN_IN_FIT)
    if kwargs.get("class_weight") == "auto":
        _drop(method, kwargs, {"class_weight"})
    return kwargs


def of_compile(args, kwargs):
    """The arguments of `compile` in today's words and order: Keras 2 has `metrics` before
    `loss_weights`, and other names for some losses.

    Args:
        args, kwargs: arguments.

    Returns:
        `(args, kwargs)`.

    Raises:
        TypeError: if something is given twice.
    """
    kwargs = dict(kwargs)
    _drop("compile", kwargs, FORGOTTEN_IN_COMPILE)
    if len(args) > 2 and _are_metrics(args[2]):
        for new, value in zip(("metrics", "loss_weights"), args[2:4], strict=False):
            if new in kwargs:
                raise TypeError(f"`compile` was given `{new}` twice: {shorten(value)} is one.")
            kwargs[new] = value
        args = (*args[:2], *args[4:])
        note("compile", "metrics", "by position it comes after `loss_weights` now.")
    args = list(args)
    if len(args) > 1:
        args[1] = _modern_losses(args[1])
    for name in ("loss", "metrics", "weighted_metrics"):
        if name in kwargs:
            kwargs[name] = _modern_losses(kwargs[name])
    return tuple(args), kwargs


def _are_metrics(value):
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_are_metrics, value))
    return isinstance(value, str) or callable(value)


def _modern_losses(value):
    if isinstance(value, (list, tuple)):
        return type(value)(map(_modern_losses, value))
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _modern_losses(each) for key, each in value.items()}
    return compiled._LOSSES.get(value, value) if isinstance(value, str) else value
