"""The base of losses."""

import numpy as np

from cornu import dtype_policies, ops
from cornu.core import config, tree
from cornu.core.masks import SCORES, get_mask, wanted_mask
from cornu.core.names import auto_name
from cornu.core.scopes import name_scope
from cornu.losses.reduction import check_reduction, reduce_weighted, same_rank
from cornu.serial.configurable import Configurable
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export


@export("keras.Loss", "keras.losses.Loss")
class Loss(Configurable):
    """How far predictions are from what they should be. Subclasses write `call(self, y_true,
    y_pred)`.

    Args:
        name: name, by default the class's in snake case, made unique.
        reduction: how the losses of a batch become one number: `"sum_over_batch_size"` or `"mean"`,
            their sum divided by their number; `"sum"`; `"mean_with_sample_weight"`, the sum divided
            by that of the weights; `"none"` or None, not at all.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for another `reduction`.

    Example:
        >>> import cornu
        >>> class Fourth(cornu.losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         return cornu.ops.mean((y_true - y_pred) ** 4, axis=-1)
        >>> float(Fourth()([[0.0], [0.0]], [[1.0], [2.0]]))
        8.5
    """

    config_exclude = frozenset(("dtype",))
    # Whether targets are class numbers, which keep their integer dtype.
    _integer_targets = False

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.name = name or auto_name(type(self).__name__)
        self.reduction = check_reduction(reduction)
        self._dtype_policy = dtype_policies.get(dtype or config.floatx())

    @property
    def dtype(self):
        """The dtype of the computation, a string."""
        return self._dtype_policy.compute_dtype

    def call(self, y_true, y_pred):
        """Losses of the samples.

        Args:
            y_true: targets, a tensor or a nest of tensors (batch, ...).
            y_pred: predictions, likewise.

        Returns:
            A tensor (batch, ...).
        """
        raise NotImplementedError(f"{type(self).__name__} must define `call`")

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss of a batch, reduced.

        Args:
            y_true: targets, an array or a nest of arrays.
            y_pred: predictions, likewise; a mask that a tensor of them carries says which steps
                count.
            sample_weight: weights of the samples, or of their steps; None is 1.
        """
        with name_scope(self.name):
            consumer = f"the loss '{self.name}'"
            masks = [wanted_mask(leaf, consumer, SCORES) for leaf in tree.flatten(y_pred)]
            y_true, y_pred = (tree.traverse(_numbers, nest) for nest in (y_true, y_pred))
            y_pred = tree.map_structure(self._to_tensor, y_pred)
            y_true = tree.map_structure(
                _keep_integers if self._integer_targets else self._to_tensor, y_true
            )
            losses, mask = self._losses_and_mask(y_true, y_pred)
            mask = _joined([*masks, mask])
            return reduce_weighted(losses, sample_weight, mask, self.reduction)

    def _losses_and_mask(self, y_true, y_pred):
        """What `call` returns, and the mask of it."""
        losses = self.call(y_true, y_pred)
        return losses, get_mask(losses)

    def _to_tensor(self, value):
        return ops.convert_to_tensor(value, dtype=self.dtype)


def _numbers(node):
    """A nested list of plain numbers as an array, None for anything else."""
    if isinstance(node, (list, tuple)) and node:
        leaves = tree.flatten(node)
        if all(isinstance(leaf, (int, float, np.generic)) for leaf in leaves):
            return np.asarray(node)
    return None


def _keep_integers(value):
    # What is on the host stays there, where it can be looked at.
    return value if isinstance(value, np.ndarray) else ops.convert_to_tensor(value)


def _joined(masks):
    """Where all of the masks that there are hold, or None."""
    found = None
    for mask in masks:
        if mask is not None and found is not None:
            found, mask = same_rank(found, mask)
            found = ops.logical_and(found, mask)
        elif mask is not None:
            found = mask
    return found


class LossFunctionWrapper(Loss):
    """A loss made of a function.

    Args:
        fn: from targets and predictions to losses of the samples.
        reduction: as of `Loss`.
        name: as of `Loss`.
        dtype: as of `Loss`.
        **kwargs: further arguments of `fn`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.MeanSquaredError()([0.0, 0.0], [1.0, 2.0]))
        2.5
    """

    # Arguments that Keras leaves out of configs, with their defaults: we write others.
    _unwritten = {}

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true, y_pred):
        if tree.is_nested(y_pred):
            tree.assert_same_structure(y_true, y_pred)
            pairs = zip(tree.flatten(y_true), tree.flatten(y_pred), strict=True)
            columns = zip(*(same_rank(*pair) for pair in pairs), strict=True)
            y_true, y_pred = (
                tree.pack_sequence_as(structure, list(column))
                for structure, column in zip((y_true, y_pred), columns, strict=True)
            )
        else:
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        """The constructor's arguments."""
        if type(self) is not LossFunctionWrapper:
            config = super().get_config()
            plain = {name for name, value in self._unwritten.items() if config.get(name) == value}
            return {name: value for name, value in config.items() if name not in plain}
        fixed = {"name": self.name, "reduction": self.reduction, "fn": self.fn, **self._fn_kwargs}
        return {key: serialize_keras_object(value) for key, value in fixed.items()}

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("fn"), (dict, str)):
            config = {**config, "fn": deserialize_keras_object(config["fn"])}
        return super().from_config(config)

    def __getattr__(self, name):
        # Arguments of the function, for the config.
        found = self.__dict__.get("_fn_kwargs", {})
        if name in found:
            return found[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
