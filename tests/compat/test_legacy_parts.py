"""Classes and functions of Keras 1 and 2 compute what tf-keras does, or say what is wrong."""

import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from compat.legacy_cases import CASES, IMAGES

import cornu
from cornu import layers, utils
from cornu.preprocessing import image, sequence, text

RECORDED = json.loads((Path(__file__).parent / "data" / "legacy.json").read_text())


def assert_same(got, want, path="result"):
    """Nested lists and dictionaries of the same numbers and texts."""
    if isinstance(want, dict):
        assert {str(key) for key in got} == set(want), path
        for key, value in got.items():
            assert_same(value, want[str(key)], f"{path}[{key!r}]")
    elif isinstance(want, list) and any(isinstance(item, (list, dict, str)) for item in want):
        assert len(got) == len(want), path
        for number, (a, b) in enumerate(zip(got, want, strict=True)):
            assert_same(a, b, f"{path}[{number}]")
    elif isinstance(want, str) or want is None:
        assert got == want, path
    else:
        np.testing.assert_allclose(
            np.asarray(got, "float64"), want, rtol=2e-5, atol=2e-5, err_msg=path
        )


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.__name__ for case in CASES])
def test_as_in_tf_keras(number):
    name, want = RECORDED[number]
    assert name == CASES[number].__name__, "run record_tf_keras.py"
    assert_same(CASES[number](cornu), want)


# --- files of images ------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder of two classes of three images each, of one brightness; and a file that is none."""
    pytest.importorskip("PIL", reason="Pillow is not installed")
    for number, name in enumerate(("cats", "dogs")):
        (tmp_path / name / "deep").mkdir(parents=True)
        for i, place in enumerate(("a.png", "b.png", "deep/c.png")):
            picture = np.full((4, 6, 3), 100.0 * number + 10 * i)
            image.array_to_img(picture, scale=False).save(tmp_path / name / place)
    (tmp_path / "cats" / "notes.txt").write_text("nothing")
    return tmp_path


def test_images_of_a_folder(folder, capsys):
    change = image.ImageDataGenerator(rescale=0.1, validation_split=0.4)
    batches = change.flow_from_directory(folder, (2, 3), batch_size=4, shuffle=False)
    assert capsys.readouterr().out == "Found 6 images belonging to 2 classes.\n"
    assert batches.class_indices == {"cats": 0, "dogs": 1} and batches.samples == 6
    assert batches.filenames[:3] == ["cats/a.png", "cats/b.png", os.path.join("cats", "deep/c.png")]
    assert batches.classes.tolist() == [0, 0, 0, 1, 1, 1]
    x, y = batches[1]
    assert x.shape == (2, 2, 3, 3) and y.tolist() == [[0, 1], [0, 1]]
    np.testing.assert_allclose(x[:, 0, 0, 0], [11.0, 12.0])
    sizes = {}
    for subset in ("training", "validation"):
        part = change.flow_from_directory(folder, (2, 3), class_mode="binary", subset=subset)
        sizes[subset] = part.n, sorted(next(part)[1].tolist())
    assert sizes == {"training": (4, [0, 0, 1, 1]), "validation": (2, [0, 1])}
    grey = change.flow_from_directory(folder, color_mode="grayscale", classes=["dogs"],
                                      class_mode=None, target_size=(2, 2))  # fmt: skip
    assert next(grey).shape == (3, 2, 2, 1)
    copies = change.flow_from_directory(folder, class_mode="input", target_size=(2, 2))
    np.testing.assert_array_equal(*next(copies))
    with pytest.raises(ValueError, match="`class_mode` must be one of"):
        change.flow_from_directory(folder, class_mode="ternary")
    with pytest.raises(ValueError, match="`color_mode` must be one of"):
        change.flow_from_directory(folder, color_mode="blue")


