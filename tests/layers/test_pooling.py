"""Pooling layers: what does not fit the table."""

import jax
import numpy as np
import pytest
from layers.case import FIRST

import cornu
from cornu import layers


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_integers_stay_integers_where_elements_are_chosen():
    values = np.arange(16, dtype="int32").reshape(1, 4, 4, 1)
    for layer in (
        layers.MaxPooling2D(),
        layers.GlobalMaxPooling2D(),
        layers.AdaptiveMaxPooling2D(2),
    ):
        symbolic = layer(cornu.Input((4, 4, 1), dtype="int32"))
        assert (layer(values).dtype, symbolic.dtype) == ("int32", "int32")
        assert int(np.max(layer(values))) == 15


def test_means_of_integers_are_floats():
    values = np.arange(16, dtype="int32").reshape(1, 4, 4, 1)
    for layer in (
        layers.AveragePooling2D(4),
        layers.GlobalAveragePooling2D(),
        layers.AdaptiveAveragePooling2D(1),
    ):
        symbolic = layer(cornu.Input((4, 4, 1), dtype="int32"))
        assert (layer(values).dtype, symbolic.dtype) == ("float32", "float32")
        assert float(np.ravel(layer(values))[0]) == 7.5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_means_in_half_precision_are_summed_in_single(dtype):
    values = (1 + np.random.default_rng(0).random((1, 16, 16, 4))).astype("float32")
    values = np.asarray(cornu.ops.cast(values, dtype), "float32")
    for layer in (
        layers.AveragePooling2D(16, dtype=dtype),
        layers.AveragePooling2D(16, padding="same", dtype=dtype),
        layers.AdaptiveAveragePooling2D(1, dtype=dtype),
        layers.GlobalAveragePooling2D(dtype=dtype),
    ):
        found = np.asarray(layer(values), "float32").reshape(-1)
        step = {"float16": 2**-10, "bfloat16": 2**-7}[dtype]
        np.testing.assert_allclose(found, values.mean(axis=(0, 1, 2)), rtol=0, atol=step)


def test_a_sequence_without_any_step_that_counts_gives_zeros():
    layer = layers.GlobalAveragePooling1D()
    values = normal(2, 3, 2)
    values[:, 2] = np.nan
    mask = np.array([[True, True, False], [False, False, False]])
    found = layer(values, mask=mask)
    np.testing.assert_allclose(found, [values[0, :2].mean(0), [0, 0]], rtol=1e-6)
    slope = jax.grad(lambda x: layer(x, mask=mask).sum())(jax.numpy.asarray(values))
    np.testing.assert_allclose(slope, mask[..., None] * np.full((2, 3, 2), 0.5), rtol=1e-6)


def test_a_mask_ends_at_a_pooling_over_all_steps():
    inputs = cornu.Input((5,), dtype="int32")
    outputs = layers.Embedding(4, 3, mask_zero=True)(inputs)
    pooled = layers.GlobalAveragePooling1D()(outputs)
    assert getattr(pooled, "_keras_mask", None) is None
    model = cornu.Model(inputs, [outputs, pooled])
    table, means = model.predict(np.array([[1, 2, 0, 0, 0], [3, 3, 3, 3, 1]]), verbose=0)
    np.testing.assert_allclose(means[0], table[0, :2].mean(0), rtol=1e-5)
    np.testing.assert_allclose(means[1], table[1].mean(0), rtol=1e-5)


def test_a_mask_of_another_shape_is_named():
    with pytest.raises(ValueError, match=r"\(batch, steps\)"):
        layers.GlobalAveragePooling1D()(normal(2, 3, 2), mask=np.ones((2, 2), bool))


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.MaxPooling2D(np.int64(2), np.int32(1)),
        lambda: layers.AveragePooling2D((np.int64(2), 2)),
        lambda: layers.AdaptiveMaxPooling2D(np.int64(2)),
    ],
)
def test_integers_of_numpy_are_integers(make):
    layer = make()
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    assert layer(normal(1, 4, 4, 2)).shape == layer.compute_output_shape((1, 4, 4, 2))


WRONG = {
    "pool_size": (lambda: layers.MaxPooling2D((2, 0)), "pool_size"),
    "strides": (lambda: layers.AveragePooling1D(2, strides=(1, 1)), "strides"),
    "padding": (lambda: layers.MaxPooling1D(2, padding="causal"), "padding='causal'"),
    "data_format": (lambda: layers.GlobalMaxPooling1D("last"), "data_format"),
    "output_size": (lambda: layers.AdaptiveMaxPooling3D((2, 2)), "output_size"),
    "output_size_zero": (lambda: layers.AdaptiveAveragePooling1D(0), "output_size"),
    "small": (lambda: layers.MaxPooling2D(4)(normal(1, 3, 5, 2)), "zero or negative"),
    "rank": (lambda: layers.AveragePooling3D(2)(normal(1, 4, 4, 2)), "ndim=5"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_named(name):
    make, match = WRONG[name]
    with pytest.raises(ValueError, match=match) as caught:
        make()
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.MaxPooling2D(2),
        lambda: layers.AveragePooling2D(3, 1, "same"),
        lambda: layers.GlobalMaxPooling2D(keepdims=True),
        lambda: layers.AdaptiveAveragePooling2D(2),
        lambda: layers.AdaptiveMaxPooling2D((1, 3)),
    ],
)
@pytest.mark.parametrize("data_format", ["channels_last", FIRST])
def test_spatial_sizes_may_be_unknown(make, data_format):
    cornu.config.set_image_data_format(data_format)
    unknown = (None, None, 3) if data_format != FIRST else (3, None, None)
    inputs = cornu.Input(unknown)
    layer = make()
    model = cornu.Model(inputs, layer(inputs))
    for size in (4, 5):
        values = normal(2, *(n or size for n in unknown))
        outputs = model.predict(values, verbose=0)
        assert outputs.shape == layer.compute_output_shape(values.shape)
        np.testing.assert_allclose(outputs, layer(values), rtol=1e-5, atol=1e-6)
