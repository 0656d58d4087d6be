"""Reductions of rows by segment.

In all of them `data` is a tensor (n, ...), and `segment_ids` n integers, the segment of each row.
`num_segments` is the size of the result's first axis; where the ids are known it is by default the
largest id plus one. `sorted` promises that ids don't descend, which is faster. Rows with negative
ids are left out. Ids on the host that are too large are an error; on the device they are left out.
"""

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.state.variable import value_of
from cornu.symbolic.higher_order import HigherOrderCall, higher_order
from cornu.symbolic.tensor import KerasTensor


class _Segments(HigherOrderCall):
    """A reduction by segment, whose number of segments may be unknown."""

    def compute_output_spec(self, data, segment_ids):
        data = data if isinstance(data, KerasTensor) else engine.asarray(value_of(data))
        if not hasattr(segment_ids, "shape"):
            segment_ids = np.asarray(segment_ids)
        count = self.static.get("num_segments")
        _check_shapes(data, segment_ids, count)
        return KerasTensor((count, *data.shape[1:]), str(data.dtype))


def _check_shapes(data, segment_ids, num_segments):
    ids, shape = tuple(segment_ids.shape), tuple(data.shape)
    if len(ids) != 1:
        raise ValueError(f"Argument `segment_ids` should be an 1-D vector, got shape: {ids}")
    if not shape or (None not in (shape[0], ids[0]) and shape[0] != ids[0]):
        raise ValueError(
            "Argument `segment_ids` and `data` should have same leading dimension. "
            f"Received: data.shape={shape}, segment_ids.shape={ids}"
        )
    # A `KerasTensor` is float32 by default, and only its shape counts.
    symbolic = isinstance(segment_ids, KerasTensor)
    if not symbolic and not dtypes.is_int_dtype(dtypes.standardize_dtype(segment_ids.dtype)):
        raise TypeError(f"`segment_ids` must be integers. Received: dtype={segment_ids.dtype}")
    if dtypes.standardize_dtype(data.dtype) == "bool":
        raise TypeError("`data` must be numbers: cast booleans first. Received: data.dtype=bool")
    if num_segments is not None and num_segments < 0:
        raise ValueError(f"`num_segments` must not be negative. Received: {num_segments}")


def _check_range(ids, num_segments, sorted):
    if ids.size and ids.max() >= num_segments:
        place = int(np.argmax(ids >= num_segments))
        raise ValueError(
            f"`segment_ids` must be less than `num_segments`, {num_segments}. "
            f"Received: segment_ids[{place}]={int(ids[place])}"
        )
    if sorted and (ids[1:] < ids[:-1]).any():
        raise ValueError("`sorted=True` was given, but `segment_ids` are not in ascending order.")


def _reduce(kernel, data, segment_ids, num_segments, sorted):
    data, segment_ids = engine.asarray(value_of(data)), value_of(segment_ids)
    if isinstance(segment_ids, (list, tuple)):
        segment_ids = np.asarray(segment_ids)
    _check_shapes(data, segment_ids, num_segments)
    if num_segments is None:
        if engine.is_traced(segment_ids):
            raise ValueError("`num_segments` must be given inside compiled code.")
        num_segments = int(np.max(np.asarray(segment_ids), initial=-1)) + 1
    if isinstance(segment_ids, np.ndarray):
        _check_range(segment_ids, num_segments, sorted)
    return kernel(data, engine.asarray(segment_ids), num_segments, bool(sorted))


@higher_order("num_segments", "sorted", family="math", base=_Segments)
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """Sum of the rows of each segment, 0 where there are none.

    Args:
        data: tensor (n, ...).
        segment_ids: n integers below `num_segments`; negative ones are left out.
        num_segments: number of segments; needed inside compiled code.
        sorted: whether `segment_ids` are in ascending order.

    Returns:
        Tensor (num_segments, ...).

    Raises:
        TypeError: if `segment_ids` are no integers.
        ValueError: for shapes that don't go together, and for ids on the host that are too large
            (or not in order, if `sorted`).

    Example:
        >>> import cornu
        >>> cornu.ops.segment_sum(cornu.ops.ones((3,)), [0, 0, 2]).tolist()
        [2.0, 0.0, 1.0]
    """
    return _reduce(kernels.segment_sum, data, segment_ids, num_segments, sorted)


@higher_order("num_segments", "sorted", family="math", base=_Segments)
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """Largest of each segment; the lowest number of the dtype (-inf) where there are no rows.

    Several equal ones share the gradient. Arguments as of `segment_sum`.
    """
    return _reduce(kernels.segment_max, data, segment_ids, num_segments, sorted)


@higher_order("num_segments", "sorted", family="math", base=_Segments)
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """Smallest of each segment; the highest number of the dtype (inf) where there are no rows.

    Several equal ones share the gradient. Arguments as of `segment_sum`.
    """
    return _reduce(kernels.segment_min, data, segment_ids, num_segments, sorted)


@higher_order("num_segments", "sorted", family="math", base=_Segments)
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """Product of each segment, 1 where there are no rows. Arguments as of `segment_sum`."""
    return _reduce(kernels.segment_prod, data, segment_ids, num_segments, sorted)
