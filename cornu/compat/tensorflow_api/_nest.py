"""`tf.nest`, on this package's trees. Lists, tuples and dicts are nests; None is a leaf."""

from cornu.compat.tensorflow_api._table import Namespace
from cornu.core import tree


def map_structure(func, *structure, check_types=True, expand_composites=False):
    """`func` of the leaves of equal nests, nested as they are."""
    return tree.map_structure(func, *structure)


def flatten(structure, expand_composites=False):
    """The leaves, in order."""
    return tree.flatten(structure)


def pack_sequence_as(structure, flat_sequence, expand_composites=False):
    """Leaves, nested as `structure` is."""
    return tree.pack_sequence_as(structure, flat_sequence)


def assert_same_structure(nest1, nest2, check_types=True, expand_composites=False):
    """Raise ValueError unless two nests are alike."""
    tree.assert_same_structure(nest1, nest2)


nest = Namespace(
    "tf.nest",
    {
        "assert_same_structure": assert_same_structure,
        "flatten": flatten,
        "is_nested": tree.is_nested,
        "map_structure": map_structure,
        "pack_sequence_as": pack_sequence_as,
    },
)
