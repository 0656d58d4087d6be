"""`keras.random`: moments, repeatability, shapes, dtypes, mistakes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu
from cornu import KerasTensor, Variable, ops, random

COUNT = 8000
LOGITS = np.log(np.array([[0.2, 0.3, 0.5]], "float32"))
PAIR = (COUNT, 2)
# Draws with their exact mean and variance.
DRAWS = {
    "normal": (lambda s: random.normal((COUNT,), 2.0, 3.0, seed=s), 2.0, 9.0),
    "truncated_normal": (lambda s: random.truncated_normal((COUNT,), 1, 2, seed=s), 1.0, 3.0949),
    "uniform": (lambda s: random.uniform((COUNT,), -1.0, 3.0, seed=s), 1.0, 16 / 12),
    "randint": (lambda s: random.randint((COUNT,), -2, 5, seed=s), 1.0, 4.0),
    "gamma": (lambda s: random.gamma(PAIR, np.array([2.5, 0.3]), seed=s), [2.5, 0.3], [2.5, 0.3]),
    "beta": (
        lambda s: random.beta(PAIR, np.array([2.0, 0.5]), np.array([3.0, 0.5]), seed=s),
        [0.4, 0.5],
        [0.04, 0.125],
    ),
    "binomial": (
        lambda s: random.binomial(PAIR, np.array([10, 1000]), np.array([0.3, 0.9]), seed=s),
        [3.0, 900.0],
        [2.1, 90.0],
    ),
    "categorical": (lambda s: random.categorical(LOGITS, COUNT, seed=s)[0], 1.3, 0.61),
    "dropout": (lambda s: random.dropout(jnp.ones(COUNT), 0.2, seed=s), 1.0, 0.25),
}
draws = pytest.mark.parametrize("name", DRAWS)


@draws
def test_moments(name):
    draw, mean, variance = DRAWS[name]
    drawn, variance = np.asarray(draw(11), "float64"), np.array(variance)
    assert np.all(np.abs(drawn.mean(0) - mean) < 5 * (variance / COUNT) ** 0.5)
    assert np.all(np.abs(drawn.var(0) / variance - 1) < 0.1)


@draws
def test_an_int_gives_the_same_numbers_and_a_generator_new_ones(name):
    draw = DRAWS[name][0]
    assert np.array_equal(draw(3), draw(3))
    assert not np.array_equal(draw(3), draw(4))
    seeds = random.SeedGenerator(3)
    first, second = draw(seeds), draw(seeds)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, draw(random.SeedGenerator(3)))


@draws
def test_without_a_seed_numbers_follow_from_the_global_one(name):
    draw = DRAWS[name][0]
    cornu.utils.set_random_seed(5)
    first, second = draw(None), draw(None)
    cornu.utils.set_random_seed(5)
    assert np.array_equal(first, draw(None))
    assert not np.array_equal(first, second)


@draws
def test_compiled_draws_are_the_same(name):
    draw = DRAWS[name][0]
    np.testing.assert_allclose(jax.jit(lambda: draw(3))(), draw(3), rtol=1e-5, atol=1e-5)


def test_keys_of_jax_are_seeds():
    new, old = jax.random.key(7), jax.random.PRNGKey(7)
    want = random.normal((3,), seed=new)
    assert np.array_equal(want, random.normal((3,), seed=old))
    found = jax.jit(lambda key: random.normal((3,), seed=key))(new)
    assert np.array_equal(found, want)


def test_unseeded_draws_in_code_that_jax_compiles_are_an_error():
    with pytest.raises(ValueError, match="only use seeded random ops"):
        jax.jit(lambda: random.normal((2,)))()


@pytest.mark.parametrize("seed", ["a", 1.5, np.ones(3), [1, 2]])
def test_other_seeds_are_an_error(seed):
    with pytest.raises(ValueError, match="`seed` must be"):
        random.normal((2,), seed=seed)


FLOATS = {
    "normal": lambda **k: random.normal((2, 3), **k),
    "truncated_normal": lambda **k: random.truncated_normal((2, 3), **k),
    "uniform": lambda **k: random.uniform((2, 3), **k),
    "gamma": lambda **k: random.gamma((2, 3), 0.5, **k),
    "beta": lambda **k: random.beta((2, 3), 0.5, 2.0, **k),
    "binomial": lambda **k: random.binomial((2, 3), 4, 0.5, **k),
}


@pytest.mark.parametrize("name", FLOATS)
def test_dtypes_and_shapes(name):
    for dtype in ("float32", "float16", "bfloat16"):
        drawn = FLOATS[name](dtype=dtype)
        assert (drawn.dtype, drawn.shape) == (dtype, (2, 3))
        assert ops.all(ops.isfinite(drawn))
    cornu.config.set_floatx("float16")
    assert FLOATS[name]().dtype == "float16"
    for dtype in ("int32", "bool"):
        with pytest.raises(ValueError, match=f"`keras.random.{name}` requires a floating point"):
            FLOATS[name](dtype=dtype)


def test_double_precision():
    cornu.config.set_floatx("float64")
    assert {str(FLOATS[name]().dtype) for name in ("normal", "uniform", "gamma")} == {"float64"}


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32"])
def test_integers(dtype):
    drawn = random.randint((100,), 3, 6, dtype=dtype, seed=1)
    assert drawn.dtype == dtype
    assert set(drawn.tolist()) == {3, 4, 5}
    assert random.categorical(LOGITS, 4, dtype=dtype).dtype == dtype


def test_shapes():
    assert random.normal([2, 3]).shape == random.normal(np.array([2, 3])).shape == (2, 3)
    assert random.normal(3).shape == (3,)
    assert random.normal(()).shape == ()
    assert random.uniform((0, 2)).shape == (0, 2)
    assert random.categorical(LOGITS, 5).shape == (1, 5)


def test_parameters_broadcast():
    low, high = np.array([0.0, 10.0]), np.array([1.0, 20.0])
    drawn = random.uniform((100, 2), low, high, seed=1)
    assert ops.all(drawn >= low) and ops.all(drawn < high)
    means = np.array([0.0, 100.0], "float32")
    assert np.allclose(random.normal((500, 2), means, seed=1).mean(0), means, atol=0.3)
    shares = np.array([0.0, 1.0])
    assert np.unique(random.binomial(PAIR, np.array([5, 7]), shares), axis=0).tolist() == [[0, 7]]
    assert random.normal((2,), Variable(1000.0), Variable(0.0)).tolist() == [1000.0, 1000.0]


def test_shuffle():
    x = np.arange(24).reshape(4, 6)
    rows = random.shuffle(x, seed=1)
    assert sorted(rows[:, 0].tolist()) == [0, 6, 12, 18]
    assert np.array_equal(rows - rows[:, :1], x - x[:, :1])
    for axis in (1, -1):
        columns = random.shuffle(x, axis=axis, seed=1)
        assert np.array_equal(np.sort(columns, 1), x)
        assert not np.array_equal(columns, x)


def test_dropout_with_a_noise_shape():
    drawn = np.asarray(random.dropout(jnp.ones((50, 4)), 0.5, noise_shape=(None, 1), seed=1))
    assert (drawn == drawn[:, :1]).all()
    assert set(np.unique(drawn)) == {0, 2}


def test_dropout_of_nothing_and_of_all():
    x = jnp.ones(9)
    assert random.dropout(x, 0.0).tolist() == x.tolist()
    assert random.dropout(x, 1.0).tolist() == [0.0] * 9


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x: random.dropout(x, 0.5), (None, 3)),
        (lambda x: random.dropout(inputs=x, rate=0.5), (None, 3)),
        (lambda x: random.shuffle(x, axis=1), (None, 3)),
        (lambda x: random.categorical(x, 2), (None, 2)),
    ],
)
def test_symbolic_tensors(call, shape):
    x = cornu.Input((3,))
    assert isinstance(call(x), KerasTensor)
    assert call(x).shape == shape
    model = cornu.Model(x, call(x))
    assert model(np.ones((5, 3), "float32")).shape == (5, *shape[1:])
    with pytest.raises(ValueError, match="put the call into a layer"):
        model.to_json()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: random.randint((2,), 0, 3, dtype="float32"), ValueError, "requires an integer"),
        (lambda: random.normal((None, 2)), ValueError, "without None"),
        (lambda: random.gamma((2,), 0.0), ValueError, "positive `alpha`"),
        (lambda: random.beta((2,), 1.0, np.array([1.0, -1.0])), ValueError, "positive `beta`"),
        (lambda: random.binomial((2,), -1, 0.5), ValueError, "not negative"),
        (lambda: random.binomial((2,), 3, 1.5), ValueError, "from 0 to 1"),
        (lambda: random.categorical(LOGITS[0], 2), ValueError, "2-D"),
        (lambda: random.shuffle(jnp.ones(3), axis=1), ValueError, "out of bounds"),
        (lambda: random.dropout(jnp.ones(3), 1.5), ValueError, "`rate` from 0 to 1"),
        (lambda: random.dropout(jnp.ones(3, "int32"), 0.5), TypeError, "int32"),
        (lambda: random.dropout(jnp.ones((3, 2)), 0.5, (3,)), ValueError, "noise_shape"),
        (lambda: random.dropout(jnp.ones((3, 2)), 0.5, (2, 2)), ValueError, "noise_shape"),
        (lambda: random.SeedGenerator("a"), ValueError, "`seed` must be an integer"),
        (lambda: random.SeedGenerator(1, size=2), ValueError, "Unrecognized keyword"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_seed_generator():
    named, first, second = (
        random.SeedGenerator(3, name="noise"),
        random.SeedGenerator(3),
        random.SeedGenerator(),
    )
    assert named.get_config() == {"name": "noise", "seed": 3}
    assert [first.name, second.name] == ["seed_generator", "seed_generator_1"]
    assert named.state.path == "noise/seed_generator_state"
    assert (named.state.dtype, named.state.shape) == ("uint32", (2,))
    again = random.SeedGenerator.from_config(named.get_config())
    assert np.array_equal(named.next(), again.next())
    assert np.array_equal(named.next(ordered=False), again.next())
    assert not np.array_equal(named.next(), first.next())
