"""Weights of samples by their classes, of one output or of several."""

import numbers
import warnings
from collections.abc import Mapping

import numpy as np

from cornu.core import config, tree
from cornu.core.errors import did_you_mean, shorten

EXPECTED = (
    "Pass a dict from class number to weight; for several outputs a dict from output name to such a"
    " dict, or a list of them in the order of the outputs."
)


class ClassWeights:
    """Makes weights of samples out of targets.

    A class without a weight counts once; the first time that one is met, a warning names it.

    Args:
        spec: dict from class number to weight; or such dicts, or None, for several outputs: as a
            dict from output name, or a list.
        output_names: names of the model's outputs in order, or None where they are not known.

    Raises:
        ValueError: for keys that are neither class numbers nor names, and weights that are no
            numbers.
    """

    def __init__(self, spec, output_names=None):
        self.spec = spec
        self.output_names = list(output_names or ())
        self._warned = False
        if self._by_output():
            parts = spec.values() if isinstance(spec, Mapping) else spec
            for part in parts:
                if part is not None:
                    _check(part)
        else:
            _check(spec)

    def _by_output(self):
        if isinstance(self.spec, (list, tuple)):
            return True
        return isinstance(self.spec, Mapping) and any(
            isinstance(value, Mapping) for value in self.spec.values()
        )

    def __call__(self, y):
        """The weights, nested as `y`; those of a single output alone.

        Raises:
            ValueError: if they don't fit the outputs, or there is no `y`.
        """
        if y is None:
            raise ValueError("`class_weight` needs targets: there is no `y` to read classes from.")
        if not self._by_output():
            return self._of_only_output(y)
        found = self._by_name(y) if isinstance(self.spec, Mapping) else self._by_place(y)
        return found if len(found) > 1 else next(iter(tree.flatten(found)))

    def _of_only_output(self, y):
        if tree.is_nested(y) and len(y) != 1:
            raise ValueError(
                "`class_weight` from class number to weight is for models with a single output; `y`"
                f" has {len(y)}. {EXPECTED}"
            )
        return self._of(tree.flatten(y)[0], self.spec)

    def _by_place(self, y):
        targets = y if isinstance(y, (list, tuple, Mapping)) else [y]
        if len(targets) != len(self.spec):
            raise ValueError(
                f"`class_weight` has {len(self.spec)} entries, `y` has {len(targets)}. {EXPECTED}"
            )
        if isinstance(y, Mapping):
            known = set(self.output_names) == set(y)
            named = dict(zip(self.output_names if known else y, self.spec, strict=True))
            return {key: self._of(y[key], named[key]) for key in y}
        return [self._of(*pair) for pair in zip(targets, self.spec, strict=True)]

    def _by_name(self, y):
        if isinstance(y, Mapping):
            self._check_names(list(y))
            return {key: self._of(y[key], self.spec.get(key)) for key in y}
        targets = y if isinstance(y, (list, tuple)) else [y]
        names = self.output_names
        if len(names) != len(targets):
            known = f"outputs are {names}" if names else "names of the outputs are not known"
            raise ValueError(
                f"`class_weight` names outputs {sorted(self.spec)}, but `y` is no dict and the"
                f" {known}. Pass `y` as a dict from output name, or `class_weight` as a list."
            )
        self._check_names(names)
        pairs = zip(targets, map(self.spec.get, names), strict=True)
        return [self._of(*pair) for pair in pairs]

    def _check_names(self, names):
        for key in self.spec:
            if key not in names:
                raise ValueError(
                    f"`class_weight` has the key {key!r}, which is no output of the model."
                    f"{did_you_mean(key, names)} The outputs are {names}."
                )

    def _of(self, target, weights):
        """The weights of the samples of one output, or None."""
        if weights is None or target is None:
            return None
        labels = _labels(np.asarray(target))
        values, places = np.unique(labels, return_inverse=True)
        missing = [value for value in values.tolist() if value not in weights]
        if missing and not self._warned:
            self._warned = True
            warnings.warn(
                f"`class_weight` has no weight for {_listed(missing)} of `y`: such samples count"
                " once, as with a weight of 1.",
                stacklevel=2,
            )
        table = np.array([weights.get(value, 1.0) for value in values.tolist()], config.floatx())
        return table[places].reshape(labels.shape)


def _labels(y):
    """Class numbers of targets that are class numbers already, or one-hot."""
    if y.ndim > 2:
        raise ValueError(
            "`class_weight` needs targets of shape (samples,), (samples, 1) or one-hot (samples,"
            f" classes). Received `y` of shape {y.shape}; use `sample_weight`."
        )
    if y.ndim == 2:
        y = y.argmax(axis=-1) if y.shape[-1] > 1 else y[:, 0]
    return np.round(y).astype("int64")


def _listed(values):
    some = ", ".join(map(str, values[:10])) + (", ..." if len(values) > 10 else "")
    return f"the classes {some}" if len(values) > 1 else f"the class {some}"


def _check(weights):
    """Raise ValueError unless `weights` is a dict from class number to a number."""
    if not isinstance(weights, Mapping):
        raise ValueError(f"`class_weight` can't be {shorten(weights)}. {EXPECTED}")
    wrong = [key for key in weights if not isinstance(key, numbers.Integral)]
    if wrong:
        raise ValueError(
            f"Keys of `class_weight` must be class numbers. Received: {shorten(wrong)}. {EXPECTED}"
        )
    for key, weight in weights.items():
        if not isinstance(weight, numbers.Real) or weight != weight:
            raise ValueError(f"`class_weight[{key}]` must be a number. Received: {shorten(weight)}")
