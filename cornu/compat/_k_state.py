"""Keras 2's variables, and its functions from graphs: `function` and `gradients`."""

import numpy as np

from cornu import layers, ops
from cornu.backend import engine
from cornu.compat._k_graph import FunctionOfValues
from cornu.core import config, scopes, tree
from cornu.core.names import auto_name
from cornu.core.scopes import CALL, FRAME, NAME_COUNTS, TAPES, CallContext
from cornu.state.functional import discarding, functional
from cornu.state.variable import Variable, value_of
from cornu.symbolic.graph import Graph, node_of
from cornu.symbolic.operation import Operation
from cornu.symbolic.tensor import KerasTensor
from cornu.training.steps import gradient

_manual = {"initialization": False}


def manual_variable_initialization(value):
    """Whether the caller initialises variables: remembered, but variables have their value from
    the start here."""
    _manual["initialization"] = bool(value)


def reset_uids():
    """Start numbering automatic names anew."""
    NAME_COUNTS.clear()


def variable(value, dtype=None, name=None, constraint=None):
    """A variable with the given initial value, of dtype `floatx()` unless `dtype` says otherwise.

    Args:
        value: number, nested list, array, tensor or variable.
        constraint: function applied to the value after each step of an optimizer.
    """
    if isinstance(value, KerasTensor):
        raise ValueError("A variable needs a value, and a KerasTensor has none.")
    made = Variable(
        value_of(value), dtype=dtype or config.floatx(), name=name and name.replace("/", "_")
    )
    made.constraint = constraint
    return made


def filled(make, shape, dtype, name):
    """A variable with the value `make(shape, dtype)`; in compiled code the value alone."""
    value = make(shape, dtype=dtype or config.floatx())
    if FRAME.get() is not None or engine.is_tracing():
        return value
    return variable(value, dtype=dtype, name=name)


def constant(value, dtype=None, shape=None, name=None):
    """A tensor of the given value, of dtype `floatx()` by default, repeated to `shape` if given."""
    found = engine.asarray(value_of(value), dtype or config.floatx())
    if shape is None or tuple(found.shape) == tuple(shape):
        return found
    return ops.reshape(found, shape) if found.size > 1 else ops.broadcast_to(found, shape)


def placeholder(shape=None, ndim=None, dtype=None, sparse=False, name=None, ragged=False):
    """A `KerasTensor` at which a graph can begin.

    Args:
        shape: with the batch axis; None in it is an unknown size.
        ndim: number of axes of unknown size, where `shape` is not given.
    """
    if sparse or ragged:
        raise ValueError("The JAX engine has no sparse or ragged tensors.")
    if shape is None:
        if ndim is None:
            raise ValueError("`placeholder` needs `shape` or `ndim`.")
        shape = (None,) * ndim
    return layers.Input(batch_shape=tuple(shape), dtype=dtype or config.floatx(), name=name)


def to_numpy(x):
    """The value of a tensor, variable, array or number as a NumPy array.

    Raises:
        ValueError: if `x` is a `KerasTensor`.
    """
    if isinstance(x, KerasTensor):
        raise ValueError(
            "A KerasTensor has no value: make a function of it and its inputs with"
            " `K.function(inputs, [x])`, and call that."
        )
    return ops.convert_to_numpy(x)


def set_value(x, value):
    """Set the value of a variable."""
    x.assign(np.asarray(value_of(value)))


def batch_set_value(tuples):
    """Set the values of variables, given as pairs `(variable, value)`."""
    for x, value in tuples:
        set_value(x, value)


def _assignment(method):
    def assign(x, value):
        if isinstance(value, KerasTensor):

            def run(new):
                return method(x, new).value

            run.__name__ = "update"
            return FunctionOfValues(run)(value)
        return method(x, value_of(value))

    return assign


update = _assignment(Variable.assign)
update_add = _assignment(Variable.assign_add)
update_sub = _assignment(Variable.assign_sub)


def moving_average_update(x, value, momentum):
    """Set a variable to `x * momentum + value * (1 - momentum)`."""
    return update(x, x * momentum + value * (1 - momentum))


class Reads:
    """Notes which variables are read, in order, as an open tape is told."""

    def __init__(self):
        self.variables = {}

    def _variable_read(self, variable, value):
        self.variables[id(variable)] = variable


