"""Layers that merge several inputs."""

from layers.case import Case, bools, floats, several

PAIR = several(floats(2, 3, 4), floats(2, 3, 4))
THREE = several(floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4))
MASKS = several(bools(2, 3), bools(2, 3))
THREE_MASKS = several(bools(2, 3), bools(2, 3), bools(2, 3))
ONE_MASK = several(lambda r: None, bools(2, 3))


def negated(r):
    """Masks such that the first leaves out much."""
    return [~bools(2, 3)(r), bools(2, 3)(r), ~bools(2, 3)(r)]


CASES = {
    "add": Case(lambda k: k.layers.Add(), THREE, mask=THREE_MASKS),
    "add_broadcast": Case(lambda k: k.layers.Add(), several(floats(2, 1, 4), floats(2, 3, 4))),
    "add_ranks": Case(lambda k: k.layers.Add(), several(floats(2, 4), floats(2, 3, 4))),
    "add_one_mask": Case(lambda k: k.layers.Add(), PAIR, mask=ONE_MASK),
    "subtract": Case(lambda k: k.layers.Subtract(), PAIR, mask=MASKS),
    "multiply": Case(lambda k: k.layers.Multiply(), THREE, mask=negated),
    "multiply_one_mask": Case(lambda k: k.layers.Multiply(), PAIR, mask=ONE_MASK),
    "multiply_ranks": Case(lambda k: k.layers.Multiply(), several(floats(2, 4), floats(2, 3, 4))),
    "average": Case(lambda k: k.layers.Average(), THREE, mask=THREE_MASKS),
    "maximum": Case(lambda k: k.layers.Maximum(), THREE, mask=negated),
    "maximum_one_mask": Case(lambda k: k.layers.Maximum(), PAIR, mask=ONE_MASK),
    "minimum": Case(lambda k: k.layers.Minimum(), THREE, mask=negated),
    "concatenate": Case(
        lambda k: k.layers.Concatenate(), several(floats(2, 3, 4), floats(2, 3, 5)), mask=MASKS
    ),
    "concatenate_steps": Case(
        lambda k: k.layers.Concatenate(axis=1),
        several(floats(2, 3, 4), floats(2, 1, 4)),
        mask=several(bools(2, 3), bools(2, 1)),
    ),
    "concatenate_one_mask": Case(lambda k: k.layers.Concatenate(axis=-2), PAIR, mask=ONE_MASK),
    "concatenate_images": Case(
        lambda k: k.layers.Concatenate(axis=2), several(floats(2, 3, 2, 4), floats(2, 3, 1, 4))
    ),
    "dot": Case(lambda k: k.layers.Dot(axes=1), several(floats(2, 3), floats(2, 3))),
    "dot_steps": Case(
        lambda k: k.layers.Dot(axes=(2, 1), normalize=True),
        several(floats(2, 3, 4), floats(2, 4, 5)),
    ),
    "dot_last": Case(lambda k: k.layers.Dot(axes=-1), PAIR),
    "dot_ranks": Case(
        lambda k: k.layers.Dot(axes=(3, 1)), several(floats(2, 3, 2, 4), floats(2, 4, 5))
    ),
}
