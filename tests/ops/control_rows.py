"""Rows of the core ops that take no functions."""

import numpy as np
from ops.rows import row


def cube(r, n):
    return (r.normal(n, 3, 4),)


def take_block(inputs, start_indices, shape):
    starts = [s + n if s < 0 else s for s, n in zip(start_indices, inputs.shape, strict=True)]
    ends = [
        n if size == -1 else start + size
        for n, start, size in zip(inputs.shape, starts, shape, strict=True)
    ]
    return inputs[tuple(map(slice, starts, ends))]


def rearranged(pattern, oracle, **sizes):
    kwargs = {"pattern": pattern, **sizes}
    return row("rearrange", cube, lambda x, **unused: oracle(x), kwargs)


ROWS = [
    row("slice", cube, take_block, {"start_indices": (1, 0, 2), "shape": (2, 3, 1)}),
    row("slice", cube, take_block, {"start_indices": (1, 2, -3), "shape": (-1, 1, 2)}),
    row("slice", cube, take_block, {"start_indices": [0, 0, 0], "shape": (-1, 0, -1)}),
    row("slice", lambda r, n: (r.normal(n, 4), np.array([1, 2], "int32")), take_block,
        {"shape": (2, 2)}),
    rearranged("b h w -> b w h", lambda x: x.transpose(0, 2, 1)),
    rearranged("b h w -> (h b) w", lambda x: x.transpose(1, 0, 2).reshape(-1, 4)),
    rearranged("b h (p q) -> b p (h q)",
               lambda x: x.reshape(-1, 3, 2, 2).transpose(0, 2, 1, 3).reshape(-1, 2, 6), q=2),
    rearranged("b ... -> ... b", lambda x: x.transpose(1, 2, 0)),
    rearranged("b ... w -> b (... w)", lambda x: x.reshape(-1, 12)),
    rearranged("b h w -> b 1 h () w", lambda x: x[:, None, :, None]),
]  # fmt: skip
