"""Methods and properties that layers, models and optimizers had in Keras 1 and 2."""

import functools
import itertools

import numpy as np

from cornu import ops
from cornu.compat import old_arguments
from cornu.compat.old_arguments import note
from cornu.core import tree
from cornu.data.py_dataset import PyDataset
from cornu.serial.configurable import constructor_fields


class Given:
    """A property that a class's own attribute of the same name hides.

    Args:
        find: from the object to the value.
    """

    def __init__(self, find):
        self.find = find
        self.__doc__ = find.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        if self.name in constructor_fields(type(instance)):
            raise AttributeError(self.name)  # an argument, which is no attribute there
        return self.find(instance)


# --- layers -------------------------------------------------------------------------------------


def _node(layer, index):
    nodes = layer._inbound_nodes
    if not nodes:
        raise AttributeError(
            f"The layer {layer.name} has never been called and thus has no defined input or output."
        )
    if not -len(nodes) <= index < len(nodes):
        raise ValueError(
            f"The layer {layer.name} was called {len(nodes)} times. Received: node_index={index}"
        )
    return nodes[index]


def _single(structure):
    found = tree.flatten(structure)
    return found[0] if len(found) == 1 else found


def get_input_at(self, node_index):
    """What went into a recorded call: a `KerasTensor`, or a list of them.

    Args:
        node_index: number of the call.
    """
    return _single(_node(self, node_index).input_tensors)


def get_output_at(self, node_index):
    """What came out of a recorded call: a `KerasTensor`, or a list of them.

    Args:
        node_index: number of the call.
    """
    return _single(_node(self, node_index).outputs)


def _shape(tensors):
    return [x.shape for x in tensors] if isinstance(tensors, list) else tensors.shape


def get_input_shape_at(self, node_index):
    """The shape of what went into a recorded call."""
    return _shape(get_input_at(self, node_index))


def get_output_shape_at(self, node_index):
    """The shape of what came out of a recorded call."""
    return _shape(get_output_at(self, node_index))


def input_shape(self):
    """The shape of what goes into the layer."""
    return _shape(get_input_at(self, 0))


def output_shape(self):
    """The shape of what comes out of the layer."""
    return _shape(get_output_at(self, 0))


def inbound_nodes(self):
    """The recorded calls of the layer."""
    return list(self._inbound_nodes)


def outbound_nodes(self):
    """The recorded calls that take what the layer returned."""
    return list(self._outbound_nodes)


def add_update(self, updates, inputs=None):
    """Assign new values to variables: `(variable, value)`, or a list of these.

    What `K.update` returned is assigned already.

    Args:
        updates: the pairs.
        inputs: of no use.
    """
    many = isinstance(updates, list)
    for update in updates if many else [updates]:
        if isinstance(update, (tuple, list)) and len(update) == 2:
            update[0].assign(update[1])


def settable(weights):
    """A property of a layer's weights that may be set, as Keras 1 wanted: to variables that the
    layer owns, or owns from then on."""

    def setter(self, variables):
        known = {id(variable) for variable in self.weights}
        for variable in variables:
            if id(variable) not in known:
                self._track_variable(variable)

    return property(weights.fget, setter, doc=weights.__doc__)


def with_name_first(add_weight):
    """`Layer.add_weight` that also takes Keras 2's order: name, shape, dtype, initializer."""

    @functools.wraps(add_weight)
    def wrapped(self, *args, **kwargs):
        if args and isinstance(args[0], str):
            note("add_weight", "name", "by position the shape comes first now.")
            given = zip(("name", "shape", "dtype", "initializer"), args, strict=False)
            args, kwargs = (), {**dict(given), **kwargs}
        return add_weight(self, *args, **kwargs)

    return wrapped


def without_inputs(add_loss):
    """`Layer.add_loss` that also takes Keras 2's `inputs`, of no use."""

    @functools.wraps(add_loss)
    def wrapped(self, *args, inputs=None, **kwargs):
        return add_loss(self, *args, **kwargs)

    return wrapped


# --- models -------------------------------------------------------------------------------------


