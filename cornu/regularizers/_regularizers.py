"""Penalties on weights and activities. They compute in the dtype of what they are given."""

import math

from cornu import ops
from cornu.serial.configurable import Configurable
from cornu.serial.registry import export


def _strength(name, value, default=0.0):
    """`value` checked to be a non-negative finite number; `default` for None."""
    if value is None:
        return default
    if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0:
        return float(value)
    raise ValueError(
        f"Invalid value for argument {name}: expected a non-negative float. Received: "
        f"{name}={value!r:.100}"
    )


@export("keras.Regularizer", "keras.regularizers.Regularizer")
class Regularizer(Configurable):
    """A penalty that is added to the loss. Subclasses write `__call__(self, x)`, which returns a
    scalar.

    The config follows from the constructor's arguments, if each is kept in an attribute of its
    name.

    Example:
        >>> import cornu
        >>> class Spread(cornu.regularizers.Regularizer):
        ...     def __call__(self, x):
        ...         return cornu.ops.std(x)
        >>> float(Spread()(cornu.ops.convert_to_tensor([1.0, 3.0])))
        1.0
    """

    def __call__(self, x):
        """The penalty of the tensor `x`, a scalar: 0 here."""
        return 0.0


@export("keras.regularizers.L1L2", "keras.regularizers.l1_l2")
class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x**2)`.

    Args:
        l1, l2: non-negative numbers.

    Example:
        >>> import cornu
        >>> float(cornu.regularizers.L1L2(l1=1.0, l2=0.5)(cornu.ops.convert_to_tensor([-2.0])))
        4.0
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _strength("l1", l1)
        self.l2 = _strength("l2", l2)

    def __call__(self, x):
        total = ops.zeros((), dtype=x.dtype)
        if self.l1:
            total = total + self.l1 * ops.sum(ops.absolute(x))
        if self.l2:
            total = total + self.l2 * ops.sum(ops.square(x))
        return total


@export("keras.regularizers.L1", "keras.regularizers.l1")
class L1(Regularizer):
    """`l1 * sum(|x|)`, which makes weights sparse.

    Args:
        l1: non-negative number.

    Example:
        >>> import cornu
        >>> float(cornu.regularizers.L1(0.5)(cornu.ops.convert_to_tensor([-2.0, 4.0])))
        3.0
    """

    def __init__(self, l1=0.01):
        self.l1 = _strength("l1", l1, 0.01)

    def __call__(self, x):
        return self.l1 * ops.sum(ops.absolute(x))


@export("keras.regularizers.L2", "keras.regularizers.l2")
class L2(Regularizer):
    """`l2 * sum(x**2)`, which keeps weights small.

    Args:
        l2: non-negative number.

    Example:
        >>> import cornu
        >>> float(cornu.regularizers.L2(0.5)(cornu.ops.convert_to_tensor([-2.0, 4.0])))
        10.0
    """

    def __init__(self, l2=0.01):
        self.l2 = _strength("l2", l2, 0.01)

    def __call__(self, x):
        return self.l2 * ops.sum(ops.square(x))


@export("keras.regularizers.OrthogonalRegularizer", "keras.regularizers.orthogonal_regularizer")
class OrthogonalRegularizer(Regularizer):
    """Mean size of the scalar products of different rows (or columns), scaled to length 1, times
    `factor`.

    Args:
        factor: strength, a non-negative number.
        mode: `"rows"` or `"columns"`.

    Raises:
        ValueError: for another mode, and when called with a tensor that is no matrix.

    Example:
        >>> import cornu
        >>> float(cornu.regularizers.OrthogonalRegularizer(1.0)(cornu.ops.eye(3)))
        0.0
    """

    def __init__(self, factor=0.01, mode="rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(
                'Invalid value for argument `mode`. Expected one of {"rows", "columns"}. '
                f"Received: mode={mode}"
            )
        self.factor = _strength("factor", factor, 0.01)
        self.mode = mode

    def __call__(self, x):
        if len(x.shape) != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. Received: "
                f"inputs.shape={tuple(x.shape)}"
            )
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        products = ops.absolute(ops.matmul(rows, ops.transpose(rows)))
        count = rows.shape[0]
        off_diagonal = products * (1 - ops.eye(count, dtype=products.dtype))
        return self.factor * 0.5 * ops.sum(off_diagonal) / max(count * (count - 1) / 2, 1)
