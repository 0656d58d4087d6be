"""What `fit`, `evaluate` and `predict` take, as batches."""

from cornu.data.adapt import adapt, closes_data
from cornu.data.arrays import ArrayData, unpack
from cornu.data.iterables import IterableData
from cornu.data.py_dataset import PyDataset

__all__ = ["ArrayData", "IterableData", "PyDataset", "adapt", "closes_data", "unpack"]
