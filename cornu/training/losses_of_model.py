"""The losses and metrics that `compile` was given, matched with a model's outputs."""

from cornu import losses, metrics
from cornu.core import tree
from cornu.core.errors import did_you_mean, shorten
from cornu.metrics import Mean, Metric


class Output:
    """One output tensor of a model: its name, or None for the only one, and how to find it in a nest."""

    def __init__(self, name, path):
        self.name, self.path = name, path

    def of(self, structure):
        """The part of a nest that belongs to this output, or None if the nest has none."""
        for key in self.path:
            if structure is None:
                return None
            if isinstance(structure, dict):
                structure = structure.get(key)
            elif hasattr(structure, "_fields") and isinstance(key, str):
                structure = getattr(structure, key)
            elif isinstance(structure, (list, tuple)):
                structure = structure[key] if key < len(structure) else None
            else:
                return None
        return structure


def find_outputs(y_pred, names):
    """The `Output`s of a nest of predictions.

    Args:
        y_pred: nest of tensors.
        names: output names of a functional model, in flat order, or None.
    """
    if not tree.is_nested(y_pred):
        return [Output(None, ())]
    found = tree.flatten_with_path(y_pred)
    if len(found) == 1 and not isinstance(y_pred, dict):
        return [Output(None, found[0][0])]
    outputs = []
    for index, (path, _) in enumerate(found):
        keyed = isinstance(path[-1], str)
        if len(path) == 1 and not keyed and names is not None and len(names) == len(found):
            name = names[index]
        else:
            name = "/".join(map(str, path)) if keyed or len(path) > 1 else f"output_{index}"
        outputs.append(Output(name, path))
    return outputs


def match(spec, y_pred, outputs, what, is_leaf):
    """What `spec` says for each output: a list as long as `outputs`, None where nothing.

    Args:
        spec: one thing for all outputs, or a list or dict of them, nested as the outputs.
        y_pred: nest of tensors.
        outputs: from `find_outputs`.
        what: name of the argument, for errors.
        is_leaf: whether a value is one thing.

    Raises:
        ValueError: if keys or lengths don't fit.
    """
    if spec is None:
        return [None] * len(outputs)
    if is_leaf(spec):
        return [spec] * len(outputs)
    if isinstance(spec, dict):
        return _match_dict(spec, y_pred, outputs, what, is_leaf)
    if len(outputs) == 1 and len(spec) == 1 and not outputs[0].path:
        return [spec[0]]
    return _match_list(spec, y_pred, outputs, what, is_leaf)


def _match_dict(spec, y_pred, outputs, what, is_leaf):
    names = [output.name for output in outputs]
    flat = all(is_leaf(value) or value is None for value in spec.values())
    keys = set(y_pred) if isinstance(y_pred, dict) else set(names)
    unknown = [key for key in spec if key not in keys and key not in names]
    if unknown and not (len(outputs) == 1 and len(spec) == 1 and not isinstance(y_pred, dict)):
        raise ValueError(
            f"In the dict argument `{what}`, the key '{unknown[0]}' does not correspond to any model output."
            f"{did_you_mean(unknown[0], keys)} Received: {what}={shorten(spec)}. Expected keys {sorted(map(str, keys))}"
        )
    if unknown:
        return [next(iter(spec.values()))]
    if isinstance(y_pred, dict) and not flat:
        return _descend(spec, y_pred, outputs, what, is_leaf)
    if isinstance(y_pred, dict) and any(tree.is_nested(item) for item in y_pred.values()):
        return _descend(spec, y_pred, outputs, what, is_leaf)
    return [spec.get(output.name, spec.get(output.path[0]) if output.path else None) for output in outputs]


def _match_list(spec, y_pred, outputs, what, is_leaf):
    if isinstance(y_pred, dict) or not tree.is_nested(y_pred):
        if len(spec) == len(outputs):
            return list(spec)
        _refuse_length(spec, outputs, what)
    if len(spec) != len(y_pred):
        _refuse_length(spec, outputs, what)
    return _descend(dict(enumerate(spec)), y_pred, outputs, what, is_leaf)


def _refuse_length(spec, outputs, what):
    names = [output.name for output in outputs if output.name]
    raise ValueError(
        f"`{what}` has {len(spec)} entries, but the model has {len(outputs)} output(s){f' {names}' if names else ''}. "
        f"Pass one for each output, or one for all. Received: {what}={shorten(spec)}"
    )