def every(period, on_epoch_end):
    """`on_epoch_end` of a callback, called after every so many epochs only."""

    def called(epoch, logs=None):
        if (epoch + 1) % period == 0:
            on_epoch_end(epoch, logs)

    return called


class OldNames(dict):
    """A history in which "acc" is "accuracy", where only that is there."""

    def __missing__(self, name):
        return self[_modern_metric(name, self)]

    def __contains__(self, name):
        return dict.__contains__(self, name) or _names_accuracy(name, self)


def _names_accuracy(name, names):
    modern = _ACCURACY.get(name)
    return modern is not None and dict.__contains__(names, modern)


_ACCURACY = {"acc": "accuracy", "val_acc": "val_accuracy"}


def _modern_metric(name, names):
    if not _names_accuracy(name, names):
        raise KeyError(name)
    note("history", name, f"it is called {_ACCURACY[name]!r} now, as in `metrics`.")
    return _ACCURACY[name]


def _watch_accuracy(callbacks, model):
    """Have callbacks that watch "acc" watch "accuracy", if that is the metric's name."""
    words = [x for x in tree.flatten(getattr(model, "_words_of_metrics", None)) if x is not None]
    if "accuracy" not in words or "acc" in words:
        return
    for callback in callbacks or ():
        if getattr(callback, "monitor", None) in _ACCURACY:
            note(type(callback).__name__, callback.monitor, "it is called 'accuracy' now.")
            callback.monitor = _ACCURACY[callback.monitor]
        path = getattr(callback, "filepath", None)
        if isinstance(path, str):
            for old, new in _ACCURACY.items():
                path = path.replace("{" + old + ":", "{" + new + ":")
                path = path.replace("{" + old + "}", "{" + new + "}")
            callback.filepath = path


def reading_fit(fit):
    """`Model.fit` that takes old arguments, and names."""

    @functools.wraps(fit)
    def wrapped(self, *args, **kwargs):
        kwargs = old_arguments.of_fit("fit", kwargs)
        callbacks = kwargs.get("callbacks", args[5] if len(args) > 5 else None)
        _watch_accuracy(callbacks if isinstance(callbacks, (list, tuple)) else [callbacks], self)
        history = fit(self, *args, **kwargs)
        if hasattr(history, "history"):
            history.history = OldNames(history.history)
        return history

    return wrapped


def reading_data(name, method):
    """`evaluate` or `predict` that takes old arguments."""

    @functools.wraps(method)
    def wrapped(self, *args, **kwargs):
        return method(self, *args, **old_arguments.of_fit(name, kwargs))

    return wrapped


def reading_compile(compile_model):
    """`Model.compile` that takes old arguments."""

    @functools.wraps(compile_model)
    def wrapped(self, *args, **kwargs):
        args, kwargs = old_arguments.of_compile(args, kwargs)
        words = kwargs.get("metrics", args[3] if len(args) > 3 else None)
        object.__setattr__(self, "_words_of_metrics", words)
        return compile_model(self, *args, **kwargs)

    return wrapped


def reading_batch(method):
    """`train_on_batch` or `test_on_batch` that takes `reset_metrics`."""

    @functools.wraps(method)
    def wrapped(self, *args, reset_metrics=False, **kwargs):
        if reset_metrics:
            self.reset_metrics()
        return method(self, *args, **kwargs)

    return wrapped


def _batch_size(data):
    return len(tree.flatten(data)[0])


