"""From the arguments of `fit`, `evaluate` and `predict` to batches."""

import functools

from cornu.core.errors import shorten
from cornu.core.scopes import OPEN_DATA, setting
from cornu.data.arrays import ArrayData
from cornu.data.iterables import IterableData, is_iterable_data, refuse_extra


def adapt(
    x,
    y=None,
    sample_weight=None,
    batch_size=None,
    shuffle=False,
    class_weight=None,
    output_names=None,
):
    """Data as `ArrayData` or `IterableData`.

    Raises:
        ValueError: for what can't be data, naming it.
    """
    if isinstance(x, (ArrayData, IterableData)):
        return x
    if x is None:
        raise ValueError("`x` is None: pass arrays, or an iterable of batches.")
    if isinstance(x, (str, bytes)):
        raise ValueError(f"Unrecognized data type: x={shorten(x)} (of type {type(x)})")
    if not is_iterable_data(x):
        return ArrayData(x, y, sample_weight, batch_size, shuffle, class_weight, output_names)
    refuse_extra(x, y=y, sample_weight=sample_weight)
    data = IterableData(x, bool(shuffle), class_weight, output_names)
    opened = OPEN_DATA.get()
    if opened is not None:
        opened.append(data)
    return data


def closes_data(method):
    """Decorator: threads and processes of the data that a call of `method` adapts end with it,
    however it ends."""

    @functools.wraps(method)
    def run(*args, **kwargs):
        with setting(OPEN_DATA, []) as opened:
            try:
                return method(*args, **kwargs)
            finally:
                for data in opened:
                    data.close()

    return run
