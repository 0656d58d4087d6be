"""`GradientTape`: TensorFlow's tape, gradients of what a `with` block computed, on JAX arrays."""

from contextlib import contextmanager

import jax
import jax.numpy as jnp

from cornu.backend.jax import tape_replay, tape_trace
from cornu.core import tree
from cornu.core.scopes import PROVISIONAL, TAPES


def active_tapes():
    """The open tapes of this thread, innermost last."""
    return TAPES.get()


class GradientTape:
    """Records what is computed inside its `with` block, for gradients afterwards.

    Anything that runs on JAX is recorded: operators on arrays, `jax.numpy`, `jax.lax`, functions
    under `jax.jit`, layers and models. Values stay ordinary arrays, so Python's `if` and `while`
    work on them. The tape works eagerly and inside compiled functions, and tapes may be nested for
    derivatives of higher order.

    The calls are those of `tf.GradientTape`. One thing is more generous: an array that was used
    inside the block can be a source without having been watched, unless `watch_accessed_variables`
    is False. The gradient with respect to a complex array is TensorFlow's, the conjugate of what
    `jax.grad` gives.

    Gradients are compiled, once for a loop of equal steps. The exception is a function with rules
    of its own (`jax.custom_jvp`, `jax.custom_vjp`) that is called outside of `jax.jit`: its rules
    are Python code that may read anything, so they are run again each time.

    Args:
        persistent: whether `gradient`, `jacobian` and `batch_jacobian` may be called more than
            once. What was recorded is then kept until the tape is reset or deleted.
        watch_accessed_variables: whether trainable variables (and arrays) are sources without
            `watch`.

    Example:
        >>> import jax.numpy as jnp
        >>> from cornu.backend.jax.tape import GradientTape
        >>> x = jnp.array(3.0)
        >>> with GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x * x
        >>> float(tape.gradient(y, x))
        6.0
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self._persistent = bool(persistent)
        self._watch_accessed = bool(watch_accessed_variables)
        self._trace = None
        self._inside = False
        self._forget()

    def _forget(self):
        self._log = []
        self._spent = False
        self._was_reset = False
        self._watched = {}  # id -> array, or variable
        self._reads = {}  # id of a variable -> (variable, {id of an array: array})

    def __enter__(self):
        if self._inside:
            raise ValueError(
                "This tape is already recording: a tape can be entered once at a time."
            )
        if self._spent:
            self._forget()
        self._inside = True
        self._open()
        return self

    def __exit__(self, *error):
        self._inside = False
        self._close()

    def _open(self):
        self._trace = tape_trace.open_trace(self._log)
        TAPES.set((*TAPES.get(), self))

    def _close(self):
        if self._trace is not None and not self._trace.closed:
            self._trace.close()
            TAPES.set(tuple(tape for tape in TAPES.get() if tape is not self))

    @property
    def _recording(self):
        return self._trace is not None and self._trace.recording

    @contextmanager
    def stop_recording(self):
        """Leave out what is computed inside a `with tape.stop_recording():` block.

        Its results are constants to the tape, and the block runs faster.

        Raises:
            RuntimeError: if the tape is not recording.

        Example:
            >>> import jax.numpy as jnp
            >>> from cornu.backend.jax.tape import GradientTape
            >>> x = jnp.array(3.0)
            >>> with GradientTape() as tape:
            ...     with tape.stop_recording():
            ...         scale = x * 2
            ...     y = x * scale
            >>> float(tape.gradient(y, x))
            6.0
        """
        if not self._recording:
            raise RuntimeError("`stop_recording` needs a tape that is recording; this one is not.")
        state = tape_trace.suspend(self._trace)
        try:
            yield
        finally:
            tape_trace.resume(self._trace, state)

    def reset(self):
        """Forget what was recorded and watched, as if the tape were left and a new one entered.

        Example:
            >>> import jax.numpy as jnp
            >>> from cornu.backend.jax.tape import GradientTape
            >>> x = jnp.array(3.0)
            >>> with GradientTape() as tape:
            ...     y = x * x
            ...     tape.reset()
            ...     y = x + x
            >>> float(tape.gradient(y, x))
            2.0
        """
        self._close()
        self._forget()
        self._was_reset = True
        if self._inside:
            self._open()

    def watch(self, tensor):
        """Make an array or variable a source.

        Needed only with `watch_accessed_variables=False`, and for variables that are not trainable.

        Args:
            tensor: an array, a variable, or a nest of them.

        Raises:
            ValueError: if something else is found.
        """
        for leaf in tree.flatten(tensor):
            if _stored_value(leaf) is None:
                raise ValueError(
                    f"`watch` takes arrays and variables. Received: {_describe(leaf)}. "
                    "Make it an array first, e.g. with `jax.numpy.asarray`."
                )
            self._watched[id(leaf)] = leaf

    def watched_variables(self):
        """A tuple of the variables watched, then of the trainable ones read while recording."""
        found = {
            key: leaf for key, leaf in self._watched.items() if not isinstance(leaf, jax.Array)
        }
        if self._watch_accessed:
            for key, (variable, _) in self._reads.items():
                if getattr(variable, "trainable", True):
                    found.setdefault(key, variable)
        return tuple(found.values())

    def _variable_read(self, variable, value):
        """A variable's stored `value` was read: it is a source even if replaced later."""
        if self._recording:
            _, values = self._reads.setdefault(id(variable), (variable, {}))
            values[id(value)] = value

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """Gradient of the sum of `target` with respect to each of `sources`.

        Args:
            target: a float array or variable, or a nest of them, whose gradients are added up.
            sources: an array or variable, or a nest of them.
            output_gradients: gradients to start from instead of ones: the structure and shapes of
                `target`; None in place of an array means ones.
            unconnected_gradients: what to return for a source that `target` does not depend on:
                `"none"` for None, `"zero"` for zeros.

        Returns:
            The structure of `sources`, of arrays (or None). A variable that was assigned to while
            the tape recorded gets the sum of the gradients for every value that was read.

        Raises:
            RuntimeError: at the second call, unless the tape is persistent.
            TypeError: if a target is not of a float dtype, or a source neither array nor variable.

        Example:
            >>> import jax.numpy as jnp
            >>> from cornu.backend.jax.tape import GradientTape
            >>> weights = {"kernel": jnp.ones((2, 1)), "bias": jnp.zeros(1)}
            >>> with GradientTape() as tape:
            ...     y = jnp.ones((3, 2)) @ weights["kernel"] + weights["bias"]
            >>> tape.gradient(y, weights)["bias"].tolist()
            [3.0]
        """
        targets = [_target_value(leaf) for leaf in tree.flatten(target)]
        seeds = _seeds(target, targets, output_gradients)
        found = self._differentiate(("gradient",), targets, sources, seeds)
        return _fill(found, sources, unconnected_gradients, lambda value: value.shape)

    def jacobian(
        self,
        target,
        sources,
        unconnected_gradients="none",
        parallel_iterations=None,
        experimental_use_pfor=True,
    ):
        """Derivative of each element of `target` with respect to each element of `sources`.

        Args:
            target: a float array.
            sources: an array or variable, or a nest of them.
            unconnected_gradients: as for `gradient`.
            parallel_iterations: how many elements of `target` are computed at once; fewer take less
                memory. None means all.
            experimental_use_pfor: if False, one element is computed after another.

        Returns:
            The structure of `sources`, of arrays of shape `target.shape + source.shape`.

        Raises:
            RuntimeError, TypeError: as for `gradient`.

        Example:
            >>> import jax.numpy as jnp
            >>> from cornu.backend.jax.tape import GradientTape
            >>> x = jnp.array([1.0, 2.0])
            >>> with GradientTape() as tape:
            ...     y = x * x
            >>> tape.jacobian(y, x).tolist()
            [[2.0, 0.0], [0.0, 4.0]]
        """
        value = _target_value(target)
        mode = ("jacobian", _rows_at_once(parallel_iterations, experimental_use_pfor))
        found = self._differentiate(mode, [value], sources)
        return _fill(
            found, sources, unconnected_gradients, lambda source: value.shape + source.shape
        )

    def batch_jacobian(
        self,
        target,
        source,
        unconnected_gradients="none",
        parallel_iterations=None,
        experimental_use_pfor=True,
    ):
        """Jacobian of each example of a batch, where `target[i]` depends on `source[i]` alone.

        Args:
            target: a float array of shape `(batch, ...)`.
            source: an array or variable of shape `(batch, ...)`.
            unconnected_gradients, parallel_iterations, experimental_use_pfor: as for `jacobian`.

        Returns:
            An array of shape `(batch,) + target.shape[1:] + source.shape[1:]`.

        Raises:
            ValueError: if the batches differ in size, or an argument has no batch axis.
            RuntimeError, TypeError: as for `gradient`.

        Example:
            >>> import jax.numpy as jnp
            >>> from cornu.backend.jax.tape import GradientTape
            >>> x = jnp.array([[1.0, 2.0], [3.0, 4.0]])
            >>> with GradientTape() as tape:
            ...     y = x * x
            >>> tape.batch_jacobian(y, x).tolist()
            [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 8.0]]]
        """
        value, start = _target_value(target), _stored_value(source)
        if start is None:
            raise TypeError(f"`source` must be an array or variable. Received: {_describe(source)}")
        if not value.ndim or not start.ndim or value.shape[0] != start.shape[0]:
            raise ValueError(
                "`target` and `source` must have the same first axis, the batch. "
                f"Received: target.shape={value.shape}, source.shape={start.shape}"
            )
        mode = ("batch_jacobian", _rows_at_once(parallel_iterations, experimental_use_pfor))
        found = self._differentiate(mode, [value], source)
        return _fill(found, source, unconnected_gradients, lambda _: value.shape + start.shape[1:])

    def _differentiate(self, mode, targets, sources, *seeds):
        """Per leaf of `sources` the derivative, or None."""
        groups = [self._values_of(leaf) for leaf in tree.flatten(sources)]
        log = self._take_log(targets)
        values = {id(value): value for group, _ in groups for value in group}
        cuts = {id(value) for group, is_variable in groups if is_variable for value in group}
        plan = tape_replay.link(log, targets, list(values.values()), cuts)
        linked = [index for index, number in enumerate(plan.targets) if number is not None]
        if not linked:
            return [None] * len(groups)
        chosen = [[seed[index] for index in linked] for seed in seeds]
        try:
            results = dict(zip(values, tape_replay.run(mode, plan, *chosen), strict=True))
        except jax.errors.UnexpectedTracerError as error:
            raise RuntimeError(
                "This tape recorded inside a function that JAX has finished with (as under "
                "`jax.jit`). Take the gradient inside that function, and return the gradient "
                "instead of the tape."
            ) from error
        return [_sum(results[id(value)] for value in group) for group, _ in groups]

    def _values_of(self, leaf):
        """The arrays that `leaf` stands for as a source, and whether it is a variable."""
        stored = _stored_value(leaf)
        if stored is None:
            raise TypeError(f"Sources must be arrays or variables. Received: {_describe(leaf)}")
        is_variable = not isinstance(leaf, jax.Array)
        free = self._watch_accessed and (not is_variable or getattr(leaf, "trainable", True))
        if not free and id(leaf) not in self._watched:
            return [], is_variable
        values = {id(stored): stored}
        if is_variable and id(leaf) in self._reads:
            values.update(self._reads[id(leaf)][1])
        return list(values.values()), is_variable

    def _take_log(self, targets):
        if self._trace is None:
            raise RuntimeError(
                "Nothing was recorded: compute the target inside a `with tape:` block."
            )
        if self._spent:
            raise RuntimeError(
                "This tape gives gradients once, and forgot what it recorded. "
                "For further calls make it with `GradientTape(persistent=True)`."
            )
        if self._was_reset and not self._log:
            raise RuntimeError(
                "This tape was reset and has recorded nothing since: compute the target again "
                "inside its `with` block."
            )
        for target in targets:
            if tape_trace.is_foreign(target, self._trace):
                raise ValueError(
                    f"The target {_describe(target)} was computed inside a function that JAX "
                    "compiles (as by `jax.jit` or the body of `lax.scan`), but the tape was opened "
                    "outside of it. Open the tape inside that function, or take the gradient of "
                    "what the function returns."
                )
        log = self._log
        if not self._persistent and not PROVISIONAL.get():
            self._close()
            self._log, self._trace.log, self._spent = [], [], True
        return log


