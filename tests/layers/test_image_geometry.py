"""Layers that flip, move, cut and resize images, and that change their brightness."""

import types

import numpy as np
import pytest

import cornu as keras
from cornu import layers, ops
from cornu.layers.preprocessing import _graphs

RNG = np.random.default_rng(7)
IMAGES = RNG.uniform(0, 255, (6, 5, 6, 3)).astype("float32")
STEPS = np.arange(60, dtype="float32").reshape(2, 5, 6, 1)
MASKS = (IMAGES[..., :1] > 100).astype("int32")
BOXES = {"boxes": np.zeros((6, 1, 4)), "labels": np.zeros((6, 1))}


def shown(layer, images=STEPS, **kwargs):
    """The first image's rows, in training unless told otherwise."""
    return np.asarray(layer(images, **{"training": True, **kwargs}))[0, ..., 0]


@pytest.mark.parametrize(
    ("mode", "axes"),
    [("horizontal", (1,)), ("vertical", (0,)), ("horizontal_and_vertical", (0, 1))],
)
def test_half_of_the_images_are_mirrored(mode, axes):
    images = RNG.uniform(0, 1, (400, 3, 4, 2)).astype("float32")
    layer = layers.RandomFlip(mode, seed=3)
    found = np.asarray(layer(images, training=True))
    mirrored = np.flip(images, [axis + 1 for axis in axes])
    flipped = (found == mirrored).all((1, 2, 3))
    np.testing.assert_array_equal(found[~flipped], images[~flipped])
    assert 150 < flipped.sum() < 250
    np.testing.assert_array_equal(layer(images, training=False), images)
    first = layers.RandomFlip(mode, seed=3, data_format="channels_first")
    turned = np.moveaxis(np.asarray(first(np.moveaxis(images, -1, 1), training=True)), 1, -1)
    np.testing.assert_array_equal(turned, found)


# Keras 3.15.1 says what is expected here, of `STEPS`.
def test_translation():
    layer = layers.RandomTranslation((0.2, 0.2), (0.5, 0.5), "constant", fill_value=-1.0)
    want = np.full((5, 6), -1.0)
    want[1:, 3:] = STEPS[0, :4, :3, 0]
    np.testing.assert_allclose(shown(layer), want, atol=1e-4)
    moves = layer.get_random_transformation(STEPS)["translations"]
    np.testing.assert_allclose(moves, [[3, 1], [3, 1]], rtol=1e-6)
    np.testing.assert_array_equal(shown(layer, training=False), STEPS[0, ..., 0])
    drawn = layers.RandomTranslation(0.4, (-0.1, 0.2), seed=1)
    moves = np.asarray(drawn.get_random_transformation(np.zeros((500, 10, 20, 1)))["translations"])
    assert -2 <= moves[:, 0].min() < -1.8 and 3.8 < moves[:, 0].max() <= 4
    assert -4 <= moves[:, 1].min() < -3.8 and 3.8 < moves[:, 1].max() <= 4


