"""Which array of an old file belongs to which variable of a model."""

from dataclasses import dataclass
from typing import Any

from cornu.saving.legacy_h5 import arrays as layouts


class MisfitError(ValueError):
    """What a file holds for a layer does not fit it."""


@dataclass(frozen=True)
class Origin:
    """What wrote a file: the first number of its version, and the engine."""

    version: int
    backend: str | None


@dataclass(frozen=True)
class Assignment:
    """A variable, and how to read the array that it gets.

    Args:
        variable: the variable.
        name: the name in the file, or None where it was made of several arrays.
        read: function that returns the array.
        changed: whether the array is laid out otherwise than in the file.
    """

    variable: Any
    name: str | None
    read: Any
    changed: bool = False


def match(layer, stored, origin):
    """Which of the stored arrays each variable of a layer gets.

    Args:
        layer: a layer or model that is built.
        stored: the `StoredArray`s that a file has for it, in the order of the file.
        origin: the `Origin` of the file.

    Returns:
        A list of `Assignment`s, one for each variable, in the order of the file.

    Raises:
        MisfitError: if they do not fit; it says what.
    """
    variables = [*layer.trainable_weights, *layer.non_trainable_weights]
    found = []
    for owner, own, arrays in _by_owner(layer, variables, stored):
        found += _fit(owner, own, arrays, origin)
    return found


def has_weights(layer):
    """Whether a layer has variables that old files keep."""
    return bool(layer.trainable_weights or layer.non_trainable_weights)


def _by_owner(layer, variables, stored):
    """`(layer that owns them, its variables, their arrays)` for each layer within a layer."""
    owners = {}
    for inner in layer._flatten_layers():
        owners.update(
            (id(v), inner) for v in (*inner.trainable_weights, *inner.non_trainable_weights)
        )
    if len(stored) == len(variables):
        pairs = zip(variables, _in_order(layer, variables, stored), strict=True)
        groups = {}
        for variable, array in pairs:
            owner = owners[id(variable)]
            _, own, arrays = groups.setdefault(id(owner), (owner, [], []))
            own.append(variable)
            arrays.append(array)
        return list(groups.values())
    return _runs(variables, stored, owners)


def _runs(variables, stored, owners):
    """The same where Keras 1 had more arrays: those of a layer stand together there."""
    groups = []
    for variable in variables:
        owner = owners[id(variable)]
        if not groups or groups[-1][0] is not owner:
            groups.append((owner, [], []))
        groups[-1][1].append(variable)
    counts = [layouts.count_in_keras_1(owner, len(own)) for owner, own, _ in groups]
    if sum(counts) != len(stored):
        raise MisfitError(f"it has {len(variables)} variables here and {len(stored)} in the file")
    rest = iter(stored)
    return [
        (owner, own, [next(rest) for _ in range(count)])
        for (owner, own, _), count in zip(groups, counts, strict=True)
    ]


def _in_order(layer, variables, stored):
    """The stored arrays in the order of the variables: by name within a layer of several layers,
    where the names are clear, since the order there depends on which were trainable."""
    if next((True for inner in layer._flatten_layers() if inner is not layer), False):
        for length in (2, 3, 4):
            places = {_ending(array.name, length): array for array in stored}
            wanted = [_ending(variable.path, length) for variable in variables]
            if len(places) == len(stored) and set(wanted) == set(places):
                return [places[name] for name in wanted]
    return stored


def _ending(name, length):
    """The last parts of a variable's name, without the number that TensorFlow adds."""
    return "/".join(name.partition(":")[0].split("/")[-length:])


def _fit(owner, variables, stored, origin):
    shapes = [tuple(variable.shape) for variable in variables]
    for variable, array in zip(variables, stored, strict=False):
        if _kind(array.dtype) != _kind(variable.dtype):
            raise MisfitError(
                f"{variable.path} is {variable.dtype} here, {array.dtype} in the file"
            )
    if not layouts.needs_change(owner, stored, shapes, *_parts(origin)):
        return [Assignment(v, a.name, a.read) for v, a in zip(variables, stored, strict=True)]
    changed = layouts.convert(owner, [a.read() for a in stored], shapes, *_parts(origin))
    found = []
    for index, (variable, array) in enumerate(zip(variables, changed, strict=False)):
        if tuple(array.shape) != shapes[index]:
            raise MisfitError(
                f"{variable.path} has shape {shapes[index]} here and {array.shape} in the file"
            )
        name = stored[index].name if len(stored) == len(variables) else None
        found.append(Assignment(variable, name, lambda array=array: array, changed=True))
    return found


def _parts(origin):
    return origin.version, origin.backend


def _kind(dtype):
    return "float" if "float" in str(dtype) else "other"
