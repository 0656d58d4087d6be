"""Callbacks that write files, talk to others, or change weights while training runs."""

import json
import math
import os
import sys
import types

import numpy as np
import pytest

import cornu
from cornu import callbacks
from cornu.callbacks import _backup_file, _tensorboard_files

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X[:, :1] - 2 * X[:, 1:2]


def make_model(optimizer="adam", dropout=0.0, metrics=()):
    layers = [cornu.layers.Dense(4, name="hidden"), cornu.layers.Dropout(dropout, seed=3)]
    model = cornu.Sequential([cornu.Input((3,)), *layers, cornu.layers.Dense(1, name="out")])
    model.compile(optimizer, "mse", metrics=list(metrics))
    return model


def fit(model, epochs=2, verbose=0, **settings):
    return model.fit(X, Y, batch_size=4, epochs=epochs, verbose=verbose, **settings)


def fresh(optimizer="adam", dropout=0.0):
    """A model as a new process would make it."""
    cornu.utils.clear_session(free_memory=False)
    cornu.utils.set_random_seed(7)
    return make_model(optimizer, dropout)


class Crash(callbacks.Callback):
    """Raises after an epoch or a batch of it."""

    def __init__(self, epoch, batch=None):
        super().__init__()
        self.epoch, self.batch, self.now = epoch, batch, None
        if batch is not None:
            self.on_train_batch_end = self.after_batch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch
        if self.batch is None and epoch == self.epoch:
            raise RuntimeError("crash")

    def after_batch(self, batch, logs=None):
        if (self.now, batch) == (self.epoch, self.batch):
            raise RuntimeError("crash")


def crash(model, *given, epoch, batch=None, **settings):
    with pytest.raises(RuntimeError, match="crash"):
        fit(model, callbacks=[*given, Crash(epoch, batch)], epochs=4, **settings)


# --- BackupAndRestore -----------------------------------------------------------------------------


def test_training_goes_on_exactly(tmp_path):
    expected_model = fresh(dropout=0.5)
    expected = fit(expected_model, epochs=4)
    backup = tmp_path / "backup"
    crash(fresh(dropout=0.5), callbacks.BackupAndRestore(backup), epoch=2)
    assert os.listdir(backup) == ["latest.weights.h5"]

    cornu.utils.clear_session(free_memory=False)
    cornu.utils.set_random_seed(99)  # what comes from the backup must not come from here
    model = make_model(dropout=0.5)
    history = fit(model, epochs=4, callbacks=[callbacks.BackupAndRestore(backup)])
    assert history.epoch == [0, 1, 2, 3] and history.history == expected.history
    assert int(model.optimizer.iterations) == 12
    for value, wanted in zip(model.get_weights(), expected_model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, wanted)
    assert not backup.exists()


def test_callbacks_go_on(tmp_path):
    def stopping():
        return callbacks.EarlyStopping("loss", mode="max", patience=3, restore_best_weights=True)

    backup = tmp_path / "backup"
    crash(fresh(), callbacks.BackupAndRestore(backup), stopping(), epoch=3)
    later = stopping()
    history = fit(fresh(), epochs=9, callbacks=[callbacks.BackupAndRestore(backup), later])
    assert history.epoch == [0, 1, 2, 3] and later.stopped_epoch == 3
    assert later.best_epoch == 0 and later.best == history.history["loss"][0]


@pytest.mark.parametrize(
    ("save_freq", "epoch", "batch", "begins"),
    [("epoch", 1, None, 1), (2, 1, 2, 1), (1, 2, 1, 2)],
)
def test_where_training_goes_on(save_freq, epoch, batch, begins, tmp_path):
    # Within the epoch that a backup was made in, which begins for callbacks without state.
    def backup():
        return callbacks.BackupAndRestore(tmp_path / "b", save_freq=save_freq)

    crash(fresh(), backup(), epoch=epoch, batch=batch)
    begun = []
    note = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: begun.append(epoch))
    fit(fresh(), epochs=4, callbacks=[backup(), note])
    assert begun == list(range(begins, 4))


