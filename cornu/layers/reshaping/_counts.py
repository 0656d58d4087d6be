"""How often something is repeated."""

import operator


def count(value, name):
    """`value` as an int of 1 or more.

    Raises:
        TypeError: naming the argument `name`, if it is no int.
        ValueError: if it is not positive.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"Expected an integer value for `{name}`, got {type(value)}.")
    if number < 1:
        raise ValueError(f"`{name}` should be a positive integer. Received: {name}={value}")
    return number
