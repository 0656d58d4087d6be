"""`keras.applications` until it is written: names that can be imported, not called.

Packages list all networks in tables when they are imported, and build none. So the error comes when
one is called.
"""

import sys
import types

from cornu.compat import keras_paths
from cornu.core.errors import did_you_mean
from cornu.legacy.left_out import cause_of

NAME = "applications"
# Modules that Keras keeps inside of another.
PLACES = {f"{NAME}.resnet50": f"{NAME}.resnet"}


class Pending:
    """What stands for a public function of Keras that is not written yet.

    Args:
        path: its path below `keras`.
    """

    def __init__(self, path):
        self.path = path
        self.__name__ = path.rpartition(".")[2]

    @property
    def message(self):
        """That it is not there, and what to do."""
        return f"`keras.{self.path}` is not part of cornu: {cause_of(self.path)}"

    def __call__(self, *args, **kwargs):
        raise NotImplementedError(self.message)

    def __repr__(self):
        return f"<keras.{self.path}, not part of cornu>"


class PendingModule(types.ModuleType):
    """A module of Keras of which nothing is written yet.

    Args:
        path: its path below `keras`.
    """

    def __init__(self, path):
        super().__init__(f"cornu.{path}", f"`keras.{path}`, whose functions are not written yet.")
        self.__path__ = []
        self._where = path
        sys.modules[self.__name__] = self  # where `from ... import` looks for what is in it
        inner = f"{keras_paths.ROOT}.{PLACES.get(path, path)}"
        table = keras_paths.public()
        self._functions = set(table.get(inner, ()))
        self._modules = set()
        if path == NAME:
            below = [name for name in table if name.startswith(f"{inner}.")]
            self._modules = {name.rpartition(".")[2] for name in below} | {"resnet50"}
            self._functions = {
                name for place in below for name in table[place] if name[0].isupper()
            }

    def __dir__(self):
        return sorted(self._modules | self._functions)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        path = f"{self._where}.{name}"
        if name in self._modules:
            found = PendingModule(path)
        elif name in self._functions:
            found = Pending(path)
        else:
            raise AttributeError(
                f"`keras.{path}` is not part of cornu: {cause_of(path)}"
                f"{did_you_mean(name, dir(self))}",
                name=name,
            )
        setattr(self, name, found)
        return found


def install(package):
    """Put the module into a package that has none of that name."""
    if NAME not in vars(package):
        setattr(package, NAME, PendingModule(NAME))
        package.__all__.append(NAME)


def uninstall(package):
    """Undo `install`."""
    if isinstance(vars(package).get(NAME), PendingModule):
        delattr(package, NAME)
        package.__all__.remove(NAME)
        for name in [name for name, found in sys.modules.items() if type(found) is PendingModule]:
            del sys.modules[name]