def _steps(data, samples):
    """Number of batches that have so many samples, and the data with its first batch put back."""
    size = getattr(data, "batch_size", None)
    if size is None and isinstance(data, PyDataset):
        size = _batch_size(data[0])
    elif size is None:
        data = iter(data)
        first = next(data)
        data, size = itertools.chain([first], data), _batch_size(first)
    return max(1, -(-samples // size)), data


def fit_generator(
    self, generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None,
    validation_data=None, validation_steps=None, **kwargs,
):  # fmt: skip
    """`fit`, which takes generators too.

    Args:
        generator: batches.
        steps_per_epoch: batches an epoch.
        epochs, verbose, callbacks, validation_data, validation_steps: as of `fit`.
        **kwargs: further ones; and those of Keras 1, `samples_per_epoch`, `nb_epoch` and
            `nb_val_samples`.
    """
    note("Model", "fit_generator", "`fit` takes generators too.")
    epochs = kwargs.pop("nb_epoch", epochs)
    samples = kwargs.pop("samples_per_epoch", None)
    if samples is not None:
        steps_per_epoch, generator = _steps(generator, samples)
    samples = kwargs.pop("nb_val_samples", None)
    if samples is not None and not isinstance(validation_data, tuple):
        validation_steps, validation_data = _steps(validation_data, samples)
    return self.fit(
        generator, steps_per_epoch=steps_per_epoch, epochs=epochs, verbose=verbose,
        callbacks=callbacks, validation_data=validation_data, validation_steps=validation_steps,
        **kwargs,
    )  # fmt: skip


def evaluate_generator(self, generator, steps=None, verbose=0, **kwargs):
    """`evaluate`, which takes generators too.

    Args:
        generator: batches.
        steps: number of batches.
        verbose: as of `evaluate`.
        **kwargs: further ones; and `val_samples` of Keras 1.
    """
    note("Model", "evaluate_generator", "`evaluate` takes generators too.")
    samples = kwargs.pop("val_samples", None)
    if samples is not None:
        steps, generator = _steps(generator, samples)
    return self.evaluate(generator, steps=steps, verbose=verbose, **kwargs)


def predict_generator(self, generator, steps=None, verbose=0, **kwargs):
    """`predict`, which takes generators too.

    Args:
        generator: batches.
        steps: number of batches.
        verbose: as of `predict`.
        **kwargs: further ones; and `val_samples` of Keras 1.
    """
    note("Model", "predict_generator", "`predict` takes generators too.")
    samples = kwargs.pop("val_samples", None)
    if samples is not None:
        steps, generator = _steps(generator, samples)
    return self.predict(generator, steps=steps, verbose=verbose, **kwargs)


def predict_classes(self, x, batch_size=None, verbose=0):
    """The number of the most probable class of each sample; 0 or 1 for a single output.

    Args:
        x, batch_size, verbose: as of `predict`.
    """
    note("Model", "predict_classes", "use `numpy.argmax(model.predict(x), axis=-1)`, or `> 0.5`.")
    outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
    if outputs.shape[-1] > 1:
        return outputs.argmax(axis=-1)
    return (outputs > 0.5).astype("int32")


def predict_proba(self, x, batch_size=None, verbose=0):
    """`predict` under another name.

    Args:
        x, batch_size, verbose: as of `predict`.
    """
    note("Model", "predict_proba", "it is `predict`.")
    return self.predict(x, batch_size=batch_size, verbose=verbose)


def reset_states(self):
    """Begin the next batch of all stateful layers with their initial states."""
    for layer in self._flatten_layers(include_self=False):
        reset = getattr(layer, "reset_state", None)
        if reset is not None:
            reset()


def nothing_to_make(self):
    """Nothing: programs are compiled when they are needed, in any thread."""


def to_yaml(self, **kwargs):
    """Gone since TensorFlow 2.6.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        "`model.to_yaml` is gone: reading YAML could run code. Use `model.to_json()`, or save the"
        " whole model: `model.save('model.keras')`."
    )


# --- optimizers ---------------------------------------------------------------------------------


def learning_rate(self):
    """The learning rate, as Keras 1 and 2 call it."""
    return self.learning_rate


def set_learning_rate(self, value):
    """Set the learning rate."""
    self.learning_rate = value


def get_weights(self):
    """Values of all of the optimizer's variables, a list of NumPy arrays."""
    return [np.asarray(ops.convert_to_numpy(variable)) for variable in self.variables]


def set_weights(self, weights):
    """Set all of the optimizer's variables.

    Args:
        weights: list of arrays, as of `get_weights`.

    Raises:
        ValueError: if their number differs; before the first step there are two.
    """
    if len(weights) != len(self.variables):
        raise ValueError(
            f"The optimizer has {len(self.variables)} variables; it makes the others in its first"
            f" step (or `optimizer.build(variables)`). Received: {len(weights)} arrays"
        )
    for variable, value in zip(self.variables, weights, strict=True):
        variable.assign(value)
