"""Products with one matrix: the numbers of NumPy, and gradients that are products of matrices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cornu.backend.jax import products

# Equation, shapes, whether it is a product of two matrices.
EQUATIONS = [
    ("abc,cde->abde", (2, 3, 4), (4, 5, 6), True),
    ("abcd,cde->abe", (2, 3, 4, 5), (4, 5, 6), True),
    ("ab,bc->ac", (2, 3), (3, 4), True),
    (" abc , cd -> abd ", (2, 3, 4), (4, 5), True),
    ("abc,cd->abd", (2, 3, 0), (0, 5), True),
    ("abc,cd->abd", (0, 3, 4), (4, 5), True),
    ("abc,cd->adb", (2, 3, 4), (4, 5), False),
    ("abc,dc->abd", (2, 3, 4), (5, 4), False),
    ("abc,bcd->abd", (2, 3, 4), (3, 4, 5), False),
    ("abc,cbd->ad", (2, 3, 4), (4, 3, 5), False),
    ("ab,ab->", (2, 3), (2, 3), False),
    ("aac,cd->ad", (2, 2, 3), (3, 4), False),
    ("abc,cd->ab", (2, 3, 4), (4, 5), False),
    ("...c,cd->...d", (2, 3, 4), (4, 5), False),
    ("abc,cd", (2, 3, 4), (4, 5), False),
    ("abc,cd->abd", (2, 3, 4), (1, 5), False),
]


def tensors(*shapes):
    random = np.random.default_rng(0)
    return [random.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize("subscripts, first, second, projects", EQUATIONS)
def test_einsum(subscripts, first, second, projects):
    count = products._summed_axes(subscripts, len(first), len(second))
    assert (count > 0 and first[-count:] == second[:count]) == projects
    x, kernel = tensors(first, second)
    result = products.einsum(subscripts, jnp.asarray(x), jnp.asarray(kernel))
    if 1 in second:  # NumPy refuses to broadcast a letter
        kernel = np.broadcast_to(kernel, (first[-1], second[-1]))
    expected = np.einsum(subscripts, x.astype("float64"), kernel.astype("float64"))
    np.testing.assert_allclose(result, expected, 1e-5, 1e-5)


@pytest.mark.parametrize(
    "function, first, second",
    [
        (products.matmul, (2, 3, 4), (4, 5)),
        (products.matmul, (2, 3, 2, 4), (4, 5)),
        (lambda x, w: products.einsum("abc,cde->abde", x, w), (2, 3, 4), (4, 5, 6)),
        (lambda x, w: products.einsum("abcd,cde->abe", x, w), (2, 3, 4, 5), (4, 5, 6)),
    ],
)
def test_gradients_are_products_of_two_matrices(function, first, second):
    x, kernel = map(jnp.asarray, tensors(first, second))
    places = len(first) + len(second) - function(x, kernel).ndim
    gradient = jax.jit(jax.grad(lambda x, w: jnp.sum(function(x, w) ** 2), (0, 1)))
    found = [
        operand.aval.ndim
        for equation in gradient.trace(x, kernel).jaxpr.eqns
        for inner in [equation, *getattr(equation.params.get("jaxpr"), "eqns", ())]
        if inner.primitive.name == "dot_general"
        for operand in inner.invars
    ]
    assert found == [2] * 6
    axes = places // 2
    expected = 2 * np.tensordot(function(x, kernel), kernel, (range(-kernel.ndim + axes, 0),) * 2)
    np.testing.assert_allclose(gradient(x, kernel)[0], expected, 1e-4, 1e-4)


def test_bytes_are_summed_in_32_bits():
    x, kernel = np.full((2, 3, 4), 100, "int8"), np.full((4, 5), 100, "int8")
    for result in (products.matmul(x, kernel), products.einsum("abc,cd->abd", x, kernel)):
        assert result.dtype == "int32"
        assert (np.asarray(result) == 40_000).all()


def test_sizes_may_be_unknown():
    rows = jax.ShapeDtypeStruct(jax.export.symbolic_shape("batch, 3, 4"), "float32")
    kernel = jax.ShapeDtypeStruct((4, 5), "float32")
    exported = jax.export.export(jax.jit(products.matmul))(rows, kernel)
    x, w = tensors((7, 3, 4), (4, 5))
    np.testing.assert_allclose(exported.call(x, w), x @ w, 1e-5, 1e-5)
