"""Nests of lists, tuples, dicts and registered containers; None is a leaf. Built on optree, as
`keras.tree` is."""

import types
from collections import OrderedDict, defaultdict, deque

import optree

NAMESPACE = "cornu"
_REGISTERED = set()


def register(cls, flatten, unflatten):
    """Make `cls` a container. `flatten(x) -> (children, metadata, entries)`, `unflatten(metadata,
    children) -> x`."""
    optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)
    _REGISTERED.add(cls)


def _register_mappings():
    # A dict keeps the order of its sorted keys when flattened, and its own order when rebuilt.
    def flatten(mapping):
        keys = sorted_keys(mapping)
        return [mapping[key] for key in keys], (list(mapping), keys), keys

    def rebuild(kind):
        def unflatten(metadata, values):
            order, keys = metadata
            found = dict(zip(keys, values, strict=True))
            return kind((key, found[key]) for key in order)

        return unflatten

    register(types.MappingProxyType, flatten, rebuild(dict))


def sorted_keys(mapping):
    """Keys in sorted order where they can be compared, else as they stand."""
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


_register_mappings()
CONTAINERS = (list, tuple, dict, OrderedDict, defaultdict, deque)


def is_nested(structure):
    """Whether `structure` is a container (and not a leaf).

    Example:
        >>> is_nested([1, 2]), is_nested(3)
        (True, False)
    """
    kind = type(structure)
    return (
        kind in CONTAINERS
        or kind in _REGISTERED
        or not optree.tree_is_leaf(structure, none_is_leaf=True, namespace=NAMESPACE)
    )


def flatten(structure):
    """The leaves, in order; a leaf gives a list of itself."""
    leaves, _ = optree.tree_flatten(structure, none_is_leaf=True, namespace=NAMESPACE)
    return leaves


def flatten_with_path(structure):
    """Pairs `(path, leaf)`; a path is a tuple of keys and indices."""
    paths, leaves, _ = optree.tree_flatten_with_path(
        structure, none_is_leaf=True, namespace=NAMESPACE
    )
    return list(zip(paths, leaves, strict=True))


def structure_of(structure):
    """The structure alone: hashable, and `unflatten(leaves)` fills it."""
    return optree.tree_structure(structure, none_is_leaf=True, namespace=NAMESPACE)


class MAP_TO_NONE:
    """Returned by the function given to `traverse` to put None in a node's place."""


