"""Initializers: distributions, seeds, dtypes; nothing is compiled."""

import jax
import numpy as np
import pytest

import cornu
from cornu import initializers
from cornu.initializers import _random

SHAPE = (200, 300)
FANS = {(): (1, 1), (7,): (7, 7), (3, 4): (3, 4), (5, 5, 3, 4): (75, 100)}
STDDEVS = {  # of arrays (200, 300)
    "RandomNormal": (initializers.RandomNormal(1.0, 0.5, seed=0), 1.0, 0.5),
    "RandomUniform": (initializers.RandomUniform(-1.0, 3.0, seed=0), 1.0, 4 / 12**0.5),
    "TruncatedNormal": (initializers.TruncatedNormal(0.0, 2.0, seed=0), 0.0, 2 * 0.879626),
    "GlorotUniform": (initializers.GlorotUniform(seed=0), 0.0, (2 / 500) ** 0.5),
    "GlorotNormal": (initializers.GlorotNormal(seed=0), 0.0, (2 / 500) ** 0.5),
    "HeUniform": (initializers.HeUniform(seed=0), 0.0, (2 / 200) ** 0.5),
    "HeNormal": (initializers.HeNormal(seed=0), 0.0, (2 / 200) ** 0.5),
    "LecunUniform": (initializers.LecunUniform(seed=0), 0.0, (1 / 200) ** 0.5),
    "LecunNormal": (initializers.LecunNormal(seed=0), 0.0, (1 / 200) ** 0.5),
    "fan_out": (
        initializers.VarianceScaling(3.0, "fan_out", "untruncated_normal", seed=0), 0.0, 0.1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STDDEVS)
def test_mean_and_spread(case):
    initializer, mean, stddev = STDDEVS[case]
    values = np.asarray(initializer(SHAPE))
    assert values.dtype == "float32" and values.shape == SHAPE
    assert values.mean() == pytest.approx(mean, abs=0.02 * stddev)
    assert values.std() == pytest.approx(stddev, rel=0.02)


@pytest.mark.parametrize("shape", FANS)
def test_fans(shape):
    assert _random._fans(shape, None, None) == FANS[shape]


def test_fans_of_given_axes():
    def limit(mode, **axes):
        scaling = initializers.VarianceScaling(1.0, mode, "uniform", 1, **axes)
        return 3 / float(abs(scaling((10, 20, 30))).max()) ** 2

    axes = {"input_axes": (0, 1), "output_axes": (2,)}
    assert limit("fan_in", **axes) == pytest.approx(200, rel=1e-2)
    assert limit("fan_out", **axes) == pytest.approx(30, rel=1e-2)
    assert limit("fan_out", input_axes=0, output_axes=-1) == pytest.approx(30, rel=1e-2)
    with pytest.raises(ValueError, match="must be axes of the shape"):
        limit("fan_in", input_axes=(0,), output_axes=(5,))


def test_truncated_at_two():
    values = np.asarray(initializers.TruncatedNormal(stddev=1.0, seed=3)((100_000,)))
    assert abs(values).max() <= 2.0 and abs(values).max() > 1.99


def test_seeds():
    same = initializers.RandomNormal(seed=5)
    np.testing.assert_array_equal(same((4,)), same((4,)))
    np.testing.assert_array_equal(same((4,)), same.clone()((4,)))
    other = initializers.RandomNormal(seed=6)
    assert (np.asarray(same((4,))) != np.asarray(other((4,)))).all()
    moving = initializers.RandomNormal(seed=cornu.random.SeedGenerator(5))
    first, second = moving((4,)), moving((4,))
    assert (np.asarray(first) != np.asarray(second)).all()
    assert moving.seed.state.numpy().tolist() == [5, 2]
    assert initializers.GlorotUniform().seed != initializers.GlorotUniform().seed
    assert initializers.GlorotUniform().get_config()["seed"] is None


def test_random_seed_repeats_all():
    def draw():
        cornu.utils.set_random_seed(3)
        return [initializers.get("glorot_uniform")((2, 2)) for _ in range(2)]

    first, second = draw(), draw()
    np.testing.assert_array_equal(first, second)
    assert (np.asarray(first[0]) != np.asarray(first[1])).any()


def test_seed_generator_in_config():
    given = initializers.HeNormal(seed=cornu.random.SeedGenerator(9))
    twin = initializers.deserialize(initializers.serialize(given))
    np.testing.assert_array_equal(given((3,)), twin((3,)))


def test_seed_generator_in_compiled_code():
    moving = initializers.RandomNormal(seed=cornu.random.SeedGenerator(5))

    @jax.jit
    def run(state):
        with cornu.StatelessScope([(moving.seed.state, state)]):
            return moving((2,))

    with pytest.raises(RuntimeError, match="Create the weights before"):
        run(moving.seed.state.value)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", ["zeros", "ones", "glorot_uniform", "orthogonal", "identity"])
def test_dtypes(name, dtype):
    values = initializers.get(name)((4, 4), dtype=dtype)
    assert values.dtype == dtype and values.shape == (4, 4)


def test_float64():
    cornu.config.set_floatx("float64")
    values = np.asarray(initializers.RandomNormal(seed=1)((100,)))
    assert values.dtype == "float64"
    assert (values != values.astype("float32")).any()


def test_integers_and_booleans():
    assert initializers.Ones()((2,), dtype="bool").tolist() == [True, True]
    assert initializers.Constant(3.7)((2,), dtype="int32").tolist() == [3, 3]
    assert initializers.Constant([1, 2])((3, 2)).tolist() == [[1, 2]] * 3
    with pytest.raises(ValueError, match="floating point"):
        initializers.RandomNormal()((2,), dtype="int32")


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 3, 4), (4, 4)])
def test_orthogonal(shape):
    q = np.asarray(initializers.Orthogonal(gain=2.0, seed=1)(shape)).reshape(-1, shape[-1])
    q = q if q.shape[0] >= q.shape[1] else q.T
    np.testing.assert_allclose(q.T @ q, 4 * np.eye(q.shape[1]), atol=1e-5)


