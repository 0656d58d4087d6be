"""`.keras` files: what they hold, what is refused, and how it is said."""

import io
import json
import os
import zipfile

import numpy as np
import pytest

import cornu
from cornu.saving import ModelFileError
from cornu.saving.archive import WritableSection

MEMBERS = ["metadata.json", "config.json", "model.weights.h5"]


def small_model():
    return cornu.Sequential(
        [cornu.layers.Input((4,)), cornu.layers.Dense(3), cornu.layers.Dense(2)], name="small"
    )


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.keras"
    small_model().save(path)
    return path


def test_members(saved):
    with zipfile.ZipFile(saved) as archive:
        assert archive.namelist() == MEMBERS
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["keras_version"] == "3.15.1"
    assert set(metadata) == {"keras_version", "date_saved", "writer"}


def test_the_same_model_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda form: "2026-01-01@00:00:00")
    model = small_model()
    for name in ("a.keras", "b.keras"):
        model.save(tmp_path / name)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, parts, compression=zipfile.ZIP_STORED):
    """Write an archive from `(name, bytes)` pairs; names may occur twice, or be ready infos."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts:
            archive.writestr(name, content)


def link_info(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def with_parts(change):
    """A case that rewrites the members: `change(list of pairs)` returns the new pairs."""

    def damage(path):
        pack(path, change(list(parts_of(path).items())))

    return damage


def replaced(name, content):
    return with_parts(lambda parts: [(n, content if n == name else c) for n, c in parts])


def added(name, content=b"x"):
    return with_parts(lambda parts: [*parts, (name, content)])


def without(name):
    return with_parts(lambda parts: [pair for pair in parts if pair[0] != name])


def bytes_changed(change):
    return lambda path: path.write_bytes(change(path.read_bytes()))


def inflating(path):
    parts = parts_of(path)
    parts["assets/zeros"] = b"\0" * 30_000_000
    pack(path, parts.items(), zipfile.ZIP_DEFLATED)


def flip(data, where):
    at = data.index(where) + len(where) // 2
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


DEEP = b"[" * 100_000 + b"]" * 100_000
DENSE = b'{"module": "keras.layers", "class_name": "Dense", "config": {"units": '
CASES = {
    "empty": bytes_changed(lambda data: b""),
    "cut": bytes_changed(lambda data: data[:3000]),
    "cut at the end": bytes_changed(lambda data: data[:-1]),
    "random": bytes_changed(lambda data: os.urandom(500)),
    "text": bytes_changed(lambda data: b"hello"),
    "bytes after the end": bytes_changed(lambda data: data + b"more"),
    "directory before the start": bytes_changed(
        lambda data: data[:-10] + b"\xff\xff\xff\x7f" + data[-6:]
    ),
    "bytes before the start": bytes_changed(lambda data: b"more" + data),
    "flipped in the config": bytes_changed(lambda data: flip(data, b"class_name")),
    "no config": without("config.json"),
    "no weights": without("model.weights.h5"),
    "no metadata": without("metadata.json"),
    "another member": added("other.txt"),
    "out of the folder": added("assets/../../out.txt"),
    "absolute": added("/tmp/out.txt"),
    "backslash": added("assets\\..\\out.txt"),
    "link": added(link_info("assets/link"), b"/etc/passwd"),
    "many members": with_parts(lambda p: [*p, *((f"assets/{i}", b"") for i in range(500))]),
    "inflating member": inflating,
    "config is no JSON": replaced("config.json", b"{"),
    "config is no text": replaced("config.json", b"\xff\xfe"),
    "config is a list": replaced("config.json", b"[]"),
    "config is a number": replaced("config.json", b"3"),
    "config is a plain object": replaced("config.json", b'{"a": 1}'),
    "config is deep": replaced("config.json", DEEP),
    "config has NaN": replaced("config.json", DENSE + b"NaN}}"),
    "config has Infinity": replaced("config.json", DENSE + b"Infinity}}"),
    "config has a key twice": replaced("config.json", DENSE + b'3, "units": 4}}'),
    "config of another class": replaced("config.json", DENSE.replace(b"Dense", b"Den") + b"3}}"),
    "config with a wrong value": replaced("config.json", DENSE + b'"three"}}'),
    "config of a function": replaced("config.json", DENSE.replace(b"Dense", b"get_file") + b"3}}"),
    "weights are no HDF5": replaced("model.weights.h5", b"x" * 5000),
    "weights are empty": replaced("model.weights.h5", b""),
    "weights are cut": with_parts(
        lambda p: [(n, c[:5000] if n[:5] == "model" else c) for n, c in p]
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name, saved, tmp_path):
    CASES[name](saved)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(ModelFileError) as error:
        cornu.saving.load_model(saved)
    text = str(error.value)
    assert str(saved) in text
    assert len(text) < 2000
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(saved):
    with_parts(lambda parts: [*parts, parts[1]])(saved)
    with pytest.raises(ModelFileError, match="twice"):
        cornu.saving.load_model(saved)


def test_a_compressed_archive_is_read(saved):
    pack(saved, parts_of(saved).items(), zipfile.ZIP_DEFLATED)
    cornu.saving.load_model(saved)


def test_any_flipped_bit_is_found_or_harmless(saved, tmp_path):
    data = saved.read_bytes()
    right = [array.tobytes() for array in cornu.saving.load_model(saved).get_weights()]
    random = np.random.default_rng(0)
    path = tmp_path / "flipped.keras"
    for position in random.permutation(len(data))[:150]:
        flipped = bytearray(data)
        flipped[position] ^= 1 << random.integers(8)
        path.write_bytes(flipped)
        try:
            model = cornu.saving.load_model(path)
        except ModelFileError:
            continue
        assert [array.tobytes() for array in model.get_weights()] == right, f"byte {position}"


def test_a_missing_file_is_named_with_a_near_one(saved):
    for call in (cornu.saving.load_model, small_model().load_weights):
        with pytest.raises(FileNotFoundError, match=r"Did you mean 'model.keras'\?"):
            call(saved.parent / "modle.keras")
        with pytest.raises(FileNotFoundError, match="no folder"):
            call(saved.parent / "nothing" / "model.keras")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("m.h5", "HDF5"), ("m.weights.h5", "HDF5"), ("m.txt", "format not supported")],
)
def test_other_files(tmp_path, name, reason):
    (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(ModelFileError, match=reason):
        cornu.saving.load_model(tmp_path / name)


def test_weights_alone_are_no_model(tmp_path):
    small_model().save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelFileError, match="weights"):
        cornu.saving.load_model(tmp_path / "m.weights.h5")


def test_a_folder(saved, tmp_path):
    folder = tmp_path / "folder"
    model = small_model()
    for _ in range(2):
        model.save(folder, zipped=False)
        assert sorted(os.listdir(folder)) == sorted(MEMBERS)
    again = cornu.saving.load_model(folder)
    for left, right in zip(model.get_weights(), again.get_weights(), strict=True):
        assert (left == right).all()
    again.load_weights(folder)
    assert sorted(os.listdir(tmp_path)) == ["folder", "model.keras"]


def test_a_folder_of_an_unpacked_archive(saved, tmp_path):
    with zipfile.ZipFile(saved) as archive:
        archive.extractall(tmp_path / "unpacked.keras")
    cornu.saving.load_model(tmp_path / "unpacked.keras")


def test_bad_folders(saved, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ModelFileError, match="a folder without"):
        cornu.saving.load_model(folder)
    small_model().save(folder, zipped=False)
    (folder / "config.json").rename(tmp_path / "elsewhere.json")
    (folder / "config.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ModelFileError, match="is a link"):
        cornu.saving.load_model(folder)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("model", {}),
        ("model.txt", {}),
        ("model.KERAS", {}),
        ("model.keras", {"zipped": False}),
        ("model", {"zipped": True}),
        ("model.keras", {"foo": 1}),
        ("model.tf", {"save_format": "tf"}),
    ],
)
def test_names_and_arguments_of_save(tmp_path, name, kwargs):
    with pytest.raises(ValueError, match="keras|supported") as error:
        small_model().save(tmp_path / name, **kwargs)
    assert len(str(error.value)) < 2000
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", [3, None, 1.5])
def test_a_path_is_a_path(path):
    with pytest.raises(TypeError):
        small_model().save(path)
    with pytest.raises(TypeError):
        cornu.saving.load_model(path)


def test_saving_into_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        small_model().save(tmp_path / "no" / "model.keras")
    with pytest.raises(FileNotFoundError):
        small_model().save_weights(tmp_path / "no" / "model.weights.h5")


@pytest.mark.parametrize("stdin", [None, io.StringIO("y\n")])
def test_without_a_terminal_nothing_is_overwritten_unasked(saved, monkeypatch, stdin):
    monkeypatch.setattr("sys.stdin", stdin)
    before = saved.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        small_model().save(saved, overwrite=False)
    assert saved.read_bytes() == before
    small_model().save(saved.parent / "another.keras", overwrite=False)


@pytest.mark.parametrize("answer", ["y", "n"])
def test_at_a_terminal_a_person_decides(saved, monkeypatch, answer):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"what?\n{answer}\n"))
    before = saved.read_bytes()
    small_model().save(saved, overwrite=False)
    assert (saved.read_bytes() == before) == (answer == "n")


class Assets(cornu.layers.Layer):
    """Keeps a word in a file of its own."""

    def __init__(self, word=None, **kwargs):
        super().__init__(**kwargs)
        self.word = word

    def get_config(self):
        return super().get_config()

    def call(self, x):
        return x

    def save_assets(self, folder):
        os.makedirs(os.path.join(folder, "deep"))
        with open(os.path.join(folder, "deep", "word.txt"), "w") as file:
            file.write(self.word)

    def load_assets(self, folder):
        with open(os.path.join(folder, "deep", "word.txt")) as file:
            self.word = file.read()


@pytest.mark.parametrize("zipped", [True, False])
def test_assets(tmp_path, zipped):
    layers = [cornu.layers.Input((2,)), Assets("first"), Assets("second")]
    path = tmp_path / ("model.keras" if zipped else "folder")
    cornu.Sequential(layers).save(path, zipped=zipped)
    if zipped:
        assert zipfile.ZipFile(path).namelist()[3:] == [
            "assets/layers/assets/deep/word.txt",
            "assets/layers/assets_1/deep/word.txt",
        ]
    again = cornu.saving.load_model(path, custom_objects={"Assets": Assets})
    assert [layer.word for layer in again.layers] == ["first", "second"]
    if not zipped:
        target = path / "assets" / "layers" / "assets" / "deep" / "word.txt"
        target.unlink()
        target.symlink_to("/etc/hostname")
        with pytest.raises(ModelFileError, match="is a link"):
            cornu.saving.load_model(path, custom_objects={"Assets": Assets})


def test_an_error_while_saving_keeps_the_old_file(saved, monkeypatch):
    class Failing(cornu.layers.Dense):
        def save_own_variables(self, store):
            raise RuntimeError("no")

    class Undescribed(cornu.layers.Layer):
        def __init__(self, thing):
            super().__init__()

        def call(self, x):
            return x

    before = saved.read_bytes()
    weights = saved.parent / "model.weights.h5"
    small_model().save_weights(weights)
    weights_before = weights.read_bytes()
    inputs = cornu.layers.Input((4,))
    failing = cornu.Sequential([inputs, Failing(2)])
    for error, call in (
        (RuntimeError, lambda: failing.save(saved)),
        (RuntimeError, lambda: failing.save_weights(weights)),
        (NotImplementedError, lambda: cornu.Sequential([inputs, Undescribed(len)]).save(saved)),
    ):
        with pytest.raises(error):
            call()
    monkeypatch.setattr(WritableSection, "write", disk_full)
    with pytest.raises(OSError, match="No space left"):
        small_model().save(saved)
    assert saved.read_bytes() == before
    assert weights.read_bytes() == weights_before
    assert sorted(os.listdir(saved.parent)) == ["model.keras", "model.weights.h5"]


def disk_full(*args):
    raise OSError(28, "No space left on device")


def test_infinity_and_nan_in_a_config(tmp_path):
    path = tmp_path / "model.keras"
    initializer = cornu.initializers.Constant(float("-inf"))
    layer = cornu.layers.Dense(1, bias_initializer=initializer)
    cornu.Sequential([cornu.layers.Input((1,)), layer]).save(path)
    again = cornu.saving.load_model(path)
    assert again.layers[0].bias_initializer.value == float("-inf")
    layer.bias_initializer = cornu.initializers.Constant(float("nan"))
    with pytest.raises(ValueError, match="NaN"):
        cornu.Sequential([cornu.layers.Input((1,)), layer]).save(path)


@cornu.saving.register_keras_serializable("tests")
class OwnCompile(cornu.Sequential):
    """Compiles in its own way."""

    def compile(self, rate):
        super().compile(cornu.optimizers.SGD(rate), "mse")


@cornu.saving.register_keras_serializable("tests")
class OwnCompileSaved(OwnCompile):
    """Says how, too."""

    def get_compile_config(self):
        return {"rate": float(self.optimizer.learning_rate)}

    def compile_from_config(self, config):
        self.compile(**config)


def test_a_compile_of_a_users_own(tmp_path):
    path = tmp_path / "model.keras"
    for cls in (OwnCompile, OwnCompileSaved):
        model = cls([cornu.layers.Input((2,)), cornu.layers.Dense(1)])
        model.compile(rate=0.25)
        model.save(path)
        if cls is OwnCompile:
            with pytest.warns(UserWarning, match="was not called as part of model loading"):
                assert not cornu.saving.load_model(path).compiled
        else:
            assert float(cornu.saving.load_model(path).optimizer.learning_rate) == 0.25