def map_structure(func, *structures, none_is_leaf=True):
    """Apply `func` to the leaves of one or several equal structures.

    Args:
        func: called with one leaf of each structure.
        *structures: nests of the same structure.
        none_is_leaf: if False, None is kept and not passed to `func`.

    Raises:
        TypeError: if `func` can't be called.
        ValueError: if no structure is given or structures differ.
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func}")
    if not structures:
        raise ValueError("Must provide at least one structure")
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    if none_is_leaf:
        return optree.tree_map(func, *structures, none_is_leaf=True, namespace=NAMESPACE)

    def keep_none(*leaves):
        return None if any(leaf is None for leaf in leaves) else func(*leaves)

    return optree.tree_map(keep_none, *structures, none_is_leaf=True, namespace=NAMESPACE)


def map_structure_up_to(shallow_structure, func, *structures):
    """As `map_structure`, but descending only as deep as `shallow_structure` does."""
    if not structures:
        raise ValueError("Must provide at least one structure")
    shape = structure_of(shallow_structure)
    columns = []
    for other in structures:
        try:
            columns.append(shape.flatten_up_to(other))
        except TypeError as error:
            raise TypeError(str(error)) from None
        except ValueError as error:
            raise ValueError(str(error)) from None
    return shape.unflatten([func(*row) for row in zip(*columns, strict=True)])


def pack_sequence_as(structure, flat_sequence):
    """`flat_sequence` arranged as `structure`.

    Raises:
        TypeError: if `flat_sequence` is no sequence.
        ValueError: if it has too few or too many items.
    """
    if not isinstance(flat_sequence, (list, tuple)) and not hasattr(flat_sequence, "__len__"):
        raise TypeError(
            "flat_sequence must be an iterable, got"
            f" {type(flat_sequence).__name__}: {flat_sequence}"
        )
    shape = structure_of(structure)
    if shape.num_leaves != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence: `flat_sequence` has {len(flat_sequence)} leaves, the"
            f" structure holds {shape.num_leaves}."
        )
    return shape.unflatten(list(flat_sequence))


def assert_same_structure(a, b, check_types=None):
    """Raise ValueError unless `a` and `b` have the same containers around the same number of
    leaves."""
    if not _same(a, b):
        raise ValueError(
            f"`a` and `b` don't have the same nested structure: {_difference(a, b)}."
            f" Expected: {_described(a)}."
            f" Received: {_described(b)}"
        )


def _difference(a, b):
    """What differs first, in words."""
    for (path, x), (_, y) in zip(_containers(a), _containers(b), strict=False):
        if is_nested(x) and is_nested(y) and type(x) is type(y) and len(x) != len(y):
            where = f" at {path}" if path else ""
            return f"arity mismatch{where}: {len(x)} items and {len(y)}"
    return "types, keys, or the number of items differ"


def _containers(nest, path=()):
    """Pairs of a path and what is there, containers before their items."""
    yield path, nest
    if is_nested(nest):
        pairs = nest.items() if hasattr(nest, "items") else enumerate(nest)
        for key, item in pairs:
            yield from _containers(item, (*path, key))


def _described(nest):
    kind = "namedtuple " if hasattr(nest, "_fields") else ""
    return f"{kind}{type(nest).__name__} {structure_of(nest)}"


def _same(a, b):
    if not is_nested(a) or not is_nested(b):
        return is_nested(a) == is_nested(b)
    if hasattr(a, "keys") and hasattr(b, "keys"):
        return set(a) == set(b) and all(_same(a[key], b[key]) for key in a)
    if hasattr(a, "keys") or hasattr(b, "keys") or not _kin(type(a), type(b)):
        return False
    return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))


def _kin(a, b):
    if hasattr(a, "_fields") or hasattr(b, "_fields"):  # named tuples
        return a is b
    return a is b or issubclass(a, b) or issubclass(b, a)


def assert_same_paths(a, b):
    """Raise ValueError unless `a` and `b` have leaves at the same paths."""
    paths_a = {path for path, _ in flatten_with_path(a)}
    paths_b = {path for path, _ in flatten_with_path(b)}
    if paths_a != paths_b:
        extra, missing = sorted(map(str, paths_a - paths_b)), sorted(map(str, paths_b - paths_a))
        raise ValueError(
            f"`a` and `b` don't have the same paths. Found in `a` alone: {extra}, in `b` alone:"
            f" {missing}"
        )


def traverse(func, structure, top_down=True):
    """Replace nodes by what `func` returns for them; None from `func` means "go on below"."""

    def walk(node):
        if top_down:
            found = func(node)
            if found is not None:
                return None if found is MAP_TO_NONE else found
        if is_nested(node):
            children, shape = optree.tree_flatten(
                node, is_leaf=lambda x: x is not node, none_is_leaf=True, namespace=NAMESPACE
            )
            node = shape.unflatten([walk(child) for child in children])
        if top_down:
            return node
        found = func(node)
        if found is None:
            return node
        return None if found is MAP_TO_NONE else found

    return walk(structure)


def lists_to_tuples(structure):
    """The structure with each list as a tuple."""

    def convert(node):
        return tuple(node) if isinstance(node, list) else None

    return traverse(convert, structure, top_down=False)


def map_shape_structure(func, structure):
    """Apply `func` to each shape: a tuple or list of ints and None."""

    def is_shape(node):
        return isinstance(node, (list, tuple)) and all(
            isinstance(item, (int, type(None))) for item in node
        )

    return optree.tree_map(
        func, structure, is_leaf=is_shape, none_is_leaf=True, namespace=NAMESPACE
    )