def _stored_value(leaf):
    """The array that an array or variable holds, the same object each time; else None."""
    if isinstance(leaf, jax.Array):
        return leaf
    value = getattr(leaf, "_raw_value", None)
    if value is None:
        value = getattr(leaf, "value", None)
    return value if isinstance(value, jax.Array) else None


def _target_value(leaf):
    value = _stored_value(leaf)
    if value is None:
        raise TypeError(
            f"The target must be an array computed on the tape. Received: {_describe(leaf)}"
        )
    if not tape_replay.is_differentiable(value.dtype):
        raise TypeError(f"The target must have a float dtype. Received: {_describe(value)}")
    return value


def _describe(value):
    """The kind of a value, in one line without its contents."""
    if isinstance(value, jax.Array):
        return f"array of shape {value.shape} and dtype {value.dtype}"
    return f"{type(value).__name__}" + (f" {value}" if isinstance(value, (int, float)) else "")


def _seeds(target, targets, output_gradients):
    """Per target the gradient to start from, or None for ones."""
    if output_gradients is None:
        return [None] * len(targets)
    given = tree.flatten(output_gradients)
    if len(given) != len(targets):
        raise ValueError(
            "`output_gradients` must have the structure of `target`. "
            f"Received: {len(given)} gradients for {len(targets)} targets"
        )
    return [_seed(value, gradient) for value, gradient in zip(targets, given, strict=True)]


