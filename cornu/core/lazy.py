"""Optional modules, imported when first used."""

import importlib
import importlib.util
import sys


class LazyModule:
    """Stands for a module until an attribute of it is asked for.

    Args:
        name: import name, such as `"h5py"`.
        extra: the extra of this package that installs it, or None for a core dependency.
        package: what to install where that is called otherwise.
    """

    def __init__(self, name, extra=None, package=None):
        self._name = name
        self._extra = extra
        self._package = package or name.partition(".")[0]

    @property
    def available(self):
        """Whether the module can be imported."""
        return self._name in sys.modules or importlib.util.find_spec(self._name) is not None

    @property
    def loaded(self):
        """Whether anybody imported the module already."""
        return self._name in sys.modules

    def __getattr__(self, attribute):
        if attribute == "__wrapped__":  # what `inspect` asks of everything it meets
            raise AttributeError(attribute)
        try:
            module = importlib.import_module(self._name)
        except ImportError as error:
            how = f"cornu[{self._extra}]" if self._extra else self._package
            raise ImportError(
                f"This needs the package `{self._name}`, which is not installed: pip install"
                f" '{how}'"
            ) from error
        return getattr(module, attribute)


def lazy_module(name, extra=None, package=None):
    """A `LazyModule` for `name`."""
    return LazyModule(name, extra, package)
