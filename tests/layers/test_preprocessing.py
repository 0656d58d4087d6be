"""Layers that learn from data by `adapt`, against NumPy in float64."""

import numpy as np
import pytest

import cornu as keras

RNG = np.random.default_rng(11)
DATA = RNG.normal(loc=[3.0, -50.0, 1e4], scale=[2.0, 0.1, 7.0], size=(40, 5, 3))


def moments(axis):
    kept = () if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    others = tuple(i for i in range(3) if i not in kept)
    return DATA.mean(axis=others, keepdims=True), DATA.var(axis=others, keepdims=True)


class Numbered(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return DATA[index * 10 : index * 10 + 10]


SOURCES = {
    "array": lambda: DATA,
    "tensor": lambda: keras.ops.convert_to_tensor(DATA.astype("float32")),
    "list of unequal batches": lambda: [DATA[:1], DATA[1:30], DATA[30:]],
    "generator": lambda: (DATA[i : i + 8] for i in range(0, 40, 8)),
    "PyDataset": Numbered,
}


ADAPTED = [(axis, source) for axis in (-1, None, 1, (1, 2), (-1, 1)) for source in SOURCES]


# Along axis 0 every batch must have the same size.
@pytest.mark.parametrize(("axis", "source"), [*ADAPTED, (0, "array"), (0, "tensor")])
def test_normalization_adapts(axis, source):
    layer = keras.layers.Normalization(axis=axis)
    layer.adapt(np.zeros((40, 5, 3)))  # to be forgotten
    layer.adapt(SOURCES[source]())
    mean, variance = moments(axis)
    single = 3e-3 if source == "tensor" else 1e-6  # the data themselves are rounded to float32
    np.testing.assert_allclose(np.asarray(layer.mean), mean, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(layer.variance), variance, rtol=single)
    inputs = DATA.astype("float32")
    expected = (inputs - mean) / np.sqrt(variance)
    np.testing.assert_allclose(np.asarray(layer(inputs)), expected, rtol=1e-3, atol=2e-2)


def test_normalization_inverts_itself():
    mean, variance = moments(-1)
    forward = keras.layers.Normalization(mean=mean[0, 0], variance=variance[0, 0])
    back = keras.layers.Normalization(mean=mean[0, 0], variance=variance[0, 0], invert=True)
    inputs = DATA.astype("float32")
    np.testing.assert_allclose(np.asarray(back(forward(inputs))), inputs, rtol=1e-5, atol=1e-6)
    config = keras.layers.Normalization.from_config(forward.get_config()).get_config()
    assert config == forward.get_config()


@pytest.mark.parametrize(
    ("arguments", "shape", "reason"),
    [
        ({"mean": 1.0}, (None, 3), "both `mean` and `variance`"),
        ({"variance": 1.0}, (None, 3), "both `mean` and `variance`"),
        ({"axis": 5}, (None, 3), "in the range"),
        ({"axis": 0}, (None, 3), "known shape"),
        ({"mean": [1.0, 2.0], "variance": [1.0, 1.0]}, (None, 3), "does not fit"),
    ],
)
def test_normalization_refuses(arguments, shape, reason):
    with pytest.raises(ValueError, match=reason):
        keras.layers.Normalization(**arguments).build(shape)


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        ([[1.0, 2.0]], TypeError, "expects an array"),
        (np.zeros((0, 3)), ValueError, "no data"),
        ([], ValueError, "no data"),
    ],
)
def test_normalization_adapts_to_no_other_data(data, error, reason):
    with pytest.raises(error, match=reason):
        keras.layers.Normalization().adapt(data)


def test_normalization_with_given_moments_does_not_adapt():
    with pytest.raises(ValueError, match="nothing to adapt"):
        keras.layers.Normalization(mean=0.0, variance=1.0).adapt(DATA)


def test_normalization_in_a_saved_model(tmp_path):
    layer = keras.layers.Normalization()
    layer.adapt(DATA)
    model = keras.Sequential([keras.layers.Input((5, 3)), layer, keras.layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = DATA.astype("float32")
    np.testing.assert_array_equal(
        model.predict(inputs, verbose=0), loaded.predict(inputs, verbose=0)
    )
