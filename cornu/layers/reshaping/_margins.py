"""The forms that margins may be given in."""

import operator

from cornu.core.errors import shorten
from cornu.core.shapes import to_tuple

AXES = {2: "(height, width)", 3: "(depth, height, width)"}
PLACES = ("1st", "2nd", "3rd")


def margin(value, name):
    """An int, or a pair of ints, as (before, after).

    Raises:
        ValueError: naming the argument `name`, for anything else.
    """
    return to_tuple(value, 2, name, allow_zero=True)


def margins(value, rank, name):
    """An int, an int for each of `rank` axes, or a pair for each, as pairs (before, after).

    Raises:
        ValueError: naming the argument `name`, for anything else.
    """
    try:
        entries = (operator.index(value),) * rank
    except TypeError:
        entries = tuple(value) if hasattr(value, "__iter__") else ()
    if len(entries) != rank:
        raise ValueError(
            f"`{name}` should be an int, or have {rank} elements, {AXES[rank]}, each an int or a"
            f" pair (before, after). Received: {name}={shorten(value)}"
        )
    return tuple(
        margin(entry, f"{place} entry of {name}")
        for place, entry in zip(PLACES, entries, strict=False)
    )