def _descend(spec, y_pred, outputs, what, is_leaf):
    found = {}
    items = y_pred.items() if isinstance(y_pred, dict) else enumerate(y_pred)
    for key, part in items:
        inner = [output for output in outputs if output.path[0] == key]
        shorter = [Output(output.name, output.path[1:]) for output in inner]
        values = match(spec.get(key), part, shorter, what, is_leaf)
        found.update({id(output): value for output, value in zip(inner, values, strict=True)})
    return [found[id(output)] for output in outputs]


# --- losses ---------------------------------------------------------------------------------------------------


def _is_loss(value):
    return value is None or callable(value) or isinstance(value, str) or _is_config(value)


def _is_config(value):
    return isinstance(value, dict) and {"class_name", "config"} <= set(value)


def _is_weight(value):
    return value is None or not isinstance(value, (list, tuple, dict))


def as_loss(identifier):
    """A callable `(y_true, y_pred, sample_weight)` for a name, config, object or function."""
    found = losses.get(identifier)
    if isinstance(found, losses.Loss) or found is None:
        return found
    return losses.LossFunctionWrapper(found, name=getattr(found, "__name__", None) or type(found).__name__)


class CompiledLoss:
    """The total loss of a model, and a mean of each output's where there are several.

    Args:
        spec: losses as given to `compile`.
        weights: factors as given to `compile`.
        names: output names of a functional model, or None.
    """

    def __init__(self, spec, weights, names=None):
        self.spec, self.weights, self.names = spec, weights, names
        self.entries = None
        self.metrics = []
        self._check_names(spec)

    def _check_names(self, spec):
        for item in tree.flatten(spec):
            if isinstance(item, str) and not _is_config(spec):
                as_loss(item)  # an unknown name is an error now, not at the first step

    @property
    def built(self):
        """Whether losses are matched with outputs."""
        return self.entries is not None

    def build(self, y_true, y_pred):
        """Match losses with outputs."""
        outputs = find_outputs(y_pred, self.names)
        found = match(self.spec, y_pred, outputs, "loss", _is_loss)
        weights = match(self.weights, y_pred, outputs, "loss_weights", _is_weight)
        self.entries = []
        several = sum(loss is not None for loss in found) > 1 and len(outputs) > 1
        for output, loss, weight in zip(outputs, found, weights, strict=True):
            if loss is None:
                continue
            tracker = Mean(name=f"{output.name}_loss") if several and output.name else None
            if tracker is not None:
                self.metrics.append(tracker)
            self.entries.append((output, as_loss(loss), 1.0 if weight is None else weight, tracker))

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The weighted sum of all outputs' losses, a scalar, or None if there is none."""
        if not self.built:
            self.build(y_true, y_pred)
        total = None
        for output, loss, weight, tracker in self.entries:
            target, predicted = _target(y_true, output, len(self.entries)), output.of(y_pred)
            if target is None:
                raise ValueError(_missing_target(output, y_true))
            value = loss(target, predicted, _part(sample_weight, output))
            if tracker is not None:
                tracker.update_state(value, sample_weight=_batch_size(predicted))
            if weight != 1.0:
                value = value * weight
            total = value if total is None else total + value
        return total


def _target(y_true, output, count):
    found = output.of(y_true)
    if found is None and not tree.is_nested(y_true):
        return y_true if count == 1 else None
    if found is None and isinstance(y_true, dict) and output.name in y_true:
        return y_true[output.name]
    if found is None and count == 1 and isinstance(y_true, (list, tuple)) and len(y_true) == 1:
        return y_true[0]
    if found is y_true and isinstance(y_true, (list, tuple, dict)) and len(y_true) == 1:
        return tree.flatten(y_true)[0]
    return found


def _missing_target(output, y_true):
    what = f"the output '{output.name}'" if output.name else "the model's output"
    got = "no `y`" if y_true is None else f"`y` = {shorten(y_true)}"
    return f"There is a loss for {what}, but no target for it: pass it in `y`. Received: {got}"


def _part(sample_weight, output):
    if sample_weight is None or not tree.is_nested(sample_weight):
        return sample_weight
    found = output.of(sample_weight)
    if found is None and isinstance(sample_weight, dict):
        return sample_weight.get(output.name)
    return found


def _batch_size(y_pred):
    return y_pred.shape[0] if y_pred.shape else 1


# --- metrics --------------------------------------------------------------------------------------------------


def _is_metric(value):
    return value is None or isinstance(value, (str, Metric)) or _is_config(value) or callable(value)


def _is_metric_list(value):
    return _is_metric(value) or (isinstance(value, (list, tuple)) and all(map(_is_metric, value)))