def test_double_checkpoint(tmp_path):
    settings = {"double_checkpoint": True, "delete_checkpoint": False}
    fit(fresh(), epochs=3, callbacks=[callbacks.BackupAndRestore(tmp_path, **settings)])
    assert sorted(os.listdir(tmp_path)) == ["latest.weights.h5", "latest.weights.h5.bkp"]
    assert fit(fresh(), 3, callbacks=[callbacks.BackupAndRestore(tmp_path, **settings)]).epoch == [
        0, 1, 2,
    ]  # fmt: skip
    (tmp_path / "latest.weights.h5").write_bytes(b"damaged")
    begun = []
    note = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: begun.append(epoch))
    with pytest.warns(UserWarning, match="Going on from the backup before"):
        fit(fresh(), epochs=3, callbacks=[callbacks.BackupAndRestore(tmp_path), note])
    assert begun == [2] and not tmp_path.exists()


def test_backup_is_a_weights_file(tmp_path):
    model = fresh()
    fit(model, callbacks=[callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)])
    other = fresh()
    other.load_weights(tmp_path / "latest.weights.h5")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_backup_of_another_model(tmp_path):
    crash(fresh(), callbacks.BackupAndRestore(tmp_path), epoch=1)
    other = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(2), cornu.layers.Dense(1)])
    other.compile("sgd", "mse")
    with pytest.raises(cornu.saving.ModelFileError, match="could not be loaded"):
        fit(other, callbacks=[callbacks.BackupAndRestore(tmp_path)])
    with pytest.raises(cornu.saving.ModelFileError, match="0 seed generators, this one has 1"):
        fit(fresh(dropout=0.5), callbacks=[callbacks.BackupAndRestore(tmp_path)])
    fresh().save_weights(tmp_path / "latest.weights.h5")
    with pytest.raises(cornu.saving.ModelFileError, match="no record of a training"):
        fit(fresh(), callbacks=[callbacks.BackupAndRestore(tmp_path)])


def test_backup_keeps_other_files(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    fit(fresh(), callbacks=[callbacks.BackupAndRestore(tmp_path)])
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_backup_mistakes(tmp_path):
    for folder in ("", None):
        with pytest.raises(ValueError, match="Empty `backup_dir`"):
            callbacks.BackupAndRestore(folder)
    for often in ("batch", 0, 1.5):
        with pytest.raises(ValueError, match="save_freq"):
            callbacks.BackupAndRestore(tmp_path, save_freq=often)

    class Odd(callbacks.Callback):
        state_names = ("odd",)
        odd = {1, 2}

    with pytest.raises(TypeError, match="made of numbers.*Received a set"):
        fit(fresh(), callbacks=[callbacks.BackupAndRestore(tmp_path / "b"), Odd()])


def test_records_of_all_kinds(tmp_path):
    path, model = str(tmp_path / "a.weights.h5"), fresh()
    record = {
        "none": None, "flags": [True, False], "text": "ä", "nan": math.nan, "int": np.int64(3),
        "deep": {"a": [np.arange(3), {"b": cornu.ops.ones((2,), "bfloat16")}]},
    }  # fmt: skip
    _backup_file.write_backup(path, model, record)
    found = _backup_file.read_backup(path, model)
    assert found["flags"] == [True, False] and found["text"] == "ä" and found["int"] == 3
    assert math.isnan(found["nan"]) and found["none"] is None
    assert found["deep"]["a"][0].tolist() == [0, 1, 2]
    assert str(found["deep"]["a"][1]["b"].dtype) == "bfloat16"


def test_state_of_a_list():
    given = [callbacks.EarlyStopping("loss"), callbacks.EarlyStopping("mae"), callbacks.History()]
    first = callbacks.CallbackList(given)
    given[1].wait = 5
    state = first.state_dict()
    assert list(state) == ["EarlyStopping", "EarlyStopping_1", "History"]
    second = [callbacks.History(), callbacks.EarlyStopping("loss"), callbacks.EarlyStopping("mae")]
    callbacks.CallbackList(second).load_state_dict(state)
    assert second[2].wait == 5 and second[1].wait == 0


# --- CSVLogger ------------------------------------------------------------------------------------


def test_csv_logger(tmp_path):
    # The text is what Keras 3.15.1 writes.
    path = tmp_path / "log.csv"
    logger = callbacks.CSVLogger(path)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"b": 1, "a": np.array([1, 2]), "s": "text", "z": np.array(2.5)})
    logger.on_epoch_end(1, {"b": 1, "new": 3, "val_b": 4})
    assert path.read_bytes().decode() == (
        "epoch,a,b,s,z,val_a,val_b,val_s,val_z\r\n"
        '0,"""[1, 2]""",1,text,2.5,NA,NA,NA,NA\r\n'
        "1,NA,1,NA,NA,NA,4,NA,NA\r\n"
    )


