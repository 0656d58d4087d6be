"""`tf.Module`, `tf.name_scope`, `tf.device`, `tf.print` and other things that code is put into."""

import contextlib
import re
import sys

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api._tensors import StringTensor
from cornu.core import tree
from cornu.state.variable import Variable, value_of


class Module:
    """An object whose variables, and those of the objects in its attributes, can be listed.

    Args:
        name: its name, by default the class's in lower case.

    Example:
        >>> from cornu.compat import tensorflow_api as tf
        >>> class Line(tf.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.slope, self.start = tf.Variable(2.0), tf.Variable(1.0, trainable=False)
        >>> len(Line().variables), len(Line().trainable_variables)
        (2, 1)
    """

    def __init__(self, name=None):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()
        self._name = name or words

    @property
    def name(self):
        """The name."""
        return self._name

    @property
    def name_scope(self):
        """A context manager; variables are not named after it."""
        return contextlib.nullcontext(self._name)

    @property
    def variables(self):
        """All variables, in the order of the names of attributes."""
        return tuple(_found(self, lambda x: isinstance(x, Variable)))

    @property
    def trainable_variables(self):
        """The variables that training changes."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        """The other variables."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self):
        """The modules in attributes, and those in theirs."""
        return tuple(x for x in _found(self, lambda x: isinstance(x, Module)) if x is not self)

    @classmethod
    def with_name_scope(cls, method):
        """The method as it is: variables are not named after the module."""
        return method


def _found(module, wanted):
    found, seen = {}, set()

    def look(value):
        if id(value) in seen:
            return
        seen.add(id(value))
        if wanted(value):
            found.setdefault(id(value), value)
        if isinstance(value, Module):
            for name in sorted(vars(value)):
                look(vars(value)[name])
        elif hasattr(value, "weights") and hasattr(value, "trainable_variables"):  # a layer
            for each in [*value.trainable_variables, *value.non_trainable_variables]:
                look(each)
        elif isinstance(value, (list, tuple, dict, set)) and not engine.is_tensor(value):
            for each in list(value.values()) if isinstance(value, dict) else list(value):
                look(each)

    look(module)
    return found.values()


@contextlib.contextmanager
def name_scope(name):
    """A context that gives back the name with a slash; graphs are not drawn after it."""
    yield f"{name}/"


@contextlib.contextmanager
def device(device_name):
    """Make tensors on a device: `"/GPU:0"`, `"/device:CPU:0"`; a name of a device that is not there
    means the default one, as with TensorFlow's soft placement."""
    found = re.search(r"(CPU|GPU|TPU):?(\d*)", str(device_name or ""), re.IGNORECASE)
    if found is None:
        yield
        return
    kind, number = found.group(1).lower(), found.group(2) or "0"
    try:
        context = engine.device(f"{kind}:{number}")
        context.__enter__()
    except (RuntimeError, IndexError):  # no such device
        yield
        return
    try:
        yield
    finally:
        context.__exit__(None, None, None)


def control_dependencies(control_inputs):
    """A context: what stands before it is done already."""
    return contextlib.nullcontext()


def init_scope():
    """A context: variables are made outside of compiled functions anyhow."""
    return contextlib.nullcontext()


def print(*inputs, output_stream=None, summarize=3, sep=" ", end="\n", name=None):
    """Print tensors and other objects to stderr; in compiled code, each time that it runs.

    Args:
        output_stream: a stream, `"file://PATH"`, or `sys.stdout`; by default stderr.
        summarize: how many elements to print at both ends of each axis, -1 for all.
    """
    leaves = tree.flatten(inputs)
    tensors = [value_of(leaf) for leaf in leaves if engine.is_tensor(value_of(leaf))]
    structure = tree.structure_of(inputs)

    def write(*values):
        rest = iter(values)
        filled = [
            _Written(_text(next(rest), summarize))
            if engine.is_tensor(value_of(leaf))
            else _plain(leaf)
            for leaf in leaves
        ]
        line = sep.join(map(str, structure.unflatten(filled))) + end
        _write(line, output_stream)

    if any(engine.is_traced(each) for each in tensors):
        engine.host_call(write, *tensors)
    else:
        write(*tensors)


class _Written(str):
    """Text that stands without quotation marks in lists."""

    __slots__ = ()
    __repr__ = str.__str__


def _text(value, summarize):
    edge = None if summarize < 0 else summarize
    threshold = sys.maxsize if edge is None else 2 * edge
    text = np.array2string(
        np.asarray(value),
        separator=" ",
        threshold=threshold,
        edgeitems=edge or 3,
        formatter={"float_kind": _short, "int_kind": str, "bool": lambda x: str(int(x))},
    )
    return _Written(text)


def _short(number):
    """A float with as few digits as tell it from others of its dtype."""
    text = f"{number:.6g}"
    return text if np.float32(text) == np.float32(number) else f"{number:.9g}"


def _plain(leaf):
    if not isinstance(leaf, StringTensor):
        return leaf
    text = np.array2string(leaf.numpy(), separator=" ") if leaf.ndim else leaf.numpy().decode()
    return _Written(text if leaf.ndim else f'"{text}"')


def _write(line, stream):
    if isinstance(stream, str) and stream.startswith("file://"):
        with open(stream.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(line)
        return
    (stream or sys.stderr).write(line)


def get_static_value(tensor, partial=False):
    """The value as a NumPy array where it is known, else None."""
    return None if engine.is_traced(value_of(tensor)) else np.asarray(value_of(tensor))


def recompute_grad(f):
    """A function whose inner results are computed again for its gradient."""
    return engine.checkpoint(f)


def grad_pass_through(f):
    """A function with the gradient of the identity."""

    def call(*args):
        shifted = f(*args)
        return tree.map_structure(
            lambda found, x: x + ops.stop_gradient(found - x), shifted, args[0]
        )

    return call
