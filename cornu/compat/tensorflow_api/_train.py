"""`tf.train`: checkpoints of objects with variables, and examples as records."""

import os
import re

import numpy as np

from cornu.compat.tensorflow_api import _examples
from cornu.compat.tensorflow_api._errors import NotFoundError
from cornu.compat.tensorflow_api._variables import Variable
from cornu.saving.atomic import atomic_write

SUFFIX = ".checkpoint.npz"


def _variables(value):
    return [value] if isinstance(value, Variable) else list(value.variables)


class Status:
    """What a checkpoint did on restoring."""

    def expect_partial(self):
        """The status: what does not fit is an error on restoring."""
        return self

    assert_consumed = assert_existing_objects_matched = expect_partial


class Checkpoint:
    """Objects whose variables are saved and restored together, in a NumPy file.

    Args:
        root: a model or another object with variables, or None.
        **kwargs: further objects by name: models, optimizers, variables, `tf.Module`s.
    """

    def __init__(self, root=None, **kwargs):
        self._objects = {**({} if root is None else {"root": root}), **kwargs}
        self.save_counter = Variable(0, trainable=False, name="save_counter")
        vars(self).update(kwargs)

    def _named(self):
        for name, value in self._objects.items():
            for number, variable in enumerate(_variables(value)):
                yield f"{name}/{number}", variable
        yield "save_counter", self.save_counter

    def write(self, file_prefix, options=None):
        """Write the values to the file with this beginning of a name; returns that."""
        prefix = os.fspath(file_prefix)
        os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
        values = {name: np.asarray(variable._raw_value) for name, variable in self._named()}
        with atomic_write(prefix + SUFFIX) as path, open(path, "wb") as file:
            np.savez(file, **values)
        return prefix

    def save(self, file_prefix, options=None):
        """Write the values to a new, numbered file; returns the beginning of its name."""
        self.save_counter.assign_add(1)
        return self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter)}")

    def read(self, save_path, options=None):
        """Set the variables to the values of a file.

        Raises:
            NotFoundError: if it is not there.
            ValueError: if it does not fit.
        """
        if save_path is None:
            return Status()
        path = os.fspath(save_path) + SUFFIX
        if not os.path.exists(path):
            raise NotFoundError(f"Could not find checkpoint or path {save_path}")
        with np.load(path, allow_pickle=False) as values:
            self._make_ready(values.files)
            for name, variable in self._named():
                if name not in values.files:
                    raise ValueError(f"The checkpoint {save_path} has no value for {name}.")
                variable.assign(values[name])
        return Status()

    restore = read

    def _make_ready(self, names):
        """Give optimizers that have not run yet the variables of what the checkpoint holds."""
        weights = [
            variable
            for value in self._objects.values()
            if not isinstance(value, Variable) and not hasattr(value, "apply_gradients")
            for variable in getattr(value, "trainable_variables", ())
        ]
        for name, value in self._objects.items():
            saved = sum(each.startswith(f"{name}/") for each in names)
            is_new = hasattr(value, "apply_gradients") and not value.built
            if is_new and len(value.variables) < saved:
                value.build(weights)


class CheckpointManager:
    """Numbered checkpoints in a folder, the last `max_to_keep` of them.

    Args:
        checkpoint: a `Checkpoint`.
        directory: the folder.
        max_to_keep: how many to keep, None for all.
        checkpoint_name: beginning of the names of files.
    """

    def __init__(self, checkpoint, directory, max_to_keep, checkpoint_name="ckpt"):
        self._checkpoint, self._keep = checkpoint, max_to_keep
        self._prefix = os.path.join(os.fspath(directory), checkpoint_name)
        self.directory = os.fspath(directory)

    @property
    def checkpoints(self):
        """The beginnings of the names of all files, oldest first."""
        return _checkpoints(self.directory)

    @property
    def latest_checkpoint(self):
        """That of the newest, None if there is none."""
        return latest_checkpoint(self.directory)

    def save(self, checkpoint_number=None, check_interval=True, options=None):
        """Write a checkpoint, and remove old ones; returns the beginning of its name."""
        if checkpoint_number is None:
            path = self._checkpoint.save(self._prefix)
        else:
            path = self._checkpoint.write(f"{self._prefix}-{int(checkpoint_number)}")
        if self._keep is not None:
            for old in self.checkpoints[: -self._keep]:
                os.remove(old + SUFFIX)
        return path

    def restore_or_initialize(self):
        """Restore the newest checkpoint, if there is one; returns the beginning of its name."""
        found = self.latest_checkpoint
        self._checkpoint.restore(found)
        return found


def _checkpoints(folder):
    if not os.path.isdir(folder):
        return []
    found = (re.fullmatch(rf"(.*-(\d+)){re.escape(SUFFIX)}", name) for name in os.listdir(folder))
    numbered = sorted((int(each.group(2)), each.group(1)) for each in found if each)
    return [os.path.join(folder, name) for _, name in numbered]


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The beginning of the name of the newest checkpoint in a folder, None if there is none."""
    return next(reversed(_checkpoints(os.fspath(checkpoint_dir))), None)


MEMBERS = {
    "Checkpoint": Checkpoint,
    "CheckpointManager": CheckpointManager,
    "latest_checkpoint": latest_checkpoint,
    **{
        name: getattr(_examples, name)
        for name in ("BytesList", "Example", "Feature", "Features", "FloatList", "Int64List")
    },
}
