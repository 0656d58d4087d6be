"""Note what JAX computes while a gradient tape is open.

While a `TapeTrace` is JAX's current trace, each primitive that is bound comes to it. It computes
the result as JAX would have without it, on plain arrays, and notes `(operation, inputs, outputs)`.
Values are told apart by identity, so the notes keep them alive.

JAX runs jitted functions, called outside of transformations, without binding a primitive: the first
time through `_run_python_pjit`, from then on in C++, which calls a hook afterwards (made for
`jax.debug_nans`). The tape listens to both. To have each call bound instead takes three times as
long (42 us against 14 for a small one).

JAX-private names used here; `tests/backend/test_tape.py` tells which of them a new JAX has changed:
    jax._src.api: _post_hook_state, _update_debug_special_global, _update_debug_special_thread_local
    jax._src.array: ArrayImpl (its constructor, _arrays, _committed)
    jax._src.config: debug_infs, debug_nans (_add_hooks)
    jax._src.core: Primitive.bind_with_trace, Trace (cur_qdd, process_call, process_custom_jvp_call,
        process_custom_vjp_call, process_primitive, stage_value, _weakref), Tracer, eval_trace,
        set_current_trace, trace_ctx (set_trace, trace), typeof
    jax._src.pjit: _run_python_pjit, jit_p
    jax._src.traceback_util: register_exclusion
"""

import functools
import threading

import jax
from jax._src import api, config, core, pjit, traceback_util
from jax._src.array import ArrayImpl

from cornu.backend.jax.tape_operations import (
    COMPILED,
    captured_inputs,
    find_call,
    find_custom_call,
    find_operation,
)

traceback_util.register_exclusion(__file__)


class TapeTrace(core.Trace):
    """JAX's current trace while a tape is open.

    Args:
        parent: the trace that was current before.
        log: the list to which `(operation, inputs, outputs)` are appended.

    Attributes:
        base: the nearest trace around this one that is none of a tape; it computes.
        eager: whether `base` is that of plain JAX, outside of transformations.
        recording: False while the tape is to take no notes.
        closed: True when the tape has been left.
    """

    __slots__ = ("parent", "base", "log", "recording", "closed", "eager")

    def __init__(self, parent, log):
        super().__init__()
        self.parent = parent
        self.base = parent.base if type(parent) is TapeTrace else parent
        self.log = log
        self.recording = True
        self.closed = False
        self.eager = self.base is core.eval_trace
        # `_weakref` is part of the key by which a jitted function finds its compiled form. Eagerly
        # it is that of plain JAX, for its speed. Else it is one for all tapes, or every tape would
        # leave entries that never match again.
        self._weakref = core.eval_trace._weakref if self.eager else _TRACED_KEY._weakref

    def process_primitive(self, primitive, tracers, params, /):
        operation, constants = find_operation(primitive, params)
        inputs = (*constants, *captured_inputs(tracers))
        # Else what JAX does to compute the result would be noted, too.
        with core.set_current_trace(core.eval_trace):
            if self.eager:
                outputs = operation.run(*inputs)
            else:
                avals = [core.typeof(value) for value in inputs]
                params = dict(operation.params)
                outputs = primitive.bind_with_trace(self.base, inputs, avals, params)
        return self._note(operation, inputs, outputs)

    def process_custom_jvp_call(self, primitive, fun, jvp, tracers, /, **params):
        return self._custom_call(primitive, (fun, jvp), tracers, params)

    def process_custom_vjp_call(self, primitive, fun, fwd, bwd, tracers, /, **params):
        return self._custom_call(primitive, (fun, fwd, bwd), tracers, params)

    def process_call(self, primitive, fun, tracers, params, /):
        with core.set_current_trace(self):
            return fun.call_wrapped(*tracers)

    def process_shard_map(self, primitive, fun, tracers, /, **params):
        raise NotImplementedError(
            "A gradient tape cannot record `jax.shard_map` called directly. Put the call into a "
            "function decorated with `jax.jit`, and call that one under the tape."
        )

    def stage_value(self, value):
        return self.base.stage_value(value)

    def cur_qdd(self, value):
        return self.base.cur_qdd(value)

    def _custom_call(self, primitive, functions, tracers, params):
        inputs = tuple(captured_inputs(tracers))
        avals = tuple(core.typeof(value) for value in inputs)
        params = dict(params, subfuns=functions)
        with core.set_current_trace(core.eval_trace):
            outputs = primitive.bind_with_trace(self.base, inputs, avals, dict(params))
        return self._note(find_custom_call(primitive, params, avals), inputs, outputs)

    def _note(self, operation, inputs, outputs):
        """Append to the log; returns the outputs to hand on."""
        multiple = operation.primitive.multiple_results
        values = list(outputs) if multiple else [outputs]
        ids = set(map(id, inputs))
        if not ids.isdisjoint(map(id, values)):
            values = [_renamed(value) if id(value) in ids else value for value in values]
        self.append(operation, inputs, values)
        return list(values) if multiple else values[0]

    def append(self, operation, inputs, outputs):
        """Note an operation, in this tape and those around it."""
        entry = (operation, inputs, outputs)
        trace = self if outputs else None
        while type(trace) is TapeTrace:
            if trace.recording:
                trace.log.append(entry)
            trace = trace.parent

    def close(self):
        """Stop recording for good, and give JAX back the trace from before."""
        self.closed, self.recording = True, False
        if self.eager:
            _unlisten()
        if core.trace_ctx.trace is self:
            core.trace_ctx.set_trace(self.outer())

    def outer(self):
        """The nearest trace around this one that is still open."""
        trace = self.parent
        while type(trace) is TapeTrace and trace.closed:
            trace = trace.parent
        return trace


