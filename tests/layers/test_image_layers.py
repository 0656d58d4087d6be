"""Layers that change images at random."""

import numpy as np
import pytest

import cornu as keras
from cornu import layers

RNG = np.random.default_rng(5)
IMAGES = RNG.uniform(0, 255, (6, 4, 5, 3)).astype("float32")
MANY = (-1e9, 1e9)


def factors(images, changed):
    """The contrast factor of each image and channel."""
    mean = images.mean((1, 2), keepdims=True)
    return (np.asarray(changed) - mean)[:, 0, 0] / (images - mean)[:, 0, 0]


@pytest.mark.parametrize(("factor", "low", "high"), [(0.5, 1.0, 1.5), ((0.2, 0.4), 0.8, 1.4)])
def test_quirk_contrast_of_one_number_only_grows(factor, low, high):
    images = RNG.uniform(0, 1, (200, 2, 2, 3)).astype("float32")
    found = factors(images, layers.RandomContrast(factor, MANY, seed=1)(images, training=True))
    np.testing.assert_allclose(found, found[:, :1] * np.ones(3), atol=2e-4)  # one an image
    assert low - 1e-4 < found.min() < low + 0.05 and high - 0.05 < found.max() < high + 1e-4


def test_contrast_stays_in_the_range_and_needs_training():
    layer = layers.RandomContrast((0.0, 2.0), seed=2)
    found = np.asarray(layer(IMAGES))  # as in Keras, training is the default here
    assert found.min() == 0 and found.max() == 255
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    model = keras.Sequential([keras.Input((4, 5, 3)), layer])
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), IMAGES)


def test_rotation_by_quarter_turns():
    square = IMAGES[:, :4, :4]
    for turns in (-1, 1, 2):
        layer = layers.RandomRotation((turns / 4, turns / 4))
        want = np.rot90(square, turns, axes=(1, 2))
        np.testing.assert_allclose(layer(square), want, atol=1e-2)
        np.testing.assert_allclose(layer(square[0]), want[0], atol=1e-2)
    first = np.moveaxis(square, -1, 1)
    layer = layers.RandomRotation((0.25, 0.25), data_format="channels_first")
    np.testing.assert_allclose(layer(first), np.rot90(first, axes=(2, 3)), atol=1e-2)
    np.testing.assert_array_equal(layer(first, training=False), first)


# Keras 3.15.1 of `arange(20).reshape(1, 4, 5, 1)`, turned by a tenth.
TURNED = {
    "reflect": [[1.264, 2.073, 4.314, 8.062, 11.31], [0.676, 4.023, 7.771, 11.519, 15.267],
                [3.733, 7.481, 11.229, 14.977, 18.324], [7.69, 10.938, 14.686, 16.927, 17.736]],
    "constant": [[-1, 2, 3, 9, 9], [1, 6, 7, 13, 14], [5, 6, 12, 13, 18], [10, 10, 16, 17, -1]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "interpolation"), [("reflect", "bilinear"), ("constant", "nearest")]
)
def test_rotation_between_pixels(mode, interpolation):
    image = np.arange(20.0).reshape(1, 4, 5, 1)
    layer = layers.RandomRotation(
        (0.1, 0.1), fill_mode=mode, interpolation=interpolation, fill_value=-1.0
    )
    np.testing.assert_allclose(layer(image)[0, ..., 0], TURNED[mode], atol=2e-3)


def test_angles_differ_and_follow_the_seed():
    layer = layers.RandomRotation(0.5, seed=3)
    angles = np.asarray(layer.get_random_transformation(np.zeros((300, 2, 2, 1)))["angle"])
    assert -np.pi <= angles.min() < -2.9 and 2.9 < angles.max() <= np.pi
    again = layers.RandomRotation(0.5, seed=3)
    found = again.get_random_transformation(np.zeros((300, 2, 2, 1)))["angle"]
    np.testing.assert_array_equal(found, angles)


def test_dictionaries():
    masks = (IMAGES[..., :1] > 100).astype("int32")
    layer = layers.RandomRotation((0.5, 0.5))
    found = layer(
        {"images": IMAGES, "labels": np.ones(6), "segmentation_masks": masks, "id": np.ones(6)}
    )
    np.testing.assert_allclose(found["images"], IMAGES[:, ::-1, ::-1], atol=1e-2)
    np.testing.assert_array_equal(found["segmentation_masks"], masks[:, ::-1, ::-1])
    assert found["labels"].shape == (6,) and found["id"].sum() == 6
    one = layer({"images": IMAGES[0], "segmentation_masks": masks[0], "labels": np.ones(1)})
    np.testing.assert_array_equal(one["segmentation_masks"], masks[0, ::-1, ::-1])
    boxes = {"boxes": np.zeros((6, 1, 4)), "labels": np.zeros((6, 1))}
    with pytest.raises(NotImplementedError, match="does not compute where boxes are"):
        layer({"images": IMAGES, "bounding_boxes": boxes})
    found = layers.RandomContrast(0.5)({"images": IMAGES, "bounding_boxes": boxes})
    np.testing.assert_array_equal(found["bounding_boxes"]["boxes"], boxes["boxes"])


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.RandomContrast((0.1, 0.3), (0, 1), seed=1, data_format="channels_first"),
        lambda: layers.RandomRotation(0.2, "wrap", "nearest", 4, 2.0, "channels_first"),
    ],
)
def test_configs(layer):
    layer = layer()
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    assert config["data_format"] == "channels_first" and config["seed"] in (1, 4)
    inputs = keras.Input((3, 4, 5), dtype="uint8")
    assert layer(inputs).shape == (None, 3, 4, 5) and layer(inputs).dtype == "float32"


def test_mistakes():
    contrast, rotation = layers.RandomContrast, layers.RandomRotation
    wrong = [(contrast, -0.1), (contrast, (1, 2, 3)), (rotation, 1.5), (rotation, "x")]
    for layer, factor in wrong:
        with pytest.raises(ValueError, match="The `factor` argument should be a number"):
            layer(factor)
    with pytest.raises(NotImplementedError, match="`fill_mode` 'mirror'"):
        layers.RandomRotation(0.1, fill_mode="mirror")
    with pytest.raises(NotImplementedError, match="`interpolation` 'cubic'"):
        layers.RandomRotation(0.1, interpolation="cubic")
    with pytest.raises(ValueError, match="rank 3 or 4"):
        layers.RandomRotation(0.1)(np.ones((4, 5)))
