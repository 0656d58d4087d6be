"""What attention does besides the rows of the table."""

import jax
import numpy as np
import pytest

import cornu as keras
from cornu import KerasTensor, layers
from cornu.core.masks import get_mask, set_mask

RANDOM = np.random.default_rng(2)
QUERY, VALUE = (RANDOM.normal(size=(2, n, 6)).astype("float32") for n in (4, 5))


def made(**arguments):
    """A built layer."""
    layer = layers.MultiHeadAttention(2, 3, **arguments)
    layer(QUERY, VALUE)
    return layer


def scores_of(layer, **arguments):
    """The scores of a call."""
    return np.asarray(layer(QUERY, VALUE, return_attention_scores=True, **arguments)[1])


def test_masks_of_all_kinds_count_together():
    layer = made()
    seen = np.tril(np.ones((4, 5), bool), 2)
    keys, values = np.arange(5) < 4, np.arange(5) > 0
    scores = scores_of(
        layer,
        attention_mask=seen[None],
        key_mask=np.stack([keys, keys]),
        value_mask=np.stack([values, values]),
        use_causal_mask=True,
    )
    allowed = seen & keys & values & (np.arange(4)[:, None] >= np.arange(5))
    scores, allowed = scores[:, :, 1:], allowed[1:]  # the first query may see nothing
    assert (scores[:, :, ~allowed] == 0).all()
    assert (scores[:, :, allowed] > 0).all()
    np.testing.assert_allclose(scores.sum(-1), 1, rtol=1e-5)


def test_a_mask_for_each_head():
    mask = np.ones((1, 2, 4, 5), bool)
    mask[0, 1, :, 3:] = False
    scores = scores_of(made(), attention_mask=mask, use_causal_mask=False)
    assert (scores[:, 0] > 0).all()
    assert (scores[:, 1, :, 3:] == 0).all()
    both = scores_of(made(), attention_mask=mask, query_mask=np.ones((2, 4), bool))
    assert (both[:, 1, :, 3:] == 0).all()


@pytest.mark.parametrize("scores", [False, True])
def test_a_query_that_may_see_nothing_sees_all_alike(scores):
    layer = made(use_bias=False)
    nothing = np.zeros((4, 5), bool)
    found = layer(QUERY, VALUE, attention_mask=nothing, return_attention_scores=scores)
    outputs = np.asarray(found[0] if scores else found)
    values = np.einsum("bsd,dnh->bsnh", VALUE, layer.value_dense.kernel).mean(1)
    expected = np.einsum("bnh,nhd->bd", values, layer.output_dense.kernel)
    np.testing.assert_allclose(
        outputs, np.broadcast_to(expected[:, None], outputs.shape), rtol=1e-4, atol=1e-5
    )


def test_the_mask_of_the_query_goes_on():
    query = jax.numpy.asarray(QUERY)
    mask = np.arange(4) < np.array([[2], [3]])
    set_mask(query, mask)
    np.testing.assert_array_equal(get_mask(made()(query, VALUE)), mask)


def test_dropout_drops_in_training_only_and_repeats_with_the_seed():
    first, second = made(dropout=0.5, seed=3), made(dropout=0.5, seed=3)
    second.set_weights(first.get_weights())
    exact = np.asarray(first(QUERY, VALUE))
    dropped = np.asarray(first(QUERY, VALUE, training=True))
    assert not np.allclose(exact, dropped)
    np.testing.assert_array_equal(dropped, second(QUERY, VALUE, training=True))
    assert not np.array_equal(dropped, first(QUERY, VALUE, training=True))
    np.testing.assert_array_equal(exact, second(QUERY, VALUE))
    outputs, scores = first(QUERY, VALUE, training=True, return_attention_scores=True)
    np.testing.assert_allclose(np.asarray(scores).sum(-1), 1, rtol=1e-5)  # as before dropping


def test_symbolic_scores_have_the_shape_of_eager_ones():
    symbols = KerasTensor((None, 4, 6)), KerasTensor((None, None, 6))
    for layer in (made(), layers.GroupQueryAttention(3, 2, 1), layers.MultiHeadAttention(2, 3)):
        outputs, scores = layer(*symbols, return_attention_scores=True)
        assert outputs.shape == (None, 4, 6)
        assert scores.shape == (None, 2, 4, None)


