"""Answers `import keras` with this package."""

import importlib
import importlib.abc
import importlib.util
import sys

ALIAS = "keras"
TARGET = "cornu"


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `keras` and `keras.x.y` as `cornu` and `cornu.x.y`: the same module objects, not
    copies."""

    def find_spec(self, name, path=None, target=None):
        real = _real_name(name)
        if real is None or not _exists(real):
            return None
        return importlib.util.spec_from_loader(name, self)

    def create_module(self, spec):
        module = importlib.import_module(_real_name(spec.name))
        # The import system writes the alias's spec into the module; `exec_module` puts the module's
        # own back.
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = module.__spec__.loader_state


def _real_name(name):
    if name != ALIAS and not name.startswith(ALIAS + "."):
        return None
    return TARGET + name.removeprefix(ALIAS)


def _exists(real):
    if real in sys.modules:
        return True
    try:
        return importlib.util.find_spec(real) is not None
    except ModuleNotFoundError:
        return False


def install():
    """Answer `import keras` with this package from now on, in this process."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