class Function:
    """What `function` returns: a compiled function from arrays to NumPy arrays."""

    def __init__(self, inputs, outputs, updates, name):
        self.name = name or auto_name("function")
        self.inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self.outputs = outputs
        self.updates = [_pair(update) for update in updates or ()]
        flat = [*tree.flatten(outputs), *(new for _, new in self.updates)]
        self.places = [i for i, x in enumerate(flat) if isinstance(x, KerasTensor)]
        self.flat = flat
        self.tensors = [x for x in self.inputs if isinstance(x, KerasTensor)]
        self.graph = Graph(self.tensors, [flat[place] for place in self.places])
        self.programs = {}

    def __call__(self, *inputs):
        values = list(inputs[0]) if len(inputs) == 1 and self._is_list(inputs[0]) else list(inputs)
        if len(values) != len(self.inputs):
            raise ValueError(
                f"{self.name} takes {len(self.inputs)} inputs. Received: {len(values)} values"
            )
        training, arrays = None, []
        for tensor, value in zip(self.inputs, values, strict=True):
            if isinstance(tensor, KerasTensor):
                arrays.append(engine.asarray(value_of(value), tensor.dtype))
            else:  # the place of a learning phase
                training = bool(value)
        variables, written, run = self._program(arrays, training)
        results, after = run([variable._raw_value for variable in variables], arrays)
        for each, value in zip(variables, after, strict=True):
            if id(each) in written:
                each.assign(value)
        results = [np.asarray(result) for result in results]
        return tree.structure_of(self.outputs).unflatten(results)

    def _is_list(self, value):
        return isinstance(value, (list, tuple))

    def _program(self, arrays, training):
        """The variables, the ids of those that are assigned, and the compiled function, for inputs
        of these shapes."""
        key = (training, *((tuple(x.shape), str(x.dtype)) for x in arrays))
        if key not in self.programs:
            specs = [(tuple(x.shape), str(x.dtype)) for x in arrays]
            reads = Reads()
            with discarding() as frame, scopes.setting(TAPES, (*TAPES.get(), reads)):
                engine.abstract_eval(lambda *values: self._run(values, training), *specs)
            variables = list({**reads.variables, **frame.written}.values())
            pure = functional(lambda values: self._run(values, training), variables)
            self.programs[key] = variables, set(frame.written), engine.compile(pure)
        return self.programs[key]

    def _run(self, values, training):
        flat = list(self.flat)
        with scopes.setting(CALL, CallContext(None, training)):
            found = self.graph.run(list(values))
        for place, value in zip(self.places, found, strict=True):
            flat[place] = value
        flat = [engine.asarray(value_of(value)) for value in flat]
        count = len(flat) - len(self.updates)
        for (target, _), value in zip(self.updates, flat[count:], strict=True):
            if target is not None:
                target.assign(value)
        return flat[:count]


def _pair(update):
    """An update as `(variable, new value)`; what `update` made of a `KerasTensor` assigns itself
    when computed."""
    return update if isinstance(update, (tuple, list)) else (None, update)


def function(inputs, outputs, updates=None, name=None, **kwargs):
    """A function that computes `outputs` from values of `inputs`, compiled.

    Args:
        inputs: list of `KerasTensor`s; a number in it (`K.learning_phase()`) is the place of the
            learning phase.
        outputs: `KerasTensor` or nest of them; variables and constants among them are read.
        updates: list of pairs `(variable, new value)`, assigned at each call.
        name: names the function in errors.

    Returns:
        A function that takes a list of arrays and returns NumPy arrays, nested as `outputs`.

    Raises:
        ValueError: if an output can't be computed from the inputs.
    """
    if kwargs:
        raise TypeError(
            f"`function` does not take the arguments {sorted(kwargs)}: sessions are no more."
        )
    return Function(inputs, outputs, updates, name)


class GradientsOf(Operation):
    """The gradients of a loss in a graph, as a node of it."""

    def __init__(self, loss, sources, inputs):
        super().__init__(name=None)
        self.loss, self.sources, self.inputs = loss, sources, inputs

    def call(self, *values):
        values = list(values)
        return [self._by(source, values) for source in self.sources]

    def _by(self, source, values):
        if isinstance(source, Variable):

            def of_weights():
                return ops.sum(Graph(self.inputs, [self.loss]).run(values)[0]), None

            return gradient(of_weights, [source])[2][0]
        others = [(x, v) for x, v in zip(self.inputs, values, strict=True) if x is not source]
        (start,) = Graph(self.inputs, [source]).run(values)
        graph = Graph([source, *(tensor for tensor, _ in others)], [self.loss])

        def of_tensor(value):
            return ops.sum(graph.run([value, *(given for _, given in others)])[0]), None

        return engine.value_and_grad(of_tensor)(start)[1]

    def compute_output_spec(self, *args):
        return [KerasTensor(source.shape, source.dtype) for source in self.sources]

    def get_config(self):
        raise ValueError("A functional model with `K.gradients` in it can't be saved.")


def _upstream(tensor):
    """Ids of the tensors from which `tensor` is computed, itself too; the inputs; variables."""
    seen, inputs, used, nodes, open_ = {}, [], {}, set(), [tensor]
    while open_:
        tensor = open_.pop()
        if id(tensor) in seen:
            continue
        seen[id(tensor)] = tensor
        node = node_of(tensor)
        if id(node) in nodes:
            continue
        nodes.add(id(node))
        open_ += node.input_tensors
        inputs += node.outputs if node.is_input else []
        owned = getattr(node.operation, "variables", ())
        given = [leaf for leaf in tree.flatten((node.args, node.kwargs)) if type(leaf) is Variable]
        used.update({id(each): each for each in (*owned, *given)})
    return seen, inputs, used


def gradients(loss, variables):
    """Gradients of a symbolic loss, as `KerasTensor`s for `function` or a model to compute.

    Args:
        loss: a `KerasTensor`; the sum of its elements is differentiated.
        variables: a list (or one) of `KerasTensor`s on which the loss depends, or of variables.

    Returns:
        A list with a `KerasTensor` for each, None for one on which the loss does not depend.

    Raises:
        RuntimeError: if `loss` is a value: what led to it is not known any more.
    """
    losses = list(loss) if isinstance(loss, (list, tuple)) else [loss]
    if not all(isinstance(each, KerasTensor) for each in losses):
        raise RuntimeError(
            "`K.gradients` differentiates graphs of KerasTensors, not values. Use"
            " `keras.GradientTape` around the computation, and its `gradient(loss, variables)`."
        )
    loss = sum((ops.sum(each) for each in losses[1:]), ops.sum(losses[0]))
    wanted = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    seen, inputs, used = _upstream(loss)
    reached = [each for each in wanted if id(each) in seen or id(each) in used]
    if not reached:
        return [None] * len(wanted)
    found = GradientsOf(loss, reached, inputs)(*inputs)
    by_id = {id(each): one for each, one in zip(reached, found, strict=True)}
    return [by_id.get(id(each)) for each in wanted]