def test_one_head_of_keys_for_several_of_queries():
    layer = layers.GroupQueryAttention(3, 4, 2, use_bias=False)
    outputs, scores = layer(QUERY, VALUE, return_attention_scores=True)
    q = np.einsum("btd,dnh->btnh", QUERY, layer._query_dense.kernel)
    k, v = (
        np.repeat(np.einsum("bsd,dnh->bsnh", VALUE, dense.kernel), 2, axis=2)
        for dense in (layer._key_dense, layer._value_dense)
    )
    logits = np.einsum("btnh,bsnh->bnts", q, k) / np.sqrt(3)
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    heads = np.einsum("bnts,bsnh->btnh", expected, v)
    expected = np.einsum("btnh,nhd->btd", heads, layer._output_dense.kernel)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


def test_kernels_start_as_wide_as_their_fans_ask():
    layer = layers.MultiHeadAttention(4, 64)
    layer.build((None, 8, 256), (None, 8, 256))
    for dense in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense):
        limit = np.abs(np.asarray(dense.kernel)).max()
        np.testing.assert_allclose(limit, np.sqrt(6 / (256 + 256)), rtol=0.01)


def test_numpys_integers_are_taken():
    layer = layers.MultiHeadAttention(np.int64(2), np.int32(3), output_shape=np.int64(5))
    assert layer(QUERY, VALUE).shape == (2, 4, 5)
    again = layers.MultiHeadAttention.from_config(layer.get_config())
    assert (again.num_heads, again.key_dim) == (2, 3)


def test_a_subclass_with_its_own_attention_is_told_by_a_mask():
    class Own(layers.MultiHeadAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, **options):
            self.seen = attention_mask
            return super()._compute_attention(query, key, value, attention_mask, **options)

    layer = Own(2, 3)
    expected = np.tril(np.ones((4, 5), bool))
    outputs = layer(QUERY, VALUE, use_causal_mask=True)
    np.testing.assert_array_equal(np.broadcast_to(layer.seen, (4, 5)), expected)
    plain = made()
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(outputs, plain(QUERY, VALUE, use_causal_mask=True), rtol=1e-5)


def test_files_hold_what_those_of_keras_hold(tmp_path):
    h5py = pytest.importorskip("h5py")
    inputs = keras.Input((4, 6))
    outputs = layers.MultiHeadAttention(2, 3, use_gate=True, name="a")(inputs, inputs)
    outputs = layers.GroupQueryAttention(3, 2, 1, use_bias=False, name="b")(outputs, outputs)
    model = keras.Model(inputs, outputs)
    model.save_weights(tmp_path / "model.weights.h5")
    found = []
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
    names = ("_gate_dense", "key_dense", "output_dense", "query_dense", "value_dense")
    expected = [f"layers/a/{name}/vars/{i}" for name in names for i in (0, 1)]
    names = ("_key_dense", "_output_dense", "_query_dense", "_value_dense")
    expected += [f"layers/b/{name}/vars/0" for name in names]
    # Keras numbers the layers of one class where we keep names, and so do we.
    assert sorted(name.split("/", 2)[2] for name in found) == sorted(
        name.split("/", 2)[2] for name in expected
    )


WRONG = {
    "no heads": (lambda: layers.MultiHeadAttention(0, 2), "`num_heads`, expected a positive"),
    "half a size": (lambda: layers.MultiHeadAttention(2, 2.5), "`key_dim`, expected a positive"),
    "dropout": (lambda: layers.MultiHeadAttention(2, 3, dropout=1.5), "between 0 and 1"),
    "window": (lambda: layers.MultiHeadAttention(2, 3, sliding_window=0), "`sliding_window` must"),
    "axes": (lambda: layers.MultiHeadAttention(2, 3, attention_axes="1"), "`attention_axes` must"),
    "features": (lambda: made(attention_axes=2), "the axis of features"),
    "output shape": (lambda: made(output_shape=(2, 0)), "Invalid `output_shape`"),
    "dropout and flash": (lambda: made(dropout=0.1, flash_attention=True), "Dropout is not"),
    "ranks": (
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, VALUE[None]),
        "same number of axes",
    ),
    "keys": (
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, VALUE, QUERY),
        "except the last one, must be equal",
    ),
    "groups": (lambda: layers.GroupQueryAttention(2, 3, 2), "must be divisible"),
    "grid": (
        lambda: layers.GroupQueryAttention(2, 2, 1)(QUERY[None], VALUE[None]),
        "must have three axes",
    ),
    "flash": (lambda: made(flash_attention=True), "Flash attention is not available here"),
    "mode": (lambda: layers.Attention(score_mode="sum"), "Expected one of"),
    "no list": (lambda: layers.Attention()(QUERY), "must be called on a list"),
    "no list of masks": (
        lambda: layers.Attention()([QUERY, VALUE], mask=np.ones((2, 4), bool)),
        "mask must be a list",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert len(str(error.value)) < 2000