def _classes_of(y_true, y_pred):
    """What "accuracy" and "crossentropy" mean for these shapes: "binary", "sparse" or "categorical"."""
    rank_true, rank_pred = len(y_true.shape), len(y_pred.shape)
    if y_pred.shape[-1:] == (1,) or not y_pred.shape:
        return "binary"
    same = rank_true == rank_pred and y_true.shape[-1] == y_pred.shape[-1]
    return "categorical" if same else "sparse"


AMBIGUOUS = {
    "accuracy": {"binary": "BinaryAccuracy", "sparse": "SparseCategoricalAccuracy", "categorical": "CategoricalAccuracy"},
    "crossentropy": {
        "binary": "BinaryCrossentropy",
        "sparse": "SparseCategoricalCrossentropy",
        "categorical": "CategoricalCrossentropy",
    },
}
SHORT = {"acc": "accuracy", "accuracy": "accuracy", "ce": "crossentropy", "crossentropy": "crossentropy"}


def as_metric(identifier, y_true, y_pred):
    """A `Metric` for a name, config, object or function `(y_true, y_pred)`, under the name it was asked by."""
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, str) and identifier.lower() in SHORT:
        kind = SHORT[identifier.lower()]
        name = AMBIGUOUS[kind][_classes_of(y_true, y_pred)]
        found = metrics.get(name)
        found.name = identifier
        return found
    found = metrics.get(identifier)
    name = identifier if isinstance(identifier, str) else getattr(identifier, "__name__", None)
    if isinstance(found, Metric):
        if isinstance(identifier, str):
            found.name = identifier
        return found
    label = "lambda" if name == "<lambda>" else name or type(identifier).__name__
    return metrics.MeanMetricWrapper(found, name=label)


class CompiledMetrics:
    """The metrics of a model's outputs.

    Args:
        spec: metrics as given to `compile`.
        weighted: metrics that follow sample weights, as given to `compile`.
        names: output names of a functional model, or None.
    """

    def __init__(self, spec, weighted, names=None):
        for label, value in (("metrics", spec), ("weighted_metrics", weighted)):
            if value is not None and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{label}` argument to be a list, tuple, or dict. Received instead: {label}={shorten(value)} of "
                    f"type {type(value)}"
                )
        self.spec, self.weighted, self.names = spec, weighted, names
        self.entries = None
        self._check_names()

    def _check_names(self):
        for item in tree.flatten([self.spec, self.weighted]):
            if isinstance(item, str) and item.lower() not in SHORT:
                metrics.get(item)

    @property
    def built(self):
        """Whether metrics are matched with outputs."""
        return self.entries is not None

    @property
    def metrics(self):
        """All metrics, in order."""
        return [entry[1] for entry in self.entries or ()]

    def build(self, y_true, y_pred):
        """Match metrics with outputs."""
        outputs = find_outputs(y_pred, self.names)
        self.entries = []
        plain = self._matched(self.spec, y_pred, outputs, "metrics")
        weighted = self._matched(self.weighted, y_pred, outputs, "weighted_metrics")
        for output, own, own_weighted in zip(outputs, plain, weighted, strict=True):
            target, predicted = _target(y_true, output, len(outputs)), output.of(y_pred)
            for identifier, follows in (*((m, False) for m in own), *((m, True) for m in own_weighted)):
                if identifier is None:
                    continue
                if target is None:
                    raise ValueError(_missing_target(output, y_true).replace("a loss", "a metric"))
                metric = as_metric(identifier, target, predicted)
                name = f"{output.name}_{metric.name}" if output.name and len(outputs) > 1 else metric.name
                self.entries.append((output, metric, follows, name))
        self._make_unique()

    def _matched(self, spec, y_pred, outputs, what):
        if spec is None:
            return [[] for _ in outputs]
        if len(outputs) == 1 and not isinstance(spec, dict) and all(map(_is_metric, spec)):
            return [list(spec)]
        found = match(spec, y_pred, outputs, what, lambda v: _is_metric_list(v) and v is not spec)
        return [[item] if _is_metric(item) else list(item) for item in found]

    def _make_unique(self):
        seen, entries = {}, []
        for output, metric, follows, name in self.entries:
            count = seen[name] = seen.get(name, 0) + 1
            entries.append((output, metric, follows, name if count == 1 else f"{name}_{count - 1}"))
        self.entries = entries

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account."""
        if not self.built:
            self.build(y_true, y_pred)
        for output, metric, follows, _ in self.entries:
            weights = _part(sample_weight, output) if follows else None
            metric.update_state(_target(y_true, output, len(self.entries)), output.of(y_pred), sample_weight=weights)

    def result(self):
        """Values by name."""
        found = {}
        for _, metric, _, name in self.entries or ():
            value = metric.result()
            if isinstance(value, dict):
                found.update(value)
            else:
                found[name] = value
        return found