def test_images_of_a_table(folder, capsys):
    table = {
        "filename": ["cats/a.png", "dogs/a.png", "dogs/lost.png", "cats/b.png"],
        "class": ["cat", "dog", "dog", "cat"],
        "size": [1.0, 2.0, 3.0, 4.0],
        "weight": [1, 2, 3, 4],
    }
    change = image.ImageDataGenerator()
    options = {"target_size": (2, 2), "shuffle": False}
    batches = change.flow_from_dataframe(table, folder, weight_col="weight", **options)
    told = "Found 3 validated image filenames belonging to 2 classes.\n"
    assert capsys.readouterr().out == told
    x, y, weight = batches[0]
    np.testing.assert_allclose(x[:, 0, 0, 0], [0, 100, 10])
    assert y.tolist() == [[1, 0], [0, 1], [1, 0]] and weight.tolist() == [1, 2, 4]
    raw = change.flow_from_dataframe(table, folder, y_col="size", class_mode="raw", **options)
    assert raw[0][1].tolist() == [1.0, 2.0, 4.0]
    both = change.flow_from_dataframe(
        table, folder, y_col=["size", "weight"], class_mode="multi_output", **options
    )
    assert [each.tolist() for each in both[0][1]] == [[1.0, 2.0, 4.0], [1, 2, 4]]
    several = {"filename": table["filename"][:2], "class": [["cat", "tame"], ["dog"]]}
    many = change.flow_from_dataframe(several, folder, **options)
    assert many[0][1].tolist() == [[1, 0, 1], [0, 1, 0]]
    with pytest.raises(ValueError, match="no column 'siz'. Did you mean 'size'"):
        change.flow_from_dataframe(table, folder, y_col="siz", class_mode="raw")
    with pytest.raises(ValueError, match="must hold strings"):
        change.flow_from_dataframe(table, folder, y_col="size")


def test_image_files(tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype("float32")
    utils.save_img(tmp_path / "x.png", picture, scale=False)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / "x.png")), picture)
    cut = utils.load_img(tmp_path / "x.png", target_size=(5, 5), keep_aspect_ratio=True)
    np.testing.assert_array_equal(utils.img_to_array(cut), picture[:, 1:6])
    first = utils.img_to_array(cut, data_format="channels_first")
    assert first.shape == (3, 5, 5)
    assert utils.array_to_img(first, "channels_first", scale=False).size == (5, 5)
    assert utils.load_img(tmp_path / "x.png", "grayscale", (2, 3), "bilinear").size == (3, 2)
    with pytest.raises(ValueError, match="`interpolation` must be one of"):
        utils.load_img(tmp_path / "x.png", target_size=(2, 2), interpolation="best")
    for bad, words in ((np.ones((2, 2)), "three axes"), (np.ones((2, 2, 2)), "1, 3 or 4 channels")):
        with pytest.raises(ValueError, match=words):
            utils.array_to_img(bad)