def _seed(target, gradient):
    if gradient is None:
        return None
    stored = _stored_value(gradient)
    gradient = jnp.asarray(gradient if stored is None else stored, target.dtype)
    if gradient.shape != target.shape:
        raise ValueError(
            "Each of `output_gradients` must have the shape of its target. "
            f"Received: {gradient.shape} for a target of shape {target.shape}"
        )
    return jnp.conj(gradient)


def _rows_at_once(parallel_iterations, use_pfor):
    if parallel_iterations is not None and parallel_iterations < 1:
        raise ValueError(
            f"`parallel_iterations` must be at least 1. Received: {parallel_iterations}"
        )
    return parallel_iterations if use_pfor else 1


def _sum(gradients):
    """The sum of those that are not None, or None."""
    total = None
    for gradient in gradients:
        if gradient is not None:
            total = gradient if total is None else total + gradient
    return total


def _fill(gradients, sources, unconnected, shape_of):
    """`gradients` in the structure of `sources`, with zeros for None if asked for."""
    choice = str(getattr(unconnected, "value", unconnected)).lower()
    if choice not in ("none", "zero"):
        raise ValueError(
            f'`unconnected_gradients` must be "none" or "zero". Received: {unconnected!r}'
        )
    filled = []
    for leaf, gradient in zip(tree.flatten(sources), gradients, strict=True):
        if gradient is None and choice == "zero":
            value = _stored_value(leaf)
            gradient = jnp.zeros(shape_of(value), value.dtype)
        elif gradient is not None and jnp.iscomplexobj(gradient):
            gradient = jnp.conj(gradient)
        filled.append(gradient)
    return tree.pack_sequence_as(sources, filled)
