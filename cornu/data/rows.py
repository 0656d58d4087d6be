"""Rows that are made dense only when a batch asks for them."""

import numpy as np


class SparseRows:
    """The rows of a SciPy sparse matrix or array, dense where they are looked at.

    Args:
        matrix: of shape (samples, features).
        dtype: of the dense rows.
    """

    ndim = 2

    def __init__(self, matrix, dtype):
        self.matrix = matrix.tocsr()
        self.shape = tuple(matrix.shape)
        self.dtype = np.dtype(dtype)

    @property
    def nbytes(self):
        """Bytes that all rows would take."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, indices):
        return self.matrix[indices].toarray().astype(self.dtype, copy=False)

    def __array__(self, dtype=None, copy=None):
        return self.matrix.toarray().astype(self.dtype if dtype is None else dtype, copy=False)

    def part(self, where):
        """The rows of a slice, still sparse."""
        return SparseRows(self.matrix[where], self.dtype)
