"""`keras.constraints`: conditions that weights meet after each step of training."""

from cornu.constraints._constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from cornu.constraints._names import deserialize, get, serialize

max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
