"""What of normalisation does not fit the table of layers."""

import numpy as np
import pytest

import cornu as keras
from cornu import layers


def normal(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def test_rms_normalization_along_an_inner_axis():
    x = normal(2, 4, 3)
    inner, last = layers.RMSNormalization(axis=1), layers.RMSNormalization()
    inner(x), last(np.swapaxes(x, 1, 2))
    for layer in (inner, last):
        layer.set_weights([np.arange(4, dtype="float32")])
    np.testing.assert_allclose(inner(x), np.swapaxes(last(np.swapaxes(x, 1, 2)), 1, 2), rtol=1e-5)


def test_quirk_weights_of_axes_counted_from_the_end_have_the_order_of_the_numbers():
    layer = layers.LayerNormalization(axis=(1, -1))
    layer.build((2, 4, 3))
    assert layer.gamma.shape == (3, 4)
    assert layer(normal(2, 4, 3)).shape == (2, 4, 3)


def test_layer_normalization_of_large_values_near_to_each_other():
    x = (1e4 + 0.25 * normal(4, 32)).astype("float32")
    exact = x.astype("float64")
    exact = (exact - exact.mean(-1, keepdims=True)) / np.sqrt(exact.var(-1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(layers.LayerNormalization()(x), exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["Layer", "Group", "RMS", "Batch"])
def test_values_beyond_half_precision_are_normalised(name):
    options = {"groups": 2} if name == "Group" else {}
    layer = getattr(layers, f"{name}Normalization")(dtype="mixed_float16", **options)
    training = {"training": True} if name == "Batch" else {}
    y = layer(1e6 * normal(4, 8), **training)
    assert y.dtype == "float16"
    assert np.isfinite(np.asarray(y)).all()
    assert 0.1 < float(np.abs(np.asarray(y, "float32")).mean()) < 3


def test_gradients_at_a_zero_vector_are_finite():
    with keras.GradientTape() as tape:
        x = keras.ops.zeros((2, 3))
        loss = keras.ops.sum(layers.UnitNormalization()(x))
    assert np.isfinite(np.asarray(tape.gradient(loss, x))).all()


def test_masked_steps_do_not_count_in_batch_normalization():
    x, mask = normal(2, 5, 3), np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0]], bool)
    layer = layers.BatchNormalization(momentum=0.0)
    y = np.asarray(layer(x, training=True, mask=mask))
    np.testing.assert_allclose(layer.moving_mean.value, x[mask].mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.value, x[mask].var(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(y[mask].mean(0), np.zeros(3), atol=1e-4)
    with pytest.raises(ValueError, match=r"mask.shape=\(2, 4\)"):
        layer(x, training=True, mask=mask[:, :4])


def test_synchronized_statistics_are_those_of_the_batch():
    x = normal(6, 3)
    plain, synchronized = (layers.BatchNormalization(synchronized=one) for one in (False, True))
    np.testing.assert_array_equal(plain(x, training=True), synchronized(x, training=True))


def test_spectral_normalization_trains_the_normalized_kernel():
    kernel = 2 + 0.1 * np.arange(15).reshape(5, 3)
    layer = layers.SpectralNormalization(layers.Dense(3, use_bias=False))
    model = keras.Sequential([keras.Input((5,)), layer])
    layer.set_weights([kernel, np.ones((1, 3))])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    inputs = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    model.train_on_batch(inputs, np.zeros((4, 3)))
    left = np.ones((1, 3)) @ kernel.T
    left /= np.linalg.norm(left)
    right = left @ kernel
    right /= np.linalg.norm(right)
    normalized = kernel / (left @ kernel @ right.T)
    gradient = inputs.T @ (2 * inputs @ normalized / 12)
    expected = normalized - 0.01 * gradient
    np.testing.assert_allclose(np.asarray(layer.kernel.value), expected, rtol=1e-5)


def test_spectral_normalization_brings_the_largest_singular_value_to_one():
    layer = layers.SpectralNormalization(layers.Dense(4, kernel_initializer="normal"), 30)
    layer(normal(2, 6), training=True)
    values = np.linalg.svd(np.asarray(layer.layer.kernel.value), compute_uv=False)
    np.testing.assert_allclose(values[0], 1, rtol=1e-4)
    layer.layer.kernel.assign(np.zeros((6, 4)))
    assert np.isfinite(np.asarray(layer(normal(2, 6), training=True))).all()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: layers.LayerNormalization(axis={}), TypeError),
        (lambda: layers.LayerNormalization(axis=5).build((2, 3)), ValueError),
        (lambda: layers.LayerNormalization(axis=[1, -1]).build((2, 3)), ValueError),
        (lambda: layers.LayerNormalization().build((2, None)), ValueError),
        (lambda: layers.GroupNormalization(groups=3).build((2, 4)), ValueError),
        (lambda: layers.GroupNormalization(groups=8).build((2, 4)), ValueError),
        (lambda: layers.BatchNormalization(axis=1.5), ValueError),
        (lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"max": 1}), ValueError),
        (lambda: layers.SpectralNormalization(layers.Dense(1), power_iterations=0), ValueError),
        (lambda: layers.SpectralNormalization(layers.ReLU()).build((2, 3)), ValueError),
    ],
)
def test_bad_arguments_are_one_short_error(make, error):
    with pytest.raises(error) as caught:
        make()
    assert len(str(caught.value)) < 2000


def test_numpy_numbers_are_accepted():
    layer = layers.GroupNormalization(np.int64(2), axis=np.int32(-1), epsilon=np.float32(0.5))
    config = layer.get_config()
    assert (config["groups"], config["axis"], config["epsilon"]) == (2, -1, 0.5)
    assert type(config["groups"]) is int
    assert layers.LayerNormalization(axis=np.int64(1)).get_config()["axis"] == 1
    assert layers.Dropout(np.float32(0.5), seed=np.int64(3)).get_config()["rate"] == 0.5
    layers.PReLU(shared_axes=np.int64(1)).build((2, 3, 4))
