"""Functions that have a faster form on one platform."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from cornu.backend.jax.fused import Forms

X, Y = jnp.asarray([0.3, -1.2, 2.0]), jnp.asarray([1.5, 0.4, -0.7])
MASK = jnp.asarray([True, False, True])


@dataclasses.dataclass(frozen=True)
class Waves:
    """Two functions of `x` and `y`, with a factor by which forms can be told apart."""

    factor: float = 1.0

    def __call__(self, x, y, mask):
        x = self.factor * x * y
        return [jnp.where(mask, jnp.sin(x), x), jnp.sum(jnp.cos(y) * x)]


def forms(platform, factor=2.0):
    return Forms(Waves(factor), Waves(), 2, platform)


def total(function):
    return lambda x, y: sum(map(jnp.sum, function(x, y, MASK)))


def test_each_platform_gets_its_form():
    for wrapped in (lambda f: f, jax.jit):
        found = wrapped(forms("cpu"))(X, Y, MASK)
        for one, other in zip(found, Waves(2.0)(X, Y, MASK), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)
        found = wrapped(forms("cuda"))(X, Y, MASK)
        for one, other in zip(found, Waves()(X, Y, MASK), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("platform", ["cpu", "cuda"])
def test_the_gradient_is_that_of_the_form(platform):
    expected = Waves(2.0 if platform == "cpu" else 1.0)
    for wrapped, places in ((lambda f: f, (0, 1)), (jax.jit, 0), (jax.jit, 1)):
        found = wrapped(jax.grad(total(forms(platform)), places))(X, Y)
        wanted = jax.jit(jax.grad(total(expected), places))(X, Y)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, wanted)


@pytest.mark.parametrize("platform", ["cpu", "cuda"])
def test_derivatives_of_any_order_and_direction(platform):
    with jax.enable_x64(True):
        x, y = X.astype("float64"), Y.astype("float64")
        check_grads(jax.jit(total(forms(platform, 1.0))), (x, y), order=2)


@pytest.mark.parametrize("platform", ["cpu", "cuda"])
def test_many_at_once(platform):
    xs = jnp.stack([X, Y, X + Y])

    def of(function):
        slopes = jax.vmap(jax.grad(total(function), (0, 1)), (0, None))(xs, Y)
        jacobian = jax.jacobian(lambda x: function(x, Y, MASK)[0])(X)
        return jax.vmap(lambda x: function(x, Y, MASK))(xs), slopes, jacobian

    found, expected = (jax.jit(lambda f=f: of(f))() for f in (forms(platform, 1.0), Waves()))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, expected)


def test_programs_for_export_are_portable():
    exported = jax.export.export(jax.jit(forms("cpu")))(X, Y, MASK)
    np.testing.assert_allclose(exported.call(X, Y, MASK)[0], Waves()(X, Y, MASK)[0], rtol=1e-6)


def test_notes_that_are_not_the_forms_own_are_seen(monkeypatch):
    function = total(forms("cpu", 3.0))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(Forms, "serves", lambda *_: False)
        value, back = jax.vjp(function, X, Y)
    np.testing.assert_allclose(value, total(Waves())(X, Y), rtol=1e-6)
    assert np.isnan(back(jnp.ones(()))[0]).any()
