"""`rearrange`: axes split, moved and joined, in the notation of einops (Rogozhnikov 2022)."""

import math
import re

from cornu.backend import kernels
from cornu.ops._shape import convert_to_tensor
from cornu.state.variable import value_of
from cornu.symbolic.higher_order import higher_order

TOKEN = re.compile(r"\s*(\.\.\.|[A-Za-z_]\w*|1(?!\w)|[()])")


@higher_order(family="einops")
def rearrange(tensor, pattern, **axes_lengths):
    """Split, move and join axes as a pattern says.

    Args:
        tensor: the tensor.
        pattern: the axes before and after, such as `"b (h p) c -> b h (p c)"`: names separated by
            spaces; those in parentheses are one axis, the last running fastest; `...` stands for
            any number of axes, `1` and `()` for an axis of size 1.
        **axes_lengths: sizes of axes. Of the axes in a pair of parentheses before the arrow, one
            may be left out.

    Returns:
        The tensor rearranged; its elements are the same.

    Raises:
        ValueError: if the pattern is malformed, or doesn't fit the tensor or the sizes.

    Example:
        >>> import cornu
        >>> images = cornu.ops.ones((2, 6, 4))
        >>> cornu.ops.rearrange(images, "b (h p) c -> b h (p c)", p=3).shape
        (2, 2, 12)
    """
    tensor = convert_to_tensor(value_of(tensor))
    before, after = _parse(pattern)
    before, after = _without_ellipsis(before, after, tensor.ndim, pattern)
    sizes = _sizes(before, tensor.shape, axes_lengths, pattern)
    names = [name for group in before for name in group]
    order = [name for group in after for name in group]
    if sorted(names) != sorted(order):
        different = sorted(set(names) ^ set(order))
        raise _malformed(pattern, f"axes {different} are not on both sides")
    split = kernels.reshape(tensor, tuple(sizes[name] for name in names))
    moved = kernels.transpose(split, [names.index(name) for name in order])
    return kernels.reshape(moved, tuple(math.prod(sizes[n] for n in group) for group in after))


def _malformed(pattern, problem):
    return ValueError(f"`rearrange`: {problem}. Received: pattern={pattern!r}")


def _parse(pattern):
    """The axes before and after the arrow: lists of lists of names."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise _malformed(pattern, "a pattern has one arrow '->'")
    before, after = (_groups(side, pattern) for side in sides)
    for groups in (before, after):
        names = [name for group in groups for name in group]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise _malformed(pattern, f"axes {twice} occur twice on one side")
    if ["..."] not in before and any("..." in group for group in (*before, *after)):
        raise _malformed(pattern, "'...' must stand before the arrow, outside of parentheses")
    return before, after


def _groups(side, pattern):
    groups, inside, place = [], None, 0
    side = side.rstrip()
    while place < len(side):
        found = TOKEN.match(side, place)
        if not found:
            raise _malformed(pattern, f"{side[place:].strip()[:20]!r} is not understood")
        place, token = found.end(), found.group(1)
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            groups.append(inside)
            inside = None
        elif token in "()":
            raise _malformed(pattern, "parentheses must be closed, and not nested")
        elif inside is not None:
            inside += [] if token == "1" else [token]
        else:
            groups.append([] if token == "1" else [token])
    if inside is not None:
        raise _malformed(pattern, "parentheses must be closed, and not nested")
    return groups


def _without_ellipsis(before, after, rank, pattern):
    """The two sides with a name for each axis that `...` stands for."""
    others = len(before) - (["..."] in before)
    if rank < others or (rank != others and ["..."] not in before):
        raise _malformed(pattern, f"the pattern has {others} axes, the tensor has {rank}")
    hidden = [f"...{place}" for place in range(rank - others)]

    def expand(groups):
        for group in groups:
            if group == ["..."]:
                yield from ([name] for name in hidden)
            else:
                yield [each for name in group for each in (hidden if name == "..." else [name])]

    if hidden and not any("..." in group for group in after):
        raise _malformed(pattern, "'...' must be on both sides")
    return list(expand(before)), list(expand(after))


def _sizes(groups, shape, given, pattern):
    """The size of each axis by name."""
    sizes = {}
    unknown = set(given) - {name for group in groups for name in group}
    if unknown:
        raise _malformed(pattern, f"there are no axes {sorted(unknown)} before the arrow")
    for group, whole in zip(groups, shape, strict=True):
        known = math.prod(given[name] for name in group if name in given)
        left = [name for name in group if name not in given]
        if len(left) > 1:
            raise _malformed(pattern, f"give the sizes of all but one of the axes {left}")
        fits = whole == known if not left else known > 0 and whole % known == 0
        if not fits:
            raise _malformed(
                pattern, f"axis ({' '.join(group)}) of size {whole} doesn't fit {given}"
            )
        sizes.update({name: given[name] for name in group if name in given})
        sizes.update(dict.fromkeys(left, whole // known))
    return sizes
