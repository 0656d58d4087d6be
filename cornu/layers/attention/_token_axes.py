"""Which axes of a tensor are attended over: bringing them into one, and back."""

import functools
import math
import numbers

from cornu import ops
from cornu.core.shapes import canonicalize_axis


class TokenAxes:
    """The axes of tensors (axes..., heads, size), in batches and tokens.

    Each batch is attended over on its own; there a query sees all tokens. *Folded* tensors are
    (batches, tokens, heads, size), folded scores (batches, heads, queries, keys).

    Args:
        axes: the axes of tokens, ints; None for all but the first.
        rank: number of axes of the inputs, features last.

    Raises:
        ValueError: if an axis is out of range, or that of features.
    """

    def __init__(self, axes, rank):
        if axes is None:
            axes = range(1, rank - 1)
        axes = (axes,) if isinstance(axes, numbers.Integral) else tuple(axes)
        self.tokens = tuple(canonicalize_axis(axis, rank) for axis in axes)
        if rank - 1 in self.tokens:
            raise ValueError(
                "`attention_axes` can't hold the axis of features, the last one. Received:"
                f" attention_axes={axes} for inputs of {rank} axes"
            )
        self.batch = tuple(axis for axis in range(rank - 1) if axis not in self.tokens)
        self.order = (*self.batch, *self.tokens)
        self.sorted = self.order == tuple(range(rank - 1))
        self.single = len(self.batch) == len(self.tokens) == 1

    def fold(self, x):
        """A tensor (axes..., heads, size), folded."""
        rank = len(self.order)
        if not self.sorted:
            x = ops.transpose(x, (*self.order, rank, rank + 1))
        if self.single:
            return x
        count = len(self.batch)
        batches, tokens = math.prod(x.shape[:count]), math.prod(x.shape[count:rank])
        return ops.reshape(x, (batches, tokens, *x.shape[rank:]))

    def unfold(self, x, query):
        """A folded tensor with the axes that `query`, not folded, has."""
        if not self.single:
            sizes = tuple(query.shape[axis] for axis in self.order)
            x = ops.reshape(x, (*sizes, *x.shape[2:]))
        if self.sorted:
            return x
        rank = len(self.order)
        back = tuple(self.order.index(axis) for axis in range(rank))
        return ops.transpose(x, (*back, rank, rank + 1))

    def unfold_scores(self, scores, query, key):
        """Folded scores as (batches..., heads, queries..., keys...)."""
        if self.single:
            return scores
        batches = tuple(query.shape[axis] for axis in self.batch)
        queries, keys = (tuple(x.shape[axis] for axis in self.tokens) for x in (query, key))
        return ops.reshape(scores, (*batches, scores.shape[1], *queries, *keys))

    def fold_mask(self, mask, query, key):
        """A mask, which broadcasts to unfolded scores or to those without heads, folded."""
        mask = self._whole(mask)
        if self.single:
            return mask
        queries, keys = (tuple(x.shape[axis] for axis in self.tokens) for x in (query, key))
        batches = tuple(query.shape[axis] for axis in self.batch)
        heads = mask.shape[len(self.batch)]
        mask = ops.broadcast_to(mask, (*batches, heads, *queries, *keys))
        return ops.reshape(mask, (math.prod(batches), heads, math.prod(queries), math.prod(keys)))

    def _whole(self, mask):
        """A mask with as many axes as unfolded scores: those that it lacks go before the
        queries'."""
        rank = len(self.batch) + 1 + 2 * len(self.tokens)
        while len(mask.shape) < rank:
            mask = ops.expand_dims(mask, max(len(mask.shape) - 2 * len(self.tokens), 0))
        return mask

    def all_of(self, masks):
        """Masks of scores, with or without heads, as one; None if there are none."""
        if not masks:
            return None
        if any(len(mask.shape) > len(self.batch) + 2 * len(self.tokens) for mask in masks):
            masks = [self._whole(mask) for mask in masks]
        return functools.reduce(ops.logical_and, masks)

    def mask_of(self, mask, queries):
        """A mask of tokens, (axes...), as one of scores without heads.

        Args:
            mask: booleans.
            queries: whether the tokens are queries; else they are keys.
        """
        if not self.sorted:
            mask = ops.transpose(mask, self.order)
        batch, tokens = len(self.batch), len(self.tokens)
        place = len(self.order) if queries else batch
        for _ in range(tokens):
            mask = ops.expand_dims(mask, place)
        return mask

    def mask_between(self, query, key, sees):
        """A mask of scores without heads from the places of tokens in their (folded) order.

        Args:
            sees: from the places of queries, (n, 1), and keys, (m,), to booleans (n, m).
        """
        queries, keys = (tuple(x.shape[axis] for axis in self.tokens) for x in (query, key))
        places = ops.expand_dims(ops.arange(math.prod(queries), dtype="int32"), -1)
        mask = sees(places, ops.arange(math.prod(keys), dtype="int32"))
        return mask if len(self.tokens) == 1 else ops.reshape(mask, (*queries, *keys))
