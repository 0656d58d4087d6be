"""The state of an optimizer in old HDF5 files: steps done, and what it kept for each weight.

Keras wrote it in three ways: before 2.11 all slots of one name after the other, named behind the
weight (`Adam/dense/kernel/m:0`); from 2.11 named before it (`Adam/m/dense/kernel:0`); Keras 3 as
the list of its optimizer's variables, which is ours (`adam/dense_kernel_momentum`).
"""

import itertools

import numpy as np

from cornu.saving.legacy_h5.load import assign
from cornu.saving.legacy_h5.match import Assignment
from cornu.serial.errors import warn_user

# Names of slots of Keras 2 -> ours.
_SLOTS = {
    "m": "momentum",
    "v": "velocity",
    "vhat": "velocity_hat",
    "u": "norm",
    "momentum": "momentum",
    "rms": "velocity",
    "velocity": "velocity",
    "mg": "average_gradient",
    "average_gradient": "average_gradient",
    "accumulator": "accumulator",
    "linear": "linear",
    "accum_grad": "accumulated_grad",
    "accum_var": "accumulated_delta_var",
    "accumulated_grad": "accumulated_grad",
    "accumulated_delta_var": "accumulated_delta_var",
    "r": "rows",
    "c": "columns",
}
# Slots that one optimizer calls as another calls something else.
_OTHERWISE = {"velocity": "norm"}
# Steps after which the product of momenta does not change any more, to rounding.
MANY_STEPS = 1_000_000
# The last part of the name of a scalar -> what it is.
_SCALARS = {
    "iter": "iterations",
    "iteration": "iterations",
    "iterations": "iterations",
    "learning_rate": "learning_rate",
    "momentum_cache": "momenta",
    "m_schedule": "momenta",
    "u_product": "momenta",
}
# In which order Keras 1 and 2 wrote slots whose names say nothing (`Variable_104:0`).
_ORDER = {
    "SGD": ("momentum",),
    "Adam": ("momentum", "velocity", "velocity_hat"),
    "Nadam": ("momentum", "velocity"),
    "Adamax": ("momentum", "norm"),
    "RMSprop": ("velocity",),
    "Adagrad": ("accumulator",),
    "Adadelta": ("accumulated_grad", "accumulated_delta_var"),
}


def load(model, file, weights):
    """Give a model's optimizer the state in a file; warns if it cannot be taken over.

    Args:
        model: a model that is compiled.
        file: a `LegacyFile`.
        weights: the `Assignment`s by which the model got its weights.
    """
    stored = file.optimizer()
    optimizer = getattr(model, "optimizer", None)
    if not stored or optimizer is None:
        return
    optimizer.build(model.trainable_variables)
    found = _match(optimizer, stored, weights)
    if found is None:
        warn_user(
            f"The state of the optimizer {optimizer.name!r} in the file could not be taken over "
            f"({len(stored)} arrays, such as {stored[-1].name[:100]!r}): it starts anew."
        )
        return
    assign(found, fresh=True)


