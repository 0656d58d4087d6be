"""Variables that functions inside control flow assign: their values are carried along."""

from cornu.core.scopes import PROVISIONAL, TAPES, setting
from cornu.state.functional import Frame


class Restart(Exception):
    """A function that is being traced needs another carry: trace it again from the start."""


class Assigned:
    """The variables that functions inside control flow assign: their values are carried along.

    Which they are shows while the functions are traced; then it all starts again with them.

    Args:
        name: the op, for errors.
    """

    def __init__(self, name):
        self.name = name
        self.variables = []

    def settle(self, attempt):
        """What `attempt()` returns, once it goes through."""
        while True:
            try:
                return attempt()
            except Restart:
                continue

    def values(self):
        """The variables' values before."""
        for variable in self.variables:
            for tape in TAPES.get():
                tape._variable_read(variable, variable._raw_value)
        return [variable._raw_value for variable in self.variables]

    def run(self, values, function, *args):
        """`function(*args)`, and the variables' values after it.

        Args:
            values: the variables' values before it.

        Raises:
            Restart: if it assigned variables that are not carried yet.
            RuntimeError: if it added a loss.
        """
        keys = [id(variable) for variable in self.variables]
        stand_ins = dict(zip(keys, values, strict=True))
        with Frame(stand_ins, collect_losses=True) as frame, setting(PROVISIONAL, True):
            result = function(*args)
        if frame.losses:
            raise RuntimeError(
                f"`add_loss` was called inside a function given to `{self.name}`, where a loss"
                " can't be kept. Return it from the function, and add it outside."
            )
        found = [variable for key, variable in frame.written.items() if key not in keys]
        if found:
            self.variables += found
            raise Restart
        return result, [frame.values[key] for key in keys]

    def read(self, values, function, *args):
        """`function(*args)`, which must not assign variables.

        Raises:
            RuntimeError: if it does.
        """
        keys = [id(variable) for variable in self.variables]
        with Frame(dict(zip(keys, values, strict=True)), collect_losses=True) as frame:
            result = function(*args)
        for variable in frame.written.values():
            raise RuntimeError(
                f"The condition of `{self.name}` assigns the variable '{variable.path}'. Only the"
                " body can do that."
            )
        return result

    def assign(self, values):
        """Give the variables their values after it all."""
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
