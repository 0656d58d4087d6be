"""Masks go along with ops and operators, and tell when they don't."""

import subprocess
import sys
import warnings

import jax
import numpy as np
import pytest

import cornu as keras
from cornu import layers, ops
from cornu.core.masks import get_mask, set_mask
from cornu.symbolic.mask_flow import RULES, elementwise

TOKENS = np.array([[3, 1, 0], [2, 0, 0]])
MASK = TOKENS != 0


def masked(*shape):
    """A concrete tensor of floats with the mask above."""
    x = jax.numpy.asarray(np.random.default_rng(1).normal(size=shape or (2, 3, 4)), "float32")
    set_mask(x, MASK)
    return x


class Sum(layers.Layer):
    """The sum over the steps that count: its value shows the mask that it was given."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, previous_mask):
        return None

    def call(self, inputs, mask=None):
        mask = ops.ones(inputs.shape[:2]) if mask is None else ops.cast(mask, "float32")
        return ops.sum(inputs * ops.expand_dims(mask, -1), axis=1)


KEPT = {
    "number": lambda x: x * 2,
    "reflected": lambda x: 2 - x,
    "itself": lambda x: x + x,
    "features": lambda x: x + np.arange(4, dtype="float32"),
    "negative": lambda x: -x,
    "relu": ops.relu,
    "activation": keras.activations.gelu,
    "multiply": lambda x: ops.multiply(x, 2.0),
    "where": lambda x: ops.where(x > 0, x, 0.0),
    "cast": lambda x: ops.cast(ops.cast(x, "float16"), "float32"),
    "softmax": ops.softmax,
    "layer_normalization": lambda x: ops.layer_normalization(x, axis=-1),
    "product": lambda x: ops.matmul(x, np.ones((4, 4), "float32")),
    "heads": lambda x: ops.reshape(ops.reshape(x, (-1, 3, 2, 2)), (-1, 3, 4)),
    "concatenate": lambda x: ops.concatenate([x, x], axis=-1),
    "features_mean": lambda x: ops.mean(x, axis=-1, keepdims=True),
    "feature": lambda x: x[:, :, 1:3],
    "chain": lambda x: ops.tanh(x * 0.5 + 1.0) / 3.0,
}
LOST = {
    "flip": lambda x: ops.flip(x, axis=1),
    "concatenate": lambda x: ops.concatenate([x, x], axis=1),
    "transpose": lambda x: ops.transpose(ops.transpose(x, (0, 2, 1)), (0, 2, 1)),
    "roll": lambda x: ops.roll(x, 1, axis=1),
    "softmax": lambda x: ops.softmax(x, axis=1),
    "cumsum": lambda x: ops.cumsum(x, axis=1),
}


@pytest.mark.parametrize("name", KEPT)
def test_ops_and_operators_keep_the_mask_of_values(name):
    found = get_mask(KEPT[name](masked()))
    np.testing.assert_array_equal(found, MASK)


@pytest.mark.parametrize("name", KEPT)
def test_ops_and_operators_keep_the_mask_in_functional_models(name):
    tokens = keras.Input((3,), dtype="int32")
    embedding = layers.Embedding(5, 4, mask_zero=True)
    x = embedding(tokens)
    model = keras.Model(tokens, Sum()(KEPT[name](x)))
    x = embedding(TOKENS)
    wanted = Sum()(KEPT[name](x), mask=MASK)
    np.testing.assert_allclose(model(TOKENS), wanted, rtol=1e-5)


@pytest.mark.parametrize("name", KEPT)
def test_ops_and_operators_keep_the_mask_in_subclassed_models(name):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.embedding = layers.Embedding(5, 4, mask_zero=True)
            self.sum = Sum()

        def call(self, tokens):
            return self.sum(KEPT[name](self.embedding(tokens)))

    model = Own()
    wanted = Sum()(KEPT[name](model.embedding(TOKENS)), mask=MASK)
    np.testing.assert_allclose(model(TOKENS), wanted, rtol=1e-5)
    compiled = jax.jit(lambda x: model.stateless_call([v.value for v in model.variables], [], x)[0])
    np.testing.assert_allclose(compiled(TOKENS), wanted, rtol=1e-5)


def test_two_masks_make_one_of_what_counts_in_both():
    other = np.array([[True, False, True], [True, True, True]])
    x, y = masked(), masked()
    set_mask(y, other)
    np.testing.assert_array_equal(get_mask(x + y), MASK & other)
    np.testing.assert_array_equal(get_mask(ops.add(x, y)), MASK & other)
    set_mask(y, other.astype("float32"))
    np.testing.assert_array_equal(get_mask(x + y), MASK & other)


def test_a_slice_of_steps_has_the_slice_of_the_mask():
    np.testing.assert_array_equal(get_mask(masked()[:, 1:]), MASK[:, 1:])
    np.testing.assert_array_equal(get_mask(masked()[:1]), MASK[:1])
    assert get_mask(masked()[:, 0]) is None


def test_a_loss_is_the_same_behind_an_operator():
    losses = []
    for change in (lambda x: x, lambda x: ops.copy(x * 1)):
        keras.utils.set_random_seed(0)
        tokens = keras.Input((3,), dtype="int32")
        x = layers.Embedding(5, 4, mask_zero=True)(tokens)
        model = keras.Model(tokens, change(layers.Dense(1)(x)))
        model.compile("sgd", "mse", metrics=["mae"])
        losses.append(model.train_on_batch(TOKENS, np.ones((2, 3, 1))))
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)


@pytest.mark.parametrize("name", LOST)
def test_a_lost_mask_is_told_to_the_layer_that_wants_it(name):
    x = LOST[name](masked())
    assert get_mask(x) is None
    wants = Sum(name="total")
    with pytest.warns(UserWarning, match=rf"'total' was given was lost in `{name}`"):
        wants(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wants(x)  # once
        Sum()(x, mask=np.ones(x.shape[:2], bool))  # the user has seen to it
        layers.Dense(2)(x)  # does not care


@pytest.mark.parametrize("name", LOST)
def test_a_lost_mask_is_told_while_a_functional_model_is_made(name):
    tokens = keras.Input((3,), dtype="int32")
    x = LOST[name](layers.Embedding(5, 4, mask_zero=True)(tokens))
    with pytest.warns(UserWarning, match=f"'total' was given was lost in `{name}`"):
        outputs = Sum(name="total")(layers.Dense(2)(x) * 2)
    keras.Model(tokens, outputs)(TOKENS)


def test_a_lost_mask_is_told_to_the_loss_once():
    tokens = keras.Input((3,), dtype="int32")
    x = ops.flip(layers.Embedding(5, 4, mask_zero=True)(tokens), axis=1)
    model = keras.Model(tokens, layers.Dense(1)(x))
    model.compile("sgd", "mse", metrics=["mae"])
    with pytest.warns(UserWarning, match="loss '.*' was given was lost in `flip`") as told:
        model.fit(TOKENS, np.ones((2, 3, 1)), epochs=2, verbose=0)
        model.evaluate(TOKENS, np.ones((2, 3, 1)), verbose=0)
    assert len(told) == 1


def test_no_word_of_a_mask_whose_steps_are_gone():
    tokens = keras.Input((3,), dtype="int32")
    x = layers.Embedding(5, 4, mask_zero=True)(tokens)
    model = keras.Model(tokens, layers.Dense(1)(ops.mean(x, axis=1)))
    model.compile("sgd", "mse")
    model.fit(TOKENS, np.ones((2, 1)), verbose=0)
    last = keras.Model(tokens, layers.BatchNormalization()(x[:, -1]))
    last(TOKENS)


def test_a_mask_survives_a_cast_to_half_precision():
    x = masked()
    np.testing.assert_array_equal(get_mask(layers.ReLU(dtype="float16")(x)), MASK)


def of_one_tensor(name):
    """Whether an op in the table of elementwise ones takes a single tensor and nothing else."""
    operation = getattr(ops.__dict__.get(name), "operation", None)
    return RULES[name] is elementwise and operation is not None and len(operation.tensors) == 1


NEEDS_MORE = {"bitwise_invert", "bitwise_not", "clip", "full_like", "saturate_cast", "threshold"}


@pytest.mark.parametrize("name", sorted(set(filter(of_one_tensor, RULES)) - NEEDS_MORE))
def test_a_change_of_one_step_changes_that_step_alone(name):
    function = getattr(ops, name)
    x = np.abs(np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")) * 0.5
    changed = x.copy()
    changed[0, 1] += 0.25
    first, second = function(x), function(changed)
    assert first.shape == x.shape
    same = np.isclose(first, second, rtol=0, atol=0, equal_nan=True)
    assert np.delete(same.reshape(6, 4), 1, axis=0).all()


def test_names_in_the_table_are_ops():
    known = {function.__name__ for function in map(ops.__dict__.get, ops.__all__)}
    assert RULES.keys() - known <= {"_affine", "_cast", "_layer_normalization", "dropout"}


def test_without_masks_nothing_is_looked_for():
    program = (
        "import cornu, jax; from cornu.core.scopes import MASKS; before = jax.Array.__add__;"
        "x = cornu.ops.ones((2, 3)); cornu.layers.Dense(2)(x + x); cornu.ops.add(x, x);"
        "assert not MASKS;"
        "from jax._src.array import ArrayImpl; plain = ArrayImpl.__mul__;"
        "cornu.layers.Embedding(3, 2, mask_zero=True)(cornu.ops.zeros((1, 2), dtype='int32'));"
        "assert MASKS and ArrayImpl.__mul__ is not plain"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=120)
