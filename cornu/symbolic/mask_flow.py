"""Masks on their way through ops: kept where each step of the result is made from the same step of
what the op was given, noted as lost elsewhere."""

from typing import Any

from cornu.backend import engine
from cornu.core import tree
from cornu.core.masks import (
    LOST,
    MASK,
    LostMask,
    get_lost_mask,
    get_mask,
    on_first_mask,
    pass_lost_mask,
    set_mask,
)
from cornu.symbolic.tensor import KerasTensor

ArrayType = engine.ArrayType
# By the name of an op, the rule by which its result gets the mask of a tensor that it was given:
# `(tensor, mask, arguments by name, result) -> mask or None`. `cornu.ops` fills it.
RULES = {}


def carry(name, tensors, arguments, result):
    """Give what an op made the mask of what it was given, or a note that it is lost.

    Args:
        name: of the op.
        tensors: what it was given, also numbers and None.
        arguments: all that it was given, by name.
        result: a tensor or a nest of them, which is returned.
    """
    masked = [(tensor, mask) for tensor in tensors if (mask := get_mask(tensor)) is not None]
    if masked:
        rule = RULES.get(name)
        found = [] if rule is None else [rule(*pair, arguments, result) for pair in masked]
        kept = [mask for mask in found if mask is not None]
        if kept and _fits(mask := _joined(kept), result):
            set_mask(result, mask)
            return result
        tensor, mask = masked[0]
        _pass_note(LostMask(name, tuple(mask.shape)), tensor, result)
        return result
    for tensor in tensors:
        note = get_lost_mask(tensor)
        if note is not None:
            _pass_note(note, tensor, result)
            break
    return result


def after_operator(name, operands, result):
    """What follows an operator on the engine's own tensors."""
    if any(get_mask(x) is not None or get_lost_mask(x) is not None for x in operands):
        names = ("x", "key") if name == "get_item" else ("x1", "x2")
        carry(name, operands, dict(zip(names, operands, strict=False)), result)


on_first_mask(lambda: engine.watch_operators(after_operator))


def _pass_note(note, tensor, result):
    for leaf in tree.flatten(result):
        if hasattr(leaf, "shape") and leaf is not tensor:
            pass_lost_mask(note, leaf, len(tensor.shape))


def _joined(masks: list[Any]):
    """What counts in all of them."""
    first, *others = masks
    for other in others:
        if other is not first:
            first = first & other if _symbolic(first, other) else _flags(first) & _flags(other)
    return first


def _symbolic(*masks) -> bool:
    return any(isinstance(mask, KerasTensor) for mask in masks)


def _flags(mask):
    mask = engine.asarray(mask)
    return mask if mask.dtype == bool else mask.astype(bool)


def _fits(mask, result):
    shape = tuple(mask.shape)
    return hasattr(result, "shape") and tuple(result.shape)[: len(shape)] == shape


def elementwise(tensor, mask, arguments, result):
    """The rule of ops on single elements, arguments being broadcast against each other."""
    return mask if len(tensor.shape) == len(result.shape) else None


def within_steps(tensor, mask, arguments, result):
    """The rule of ops along `axis`, if that is none of the masked ones."""
    axes = arguments.get("axis")
    given = axes if isinstance(axes, (list, tuple)) else (axes,)
    rank = len(tensor.shape)
    inner = all(axis is not None and axis % rank >= len(mask.shape) for axis in given)
    return mask if inner else None


def in_order(tensor, mask, arguments, result):
    """The rule of ops that give the same elements in the same order another shape, if its leading
    sizes stay."""
    return mask


def rows(tensor, mask, arguments, result):
    """The rule of products, whose rows come from those of the first matrices."""
    first = arguments.get("x1") is tensor
    return mask if first and len(mask.shape) < len(tensor.shape) else None


def sliced(tensor, mask, arguments, result):
    """The rule of indexing: slices of steps are slices of the mask."""
    key = arguments["key"]
    keys = key if isinstance(key, tuple) else (key,)
    rank = len(mask.shape)
    if keys[0] is Ellipsis and len(keys) - 1 <= len(tensor.shape) - rank:
        return mask if all(isinstance(one, (slice, int)) for one in keys[1:]) else None
    if all(isinstance(one, slice) for one in keys[:rank]):
        whole = all(one == slice(None) for one in keys[:rank])
        return mask if whole else mask[keys[:rank]]
    return None


def unmarked(values):
    """Whether all values are the engine's concrete tensors, without a mask or a note of one."""
    for value in values:
        if (
            type(value) is not ArrayType
            or getattr(value, MASK, None) is not None
            or getattr(value, LOST, None) is not None
        ):
            return False
    return True
