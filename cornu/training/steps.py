"""The pure functions that training, evaluation and prediction run, compiled."""

from cornu.backend import engine
from cornu.control_flow.retry import Conversions
from cornu.core import tree
from cornu.core.scopes import FRAME
from cornu.layers._teach import teaching
from cornu.state.functional import Frame, functional

OWNER = "A compiled step"


class LoopProgram:
    """Many steps in one compiled loop.

    Args:
        step: `step(data) -> logs`, stateful: reads and assigns variables.
        variables: all that it may assign.
        results: `() -> logs` after the last step, or None to return the last step's own.
        fixed: variables that it only reads, whose values are an argument rather than part of the
            program.
        flag: `(known, index, logs) -> known`, carried through the steps: int32, -1 at first; or
            None.
        donate: whether the values of variables may be given up, where all of them come back.

    Its functions return new values, logs, and what `flag` made of the steps.
    """

    def __init__(self, step, variables, results, fixed=(), flag=None, donate=True):
        self.fixed = list(fixed)
        every = [*variables, *self.fixed]
        self.count = len(variables)
        self.flag = flag
        self.step = functional(step, every, owner=OWNER)
        self.results = None if results is None else functional(results, every)
        given_up = (0,) if donate and not self.fixed else ()
        self.conversions = Conversions()
        self._on_arrays = engine.compile(self._run_on_arrays, donate=given_up, static=(5,))
        self._on_stack = engine.compile(self._run_on_stack, donate=given_up)

    def on_arrays(self, *arguments):
        """The compiled form of `_run_on_arrays`."""
        engine.keep_memory()
        return self.conversions.retried(self._on_arrays, *arguments)

    def on_stack(self, *arguments):
        """The compiled form of `_run_on_stack`."""
        engine.keep_memory()
        return self.conversions.retried(self._on_stack, *arguments)

    def _run_on_arrays(self, values, arrays, order, start, count, batch_size, fixed=()):
        """Steps `start` to `start + count` of an epoch whose samples are `arrays` in the order
        `order`."""

        def pick(index):
            places = engine.window(order, index * batch_size, batch_size)
            return tree.map_structure(
                lambda a: None if a is None else engine.rows(a, places), arrays
            )

        return self._loop(values, fixed, pick, start, count)

    def _run_on_stack(self, values, stacked, count, fixed=()):
        """`count` steps on batches that are stacked along a new first axis."""

        def pick(index):
            return tree.map_structure(
                lambda a: None if a is None else engine.row(a, index), stacked
            )

        return self._loop(values, fixed, pick, 0, count)

    def _loop(self, values, fixed, pick, start, count):
        fixed = list(fixed)

        def step(index, values):
            with teaching(OWNER), self.conversions:
                logs, new = self.step([*values, *fixed], pick(index))
            return logs, new[: self.count]

        def body(index, carried):
            values, logs, known = carried
            found, values = step(index, values)
            if known is not None:
                known = self.flag(known, index - start, found)
            return values, None if logs is None else engine.as_tensors(found), known

        logs = None
        if self.results is None:
            logs = engine.zeros_like_result(lambda: step(start, values)[0])
        known = None if self.flag is None else engine.asarray(-1, "int32")
        values, logs, known = engine.repeat_steps(body, start, count, (values, logs, known))
        if self.results is not None:
            with teaching(OWNER), self.conversions:
                logs = self.results([*values, *fixed])[0]
        return values, logs, known


class BatchProgram:
    """One call on one batch of a function that hardly assigns: inference.

    Only what the function assigned comes back, so that nothing else is touched and threads don't
    meet.

    Args:
        function: from data to outputs.
        variables: all that it reads.
    """

    def __init__(self, function, variables):
        self.function, self.variables = function, variables
        self.key = tuple(map(id, variables))
        self.written = []
        self.conversions = Conversions()
        self.compiled = engine.compile(self._run)

    def _run(self, values, data):
        stand_ins = dict(zip(self.key, values, strict=True))
        with Frame(stand_ins, collect_losses=True, owner=OWNER) as frame:
            with teaching(OWNER), self.conversions:
                outputs = self.function(data)
            self.written = list(frame.written.values())
            return outputs, [frame.values[id(variable)] for variable in self.written]

    def __call__(self, data):
        engine.keep_memory()
        values = [variable._store[variable._index] for variable in self.variables]
        outputs, written = self.conversions.retried(self.compiled, values, data)
        for variable, value in zip(self.written, written, strict=True):
            variable._store[variable._index] = value
        return outputs


def gradient(function, variables):
    """`(value, extra, gradients)` of a scalar that `function` computes from variables.

    Args:
        function: `() -> (scalar, extra)`; what it assigns to variables stays assigned.
        variables: the variables by which to differentiate.
    """
    assigned = {}
    outer = FRAME.get()

    def pure(values):
        stand_ins = {id(v): value for v, value in zip(variables, values, strict=True)}
        with Frame(stand_ins, collect_losses=True) as frame:
            value, extra = function()
            assigned.update(frame.written)
            return value, (extra, {key: frame.values[key] for key in frame.written})

    values = [variable._raw_value for variable in variables]
    (value, (extra, written)), gradients = engine.value_and_grad(pure)(values)
    for key, new in written.items():
        if outer is None:
            assigned[key].assign(new)
        else:
            outer.write(assigned[key], new)
    return value, extra, gradients