def test_csv_logger_in_fit(tmp_path):
    path, model = tmp_path / "log.csv", make_model(metrics=["mae"])
    settings = {"validation_data": (X, Y), "validation_freq": 2}
    fit(model, callbacks=[callbacks.CSVLogger(path, separator=";")], **settings)
    lines = path.read_text().splitlines()
    assert lines[0] == "epoch;loss;mae;val_loss;val_mae"
    assert lines[1].endswith(";NA;NA") and not lines[2].endswith("NA")
    fit(model, 1, callbacks=[callbacks.CSVLogger(path, separator=";", append=True)])
    assert path.read_text().splitlines()[:3] == lines and len(path.read_text().splitlines()) == 4
    fit(model, 1, callbacks=[callbacks.CSVLogger(path)])
    assert len(path.read_text().splitlines()) == 2


def test_csv_log_goes_on_after_a_crash(tmp_path):
    def given():
        backup = callbacks.BackupAndRestore(tmp_path / "b")
        return [callbacks.CSVLogger(tmp_path / "log.csv"), backup]

    crash(fresh(), *given(), epoch=2)
    fit(fresh(), epochs=4, callbacks=given())
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "0", "1", "2", "3"]


# --- SwapEMAWeights -------------------------------------------------------------------------------

# What Keras 3.15.1 has as the weight at each event: an epoch of SGD of x**2 from 1 with averages.
SWAPS = {
    False: [0.784, 0.64, 0.64, 0.7221, 0.4096, 0.4096, 0.6406, 0.2621, 0.2621, 0.6406],
    True: [0.784, 0.64, 0.784, 0.7221, 0.4096, 0.7221, 0.6406, 0.2621, 0.6406, 0.6406],
}


@pytest.mark.parametrize("swap_on_epoch", SWAPS)
def test_swap_ema_weights(swap_on_epoch):
    dense = cornu.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = cornu.Sequential([cornu.Input((1,)), dense])
    model.compile(cornu.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")
    swap, found = callbacks.SwapEMAWeights(swap_on_epoch), []

    class Note(callbacks.Callback):
        def on_test_begin(self, logs=None):
            found.append(round(float(dense.kernel.numpy()[0, 0]), 4))

        def on_test_end(self, logs=None):
            self.on_test_begin()

        def on_epoch_end(self, epoch, logs=None):
            self.on_test_begin()

        def on_train_end(self, logs=None):
            self.on_test_begin()

    x = np.ones((4, 1), "float32")
    given = [swap, Note()]
    model.fit(
        x, 0 * x, epochs=3, batch_size=2, verbose=0, callbacks=given, validation_data=(x, 0 * x)
    )
    assert found == SWAPS[swap_on_epoch]
    assert model.optimizer.variables[-1].numpy() == pytest.approx(0.6406, abs=1e-4)
    model.predict(x, verbose=0, callbacks=[swap])


def test_swap_ema_weights_after_an_error():
    model = make_model(cornu.optimizers.SGD(0.1, use_ema=True))
    swap = callbacks.SwapEMAWeights()
    fail = callbacks.LambdaCallback(on_test_begin=lambda logs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fit(model, callbacks=[swap, fail], validation_data=(X, Y))
    assert swap._swapped
    fit(model, 1, callbacks=[swap])
    assert not swap._swapped


def test_swap_ema_weights_needs_averages():
    with pytest.raises(ValueError, match="`use_ema=True`"):
        fit(make_model("sgd"), callbacks=[callbacks.SwapEMAWeights()])


# --- ReduceLROnPlateau with a schedule ------------------------------------------------------------


def test_plateau_multiplies_a_schedule(tmp_path):
    def reduce():
        return callbacks.ReduceLROnPlateau("loss", 0.1, patience=1, min_delta=1e9)

    decay = cornu.optimizers.schedules.ExponentialDecay(0.05, 3, 0.5)
    model = make_model(cornu.optimizers.SGD(decay))
    rates = []
    note = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate))
    )
    history = fit(model, 3, callbacks=[reduce(), note])
    expected = [0.025, 0.00125, 0.0000625]
    np.testing.assert_allclose(rates, expected, rtol=1e-5)
    np.testing.assert_allclose(
        history.history["learning_rate"], [0.025, 0.0125, 0.000625], rtol=1e-5
    )
    model.save(tmp_path / "m.keras")
    loaded = cornu.saving.load_model(tmp_path / "m.keras")
    assert float(loaded.optimizer.learning_rate) == pytest.approx(0.0000625, rel=1e-5)