def test_augmented_images_in_fit():
    change = image.ImageDataGenerator(width_shift_range=1, horizontal_flip=True, rescale=1 / 255)
    model = cornu.Sequential([cornu.Input((6, 5, 3)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = change.flow(np.repeat(IMAGES, 5, axis=0), np.ones((10, 1)), batch_size=4)
    history = model.fit(batches, epochs=2, steps_per_epoch=3, verbose=0)
    assert len(history.epoch) == 2 and int(model.optimizer.iterations) == 6


def test_mistakes_about_images():
    change = image.ImageDataGenerator()
    with pytest.raises(ValueError, match="3 rows of `y`"):
        change.flow(IMAGES, np.arange(3))
    with pytest.raises(ValueError, match="four axes"):
        change.flow(IMAGES[0])
    with pytest.raises(ValueError, match="different classes after the split"):
        image.ImageDataGenerator(validation_split=0.5).flow(IMAGES, [0, 1], subset="training")
    with pytest.raises(ValueError, match="`subset` must be one of"):
        change.flow(IMAGES, subset="test")
    with pytest.raises(ValueError, match="length 1"):
        _ = change.flow(IMAGES)[1]
    for options in ({"zoom_range": (1, 2, 3)}, {"brightness_range": 1}, {"validation_split": 2}):
        with pytest.raises(ValueError, match=f"`{next(iter(options))}`"):
            image.ImageDataGenerator(**options)
    with pytest.warns(UserWarning, match="overrides setting of `featurewise_center`"):
        unfit = image.ImageDataGenerator(featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match="hasn't been fit"):
        unfit.standardize(IMAGES[0])
    with pytest.raises(ValueError, match="0, 1 and 2"):
        image.apply_affine_transform(IMAGES[0], theta=1, row_axis=1, col_axis=1)


# --- the rest -------------------------------------------------------------------------------------


def test_mistakes_about_text_and_sequences():
    with pytest.raises(TypeError, match="does not take the arguments"):
        text.Tokenizer(words=3)
    assert text.Tokenizer(nb_words=3).num_words == 3
    with pytest.raises(ValueError, match="Did you mean 'count'"):
        text.Tokenizer(num_words=3).sequences_to_matrix([[1]], mode="counts")
    with pytest.raises(ValueError, match="call `fit_on_texts` before"):
        text.Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(ValueError, match="not what `Tokenizer.to_json` wrote"):
        text.tokenizer_from_json("[]")
    assert text.Tokenizer(analyzer=list).texts_to_sequences(["ab"]) == [[]]
    with pytest.raises(ValueError, match="as many targets as steps"):
        sequence.TimeseriesGenerator(np.ones(5), np.ones(4), 2)
    with pytest.raises(ValueError, match="No window of 9 steps fits"):
        sequence.TimeseriesGenerator(np.ones(5), np.ones(5), 9)
    windows = sequence.TimeseriesGenerator(
        np.arange(9), np.arange(9), 2, shuffle=True, batch_size=4
    )
    x, y = windows[0]
    assert json.loads(windows.to_json())["config"]["data"] == "[0, 1, 2, 3, 4, 5, 6, 7, 8]"
    np.testing.assert_array_equal(x, np.stack([y - 2, y - 1], axis=1))


def test_layers_in_files(tmp_path):
    class Cell(layers.AbstractRNNCell):
        state_size = output_size = 2

        def call(self, inputs, states):
            return inputs + states[0], [inputs + states[0]]

    np.testing.assert_array_equal(
        layers.RNN(Cell())(np.ones((1, 3, 2), "float32")), np.full((1, 2), 3.0)
    )
    model = cornu.Sequential([
        cornu.Input((6, 2)),
        layers.LocallyConnected1D(3, 2, padding="same", implementation=2, activation="tanh"),
        layers.ThresholdedReLU(theta=0.1),
        layers.experimental.SyncBatchNormalization(momentum=0.5),
        layers.Flatten(),
        layers.experimental.RandomFourierFeatures(4, "laplacian"),
    ])  # fmt: skip
    model.save(tmp_path / "model.keras")
    restored = cornu.models.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(3, 6, 2)).astype("float32")
    np.testing.assert_allclose(restored(x), model(x), atol=1e-6)
    config = cornu.layers.serialize(model)
    assert cornu.models.model_from_config(config).output_shape == model.output_shape
    with pytest.raises(TypeError, match="Sequential.from_config"):
        cornu.models.model_from_config([config])


def test_mistakes_about_layers():
    for make, words in (
        (lambda: layers.LocallyConnected2D(2, 2, padding="same"), "needs `implementation=2`"),
        (lambda: layers.LocallyConnected2D(2, 2, implementation=4), "must be 1, 2 or 3"),
        (lambda: layers.LocallyConnected1D(2, 2).build((None, None, 3)), "sizes must be known"),
        (lambda: layers.ThresholdedReLU(theta=-1.0), "number from 0"),
        (lambda: layers.experimental.RandomFourierFeatures(0), "output_dim"),
        (lambda: layers.experimental.RandomFourierFeatures(3, scale=-1), "`scale`"),
        (lambda: layers.experimental.RandomFourierFeatures(3, "cubic"), "'laplacian'"),
        (lambda: layers.experimental.RandomFourierFeatures(3)(np.ones((2, 3, 4))), "batch, feat"),
        (lambda: cornu.constraints.RadialConstraint()(np.ones((2, 3, 1, 1))), "as many rows"),
        (lambda: cornu.losses.Reduction.validate("most"), "`reduction` must be one of"),
        (lambda: cornu.backend.set_image_dim_ordering("mx"), "'th' or 'tf'"),
    ):
        with pytest.raises(ValueError, match=words):
            make()
    for make in (
        lambda: layers.AbstractRNNCell().state_size,
        lambda: layers.AbstractRNNCell().output_size,
    ):
        with pytest.raises(NotImplementedError, match="must define"):
            make()


def test_metrics_in_fit_and_files():
    model = cornu.Sequential([cornu.Input((3,)), layers.Dense(2)])
    metric = cornu.metrics.MeanRelativeError(normalizer=[1.0, 2.0])
    model.compile("sgd", "mse", metrics=[metric])
    assert "mean_relative_error" in model.evaluate(np.ones((4, 3)), np.ones((4, 2)), verbose=0,
                                                   return_dict=True)  # fmt: skip
    again = cornu.metrics.deserialize(cornu.metrics.serialize(metric))
    np.testing.assert_array_equal(again.normalizer, metric.normalizer)
    tensor = cornu.metrics.MeanTensor(shape=(2,))
    with pytest.raises(ValueError, match="tensors of one shape"):
        tensor.update_state(np.ones(3))
    with pytest.raises(ValueError, match="does not have a result yet"):
        cornu.metrics.MeanTensor().result()
    tensor.update_state(np.ones(2))
    tensor.reset_state()
    assert np.asarray(tensor.result()).tolist() == [0.0, 0.0]


def test_enqueuers():
    class Squares(utils.Sequence):
        ended = 0

        def __len__(self):
            return 5

        def __getitem__(self, index):
            return index**2

        def on_epoch_end(self):
            self.ended += 1

    squares = Squares()
    ordered = utils.OrderedEnqueuer(squares)
    assert not ordered.is_running()
    ordered.start(workers=3, max_queue_size=4)
    found = ordered.get()
    assert [next(found) for _ in range(7)] == [0, 1, 4, 9, 16, 0, 1] and squares.ended >= 1
    ordered.stop()
    assert not ordered.is_running() and not ordered.run_thread.is_alive()

    def failing():
        yield 1
        raise KeyError("lost")

    generator = utils.GeneratorEnqueuer(failing())
    generator.start()
    with pytest.raises(KeyError, match="lost"):
        list(generator.get())
    with pytest.raises(TypeError, match="`__len__` and `__getitem__`"):
        utils.OrderedEnqueuer(iter([]))


def test_timed_thread():
    called = threading.Event()

    class Ticking(utils.TimedThread):
        def on_interval(self):
            called.set()

    thread = Ticking(interval=0.001, daemon=True)
    with thread:
        thread.start()  # nothing happens
        assert called.wait(5) and thread.is_alive()
    assert not thread.is_alive()


def test_base_logger_leaves_todays_logs_alone():
    logger = cornu.callbacks.BaseLogger(stateful_metrics=["accuracy"])
    logger.on_epoch_begin(0)
    logger.on_batch_end(0, {"loss": 4.0, "accuracy": 0.5})
    logs = {"loss": 3.0}
    logger.on_epoch_end(0, logs)
    assert logs == {"loss": 3.0}
    logger.on_batch_end(1, {"size": 2, "loss": 4.0, "accuracy": 0.5})
    logger.on_epoch_end(0, logs)
    assert logs == {"loss": 4.0, "accuracy": 0.5}


def test_models_in_configs():
    deep = cornu.Sequential([layers.Dense(3, activation="tanh"), layers.Dense(1)])
    wide_deep = cornu.experimental.WideDeepModel(
        cornu.experimental.LinearModel(kernel_initializer="ones"), deep, activation="sigmoid"
    )
    again = type(wide_deep).from_config(wide_deep.get_config())
    assert again.linear_model.get_config()["kernel_initializer"]["class_name"] == "Ones"
    assert again([np.ones((2, 3)), np.ones((2, 5))]).shape == (2, 1)
    with pytest.raises(ValueError, match="one optimizer or two"):
        wide_deep.compile(["sgd"] * 3, "mse")
    sharp = cornu.models.experimental.SharpnessAwareMinimization(deep, rho=0.2, name="sharp")
    assert type(sharp).from_config(sharp.get_config()).rho == 0.2
