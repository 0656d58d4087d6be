"""A backup of a training: one `.weights.h5` file that also says how to go on.

Everything is in one file, so that weights, optimizer, seeds and callbacks are of the same moment,
whatever happens while it is written. `load_weights`, here and in Keras, reads the weights from it.
"""

import json
import os
import warnings

import numpy as np

from cornu.core.scopes import GLOBAL_SEEDS
from cornu.saving.atomic import atomic_write
from cornu.saving.h5 import WeightsReader, WeightsWriter, WriteStore, new_file
from cornu.saving.weights import TRAINING, load_state, save_state
from cornu.serial.errors import ModelFileError

TEXT = "text"
ARRAY = "__array__"


def back_up(path, model, epoch, batch, logs, callbacks, keep=None):
    """Write where a training stands.

    Args:
        path: the file.
        model: the model that `fit` trains.
        epoch: the epoch at work.
        batch: its last batch that is done, or None where the epoch is.
        logs: the logs after that.
        callbacks: the `CallbackList` at work, or None.
        keep: what to rename the file to that is there now, or None to replace it.
    """
    record = {
        **model._position.record(epoch, batch, logs),
        "callbacks": {} if callbacks is None else callbacks.state_dict(),
        "stop": bool(model.stop_training),
    }
    write_backup(path, model, record, keep)


def restore_newest(paths, model, callbacks, epochs=None):
    """Have a training go on from the first backup of `paths` that is there and can be read; nothing
    where none is there.

    Args:
        paths: files, the newest first.
        model: the model that `fit` trains.
        callbacks: the `CallbackList` at work, or None.
        epochs: number of epochs after which a training is over, and none goes on; None to go on
            from any backup.

    Raises:
        ModelFileError: if none can be read, or the first one that can is of another training.
    """
    paths = [path for path in paths if os.path.exists(path)]
    for path in paths:
        try:
            record = read_backup(path, model, epochs)
        except ModelFileError as error:
            if path == paths[-1]:
                raise
            warnings.warn(f"{error} Going on from the backup before.", stacklevel=2)
            continue
        if record is None:
            return
        model._position.go_to(record, path)
        model.stop_training = record.get("stop", False)
        if callbacks is not None:
            callbacks.load_state_dict(record["callbacks"])
        return


def write_backup(path, model, record, keep=None):
    """Write a model and a record of its training, atomically.

    Args:
        path: the file.
        model: a built model.
        record: nest of dicts, lists, plain values and arrays.
        keep: what to rename the file to that is there now, or None to replace it.

    Raises:
        TypeError: if the record holds anything else.
    """
    arrays = []
    metrics = [variable.numpy() for variable in model.metrics_variables]
    text = json.dumps(_plain({**record, "seeds": _seeds(model), "metrics": metrics}, arrays))
    with atomic_write(path) as temporary:
        with new_file(temporary) as file:
            save_state(model, WeightsWriter(file))
            store = WriteStore(file.create_group(TRAINING))
            store[TEXT] = np.frombuffer(text.encode(), "uint8")
            for index, array in enumerate(arrays):
                store[str(index)] = array
        if keep is not None and os.path.exists(path):
            os.replace(path, keep)


def read_backup(path, model, epochs=None):
    """Give a model its state in a backup, and the seeds theirs; returns the record, or None for a
    training that was over after `epochs`.

    Raises:
        ModelFileError: if the file is damaged, is no backup, or does not fit the model.
    """
    with WeightsReader(path, os.path.getsize(path), path) as reader:
        store = reader.store(TRAINING)
        if TEXT not in store:
            raise ModelFileError("It holds weights, but no record of a training.", path=path)
        record = _revived(json.loads(store[TEXT].tobytes()), store)
        if epochs is not None and (record["epoch"] >= epochs or record.get("stop")):
            return None
        variables = _seed_variables(model)
        if len(variables) != len(record["seeds"]["layers"]):
            raise ModelFileError(
                f"It is of a model with {len(record['seeds']['layers'])} seed generators, this "
                f"one has {len(variables)}.",
                path=path,
            )
        load_state(model, reader)
    _set_seeds(variables, record.pop("seeds"))
    _set_metrics(model, record.pop("metrics", []))
    return record


def _set_metrics(model, values):
    """Put metrics to where they were; those of another set of metrics begin anew."""
    variables = model.metrics_variables
    if [v.shape for v in variables] == [np.shape(value) for value in values]:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _seed_variables(model):
    """The states of the generators that a model owns."""
    weights = set(map(id, model.weights))
    return [variable for variable in model.variables if id(variable) not in weights]


def _seeds(model):
    """All states from which training draws: layers', the process's, and NumPy's, which shuffles."""
    kind, *numpy_state = np.random.get_state()
    return {
        "layers": [variable.numpy() for variable in _seed_variables(model)],
        "global": {name: seeds.state.numpy() for name, seeds in GLOBAL_SEEDS.items()},
        "numpy": [kind, *numpy_state],
    }


def _set_seeds(variables, seeds):
    for variable, value in zip(variables, seeds["layers"], strict=True):
        variable.assign(value)
    for name, value in seeds["global"].items():
        if name in GLOBAL_SEEDS:
            GLOBAL_SEEDS[name].state.assign(value)
    np.random.set_state(tuple(seeds["numpy"]))


def _plain(value, arrays):
    """A nest as JSON has it; arrays are appended to `arrays` and stand for their number."""
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        arrays.append(np.asarray(value))
        return {ARRAY: len(arrays) - 1}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, arrays) for item in value]
    raise TypeError(
        "The state of a callback must be made of numbers, strings, arrays, lists and dicts with "
        f"strings as keys, to be backed up. Received a {type(value).__name__}"
    )


def _revived(value, store):
    if isinstance(value, dict):
        if set(value) == {ARRAY}:
            return store[str(value[ARRAY])]
        return {key: _revived(item, store) for key, item in value.items()}
    return [_revived(item, store) for item in value] if isinstance(value, list) else value
