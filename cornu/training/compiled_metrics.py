"""The metrics that `compile` was given, matched with a model's outputs."""

from cornu import metrics
from cornu.core import tree
from cornu.core.errors import did_you_mean, shorten
from cornu.metrics import Metric
from cornu.state.variable import value_of
from cornu.training.outputs import find_outputs, missing_target, part_of, target_of
from cornu.training.short_names import METRICS, class_name, is_short


def as_metric(identifier, y_true, y_pred):
    """A `Metric` for a name, config, object or function `(y_true, y_pred)`, under the name it was
    asked by."""
    if isinstance(identifier, Metric):
        return identifier
    if is_short(identifier, METRICS):
        found = metrics.get(class_name(identifier, y_true, y_pred))
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


class CompiledMetrics(Metric):
    """The metrics of a model's outputs, as one metric.

    Args:
        spec: metrics as given to `compile`.
        weighted: metrics that follow sample weights, as given to `compile`.
        names: output names of a functional model, or None.
    """

    def __init__(self, spec, weighted, names=None):
        for label, value in (("metrics", spec), ("weighted_metrics", weighted)):
            if value is not None and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{label}` argument to be a list, tuple, or dict. Received instead:"
                    f" {label}={shorten(value)} of type {type(value)}"
                )
        super().__init__(name="compile_metrics")
        self.spec, self.weighted, self.names = spec, weighted, names
        self.entries = None
        self._check_names()

    # What it holds is in `entries`; the arguments of `compile` stay as they are.
    __setattr__ = object.__setattr__

    @property
    def given(self):
        """Whether `compile` was given any metric."""
        return bool(self.spec or self.weighted)

    @property
    def variables(self):
        """The variables of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_state(self):
        """Start all metrics afresh."""
        for metric in self.metrics:
            metric.reset_state()

    def _check_names(self):
        for item in tree.flatten([self.spec, self.weighted]):
            if isinstance(item, str) and not is_short(item, METRICS):
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
        self.count = len(outputs)
        self.entries = []
        plain = self._matched(self.spec, y_pred, outputs, "metrics")
        weighted = self._matched(self.weighted, y_pred, outputs, "weighted_metrics")
        for index, output in enumerate(outputs):
            target, predicted = target_of(y_true, output, self.count), output.of(y_pred)
            for identifier, follows in (
                *((item, False) for item in plain[index]),
                *((item, True) for item in weighted[index]),
            ):
                if target is None:
                    raise ValueError(missing_target("a metric", output, y_true))
                self._add(output, as_metric(identifier, target, predicted), follows)

    def _add(self, output, metric, follows):
        taken = {entry[3] for entry in self.entries}
        prefix = f"{output.name}_" if output.name and self.count > 1 else ""
        name = f"{prefix}{metric.name}"
        if name in taken and follows:
            name = f"{prefix}weighted_{metric.name}"
        unique, number = name, 0
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        self.entries.append((output, metric, follows, unique))

    def _matched(self, spec, y_pred, outputs, what):
        """A list of metrics for each output."""
        found = [[] for _ in outputs]
        if spec is None:
            return found
        if isinstance(spec, dict):
            self._match_dict(spec, y_pred, (), outputs, what, found)
        elif len(outputs) == 1:
            flat = spec[0] if len(spec) == 1 and isinstance(spec[0], (list, tuple)) else spec
            found[0] += [item for item in flat if item is not None]
        elif len(spec) != len(outputs):
            self._refuse(what, spec, outputs, f"it has {len(spec)} entries")
        else:
            for index, item in enumerate(spec):
                found[index] += _as_list(item)
        return found

    def _match_dict(self, spec, y_pred, path, outputs, what, found):
        inside = [output for output in outputs if output.path[: len(path)] == path]
        for key, item in spec.items():
            named = [o for o in inside if o.name == key or o.path[len(path) :] == (key,)]
            if isinstance(item, dict) and isinstance(y_pred, dict) and key in y_pred:
                self._match_dict(item, y_pred[key], (*path, key), outputs, what, found)
            elif named:
                found[named[0].index] += _as_list(item)
            elif len(outputs) == 1 and len(spec) == 1 and outputs[0].name is None:
                found[0] += _as_list(item)
            else:
                self._refuse(what, spec, outputs, f"'{key}' is no output")

    def _refuse(self, what, spec, outputs, why):
        names = [output.name for output in outputs]
        wrong = why.split("'")[1] if "'" in why else ""
        raise ValueError(
            f"Invalid `{what}`: {why}.{did_you_mean(wrong, names)} It should be a dict or list that"
            f" matches the outputs {names}. Received: {what}={shorten(spec)}"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account."""
        if not self.built:
            self.build(y_true, y_pred)
        for output, metric, follows, _ in self.entries:
            weights = part_of(sample_weight, output) if follows else None
            target = target_of(y_true, output, self.count)
            metric.update_state(target, output.of(y_pred), sample_weight=weights)

    def result(self):
        """Values by name."""
        found = {}
        for _, metric, _, name in self.entries or ():
            value = metric.result()
            if isinstance(value, dict):
                found.update(value)
            else:
                found[name] = value_of(value)
        return found


def _as_list(item):
    if item is None:
        return []
    return list(item) if isinstance(item, (list, tuple)) else [item]