def test_steps_follow_the_factor():
    class Tiny(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.weights = [*getattr(self, "weights", []), self.model.get_weights()[0]]

    decay = cornu.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.9)
    reduce = callbacks.ReduceLROnPlateau("loss", 1e-30, patience=1, mode="max", min_delta=1e9)
    tiny = Tiny()
    fit(make_model(cornu.optimizers.SGD(decay)), 4, callbacks=[reduce, tiny])
    np.testing.assert_array_equal(tiny.weights[2], tiny.weights[3])
    assert (tiny.weights[0] != tiny.weights[1]).any()


def test_factor_goes_on_after_a_crash(tmp_path):
    def given():
        reduce = callbacks.ReduceLROnPlateau("loss", 0.1, patience=1, min_delta=1e9)
        return [reduce, callbacks.BackupAndRestore(tmp_path / "b")]

    def optimizer():
        return cornu.optimizers.SGD(cornu.optimizers.schedules.ExponentialDecay(0.1, 9, 0.9))

    crash(fresh(optimizer()), *given(), epoch=2)
    model = fresh(optimizer())
    fit(model, 4, callbacks=given())
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1 * 0.9 ** (12 / 9) * 1e-3)


# --- RemoteMonitor --------------------------------------------------------------------------------


class ServerGone(Exception):
    pass


@pytest.fixture
def posts(monkeypatch):
    """A stand-in for `requests` that keeps what is sent."""
    sent = []

    def post(address, **body):
        if "nowhere" in address:
            raise ServerGone("no answer")
        sent.append((address, body))

    module = types.ModuleType("requests")
    module.post = post
    module.exceptions = types.SimpleNamespace(RequestException=ServerGone)
    monkeypatch.setitem(sys.modules, "requests", module)
    return sent


def test_remote_monitor(posts):
    logs = {"loss": np.float32(0.5), "values": np.array([1, 2])}
    message = {"epoch": 0, "loss": 0.5, "values": [1, 2]}
    callbacks.RemoteMonitor("http://host", headers={"a": "b"}).on_epoch_end(0, logs)
    address, body = posts.pop()
    assert address == "http://host/publish/epoch/end/" and body["headers"] == {"a": "b"}
    assert json.loads(body["data"]["data"]) == message
    callbacks.RemoteMonitor(path="/x", send_as_json=True).on_epoch_end(0, logs)
    assert posts == [("http://localhost:9000/x", {"headers": None, "json": message})]
    with pytest.warns(UserWarning, match="Could not reach RemoteMonitor root server at http://now"):
        callbacks.RemoteMonitor("http://nowhere").on_epoch_end(0, {})


