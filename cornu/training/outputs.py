"""The outputs of a model, by name and by place in the nest of predictions."""

from cornu.core import tree
from cornu.core.errors import shorten


class Output:
    """One output of a model.

    Attributes:
        name: its name, or None for an only one.
        path: keys and indices that lead to it in a nest.
        index: its place among all outputs, or None for a nest of several.
    """

    def __init__(self, name, path, index=None):
        self.name, self.path, self.index = name, tuple(path), index

    def of(self, structure):
        """The part of a nest that belongs to this output, or None if the nest has none."""
        for key in self.path:
            if isinstance(structure, dict):
                structure = structure.get(key)
            elif isinstance(structure, (list, tuple)):
                place = self.index if isinstance(key, str) and len(self.path) == 1 else key
                fits = isinstance(place, int) and place < len(structure)
                structure = structure[place] if fits else None
            else:
                return None
        return structure


def find_outputs(y_pred, names):
    """The `Output`s of a nest of predictions.

    Args:
        y_pred: nest of tensors.
        names: output names of a functional model, in flat order, or None.
    """
    names = names or []
    if not tree.is_nested(y_pred):
        return [Output(names[0] if len(names) == 1 else None, (), 0)]
    found = tree.flatten_with_path(y_pred)
    outputs = []
    for index, (path, _) in enumerate(found):
        known = names[index] if len(names) == len(found) else None
        last = path[-1] if isinstance(path[-1], str) else known
        name = None if last is None else "/".join([*map(str, path[:-1]), last])
        outputs.append(Output(name, path, index))
    return outputs


def target_of(y_true, output, count):
    """The part of the targets that belongs to an output, or None.

    Args:
        count: number of outputs: the target of an only one may stand alone or in a list or dict.
    """
    found = output.of(y_true)
    nested = tree.is_nested(y_true)
    if found is None and isinstance(y_true, dict) and output.name in y_true:
        return y_true[output.name]
    if count > 1:
        return found
    if found is None and not nested:
        return y_true
    if nested and len(y_true) == 1 and (found is None or found is y_true):
        return tree.flatten(y_true)[0]
    return found


def missing_target(what, output, y_true):
    """The message about an output that has a loss or metric (`what`) but no target."""
    where = f"the output '{output.name}'" if output.name else "the model's output"
    got = "no `y`" if y_true is None else f"`y` = {shorten(y_true)}"
    return f"There is {what} for {where}, but no target for it: pass it in `y`. Received: {got}"


def part_of(sample_weight, output):
    """The part of the sample weights that belongs to an output, or None."""
    if sample_weight is None or not tree.is_nested(sample_weight):
        return sample_weight
    found = output.of(sample_weight)
    if found is None and isinstance(sample_weight, dict):
        return sample_weight.get(output.name)
    return found
