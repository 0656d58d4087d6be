"""`KerasFileEditor`: look into a saved model's weights, and change them, without a model."""

import os

import numpy as np

from cornu.core.errors import did_you_mean, shorten
from cornu.saving import archive, safety
from cornu.saving.atomic import atomic_write
from cornu.saving.h5 import WeightsReader, WriteStore, new_file
from cornu.saving.stores import RAW_TYPES
from cornu.saving.walk import is_saveable, walk
from cornu.serial.errors import ModelFileError
from cornu.serial.registry import export

_VARS = "vars"
# How many keys of an object a message lists.
_LISTED = 20


@export("keras.saving.KerasFileEditor")
class KerasFileEditor:
    """Looks into a file of weights, and changes it: rename layers, drop or add weights.

    For instance to bring weights into a model whose layers have other names. Nothing in the file is
    run and no model is built. Edits are made in memory; `save` writes them to a `.weights.h5` file.

    An object is named by its path (`"layers/dense_1"`), or by the last part of it where only one
    object is called that.

    Args:
        filepath: path of a `.keras` file or folder, or of a `.weights.h5` file.

    Attributes:
        filepath: the path, a string.
        config: the config of the model, a dictionary; None for a `.weights.h5` file.
        metadata: who saved the model when, a dictionary; None for a `.weights.h5` file.
        weights_dict: dictionaries within each other, name of an object -> what it holds, name of a
            weight -> NumPy array.

    Raises:
        FileNotFoundError: if there is no such file.
        ModelFileError: if it is no whole model or weights file.
        ValueError: if its name has another ending.

    Example:
        >>> import cornu, os, tempfile
        >>> model = cornu.Sequential([cornu.layers.Input((2,)), cornu.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
        >>> model.save_weights(path)
        >>> editor = cornu.saving.KerasFileEditor(path)
        Keras model file ...
        >>> editor.rename_object("dense", new_name="projection")
        >>> editor.summary()
        Weights structure
          └─ layers
              └─ projection
                  ├─ 0: shape=(2, 1), dtype=float32
                  └─ 1: shape=(1,), dtype=float32
        >>> editor.save(path)
    """

    def __init__(self, filepath):
        self.filepath = os.fsdecode(os.fspath(filepath))
        self.metadata = self.config = None
        self.weights_dict = {}
        if not os.path.exists(self.filepath):
            raise FileNotFoundError(f"File not found: {self.filepath}")
        if self.filepath.endswith(".weights.h5"):
            size = os.path.getsize(self.filepath)
            with WeightsReader(self.filepath, size, self.filepath) as reader:
                self._read(reader)
        elif self.filepath.endswith(".keras") or os.path.isdir(self.filepath):
            self._read_model()
        else:
            raise ValueError(
                "Only `.keras` and `.weights.h5` files can be edited. Received: "
                f"filepath={self.filepath}"
            )
        print(f"Keras model file {self.filepath!r}")
        if self.metadata is not None:
            version, date = (self.metadata.get(key) for key in ("keras_version", "date_saved"))
            print(f"Saved with Keras {shorten(version, 40)} - date: {shorten(date, 40)}")

    def _read_model(self):
        path = self.filepath
        source = archive.Folder(path) if os.path.isdir(path) else archive.Archive(path, path)
        with source:
            self.config = safety.parse_json(source.config_text, path, safety.CONFIG)
            self.metadata = safety.parse_json(source.metadata_text, path, safety.METADATA)
            if not isinstance(self.metadata, dict):
                raise ModelFileError("It is no dictionary.", path=path, member=safety.METADATA)
            with source.weights() as reader:
                self._read(reader)

    def _read(self, reader):
        for path in reader.unread():
            *parents, name = path.strip("/").split("/")
            if parents[-1:] != [_VARS]:
                where, member = reader.where
                raise ModelFileError(
                    f"{path[:200]} is not where Keras 3 keeps weights (in a group {_VARS!r}).",
                    path=where,
                    member=member,
                )
            objects = self.weights_dict
            for part in parents[:-1]:
                objects = objects.setdefault(part, {})
            objects[name] = reader.store("/".join(parents))[name]

    # --- looking ----------------------------------------------------------------------------------

    def summary(self):
        """Print the objects in the file, and the shapes and dtypes of their weights."""
        print("Weights structure")
        for line in _tree(self.weights_dict, "  "):
            print(line)

    def compare(self, reference_model):
        """Print where the file differs from a model of yours: names and shapes.

        Args:
            reference_model: a built model.

        Returns:
            Dictionary: `"status"`, `"success"` or `"error"`; `"error_count"`, how many weights and
            objects differ; `"match_count"`, how many weights agree.

        Raises:
            ValueError: if it is no model, or not built.
        """
        if not is_saveable(reference_model):
            raise ValueError(f"Expected a model, received: {shorten(reference_model)}")
        if not getattr(reference_model, "built", True):
            raise ValueError("The model to compare with is not built yet: call it on some data.")
        comparison = _Comparison()
        print("Running comparison")
        comparison.run(self.weights_dict, _structure_of(reference_model))
        errors = comparison.errors
        print("─" * 21)
        print(
            f"Found {errors} error{'s' if errors > 1 else ''}: the file does not fit the model"
            if errors
            else "The file fits the model"
        )
        status = "error" if errors else "success"
        return {"status": status, "error_count": errors, "match_count": comparison.matches}

    # --- changing ---------------------------------------------------------------------------------

    def rename_object(self, object_name, new_name):
        """Give an object (a layer) another name.

        Args:
            object_name: its name or path.
            new_name: the last part of its new path.

        Raises:
            ValueError: if there is no such object, more than one, or one of the new name.
        """
        parent, name = self._locate(object_name)
        _check_name(new_name, "new_name")
        if new_name in parent and new_name != name:
            raise ValueError(f"There is an object {new_name!r} beside {name!r} already.")
        renamed = {new_name if key == name else key: value for key, value in parent.items()}
        parent.clear()
        parent.update(renamed)

    def delete_object(self, object_name):
        """Remove an object with all that it holds.

        Args:
            object_name: its name or path.

        Raises:
            ValueError: if there is no such object, or more than one.
        """
        parent, name = self._locate(object_name)
        del parent[name]

    def add_object(self, object_path, weights):
        """Add an object, or replace one.

        Args:
            object_path: its whole path; the object above it must be there.
            weights: dictionary, name of a weight (`"0"`, `"1"`, ...) -> array.

        Raises:
            ValueError: if there is nothing above it, or a weight is no array of numbers.
        """
        *above, name = str(object_path).strip("/").split("/")
        _check_name(name, "object_path")
        parent = self._at(above) if above else self.weights_dict
        if parent is None:
            raise ValueError(
                f"Cannot add {object_path!r}: the file has no object {'/'.join(above)!r}."
            )
        parent[name] = _arrays(weights)

    def delete_weight(self, object_name, weight_name):
        """Remove one weight of an object.

        Args:
            object_name: name or path of the object.
            weight_name: the weight's name, such as `"0"`.

        Raises:
            ValueError: if there is no such object or weight.
        """
        parent, name = self._locate(object_name)
        weights = _weights(parent[name])
        if weight_name not in weights:
            raise ValueError(
                f"{object_name!r} has no weight {weight_name!r}; it has {list(weights)[:_LISTED]}."
            )
        del parent[name][weight_name]

    def add_weights(self, object_name, weights):
        """Add weights to an object, or replace them.

        Args:
            object_name: name or path of the object.
            weights: dictionary, name of a weight -> array.

        Raises:
            ValueError: if there is no such object, or a weight is no array of numbers.
        """
        arrays = _arrays(weights)
        parent, name = self._locate(object_name)
        taken = next((key for key in arrays if key in _objects(parent[name])), None)
        if taken is not None:
            raise ValueError(f"{object_name!r} has an object called {taken!r}, so no such weight.")
        parent[name].update(arrays)

    # --- writing ----------------------------------------------------------------------------------

    def save(self, filepath):
        """Write the weights, as they are now, to a file.

        Args:
            filepath: path that ends in `.weights.h5`.

        Raises:
            ValueError: if it ends otherwise.
        """
        path = os.fsdecode(os.fspath(filepath))
        if not path.endswith(".weights.h5"):
            raise ValueError(f"The name must end in `.weights.h5`. Received: filepath={path}")
        with atomic_write(path) as temporary, new_file(temporary) as file:
            _write(self.weights_dict, file)

    def resave_weights(self, filepath):
        """The same as `save`."""
        self.save(filepath)

    # --- finding ----------------------------------------------------------------------------------

    def _locate(self, name):
        """The dictionary that holds an object, and the object's name there."""
        parts = str(name).strip("/").split("/")
        if len(parts) > 1:
            parent = self._at(parts[:-1])
            if parent is not None and parts[-1] in _objects(parent):
                return parent, parts[-1]
        places = [(path, parent) for path, parent in _places(self.weights_dict) if path[-1] == name]
        if parts[0] in _objects(self.weights_dict) and str(name).startswith("/"):
            places = [((parts[0],), self.weights_dict)]
        if len(places) == 1:
            return places[0][1], places[0][0][-1]
        if places:
            paths = ", ".join("/".join(path) for path, _ in places[:_LISTED])
            raise ValueError(f"There are several objects {name!r}; give the whole path: {paths}.")
        known = {path[-1] for path, _ in _places(self.weights_dict)}
        raise ValueError(
            f"The file has no object {name!r}.{did_you_mean(name, known)} `summary()` lists all."
        )

    def _at(self, parts):
        """The object at a path, or None."""
        found = self.weights_dict
        for part in parts:
            found = _objects(found).get(part)
            if found is None:
                return None
        return found