# --- what is not installed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "act"),
    [
        ("requests", lambda: callbacks.RemoteMonitor().on_epoch_end(0, {})),
        ("orbax-checkpoint", lambda: callbacks.OrbaxCheckpoint("somewhere")),
        ("tensorboardX", lambda: fit(make_model(), callbacks=[callbacks.TensorBoard("logs")])),
    ],
)
def test_absent_packages(package, act, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("requests", "orbax", "orbax.checkpoint", "tensorboardX"):
        monkeypatch.setitem(sys.modules, name, None)  # makes Python say that it is not there
    with pytest.raises(ImportError, match=f"pip install '{package}'"):
        act()


# --- TensorBoard ----------------------------------------------------------------------------------


@pytest.fixture
def written(monkeypatch):
    """What reaches TensorBoard's files: (run, kind, tag, step)."""
    found = []

    class Writer:
        def __init__(self, folder):
            self.run = os.path.basename(folder)

        def model(self, model):
            found.append((self.run, "graph", model.name, 0))

        def flush(self):
            pass

        close = flush

    for kind in ("scalar", "histogram", "weight_image", "embedding"):

        def note(self, tag, *values, kind=kind):
            found.append((self.run, kind, tag, values[-1]))

        setattr(Writer, kind, note)
    monkeypatch.setattr(_tensorboard_files, "Writer", Writer)
    return found


def test_tensorboard_by_epochs(written):
    model = make_model(metrics=["mae"])
    board = callbacks.TensorBoard(histogram_freq=2, write_images=True)
    assert not callbacks.CallbackList([board]).has_train_batch_hooks
    fit(model, 2, callbacks=[board], validation_data=(X, Y))
    scalars = [(run, tag, step) for run, kind, tag, step in written if kind == "scalar"]
    names = ("loss", "mae")
    tests, train, validation = (
        lambda step: [("validation", f"evaluation_{n}_vs_iterations", step) for n in names],
        lambda epoch: [("train", f"epoch_{n}", epoch) for n in (*names, "learning_rate")],
        lambda epoch: [("validation", f"epoch_{n}", epoch) for n in names],
    )
    assert sorted(scalars) == sorted(
        [*tests(3), *tests(6), *train(0), *train(1), *validation(0), *validation(1)]
    )
    histograms = {(tag, step) for _, kind, tag, step in written if kind == "histogram"}
    prefix = model.name
    assert histograms == {
        (f"{prefix}/{layer}/{weight}/histogram", 0)
        for layer in ("hidden", "out") for weight in ("kernel", "bias")
    }  # fmt: skip
    assert ("train", "weight_image", f"{prefix}/hidden/kernel/image", 0) in written
    assert written[0] == ("train", "graph", model.name, 0)


def test_tensorboard_by_batches(written):
    board = callbacks.TensorBoard(update_freq=2, write_steps_per_second=True, write_graph=False)
    model = make_model()
    fit(model, 2, callbacks=[board])
    tags = {(tag, step) for _, _, tag, step in written}
    assert {step for tag, step in tags if tag == "batch_loss"} == {2, 4, 6}
    assert ("batch_steps_per_second", 2) in tags and ("epoch_steps_per_second", 1) in tags
    written.clear()
    model.evaluate(X, Y, verbose=0, callbacks=[board])
    assert written == [("validation", "scalar", "evaluation_loss_vs_iterations", 6)]


def test_tensorboard_profile(written, monkeypatch):
    events = []
    engine = cornu.backend.engine
    monkeypatch.setattr(engine, "start_profile", lambda folder: events.append(folder))
    monkeypatch.setattr(engine, "stop_profile", lambda: events.append("stop"))
    for batches in (2, (2, 3), "5,90"):
        fit(make_model(), 2, callbacks=[callbacks.TensorBoard("logs", profile_batch=batches)])
    assert events == ["logs", "stop"] * 3


def test_tensorboard_embeddings(written, tmp_path):
    embedding = types.SimpleNamespace(name="words", embeddings=np.ones((2, 3)), weights=[])
    model = types.SimpleNamespace(layers=[embedding], optimizer=None, name="m")
    labels = tmp_path / "labels.tsv"
    board = callbacks.TensorBoard(embeddings_freq=1, embeddings_metadata={"words": str(labels)})
    board.set_model(model)
    board.on_epoch_begin(0)
    board.on_epoch_end(0, {})
    assert written == [("train", "embedding", "words", 0)]
    board = callbacks.TensorBoard(embeddings_freq=1, embeddings_metadata={"word": "a"})
    with pytest.raises(ValueError, match="Unrecognized `Embedding` layer names"):
        board.set_model(model)


@pytest.mark.parametrize(
    "settings", [{"update_freq": "day"}, {"profile_batch": (3, 2)}, {"profile_batch": "a"}]
)
def test_tensorboard_mistakes(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        callbacks.TensorBoard(**settings)


def test_weights_as_images():
    images = {(3,): (3, 1), (4, 2): (2, 4), (2, 4): (2, 4), (3, 3, 5): (3, 3)}
    for shape, size in images.items():
        image = _tensorboard_files.as_image(
            np.arange(np.prod(shape), dtype="float32").reshape(shape)
        )
        assert image.shape[1:3] == size and image.min() == 0 and image.max() == 1
    assert _tensorboard_files.as_image(np.zeros((2, 3, 3, 7))) is None
    assert not _tensorboard_files.as_image(np.ones((2, 2), "float32")).any()


# --- OrbaxCheckpoint ------------------------------------------------------------------------------


def test_checkpoint_without_the_item(tmp_path):
    for item in ("_CHECKPOINT_METADATA", "0/_CHECKPOINT_METADATA"):
        (tmp_path / item).parent.mkdir(exist_ok=True)
        (tmp_path / item).write_text("{}")
        with pytest.raises(cornu.saving.ModelFileError, match="has no item 'model'"):
            cornu.saving.load_model(tmp_path)


def test_orbax_checkpoint(tmp_path):
    pytest.importorskip("orbax.checkpoint")
    model = fresh()
    save = callbacks.OrbaxCheckpoint(tmp_path, max_to_keep=2, save_on_background=False)
    assert save.is_primary_host() and not save.is_multihost_enabled()
    fit(model, 3, callbacks=[save])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "2"]
    fit(model, 1, callbacks=[save])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["2", "3"]
    loaded, other = cornu.saving.load_model(tmp_path), fresh()
    other.load_weights(tmp_path)
    for twin in (loaded, other):
        assert int(twin.optimizer.iterations) == 12
        for value, wanted in zip(twin.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(value, wanted)
    wrong = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(1, name="elsewhere")])
    with pytest.raises(cornu.saving.ModelFileError, match="does not fit the model"):
        wrong.load_weights(tmp_path)


