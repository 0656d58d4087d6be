"""The losses that `compile` was given, matched with a model's outputs."""

from cornu import losses
from cornu.core import tree
from cornu.core.errors import did_you_mean, shorten
from cornu.losses._loss import LossFunctionWrapper
from cornu.metrics import Mean
from cornu.training.checks import class_count
from cornu.training.outputs import Output, find_outputs, missing_target, part_of, target_of
from cornu.training.short_names import LOSSES, class_name, is_short


def _is_config(value):
    return isinstance(value, dict) and {"class_name", "config"} <= set(value)


def _is_loss(value):
    return callable(value) or isinstance(value, str) or _is_config(value)


def as_loss(identifier, y_true, y_pred):
    """A callable `(y_true, y_pred, sample_weight)` for a name, config, object or function."""
    if is_short(identifier, LOSSES):
        identifier = class_name(identifier, y_true, y_pred)
    found = losses.get(identifier)
    if isinstance(found, losses.Loss) or found is None:
        return found
    name = getattr(found, "__name__", None) or type(found).__name__
    return LossFunctionWrapper(found, name="lambda" if name == "<lambda>" else name)


class UnknownOutputError(KeyError, ValueError):
    """A loss is given for an output that the model doesn't have."""

    def __str__(self):
        return str(self.args[0])


class Entry:
    """A loss, the output or nest of outputs that it is for, its factor, and the mean of its values
    if that is shown."""

    def __init__(self, output, loss, weight):
        self.output, self.loss = output, loss
        self.label = loss if isinstance(loss, str) else None
        self.weight = 1.0 if weight is None else weight
        self.tracker = None
        self.classes = None
        self.told = False  # of a label that is no probability


