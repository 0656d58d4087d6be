"""Where the boxes of a directed graph go: rank below rank, few crossings, short edges.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
Structures" (1981). Edges that skip a rank go through places kept free for them there.
"""

from statistics import mean

SWEEPS = 8


def place_boxes(sizes, edges, gap, rank_gap):
    """Centers of boxes, and where the edges between them bend.

    Args:
        sizes: `{key: (across, along)}`, the size of each box across and along the direction in
            which the graph grows.
        edges: pairs of keys.
        gap: least distance of boxes of one rank.
        rank_gap: distance of ranks.

    Returns:
        `(centers, bends)`: `{key: (across, along)}`, and for each edge a list of such points.
    """
    order = {key: number for number, key in enumerate(_sorted(sizes, edges))}
    forward = [edge for edge in dict.fromkeys(edges) if order[edge[0]] < order[edge[1]]]
    ranks = _ranks(order, forward)
    chains = {
        (a, b): [a, *((a, b, rank) for rank in range(ranks[a] + 1, ranks[b])), b]
        for a, b in forward
    }
    rows = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for key in sizes:
        rows[ranks[key]].append(key)
    above, below = {}, {}
    for (a, _), chain in chains.items():
        for number, key in enumerate(chain[1:-1], start=ranks[a] + 1):
            rows[number].append(key)
        for upper, lower in zip(chain, chain[1:], strict=False):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    _order(rows, above, below)
    across = _across(rows, above, below, lambda key: sizes.get(key, (0, 0))[0], gap)
    along = _along(rows, sizes, rank_gap)
    points = {key: (across[key], along[n]) for n, row in enumerate(rows) for key in row}
    centers = {key: points[key] for key in sizes}
    bends = {edge: [points[key] for key in chain[1:-1]] for edge, chain in chains.items()}
    return centers, {edge: bends.get(edge, []) for edge in edges}


def _sorted(keys, edges):
    """The keys, sources of edges before their targets, but for loops."""
    children = {}
    for start, end in edges:
        children.setdefault(start, []).append(end)
    found, seen = [], set()
    stack = [(key, False) for key in reversed(keys)]
    while stack:
        key, done = stack.pop()
        if done:
            found.append(key)
        elif key not in seen:
            seen.add(key)
            stack.append((key, True))
            stack += [(child, False) for child in children.get(key, ())]
    return found[::-1]


def _ranks(order, forward):
    """The rank of each box: one more than the highest of those before it; boxes that nothing
    leads to stand next to what they lead to."""
    parents, children = {}, {}
    for a, b in forward:
        parents.setdefault(b, []).append(a)
        children.setdefault(a, []).append(b)
    ranks = {}
    for key in order:
        ranks[key] = 1 + max((ranks[parent] for parent in parents.get(key, ())), default=-1)
    for key in order:
        if key not in parents and key in children:
            ranks[key] = min(ranks[child] for child in children[key]) - 1
    return ranks


def _order(rows, above, below):
    """Sort each row by where its neighbours stand, down and up in turns."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        found = {}
        for row in rows if down else rows[::-1]:
            own = {key: number for number, key in enumerate(row)}
            wanted = {
                key: mean(found[other] for other in neighbours[key])
                if key in neighbours
                else number
                for key, number in own.items()
            }
            row.sort(key=lambda key, wanted=wanted, own=own: (wanted[key], own[key]))
            found.update({key: number for number, key in enumerate(row)})


def _across(rows, above, below, width, gap):
    """Positions across, each near those of the neighbours."""
    found = {}
    for row in rows:
        wanted = [0.0] * len(row)
        found.update(zip(row, spread(wanted, list(map(width, row)), gap), strict=True))
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for row in rows if down else rows[::-1]:
            wanted = [
                mean(found[other] for other in neighbours.get(key, ())) if key in neighbours
                else found[key]
                for key in row
            ]  # fmt: skip
            found.update(zip(row, spread(wanted, list(map(width, row)), gap), strict=True))
    return found


def spread(wanted, widths, gap):
    """Positions nearest to the wanted ones, in order and without overlap.

    It is isotonic regression, solved by pooling adjacent violators.

    Example:
        >>> spread([0.0, 0.0], [2.0, 2.0], 1.0)
        [-1.5, 1.5]
    """
    offsets = [0.0] * len(wanted)
    for index in range(1, len(wanted)):
        offsets[index] = offsets[index - 1] + (widths[index - 1] + widths[index]) / 2 + gap
    blocks = []
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append((want - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, few), (high, many) = blocks.pop(), blocks.pop()
            blocks.append(((low * few + high * many) / (few + many), few + many))
    starts = [value for value, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _along(rows, sizes, rank_gap):
    """The position of each row along the direction in which the graph grows."""
    found, end = [], 0.0
    for row in rows:
        height = max(sizes[key][1] for key in row if key in sizes)
        found.append(end + height / 2)
        end += height + rank_gap
    return found