def test_orbax_checkpoint_of_files(tmp_path):
    """Vocabularies are in a checkpoint; files that would be written elsewhere are refused."""
    pytest.importorskip("orbax.checkpoint")
    lookup = cornu.layers.StringLookup(output_mode="multi_hot")
    lookup.adapt(np.array(["sun", "moon", "sun"]))
    model = cornu.Sequential([lookup, cornu.layers.Dense(1)])
    model(np.array([["moon"]]))
    model.compile("adam", "mse")
    save = callbacks.OrbaxCheckpoint(tmp_path, save_on_background=False)
    save.set_model(model)
    save.on_epoch_end(0)
    save.checkpointer.close()
    loaded = cornu.saving.load_model(tmp_path)
    assert loaded.layers[0].get_vocabulary() == ["[UNK]", "sun", "moon"]
    (place,) = tmp_path.glob("*/assets/*metadata")  # Orbax's file for JSON
    wrong = [
        ({"../vocabulary.txt": ""}, "could leave"),
        ({"vocabulary.txt": "no base64!"}, "not base64"),
        ({"vocabulary.txt": 1}, "not base64"),
        ({"a": "", "a/b": ""}, "cannot be written"),
        ([], "no files by name"),
    ]
    for assets, reason in wrong:
        place.write_text(json.dumps(assets))
        with pytest.raises(cornu.saving.ModelFileError, match=reason):
            cornu.saving.load_model(tmp_path)
    assert not (tmp_path / "vocabulary.txt").exists()