def _objects(holder):
    return {name: value for name, value in holder.items() if isinstance(value, dict)}


def _weights(holder):
    return {name: value for name, value in holder.items() if not isinstance(value, dict)}


def _places(holder, above=()):
    """Pairs of the path of every object, as a tuple, and the dictionary that holds it."""
    for name, value in _objects(holder).items():
        yield (*above, name), holder
        yield from _places(value, (*above, name))


def _check_name(name, argument):
    if not isinstance(name, str) or not name or "/" in name or name == _VARS:
        raise ValueError(
            f"A name is a word without '/', other than {_VARS!r}. Received: {argument}={name!r}"
        )


def _arrays(weights):
    if not isinstance(weights, dict):
        raise ValueError(
            "`weights` must be a dictionary from names ('0', '1', ...) to arrays. Received: "
            f"{shorten(weights)} of type {type(weights).__name__}"
        )
    arrays = {}
    for name, value in weights.items():
        _check_name(name, "the name of a weight")
        array = np.asarray(getattr(value, "value", value))
        if array.dtype.kind not in "biufc" and array.dtype.name not in RAW_TYPES:
            raise ValueError(f"A weight is an array of numbers; {name!r} is {shorten(value)}.")
        arrays[name] = array
    return arrays


def _write(holder, group):
    weights = _weights(holder)
    if weights:
        store = WriteStore(group.create_group(_VARS))
        for name, value in weights.items():
            store[name] = value
    for name, value in _objects(holder).items():
        _write(value, group.create_group(name))


