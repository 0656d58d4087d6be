"""From code that reads and assigns variables to a pure function of their values."""

import contextlib

from cornu.core.scopes import FRAME


class Frame:
    """Values that stand in for those of variables, until the frame is left.

    Args:
        values: dict from `id(variable)` to value; what the enclosing frame holds is seen too.
        collect_losses: whether losses added by layers are kept here rather than in the layers.
        owner: names the code in the error about a variable that it must not assign, or None to
            allow any.
    """

    __slots__ = ("values", "losses", "collect_losses", "owner", "written", "masks", "_token")

    def __init__(self, values=None, collect_losses=False, owner=None):
        outer = FRAME.get()
        self.values = (
            {**outer.values, **(values or {})} if outer is not None else dict(values or {})
        )
        self.collect_losses = collect_losses
        self.losses = []
        self.owner = owner
        self.written = {}
        self.masks = dict(outer.masks) if outer is not None else {}

    def write(self, variable, value):
        """Assign `value` to `variable` as far as this frame is concerned."""
        key = id(variable)
        if self.owner is not None and key not in self.values:
            raise RuntimeError(
                f"{self.owner} assigns the variable '{variable.path}', which the model does not"
                " own, so its new value would be lost. Keep the variable (or the layer, metric or"
                " generator that holds it) in an attribute of the model."
            )
        self.values[key] = value
        self.written[key] = variable

    def __enter__(self):
        self._token = FRAME.set(self)
        return self

    def __exit__(self, *exc):
        FRAME.reset(self._token)


def functional(function, variables, owner=None):
    """`function`, which reads and assigns `variables`, as a pure function of their values.

    Args:
        function: any callable.
        variables: list of variables; each has a value in the argument and the result below.
        owner: if given, assigning any other variable is an error that begins with this text.

    Returns:
        A function `(values, *args, **kwargs) -> (result, new_values)`.

    Example:
        >>> import cornu
        >>> from cornu.state.functional import functional
        >>> count = cornu.Variable(1.0)
        >>> def bump():
        ...     count.assign_add(1.0)
        ...     return count * 10
        >>> result, values = functional(bump, [count])([5.0])
        >>> float(result), float(values[0]), float(count)
        (60.0, 6.0, 1.0)
    """
    keys = [id(variable) for variable in variables]

    def pure(values, *args, **kwargs):
        with Frame(dict(zip(keys, values, strict=True)), owner=owner) as frame:
            result = function(*args, **kwargs)
        return result, [frame.values[key] for key in keys]

    return pure


@contextlib.contextmanager
def discarding():
    """Within, assignments to variables have no lasting effect: for code run only for its shapes."""
    with Frame(collect_losses=True) as frame:
        yield frame


class StatelessScope:
    """Within, the given variables have the given values, and assignments are kept in the scope
    alone.

    Args:
        state_mapping: pairs `(variable, value)`; values must have the variables' shapes.
        collect_losses: whether to collect what layers `add_loss`, in `scope.losses`.
        initialize_variables: accepted for compatibility: variables made in the scope always have
            their value at once.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> with cornu.StatelessScope([(v, [3.0, 4.0])]) as scope:
        ...     v.assign_add([1.0, 1.0])
        <Variable path=variable, shape=(2,), dtype=float32, value=[4. 5.]>
        >>> scope.get_current_value(v), v.value
        (Array([4., 5.], dtype=float32), Array([1., 2.], dtype=float32))
    """

    def __init__(self, state_mapping=None, collect_losses=False, initialize_variables=True):
        self.initialize_variables = initialize_variables
        self.collect_losses = collect_losses
        self._pairs = []
        self._frame = Frame()
        for variable, value in state_mapping or ():
            self._pairs.append((variable, self._checked(variable, value)))

    @staticmethod
    def _checked(variable, value):
        if not hasattr(variable, "_stand_in"):
            raise ValueError(
                "Invalid reference variable in StatelessScope: all keys in argument `mapping` must"
                f" be Variable instances. Received instead: {variable}"
            )
        return variable._stand_in(value)

    def __enter__(self):
        values = {id(variable): value for variable, value in self._pairs}
        self._frame = Frame(values, collect_losses=self.collect_losses)
        self._own = dict.fromkeys(values)
        self._frame.__enter__()
        return self

    def __exit__(self, *exc):
        self._frame.__exit__(*exc)

    @property
    def losses(self):
        """Losses added by layers inside the scope."""
        return self._frame.losses

    def add_loss(self, loss):
        """Keep `loss` in the scope."""
        self._frame.losses.append(loss)

    def add_update(self, update):
        """Keep a pair `(variable, value)` as an assignment."""
        variable, value = update
        self._frame.write(variable, value)

    def get_current_value(self, variable):
        """The value of `variable` in the scope, or None if the scope knows none."""
        key = id(variable)
        if key in self._own or key in self._frame.written:
            return self._frame.values[key]
        return None


def in_stateless_scope():
    """Whether variables are read from and written to a frame at the moment."""
    return FRAME.get() is not None
