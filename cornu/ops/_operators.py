"""Operators and methods of `KerasTensor` and `Variable`, installed from one table so that neither
imports ops."""

from cornu.ops import _elementwise, _index, _products, _shape
from cornu.state.variable import Variable
from cornu.symbolic.tensor import KerasTensor

BINARY = {
    "add": _elementwise.add,
    "sub": _elementwise.subtract,
    "mul": _elementwise.multiply,
    "truediv": _elementwise.divide,
    "floordiv": _elementwise.floor_divide,
    "mod": _elementwise.mod,
    "pow": _elementwise.power,
    "matmul": _products.matmul,
    "and": _elementwise.logical_and,
    "or": _elementwise.logical_or,
    "xor": _elementwise.logical_xor,
}
COMPARISONS = {
    "eq": _elementwise.equal,
    "ne": _elementwise.not_equal,
    "lt": _elementwise.less,
    "le": _elementwise.less_equal,
    "gt": _elementwise.greater,
    "ge": _elementwise.greater_equal,
}
UNARY = {
    "neg": _elementwise.negative,
    "abs": _elementwise.absolute,
    "invert": _elementwise.logical_not,
}


def _binary(function):
    def forward(self, other):
        return function(self, other)

    def reflected(self, other):
        return function(other, self)

    return forward, reflected


def _iterate(self):
    if not self.shape:
        raise TypeError("iteration over a variable without axes")
    value = self.value
    return (value[place] for place in range(self.shape[0]))


def _reshape(self, *shape, newshape=None):
    if newshape is None:
        newshape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    return _shape.reshape(self, newshape)


def _unary(function):
    return lambda self: function(self)


def _install(cls):
    for name, function in BINARY.items():
        forward, reflected = _binary(function)
        setattr(cls, f"__{name}__", forward)
        setattr(cls, f"__r{name}__", reflected)
    for name, function in COMPARISONS.items():
        setattr(cls, f"__{name}__", _binary(function)[0])
    for name, function in UNARY.items():
        setattr(cls, f"__{name}__", _unary(function))
    cls.__pos__ = lambda self: self.value if isinstance(self, Variable) else self
    cls.__getitem__ = _index.get_item
    cls.__round__ = lambda self, ndigits=0: _elementwise.round(self, decimals=ndigits or 0)


_install(KerasTensor)
# As Keras has it: `==` on tensors without values says whether they are the same one.
KerasTensor.__eq__ = object.__eq__
_install(Variable)
KerasTensor.__hash__ = object.__hash__
Variable.__hash__ = object.__hash__
Variable.__iter__ = _iterate
# NumPy arrays on the left of an operator leave it to us.
KerasTensor.__array_priority__ = Variable.__array_priority__ = 200
KerasTensor.reshape = _reshape
KerasTensor.squeeze = lambda self, axis=None: _shape.squeeze(self, axis)
KerasTensor.T = property(lambda self: _shape.transpose(self))