def _tree(holder, indent):
    entries = [*_weights(holder).items(), *_objects(holder).items()]
    for number, (name, value) in enumerate(entries):
        is_last = number == len(entries) - 1
        branch = f"{indent}{'└' if is_last else '├'}─ {name}"
        if isinstance(value, dict):
            yield branch
            yield from _tree(value, f"{indent}{' ' if is_last else '│'}   ")
        else:
            yield f"{branch}: shape={tuple(value.shape)}, dtype={value.dtype}"


def _structure_of(model):
    """What a model would write: dictionaries as in `weights_dict`, with variables for arrays."""
    structure = {}
    for path, obj in walk(model):
        if not hasattr(obj, "save_own_variables"):
            continue
        weights = {}
        obj.save_own_variables(weights)
        if not weights:
            continue
        holder = structure
        for part in path.split("/") if path else ():
            holder = holder.setdefault(part, {})
        holder.update(weights)
    return structure


def _shape(here, there, name):
    """In words, how the shapes of a weight in the file and in a model differ; empty if not."""
    saved, wanted = tuple(here[name].shape), tuple(there[name].shape)
    return "" if saved == wanted else f"{wanted} in the reference model, {saved} in the file"


class _Comparison:
    """Counts, and prints, where two dictionaries of weights differ."""

    def __init__(self):
        self.errors = self.matches = 0

    def run(self, saved, reference, path=""):
        """Compare two objects; `path` is theirs."""
        here, there = _weights(saved), _weights(reference)
        for name in [name for name in there if name not in here]:
            self._error(f"Weight {path}/{name} of the reference model is not in the file")
        for name in [name for name in here if name not in there]:
            self._error(f"Weight {path}/{name} of the file is not in the reference model")
        misfits = [name for name in there if name in here and _shape(here, there, name)]
        for name in misfits:
            self._error(f"Weight shape mismatch for {path}/{name}: {_shape(here, there, name)}")
        self.matches += len(there.keys() & here.keys()) - len(misfits)
        self._compare_objects(_objects(saved), _objects(reference), path)

    def _compare_objects(self, here, there, path):
        for name, value in there.items():
            if name in here:
                self.run(here[name], value, f"{path}/{name}")
            else:
                self._error(
                    f"Object {path}/{name} of the reference model is not in the file; there it has "
                    f"{list(value)[:_LISTED]}"
                )
        for name in [name for name in here if name not in there]:
            self._error(
                f"Object {path}/{name} of the file is not in the reference model; it has "
                f"{list(here[name])[:_LISTED]}"
            )

    def _error(self, text):
        self.errors += 1
        print(f"...{text}")
