"""From the arguments of `fit`, `evaluate` and `predict` to batches."""

from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.data.arrays import ArrayData
from cornu.data.iterables import IterableData, is_iterable_data, refuse_extra

pandas = lazy_module("pandas")


def adapt(x, y=None, sample_weight=None, batch_size=None, shuffle=False, class_weight=None):
    """Data as `ArrayData` or `IterableData`.

    Raises:
        ValueError: for what can't be data, naming it.
    """
    if isinstance(x, (ArrayData, IterableData)):
        return x
    if x is None:
        raise ValueError("`x` is None: pass arrays, or an iterable of batches.")
    if is_iterable_data(x) and not _is_table(x):
        refuse_extra(x, y=y, sample_weight=sample_weight)
        return IterableData(x, shuffle=bool(shuffle), class_weight=class_weight)
    if isinstance(x, str):
        raise ValueError(f"Unrecognized data type: x={shorten(x)} (of type {type(x)})")
    return ArrayData(x, y, sample_weight, batch_size, shuffle, class_weight)


def _is_table(x):
    return pandas.loaded and isinstance(x, (pandas.DataFrame, pandas.Series))
