"""Layers that change shapes: what does not fit the table."""

import numpy as np
import pytest
from layers.case import FIRST

import cornu
from cornu import layers


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


MOVING = {
    "flatten": (lambda: layers.Flatten(), (4, 4, 2)),
    "reshape": (lambda: layers.Reshape((8, -1)), (4, 4, 2)),
    "permute": (lambda: layers.Permute((3, 1, 2)), (4, 4, 2)),
    "repeat": (lambda: layers.RepeatVector(2), (4,)),
    "cropping": (lambda: layers.Cropping2D(1), (4, 4, 2)),
    "padding": (lambda: layers.ZeroPadding2D(1), (4, 4, 2)),
    "nearest": (lambda: layers.UpSampling2D(2), (4, 4, 2)),
    "bilinear": (lambda: layers.UpSampling2D(2, interpolation="bilinear"), (4, 4, 2)),
}


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("dtype", ["int32", "bool"])
def test_other_elements_than_floats_stay_what_they_are(name, dtype):
    make, shape = MOVING[name]
    layer = make()
    values = np.random.default_rng(0).integers(0, 2, (2, *shape)).astype(dtype)
    outputs, symbolic = layer(values), layer(cornu.Input(shape, dtype=dtype))
    assert (outputs.dtype, symbolic.dtype) == (dtype, dtype)
    assert outputs.shape[1:] == symbolic.shape[1:]


@pytest.mark.parametrize("name", MOVING)
def test_a_graph_knows_what_a_policy_makes_of_floats(name):
    make, shape = MOVING[name]
    config = make().get_config()
    layer = type(make()).from_config({**config, "dtype": "mixed_bfloat16"})
    assert layer(cornu.Input(shape)).dtype == layer(normal(2, *shape)).dtype == "bfloat16"


UNKNOWN = {
    "cropping": (lambda: layers.Cropping2D(((1, 0), (2, 1))), (None, None, None, 3)),
    "padding": (lambda: layers.ZeroPadding2D((1, 2)), (None, None, None, 3)),
    "nearest": (lambda: layers.UpSampling2D((2, 3)), (None, None, None, 3)),
    "bilinear": (lambda: layers.UpSampling2D(2, interpolation="bilinear"), (None, None, None, 3)),
    "permute": (lambda: layers.Permute((2, 3, 1)), (None, None, 3, None)),
    "flatten": (lambda: layers.Flatten(), (None, None)),
    "reshape": (lambda: layers.Reshape((-1, 3)), (None, None, 3)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_spatial_sizes_may_be_unknown(name):
    make, expected = UNKNOWN[name]
    inputs = cornu.Input((None, None, 3))
    layer = make()
    model = cornu.Model(inputs, layer(inputs))
    assert model.output_shape == expected
    for size in (4, 5):
        values = normal(2, size, 6, 3)
        outputs = model.predict(values, verbose=0)
        assert outputs.shape == layer.compute_output_shape(values.shape)
        np.testing.assert_allclose(outputs, layer(values), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Cropping1D(np.int64(1)),
        lambda: layers.Cropping2D((np.int64(1), np.int32(1))),
        lambda: layers.ZeroPadding3D(((np.int64(1), 0), (0, 1), np.array([1, 1]))),
        lambda: layers.ZeroPadding2D(np.array([[1, 0], [0, 1]])),
        lambda: layers.UpSampling1D(np.int64(2)),
        lambda: layers.UpSampling3D((np.int64(2), 1, 1)),
        lambda: layers.RepeatVector(np.int64(2)),
        lambda: layers.Permute(np.array([2, 1])),
        lambda: layers.Reshape((np.int64(2), np.int64(-1))),
    ],
)
def test_integers_of_numpy_are_integers(make):
    layer = make()
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    cornu.saving.serialize_keras_object(layer)


WRONG = {
    "cropping1d": (lambda: layers.Cropping1D((1, 2, 3)), "cropping"),
    "cropping2d": (lambda: layers.Cropping2D("ab"), "cropping"),
    "cropping2d_negative": (lambda: layers.Cropping2D(-1), "1st entry of cropping"),
    "cropping3d": (lambda: layers.Cropping3D((1, (2, 3, 4), 1)), "2nd entry of cropping"),
    "cropping_all": (lambda: layers.Cropping2D(2)(normal(1, 4, 5, 2)), "smaller"),
    "padding1d": (lambda: layers.ZeroPadding1D(1.5), "padding"),
    "padding2d": (lambda: layers.ZeroPadding2D(None), "padding"),
    "padding3d": (lambda: layers.ZeroPadding3D((1, 1)), "padding"),
    "size": (lambda: layers.UpSampling2D((2, 0)), "size"),
    "interpolation": (lambda: layers.UpSampling2D(2, interpolation="bilinar"), "'bilinear'"),
    "dims": (lambda: layers.Permute((0, 1)), "start from 1"),
    "n": (lambda: layers.RepeatVector(0), "positive"),
    "rank": (lambda: layers.Permute((2, 1))(normal(1, 4, 5, 2)), "ndim=3"),
    "elements": (lambda: layers.Reshape((3, 3))(normal(1, 4, 5)), "total size"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_named(name):
    make, match = WRONG[name]
    with pytest.raises(ValueError, match=match) as caught:
        make()
    assert len(str(caught.value)) < 2000


def test_a_number_of_repetitions_is_an_integer():
    with pytest.raises(TypeError, match="integer"):
        layers.RepeatVector(2.0)


def test_the_default_data_format_is_that_of_the_settings():
    cornu.config.set_image_data_format(FIRST)
    assert layers.UpSampling2D(2)(normal(1, 3, 4, 5)).shape == (1, 3, 8, 10)
    assert layers.UpSampling1D(2)(normal(1, 3, 4)).shape == (1, 6, 4)
    assert layers.Cropping1D(1)(normal(1, 3, 4)).shape == (1, 1, 4)


def test_a_model_built_by_data_takes_other_sizes_where_its_layers_do():
    model = cornu.Sequential([layers.Conv1D(4, 3), layers.Reshape((-1, 2))])
    assert model(normal(2, 7, 3)).shape == (2, 10, 2)
    assert model.predict(normal(2, 9, 3), verbose=0).shape == (2, 14, 2)
    with pytest.raises(ValueError, match="axis -1"):
        model(normal(2, 7, 2))