def test_zoom():
    layer = layers.RandomZoom((0.5, 0.5), fill_mode="constant")
    want = [
        [0, 0, 0, 0, 0, 0],
        [0, 3.25, 4.75, 6.25, 7.75, 0],
        [0, 12.25, 13.75, 15.25, 16.75, 0],
        [0, 21.25, 22.75, 24.25, 25.75, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    np.testing.assert_allclose(shown(layer), want, atol=1e-4)
    layer = layers.RandomZoom((-0.5, -0.5), (0.2, 0.2), fill_mode="constant")
    np.testing.assert_allclose(shown(layer)[0], [3, 6.7, 7.9, 9.1, 10.3, 5.5], atol=1e-4)
    np.testing.assert_array_equal(shown(layer, training=False), STEPS[0, ..., 0])
    drawn = layers.RandomZoom(0.3, seed=1).get_random_transformation(np.zeros((500, 2, 2, 1)))
    zooms = np.asarray(drawn["height_zoom"])
    assert zooms.shape == (500, 1) and 0.7 <= zooms.min() < 0.72 and 1.28 < zooms.max() <= 1.3
    np.testing.assert_array_equal(drawn["width_zoom"], zooms)


def test_brightness():
    layer = layers.RandomBrightness((0.1, 0.1), value_range=(0, 60))
    np.testing.assert_allclose(layer(STEPS, training=True), np.minimum(STEPS + 6, 60), rtol=1e-6)
    found = layer(STEPS.astype("uint8"), training=True)
    assert found.dtype == "uint8"
    np.testing.assert_array_equal(found, np.minimum(STEPS + 6, 60))
    np.testing.assert_array_equal(shown(layer, training=False), STEPS[0, ..., 0])
    drawn = layers.RandomBrightness(0.2, seed=1).get_random_transformation(np.zeros((500, 2, 2, 1)))
    added = np.asarray(drawn["rgb_delta"])
    assert added.shape == (500, 1, 1, 1)
    assert -51 <= added.min() < -49 and 49 < added.max() <= 51


def test_resizing():
    want = [[2.25, 3.75, 5.25, 6.75], [12.25, 13.75, 15.25, 16.75], [22.25, 23.75, 25.25, 26.75]]
    np.testing.assert_allclose(shown(layers.Resizing(3, 4)), want, rtol=1e-6)
    assert layers.Resizing(3, 4)(STEPS.astype("uint8")).dtype == "uint8"
    padded = layers.Resizing(6, 6, pad_to_aspect_ratio=True, fill_value=9.0)(STEPS)
    np.testing.assert_allclose(padded, ops.image.resize(
        STEPS, (6, 6), pad_to_aspect_ratio=True, fill_value=9.0
    ))  # fmt: skip
    found = layers.Resizing(2, 2)({"images": IMAGES, "segmentation_masks": MASKS})
    assert found["images"].shape == (6, 2, 2, 3)
    assert set(np.unique(found["segmentation_masks"])) <= {0, 1}


def test_the_middle():
    np.testing.assert_array_equal(layers.CenterCrop(3, 3)(STEPS), STEPS[:, 1:4, 1:4])
    np.testing.assert_array_equal(layers.CenterCrop(4, 5)(STEPS), STEPS[:, :4, :5])
    np.testing.assert_array_equal(layers.CenterCrop(5, 6)(STEPS), STEPS)
    first = layers.CenterCrop(3, 2, data_format="channels_first")
    found = first(np.moveaxis(IMAGES, -1, 1))
    np.testing.assert_array_equal(found, np.moveaxis(IMAGES[:, 1:4, 2:4], -1, 1))
    enlarged = shown(layers.CenterCrop(8, 4))
    np.testing.assert_allclose(enlarged[0], [2, 2.25, 2.75, 3])
    np.testing.assert_allclose(enlarged[-1], [26, 26.25, 26.75, 27])


def test_a_part_at_a_drawn_place():
    layer = layers.RandomCrop(3, 4, seed=1)
    places = set()
    for _ in range(60):
        found = shown(layer)
        row, column = divmod(int(found[0, 0]), 6)
        places.add((row, column))
        np.testing.assert_array_equal(found, STEPS[0, row : row + 3, column : column + 4, 0])
    assert places == {(row, column) for row in range(3) for column in range(3)}
    np.testing.assert_array_equal(layer(STEPS, training=False), STEPS[:, 1:4, 1:5])
    stretched = shown(layers.RandomCrop(10, 6))
    np.testing.assert_allclose(stretched[:3, 0], [0, 1.5, 4.5])
    found = layer({"images": IMAGES, "segmentation_masks": MASKS}, training=True)
    np.testing.assert_array_equal(
        found["segmentation_masks"], np.asarray(found["images"])[..., :1] > 100
    )


SAME = [
    layers.RandomFlip,
    lambda: layers.RandomTranslation(0.2, 0.2),
    lambda: layers.RandomZoom(0.2),
]
CUT = [
    lambda: layers.Resizing(3, 4),
    lambda: layers.CenterCrop(3, 4),
    lambda: layers.RandomCrop(3, 4),
]


@pytest.mark.parametrize("make", [*SAME, *CUT, lambda: layers.RandomBrightness(0.2)])
def test_shapes_of_batches_single_images_and_symbols(make):
    size = (3, 4) if make in CUT else (5, 6)
    layer = make()
    assert layer(IMAGES, training=True).shape == (6, *size, 3)
    assert layer(IMAGES[0], training=True).shape == (*size, 3)
    assert layer.compute_output_shape((None, 5, 6, 3)) == (None, *size, 3)
    assert layer(keras.Input((5, 6, 3))).shape == (None, *size, 3)
    model = keras.Sequential([keras.Input((5, 6, 3)), layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(IMAGES, np.ones((6, 1)), verbose=0)
    assert model.predict(IMAGES, verbose=0).shape == (6, 1)


def test_only_what_draws_has_a_state():
    assert not layers.Resizing(3, 4).variables and not layers.CenterCrop(3, 4).variables
    assert len(layers.RandomCrop(3, 4).variables) == 1
    for layer in (layers.Resizing, layers.CenterCrop):
        with pytest.raises(ValueError, match="Unrecognized keyword arguments.*seed"):
            layer(3, 4, seed=1)


@pytest.mark.parametrize("make", CUT)
def test_images_of_any_size_become_of_one(make):
    assert make()(keras.Input((None, None, 3))).shape == (None, 3, 4, 3)


@pytest.mark.parametrize("make", [*SAME, *CUT])
def test_boxes_are_refused(make):
    with pytest.raises(NotImplementedError, match="does not compute where boxes are"):
        make()({"images": IMAGES, "bounding_boxes": BOXES}, training=True)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.RandomFlip("vertical", 4, "channels_first"),
        lambda: layers.RandomTranslation(
            0.1, (0, 0.2), "wrap", "nearest", 4, 2.0, "channels_first"
        ),
        lambda: layers.RandomZoom(0.1, None, "wrap", "nearest", 4, 2.0, "channels_first"),
        lambda: layers.RandomBrightness(0.1, (0, 1), 4),
        lambda: layers.Resizing(3, 4, "nearest", True, antialias=True),
        lambda: layers.CenterCrop(3, 4, "channels_first"),
        lambda: layers.RandomCrop(3, 4, 4, "channels_first", name="part"),
    ],
)
def test_configs(layer):
    layer = layer()
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.RandomFlip("up"), ValueError, "`mode` should be one of"),
        (lambda: layers.RandomTranslation(2, 0), ValueError, "a number .* in the range"),
        (lambda: layers.RandomTranslation(0, (0, 1.5)), ValueError, "a number .* in the range"),
        (lambda: layers.RandomZoom((-2, 0)), ValueError, "a number .* in the range"),
        (lambda: layers.RandomZoom("x"), ValueError, "a number .* in the range"),
        (lambda: layers.RandomBrightness(1.5), ValueError, "a number .* in the range"),
        (lambda: layers.RandomBrightness(0.1, 3), ValueError, "a list of two numbers, the least"),
        (lambda: layers.RandomZoom(0.1, fill_mode="x"), NotImplementedError, "`fill_mode` 'x'"),
        (lambda: layers.Resizing(0, 4), ValueError, "`height` and `width`"),
        (lambda: layers.CenterCrop(3, -1), ValueError, "`height` and `width`"),
        (lambda: layers.RandomCrop(2.5, 3), ValueError, "`height` and `width`"),
        (lambda: layers.Resizing(3, 4, "bilinaer"), ValueError, "`interpolation`"),
    ],
)
def test_mistakes(make, error, message):
    with pytest.raises(error, match=message):
        make()