def _match(optimizer, stored, weights):
    """The `Assignment`s for an optimizer's variables, or None."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if any(weight.changed and id(weight.variable) in inner._positions for weight in weights):
        return None
    scalars = {}
    for array in stored:
        if array.shape == () and (kind := _scalar(array)) is not None:
            scalars.setdefault(kind, array)
    rest = [array for array in stored if not any(array is other for other in scalars.values())]
    places = {weight.name: inner._positions.get(id(weight.variable)) for weight in weights}
    slots = _by_name(inner, rest, places)
    slots = _by_order(inner, rest, weights) if slots is None else slots
    if slots is None:
        own = optimizer.variables
        same = len(own) == len(stored) and all(
            tuple(v.shape) == a.shape for v, a in zip(own, stored, strict=True)
        )
        return [_taken(v, a) for v, a in zip(own, stored, strict=True)] if same else None
    found = _of_slots(inner, slots)
    return None if found is None else [*found, *_of_scalars(inner, scalars)]


def _of_slots(optimizer, slots):
    found = []
    for (name, place), array in slots.items():
        column = optimizer._slots.get(name, optimizer._slots.get(_OTHERWISE.get(name)))
        slot = column[place] if column is not None and place is not None else None
        if slot is None:  # such as a momentum that is always 0
            continue
        if tuple(slot.shape) != array.shape:
            return None
        found.append(_taken(slot, array))
    return found


def _of_scalars(optimizer, scalars):
    found = []
    if "iterations" in scalars:
        steps = scalars["iterations"]
        found.append(Assignment(optimizer._iterations, steps.name, _whole(steps)))
        if hasattr(optimizer, "_u_product") and "momenta" not in scalars:
            found.append(Assignment(optimizer._u_product, None, lambda: _momenta(optimizer, steps)))
    rate = getattr(optimizer, "_learning_rate", None)
    if "learning_rate" in scalars and hasattr(rate, "assign"):
        found.append(_taken(rate, scalars["learning_rate"]))
    if "momenta" in scalars and hasattr(optimizer, "_u_product"):
        found.append(_taken(optimizer._u_product, scalars["momenta"]))
    return found


def _taken(variable, array):
    return Assignment(variable, array.name, array.read)


def _whole(steps):
    """Reads a number of steps, which Keras 1 kept as a float."""
    return lambda: np.asarray(steps.read()).astype("int32")


def _scalar(array):
    """What a scalar is, if it is not the slot of a weight: the steps done, or the like."""
    last = array.name.partition(":")[0].rpartition("/")[2].rstrip("_0123456789")
    found = _SCALARS.get(last)
    return "iterations" if found is None and "int" in array.dtype else found


def _momenta(optimizer, steps):
    """The product of Nadam's momenta so far, which tf.keras did not write."""
    numbers = np.arange(1, min(int(steps.read()), MANY_STEPS) + 1)
    return np.prod(optimizer.beta_1 * (1 - 0.5 * 0.96**numbers))


def _by_name(optimizer, stored, places):
    """`{(slot, place of the weight): array}` where all names tell, else None."""
    weights, flat = {}, {}
    for name, place in places.items():
        name = name and name.partition(":")[0]
        weights[name] = None if name in weights else place
    for name, slot in itertools.product(filter(None, weights), optimizer._slots):
        label = f"{name.replace('/', '_')}_{slot}"
        flat[label] = None if label in flat else (slot, name)
    found = {}
    for array in stored:
        slot, name = _split(array.name.partition(":")[0], weights, flat)
        if slot is None or weights[name] is None or (slot, weights[name]) in found:
            return None
        found[slot, weights[name]] = array
    return found


def _split(name, weights, flat):
    """Our name of a slot, and the name of the weight, of a slot's name in a file."""
    parts = name.split("/")
    if flat.get(parts[-1]) is not None:
        return flat[parts[-1]]
    for start in (0, 1, 2):  # perhaps after "training" and the optimizer's name
        after, before = "/".join(parts[start + 1 :]), "/".join(parts[start:-1])
        if parts[start : start + 1] and parts[start] in _SLOTS and after in weights:
            return _SLOTS[parts[start]], after
        if parts[-1] in _SLOTS and before in weights:
            return _SLOTS[parts[-1]], before
    return None, None


def _by_order(optimizer, stored, weights):
    """The same by the order of Keras 1 and 2, where counts and shapes agree."""
    names = next((_ORDER[c.__name__] for c in type(optimizer).__mro__ if c.__name__ in _ORDER), ())
    trained = [w for w in weights if id(w.variable) in optimizer._positions]
    count = len(trained)
    if not count or len(stored) % count or len(stored) // count > len(names):
        return None
    orders = [trained, sorted(trained, key=lambda weight: weight.name or "")]
    if not stored[0].name.startswith("training"):  # before 2.1, by the names of the weights
        orders.reverse()
    for order in orders:
        if all(order[n % count].variable.shape == array.shape for n, array in enumerate(stored)):
            return {
                (names[n // count], optimizer._positions[id(order[n % count].variable)]): array
                for n, array in enumerate(stored)
            }
    return None
