"""What `fit`, `evaluate` and `predict` take, as batches."""

from cornu.data.adapt import adapt
from cornu.data.arrays import ArrayData, unpack

__all__ = ["ArrayData", "adapt", "unpack"]