class _Key(core.Trace):
    """Only gives the weak reference that all tapes inside traced functions share."""


_TRACED_KEY = _Key()


def _renamed(value):
    """A second Python object for the same array: `stop_gradient(x)` must not be known as `x`."""
    if type(value) is not ArrayImpl:
        return value
    return ArrayImpl(value.aval, value.sharding, value._arrays, committed=value._committed)


def open_trace(log):
    """Make a new `TapeTrace` current in this thread and return it."""
    trace = TapeTrace(core.trace_ctx.trace, log)
    core.trace_ctx.set_trace(trace)
    if trace.eager:
        _listen()
    return trace


def suspend(trace):
    """Let JAX compute without `trace`; returns what `resume` takes."""
    before = trace.recording
    trace.recording = False
    swapped = core.trace_ctx.trace is trace
    if swapped:
        core.trace_ctx.set_trace(trace.outer())
    return before, swapped


def resume(trace, state):
    """Undo `suspend`, unless the trace was closed meanwhile."""
    before, swapped = state
    if trace.closed:
        return
    trace.recording = before
    if swapped:
        core.trace_ctx.set_trace(trace)


def is_foreign(value, trace):
    """Whether `value` is of a function that JAX traces, but `trace` was opened outside of any."""
    return trace.eager and isinstance(value, core.Tracer)


# ---- jitted functions called eagerly ----

_listening = threading.local()


def _listen():
    count = getattr(_listening, "count", 0)
    if not count:
        _install()
        _listening.before = api._post_hook_state.get_local()
        _listening.next = api._post_hook_state.value
        api._post_hook_state.set_local(_on_jit)
    _listening.count = count + 1


def _unlisten():
    _listening.count -= 1
    if not _listening.count:
        api._post_hook_state.set_local(_listening.before)


def _on_jit(function, arguments, keywords, outputs):
    """Called when JAX has run a jitted function from C++."""
    trace = core.trace_ctx.trace
    if type(trace) is TapeTrace and trace.eager:
        if hasattr(function, "_jit_info"):
            trace.append(*find_call(function, arguments, keywords), jax.tree.leaves(outputs))
        else:
            inputs = captured_inputs(jax.tree.leaves((arguments, keywords)))
            trace.append(COMPILED, tuple(inputs), jax.tree.leaves(outputs))
    if _listening.next is not None:
        _listening.next(function, arguments, keywords, outputs)


@functools.cache
def _install():
    """Listen to first calls, too, and keep `_on_jit` in place when `jax.debug_nans` is switched."""
    run_python_pjit = pjit._run_python_pjit

    def run_and_note(params, inputs, *rest):
        trace = core.trace_ctx.trace
        if type(trace) is not TapeTrace or not trace.eager:
            return run_python_pjit(params, inputs, *rest)
        with core.set_current_trace(core.eval_trace):
            found = run_python_pjit(params, inputs, *rest)
        operation, constants = find_operation(pjit.jit_p, params.params)
        trace.append(operation, (*constants, *captured_inputs(inputs)), list(found[1]))
        return found

    def set_thread_hook(value):
        api._update_debug_special_thread_local(value)
        if getattr(_listening, "count", 0):
            _listening.next = api._post_hook_state.value
            api._post_hook_state.set_local(_on_jit)

    pjit._run_python_pjit = run_and_note
    for option in (config.debug_nans, config.debug_infs):
        option._add_hooks(api._update_debug_special_global, set_thread_hook)
