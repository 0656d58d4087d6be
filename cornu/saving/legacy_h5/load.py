"""Weights and whole models from old HDF5 files: checked whole first, then taken over whole."""

from cornu.saving.legacy_h5.match import MisfitError, Origin, has_weights, match
from cornu.saving.legacy_h5.reader import LegacyFile
from cornu.saving.report import LoadReport
from cornu.serial.errors import ModelFileError, warn_user

# How many layers an error message lists.
LISTED = 8


def load_weights_h5(model, path, by_name=False, skip_mismatch=False, strict=False, skip=()):
    """Give a model the weights in an HDF5 file of Keras 1 or 2, or in a whole model's.

    If anything fails, the model is as it was.

    Args:
        model: a built model.
        path: path of the file.
        by_name: whether layers are found by their names; else by their order.
        skip_mismatch: whether layers that do not fit the file keep their weights, with a warning.
        strict: whether it is an error if the file or the model has layers that the other lacks.
        skip: layers to leave out.

    Returns:
        A `LoadReport`.

    Raises:
        ModelFileError: if the file is damaged or does not fit the model.
    """
    with LegacyFile(path) as file:
        report, found = plan(model, file, by_name, skip_mismatch, skip)
        if strict and not report.complete:
            raise ModelFileError(
                f"File and model do not fit each other: {report}. In the model only: "
                f"{report.missing[:LISTED]}; in the file only: {report.unused[:LISTED]}.",
                path=path,
            )
        assign(found)
    if by_name and report.unused and not found and not report.mismatched:
        warn_user(
            "No weights were loaded: the file has none for a layer of this model by its name. It "
            f"has {report.unused[:LISTED]}."
        )
    return report


def plan(model, file, by_name=False, skip_mismatch=False, skip=()):
    """What becomes of the weights of a file: a `LoadReport`, and the `Assignment`s to carry out.

    Nothing is changed yet.

    Args:
        model: a built model.
        file: a `LegacyFile`.
        by_name: as in `load_weights_h5`.
        skip_mismatch: as in `load_weights_h5`.
        skip: as in `load_weights_h5`.

    Raises:
        ModelFileError: if they do not fit and may not be skipped.
    """
    origin = Origin(file.major_version, file.word("backend"))
    pairs, unused = _by_name(model, file) if by_name else _by_order(model, file)
    report, found, misfits = LoadReport(unused=unused), [], []
    for layer, stored in pairs:
        if any(layer is other for other in skip):
            continue
        try:
            found += match(layer, stored, origin)
        except MisfitError as error:
            misfits.append(f"  {type(layer).__name__} {layer.name!r}: {error}"[:220])
            report.mismatched += [variable.path for variable in layer.weights]
    if misfits:
        _tell(misfits, file, skip_mismatch)
    report.loaded = [assignment.variable.path for assignment in found]
    done = {*report.loaded, *report.mismatched}
    report.missing = [v.path for v in model.weights if v.path not in done]
    return report, found


def assign(assignments, fresh=False):
    """Carry out what `plan` found; all variables, or if anything fails, none.

    Args:
        assignments: list of `Assignment`s.
        fresh: whether the model is thrown away if anything fails, so that its values need not be
            kept.
    """
    before = [] if fresh else [(found.variable, found.variable.value) for found in assignments]
    try:
        for found in assignments:
            found.variable.assign(found.read())
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def _by_order(model, file):
    """Pairs of a layer and its `StoredArray`s; and the names of arrays without a layer."""
    layers = [layer for layer in model.layers if has_weights(layer)]
    stored = [layer for layer in file.layers() if layer.arrays]
    if len(layers) != len(stored):
        raise ModelFileError(
            f"Layer count mismatch when loading weights from file. Model expected {len(layers)} "
            f"layers, found {len(stored)} saved layers: {[s.name for s in stored][:LISTED]}. With "
            "`by_name=True`, the layers that both have get their weights.",
            path=file.path,
        )
    top = file.top_level()
    pairs = [(layer, found.arrays) for layer, found in zip(layers, stored, strict=True)]
    return [*pairs, (_TopLevel(model), top)] if top else pairs, []


def _by_name(model, file):
    layers = {}
    for layer in model.layers:
        layers.setdefault(layer.name, layer)
    pairs, unused = [], []
    for found in file.layers():
        layer = layers.get(found.name)
        if layer is None:
            unused += [array.name for array in found.arrays]
        elif found.arrays or has_weights(layer):
            pairs.append((layer, found.arrays))
    return pairs, unused


def _tell(misfits, file, skip_mismatch):
    more = [f"  and {len(misfits) - LISTED} more"] if len(misfits) > LISTED else []
    lines = "\n".join([*misfits[:LISTED], *more])
    if not skip_mismatch:
        raise ModelFileError(
            f"The weights of {len(misfits)} layers could not be loaded:\n{lines}", path=file.path
        )
    warn_user(f"The weights of {len(misfits)} layers were left as they are:\n{lines}")


class _TopLevel:
    """The variables of a model itself, outside of its layers, seen as a layer.

    Args:
        model: the model.
    """

    def __init__(self, model):
        inner = {id(v) for layer in model.layers for v in layer.weights}
        self.name = model.name
        self.weights = [v for v in model.weights if id(v) not in inner]
        self.trainable_weights = [v for v in model.trainable_weights if id(v) not in inner]
        self.non_trainable_weights = [v for v in model.non_trainable_weights if id(v) not in inner]

    def _flatten_layers(self):
        return [self]