class CompiledLoss:
    """The total loss of a model, and the mean of each output's where there are several.

    A list or dict of losses follows the nest of the outputs; where it holds a list for what is no
    list in the outputs, all losses of that list apply there. A function in the place of a nest of
    outputs is called with the nest.

    Args:
        spec: losses as given to `compile`.
        weights: factors as given to `compile`, nested as the losses or the outputs.
        names: output names of a functional model, or None.
    """

    def __init__(self, spec, weights, names=None):
        self.spec, self.weights, self.names = spec, weights, names
        self.entries = None
        self.metrics = []
        for item in [] if _is_config(spec) else tree.flatten(spec):
            if isinstance(item, str) and not is_short(item, LOSSES):
                losses.get(item)  # an unknown name is an error now, not at the first step

    @property
    def built(self):
        """Whether losses are matched with outputs."""
        return self.entries is not None

    @property
    def variables(self):
        """The variables of the means."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true, y_pred):
        """Match losses with outputs.

        Raises:
            ValueError: if keys or lengths don't fit.
        """
        self.outputs = find_outputs(y_pred, self.names)
        self.entries = entries = []
        if _is_loss(self.spec):
            weights = self._flat_weights(y_pred)
            for output, weight in zip(self.outputs, weights, strict=True):
                entries.append(Entry(output, self.spec, weight))
        elif isinstance(self.spec, (list, tuple)) and len(self.spec) == len(self.outputs) == 1:
            entries.append(Entry(self.outputs[0], self.spec[0], _at(self.weights, 0)))
        else:
            self._place(self.spec, self.weights, y_pred, ())
        for entry in entries:
            target, predicted = self._target(y_true, entry), entry.output.of(y_pred)
            entry.loss = as_loss(entry.loss, target, predicted)
            entry.classes = class_count(entry.loss, predicted)
        self._make_trackers()

    def _make_trackers(self):
        """A mean for each output that has losses, where there are several."""
        if len(self.entries) < 2 or len(self.outputs) < 2:
            return
        trackers = {}
        for entry in self.entries:
            name = self._name_of(entry)
            unnamed = entry.output.index is not None and not entry.output.name
            key = id(entry) if unnamed else name
            if key not in trackers:
                tracker = trackers[key] = Mean(name=f"{name}_loss".replace("/", "_"))
                tracker.name = f"{name}_loss"
            entry.tracker = trackers[key]
        self.metrics = list(trackers.values())

    def _flat_weights(self, y_pred):
        if not tree.is_nested(self.weights):
            return [self.weights] * len(self.outputs)
        if isinstance(self.weights, dict):
            return [self.weights.get(output.name) for output in self.outputs]
        if len(self.weights) != len(self.outputs):
            self._refuse_length("loss_weights", self.weights)
        return list(self.weights)

    def _name_of(self, entry):
        """The name under which a loss is shown: of the output or nest that it is for."""
        path = entry.output.path
        if entry.output.index is not None:
            return entry.output.name or entry.label or entry.loss.name
        if path:
            return "/".join(map(str, path))
        return "_".join(own.name for own in self.outputs)

    def _output_at(self, path):
        return next((own for own in self.outputs if own.path == path), Output(None, path))

    def _place(self, spec, weights, y_pred, path):
        """Match a part of the losses with a part of the outputs."""
        if spec is None:
            return
        if _is_loss(spec):
            weight = weights if not tree.is_nested(weights) else None
            self.entries.append(Entry(self._output_at(path), spec, weight))
        elif isinstance(spec, dict):
            self._place_dict(spec, weights, y_pred, path)
        elif self._is_parallel(spec, y_pred):
            if len(spec) != len(y_pred):
                self._refuse_length("loss", spec)
            for index, item in enumerate(spec):
                self._check_nested_alike(item, y_pred[index], spec)
                self._place(item, _at(weights, index), y_pred[index], (*path, index))
        elif isinstance(y_pred, dict) and all(item is None or _is_loss(item) for item in spec):
            # One for each output, in the order of `tree.flatten`.
            if len(spec) != len(y_pred):
                self._refuse_length("loss", spec)
            for index, key in enumerate(sorted(y_pred)):
                weight = _at(weights, key if isinstance(weights, dict) else index)
                self._place(spec[index], weight, y_pred[key], (*path, key))
        else:
            for index, item in enumerate(spec):
                self._place(item, _at(weights, index), y_pred, path)

    def _place_dict(self, spec, weights, y_pred, path):
        if isinstance(y_pred, dict):
            keys = {key: key for key in y_pred}
        else:
            inside = [output for output in self.outputs if output.path[: len(path)] == path]
            keys = {output.name: output.path[-1] for output in inside if output.path}
            if not path and not tree.is_nested(y_pred) and self.names:
                keys = dict.fromkeys(self.names)
        for key, item in spec.items():
            if key not in keys and isinstance(y_pred, dict):
                raise UnknownOutputError(
                    f"The path '{key}' in the `loss` argument, can't be found in either the model's"
                    f" output (`y_pred`) or in the labels (`y_true`).{did_you_mean(key, keys)}"
                    f" The outputs are {sorted(map(str, keys))}"
                )
            if key not in keys:
                raise ValueError(
                    f"Expected keys {sorted(map(str, keys))} in loss dict, but found"
                    f" loss.keys()={list(spec)}: the key '{key}' does not correspond to any model"
                    f" output.{did_you_mean(key, keys)}"
                )
            if keys[key] is None:
                self._place(item, _at(weights, key), y_pred, path)
            else:
                place = keys[key]
                weight = _at(weights, key if isinstance(weights, dict) else place)
                self._place(item, weight, y_pred[place], (*path, place))

    def _is_parallel(self, spec, y_pred):
        """Whether the items of a list of losses belong to the items of `y_pred`."""
        if not isinstance(y_pred, (list, tuple)):
            return False
        if isinstance(spec, list) == isinstance(y_pred, list):
            return True
        plain = all(item is None or isinstance(item, (str, losses.Loss)) for item in spec)
        return plain and len(spec) == len(y_pred)

    def _check_nested_alike(self, item, part, spec):
        nested = isinstance(item, (list, tuple)) and any(isinstance(i, (list, tuple)) for i in spec)
        functions = any(callable(i) and not isinstance(i, losses.Loss) for i in spec)
        if nested and functions and not tree.is_nested(part):
            raise ValueError(
                f"The losses are nested otherwise than the outputs: expected one loss for an output"
                f" that is no {type(item).__name__}, found a {type(item).__name__} of"
                f" {len(item)}. To apply several losses to all outputs, use a container of another"
                f" type than the outputs' {type(spec).__name__}."
            )

    def _refuse_length(self, what, spec):
        names = [output.name for output in self.outputs if output.name]
        raise ValueError(
            f"`{what}` has {len(spec)} entries, but the model has {len(self.outputs)}"
            f" output(s){f' {names}' if names else ''}. Pass one for each output, or one for all."
            f" Received: {what}={shorten(spec)}"
        )

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The weighted sum of all losses, a scalar, or None if there is none."""
        if not self.built:
            self.build(y_true, y_pred)
        total = None
        for entry in self.entries:
            target, predicted = self._target(y_true, entry), entry.output.of(y_pred)
            value = entry.loss(target, predicted, part_of(sample_weight, entry.output))
            if entry.tracker is not None:
                entry.tracker.update_state(value, sample_weight=_batch_size(predicted))
            if entry.weight != 1.0:
                value = value * entry.weight
            total = value if total is None else total + value
        return total

    def _target(self, y_true, entry):
        target = target_of(y_true, entry.output, len(self.outputs))
        if target is None and y_true is not None and len(self.entries) == 1:
            nested = tree.is_nested(y_true)  # the only loss takes the only target
            target = y_true if not nested else tree.flatten(y_true)[0] if len(y_true) == 1 else None
        if target is None:
            raise ValueError(missing_target("a loss", entry.output, y_true))
        return target


def _at(weights, key):
    """The part of nested weights at a key or index; None if there is none."""
    if isinstance(weights, dict):
        return weights.get(key)
    if isinstance(weights, (list, tuple)) and isinstance(key, int) and key < len(weights):
        return weights[key]
    return None


def _batch_size(y_pred):
    shape = tree.flatten(y_pred)[0].shape
    return shape[0] if shape else 1