class GraphTensor:
    """What a pipeline of TensorFlow calls functions with: shape and dtype, no value."""

    __module__ = "tensorflow.stand_in"

    def __init__(self, value):
        self.behind, self.shape = value, (None, *value.shape[1:])
        self.dtype = types.SimpleNamespace(as_numpy_dtype=value.dtype.type)

    def set_shape(self, shape):
        self.shape = shape


def on_the_host(function, tensors, dtypes):
    """`tf.numpy_function`, at once."""
    found = function(*(each.behind for each in tensors))
    assert [each.dtype.name for each in found] == dtypes
    return [GraphTensor(each) for each in found]


def test_in_the_graph_of_a_pipeline(monkeypatch):
    monkeypatch.setattr(_graphs, "tensorflow", types.SimpleNamespace(numpy_function=on_the_host))
    data = {"images": IMAGES, "segmentation_masks": MASKS}
    graph = {name: GraphTensor(value) for name, value in data.items()}
    found = layers.CenterCrop(3, 4)(graph)
    assert found["images"].shape == (None, 3, 4, 3)
    for name, value in data.items():
        np.testing.assert_array_equal(found[name].behind, value[:, 1:4, 1:5])
    layer, again = (layers.RandomFlip("horizontal", seed=5) for _ in range(2))
    flipped = layer(graph["images"], training=True)
    np.testing.assert_array_equal(flipped.behind, again(IMAGES, training=True))
    halved = layers.Rescaling(0.5)(GraphTensor(STEPS))
    np.testing.assert_array_equal(halved.behind, STEPS / 2)