def test_identity():
    values = initializers.Identity(gain=2.0)((2, 3))
    assert values.tolist() == [[2, 0, 0], [0, 2, 0]]


def test_nothing_is_compiled(caplog):
    initializer = initializers.GlorotUniform(seed=1)
    initializers.Zeros()((1, 1))
    with jax.log_compiles():
        for size in range(2, 12):
            initializer((size, 3))
            initializers.Zeros()((size,))
            initializers.Ones()((size, 2), dtype="bfloat16")
    assert "Compiling" not in caplog.text


def test_arrays_as_initializers():
    given = initializers.get(np.arange(3))
    assert given((3,), dtype="float32").tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="Expected `shape`"):
        given((4,))


BAD = {
    "seed": (lambda: initializers.RandomNormal(seed=1.5), "integer"),
    "scale": (lambda: initializers.VarianceScaling(scale=0.0), "positive"),
    "mode": (lambda: initializers.VarianceScaling(mode="fan"), "fan_in"),
    "distribution": (lambda: initializers.VarianceScaling(distribution="odd"), "uniform"),
    "rank": (lambda: initializers.Orthogonal()((3,)), "two-dimensional"),
    "identity": (lambda: initializers.Identity()((3,)), "2D"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes(case):
    act, text = BAD[case]
    with pytest.raises(ValueError, match=text):
        act()


def test_own_initializer():
    class Steps(initializers.Initializer):
        def __init__(self, step=1.0):
            self.step = step

        def __call__(self, shape, dtype=None):
            return cornu.ops.arange(0, shape[0], dtype=dtype or "float32") * self.step

    variable = cornu.Variable(Steps(0.5), shape=(3,))
    assert variable.numpy().tolist() == [0.0, 0.5, 1.0]
    assert Steps(2.0).clone().step == 2.0
    with pytest.raises(NotImplementedError, match="__call__"):
        initializers.Initializer()((2,))


# --- STFT -----------------------------------------------------------------------------------------

WINDOWS = {"hann": np.hanning, "hamming": np.hamming, "blackman": np.blackman, "boxcar": np.ones}
STFTS = {  # arguments, shape, the kernel of Keras 3.15.1 without its middle axis
    "periodic": (
        ("imag", "hann", "density", True),
        (5, 1, 4),
        [
            [0, 0, 0, 0],
            [0, -0.218508, -0.218508, 0],
            [0, -0.572061, 0.572061, 0],
            [0, 0, 0, 0],
            [0, 0.218508, -0.218508, 0],
        ],
    ),
    "symmetric": (
        ("real", "hamming", "spectrum"),
        (4, 1, 3),
        [
            [0.047059, 0.047059, 0.047059],
            [0.452941, 0, -0.452941],
            [0.452941, -0.452941, 0.452941],
            [0.047059, 0, -0.047059],
        ],
    ),
    "array": (
        ("real", np.array([1.0, 2.0, 3.0, 4.0])),
        (4, 1, 3),
        [
            [0.182574, 0.182574, 0.182574],
            [0.365148, 0, -0.365148],
            [0.547723, -0.547723, 0.547723],
            [0.730297, 0, -0.730297],
        ],
    ),
}


@pytest.mark.parametrize("case", STFTS)
def test_stft(case):
    arguments, shape, expected = STFTS[case]
    kernel = initializers.STFT(*arguments)(shape)
    assert kernel.shape == shape and kernel.dtype == "float32"
    np.testing.assert_allclose(kernel[:, 0], expected, atol=1e-6)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("name", WINDOWS)
def test_windows_of_stft(name, periodic):
    kernel = initializers.STFT("real", name, None, periodic)((9, 1, 2), "float32")
    window = WINDOWS[name](10)[:-1] if periodic else WINDOWS[name](9)
    np.testing.assert_allclose(kernel[:, 0, 0], window, atol=1e-6)


def test_stft_is_a_transform():
    signal = np.random.default_rng(0).normal(size=8)
    parts = [
        signal @ np.asarray(initializers.STFT(side, None)((8, 1, 5))[:, 0], "float64")
        for side in ("real", "imag")
    ]
    np.testing.assert_allclose(parts[0] + 1j * parts[1], np.fft.rfft(signal), atol=1e-5)


def test_config_of_stft():
    described = initializers.serialize(initializers.STFT("imag", "hamming", "spectrum", True))
    assert described["class_name"] == "STFT" and described["module"] == "keras.initializers"
    assert described["config"] == {
        "side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True,
    }  # fmt: skip
    given = initializers.STFT(window=np.array([1.0, 3.0]))
    twin = initializers.deserialize(initializers.serialize(given))
    np.testing.assert_array_equal(twin((2, 1, 2)), given((2, 1, 2)))
    assert type(initializers.get("stft")) is initializers.STFTInitializer


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("left",), "side should be 'real' or 'imag'"),
        (("real", "nope"), "window"),
        (("real", "hann", "half"), "Scaling is invalid"),
        (("real", np.ones(3)), "shape of `window`"),
    ],
)
def test_mistakes_with_stft(arguments, text):
    with pytest.raises(ValueError, match=text):
        initializers.STFT(*arguments)((4, 1, 3))
    with pytest.raises(ValueError, match="frame length, 1, frequencies"):
        initializers.STFT()((4, 3))
