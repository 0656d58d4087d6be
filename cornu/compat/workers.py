"""Processes that `multiprocessing` starts anew answer `import keras` as the one that started them.

Such a process first reads a dictionary from its parent, and then imports the parent's program. So
the dictionary gets one more entry, which installs the alias when it is read.
"""

import multiprocessing.spawn

_original = multiprocessing.spawn.get_preparation_data


class _Alias:
    """An object that is unpickled by calling a function with an argument."""

    def __init__(self, install, argument):
        self.install, self.argument = install, argument

    def __reduce__(self):
        return self.install, (self.argument,)


def tell(install, argument):
    """Have every process that is started from now on call `install(argument)` first."""

    def get_preparation_data(name):
        return {**_original(name), "cornu": _Alias(install, argument)}

    multiprocessing.spawn.get_preparation_data = get_preparation_data


def forget():
    """Undo `tell`."""
    multiprocessing.spawn.get_preparation_data = _original
