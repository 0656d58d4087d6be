"""Operators and methods of `KerasTensor` and `Variable`."""

import operator

import jax.numpy as jnp
import numpy as np
import pytest

import cornu
from cornu import KerasTensor, Variable

A = np.array([[5.0, -2.5], [0.5, 3.0]], "float32")
B = np.array([[2.0, 1.5], [-1.0, 2.0]], "float32")
TRUE, FALSE = np.array([True, True, False]), np.array([True, False, False])

BINARY = {
    "+": (operator.add, A, B),
    "-": (operator.sub, A, B),
    "*": (operator.mul, A, B),
    "/": (operator.truediv, A, B),
    "//": (operator.floordiv, A, B),
    "%": (operator.mod, A, B),
    "**": (operator.pow, np.abs(A), B),
    "@": (operator.matmul, A, B),
    "<": (operator.lt, A, B),
    "<=": (operator.le, A, B),
    ">": (operator.gt, A, B),
    ">=": (operator.ge, A, B),
    "&": (operator.and_, TRUE, FALSE),
    "|": (operator.or_, TRUE, FALSE),
    "^": (operator.xor, TRUE, FALSE),
}
UNARY = {
    "-": (operator.neg, A),
    "+": (operator.pos, A),
    "abs": (abs, A),
    "~": (operator.invert, TRUE),
    "round": (round, A),
    "round to 1": (lambda x: round(x, 1), A),
    "x[0]": (lambda x: x[0], A),
    "x[-1, 1]": (lambda x: x[-1, 1], A),
    "x[:, None]": (lambda x: x[:, None], A),
    "x[..., ::-1]": (lambda x: x[..., ::-1], A),
    "x[array]": (lambda x: x[np.array([1, 0, 1])], A),
}


def symbolic(function, *arrays):
    """What `function` gives in a graph, of `KerasTensor`s for the arrays."""
    inputs = [cornu.Input(batch_shape=array.shape, dtype=str(array.dtype)) for array in arrays]
    output = function(*inputs)
    assert isinstance(output, KerasTensor)
    value = cornu.backend.function(inputs, output)(list(arrays))
    assert (output.shape, output.dtype) == (value.shape, str(value.dtype))
    return value


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    function, a, b = BINARY[name]
    want = function(a, b)
    for found in (
        function(Variable(a), Variable(b)),
        function(Variable(a), b),
        function(Variable(a), jnp.asarray(b)),
        function(a, Variable(b)),
        symbolic(function, a, b),
        symbolic(lambda x: function(x, b), a),
        symbolic(lambda y: function(a, y), b),
        symbolic(lambda x: function(x, Variable(b)), a),
        symbolic(lambda y: function(Variable(a), y), b),
    ):
        np.testing.assert_allclose(found, want, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in BINARY if name not in "@&|^"])
def test_numbers_on_either_side(name):
    function, a, _ = BINARY[name]
    for found in (function(Variable(a), 2), symbolic(lambda x: function(x, 2), a)):
        np.testing.assert_allclose(found, function(a, 2), rtol=1e-6)
    for found in (function(2, Variable(a)), symbolic(lambda x: function(2, x), a)):
        np.testing.assert_allclose(found, function(np.float32(2), a), rtol=1e-6)


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    function, x = UNARY[name]
    want = np.round(x, int("1" in name)) if "round" in name else function(x)
    for found in (function(Variable(x)), symbolic(function, x)):
        np.testing.assert_allclose(found, want, rtol=1e-6)


def test_a_variable_in_a_graph_is_read_when_the_graph_runs():
    x, v = cornu.Input(batch_shape=(2,)), Variable([1.0, 2.0])
    run = cornu.backend.function([x], [v + x, x + v])
    assert [y.tolist() for y in run([[0.0, 0.0]])] == [[1, 2], [1, 2]]
    v.assign([5.0, 6.0])
    assert [y.tolist() for y in run([[0.0, 0.0]])] == [[5, 6], [5, 6]]


def test_equality_of_values_and_of_symbolic_tensors():
    v, x = Variable([1.0, 2.0]), cornu.Input((2,))
    assert (v == [1.0, 3.0]).tolist() == [True, False]
    assert (v != jnp.array([1.0, 3.0])).tolist() == [False, True]
    assert x == x and not x == cornu.Input((2,)) and x in [x]  # noqa: SIM201
    assert len({x, v, x}) == 2


def test_methods_of_a_symbolic_tensor():
    x = cornu.Input(batch_shape=(2, 1, 3))
    assert x.reshape((3, 2)).shape == x.reshape(3, 2).shape == x.reshape(newshape=(3, 2)).shape
    assert (x.squeeze().shape, x.squeeze(1).shape, x.squeeze(axis=1).shape) == ((2, 3),) * 3
    assert (x.ndim, x.T.shape, x.sparse, x.ragged) == (3, (3, 1, 2), False, False)


def test_methods_of_a_variable():
    v, scalar = Variable(A, name="v"), Variable(2.5)
    assert isinstance(v.numpy(), np.ndarray) and np.array_equal(np.asarray(v), A)
    assert [row.tolist() for row in v] == A.tolist()
    assert 5.0 in Variable([5.0, 1.0]) and 2.0 not in Variable([5.0, 1.0])
    assert (len(v), v.ndim, v.size, v.shape) == (2, 2, 4, (2, 2))
    assert (float(scalar), int(scalar), complex(scalar), bool(scalar)) == (2.5, 2, 2.5, True)
    assert [10, 20][Variable(1)] == 20
    assert jnp.asarray(v).tolist() == A.tolist()
    assert repr(scalar).startswith("<Variable path=")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (bool, TypeError),
        (iter, NotImplementedError),
        (int, ValueError),
        (float, ValueError),
        (operator.index, TypeError),
        (len, TypeError),
        (np.asarray, ValueError),
        (jnp.sin, ValueError),
        (lambda x: x[7], ValueError),
        (lambda x: x[:, -4], ValueError),
        (lambda x: x.__tf_tensor__(), ValueError),
        (lambda x: setattr(x, "shape", (1,)), AttributeError),
        (lambda x: setattr(x, "dtype", "int32"), AttributeError),
    ],
)
def test_mistakes_with_a_symbolic_tensor(call, error):
    with pytest.raises(error):
        call(cornu.Input(batch_shape=(2, 3)))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (bool, TypeError),
        (int, TypeError),
        (float, TypeError),
        (lambda v: v[2], IndexError),
        (lambda v: v[0, -3], IndexError),
        (lambda v: iter(Variable(1.0)), TypeError),
        (lambda v: len(Variable(1.0)), TypeError),
        (lambda v: [1, 2][Variable(1.0)], TypeError),
        (lambda v: v.assign([1.0]), ValueError),
    ],
)
def test_mistakes_with_a_variable(call, error):
    with pytest.raises(error):
        call(Variable(A))
