"""Every format of weights: all arrays come back, and nothing that is not whole is taken."""

import json
import os
import struct

import numpy as np
import pytest

import cornu
from cornu.saving import ModelFileError
from cornu.saving.atomic import atomic_write

FORMATS = {
    "weights.h5": {},
    "weights.json": {"max_shard_size": 0.0001},
    "npz": {},
    "safetensors": {},
}
RNG = np.random.default_rng(7)


def model_of(units=6):
    """A model with an optimizer that has made a step."""
    model = cornu.Sequential(
        [
            cornu.layers.Input((4,)),
            cornu.layers.Dense(50, name="first"),
            cornu.layers.BatchNormalization(),
            cornu.layers.Dropout(0.1),
            cornu.layers.Dense(400, dtype="bfloat16"),
            cornu.layers.Dense(units, name="last"),
        ]
    )
    model.compile("adam", "mse")
    model.fit(RNG.normal(size=(8, 4)), RNG.normal(size=(8, units)), verbose=0)
    return model


def state(model):
    return [np.asarray(v.value) for v in (*model.variables, *model.optimizer.variables)]


@pytest.mark.parametrize("ending", FORMATS)
def test_all_comes_back(tmp_path, ending):
    model, other = model_of(), model_of()
    path = tmp_path / f"model.{ending}"
    model.save_weights(path, **FORMATS[ending])
    report = other.load_weights(path, strict=True)
    assert report.complete
    assert {variable.path for variable in other.weights} <= set(report.loaded)
    seeds = {variable.path for variable in model.variables} - set(report.loaded)
    for left, right in zip(model.variables, other.variables, strict=True):
        if left.path not in seeds:
            np.testing.assert_array_equal(np.asarray(left.value), np.asarray(right.value))
    for left, right in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(left.value), np.asarray(right.value))
    names = os.listdir(tmp_path)
    assert not [name for name in names if "tmp" in name]
    assert (len(names) > 2) is (ending == "weights.json")


@pytest.mark.parametrize("ending", FORMATS)
def test_the_report_names_what_does_not_fit(tmp_path, ending):
    model, path = model_of(), tmp_path / f"model.{ending}"
    model.save_weights(path, **FORMATS[ending])
    before = state(other := model_of(units=3))
    with pytest.raises(ModelFileError, match=r"last/kernel is .*; they must match"):
        other.load_weights(path)
    for value, now in zip(before, state(other), strict=True):
        np.testing.assert_array_equal(value, now)
    with pytest.warns(UserWarning) as warned:
        report = other.load_weights(path, skip_mismatch=True)
    assert any("were left as they are" in str(one.message) for one in warned)
    assert [name.partition("/")[2] for name in report.mismatched][:2] == [
        "last/kernel",
        "last/bias",
    ]
    assert not report.complete
    smaller = cornu.Sequential([cornu.layers.Input((4,)), cornu.layers.Dense(50, name="first")])
    with pytest.raises(ModelFileError, match="no place for"):
        smaller.load_weights(path, strict=True)
    with pytest.warns(UserWarning, match="no place for"):
        report = smaller.load_weights(path)
    assert len(report.loaded) == 2
    assert "/layers/dense_2/vars/0" in report.unused


def test_missing_variables_are_listed(tmp_path):
    path = tmp_path / "model.npz"
    model = model_of()
    cornu.saving.save_weights(model, path, objects_to_skip=[model.layers[0]])
    with pytest.raises(ModelFileError, match="first/kernel float32"):
        model.load_weights(path)
    with pytest.warns(UserWarning, match="first/kernel"):
        report = model.load_weights(path, skip_mismatch=True)
    assert [name.partition("/")[2] for name in report.missing] == ["first/kernel", "first/bias"]
    assert model.load_weights(path, objects_to_skip=[model.layers[0]]).missing == []


@pytest.mark.parametrize("ending", [name for name in FORMATS if name != "weights.h5"])
def test_one_flipped_bit_is_found_or_harmless(tmp_path, ending):
    model, path = model_of(), tmp_path / f"model.{ending}"
    model.save_weights(path, **FORMATS[ending])
    right = state(model)
    parts = [tmp_path / name for name in sorted(os.listdir(tmp_path))]
    found = 0
    for part in parts:
        data = part.read_bytes()
        for position in RNG.integers(len(data), size=24):
            flipped = bytearray(data)
            flipped[position] ^= 1 << RNG.integers(8)
            part.write_bytes(flipped)
            try:
                model.load_weights(path, strict=True)
            except ModelFileError:
                found += 1
            for value, now in zip(right, state(model), strict=True):
                assert value.tobytes() == now.tobytes(), f"{part.name} byte {position}"
        part.write_bytes(data)
    assert found >= 20
    model.load_weights(path, strict=True)


def test_a_name_of_the_optimizer_that_is_no_more(tmp_path):
    model, path = model_of(), tmp_path / "model.safetensors"
    model.save_weights(path, **FORMATS["safetensors"])
    data = path.read_bytes()
    assert data.count(b'"optimizer/vars/17"') == 1
    path.write_bytes(data.replace(b'"optimizer/vars/17"', b'"optimizer/varq/17"'))
    with pytest.raises(ModelFileError, match="optimizer/varq/17"):
        model.load_weights(path, strict=True)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("size", [0, 1, 9, 100, 1000])
def test_truncated(tmp_path, ending, size):
    model, path = model_of(), tmp_path / f"model.{ending}"
    model.save_weights(path, **FORMATS[ending])
    path.write_bytes(path.read_bytes()[: min(size, path.stat().st_size - 1)])
    with pytest.raises(ModelFileError) as error:
        model.load_weights(path)
    assert error.value.path == str(path)


def test_numpy_reads_npz(tmp_path):
    model = model_of()
    model.save_weights(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as arrays:
        np.testing.assert_array_equal(
            arrays["layers/dense/vars/0"], np.asarray(model.layers[0].kernel.value)
        )


def header_of(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def with_header(path, header, body):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def change(**updates):
    def apply(header, body):
        header["vars/0"].update(updates)
        return header, body

    return apply


BAD_SAFETENSORS = {
    "a larger shape": change(shape=[10**9, 10**9]),
    "a negative shape": change(shape=[-1, -3]),
    "a shape of booleans": change(shape=[True, 3]),
    "an unknown type": change(dtype="F4"),
    "a type of another size": change(dtype="F64"),
    "an overlap": change(data_offsets=[0, 4]),
    "an offset beyond the end": change(data_offsets=[0, 10**12]),
    "offsets that are no numbers": change(data_offsets=["0", "12"]),
    "an entry more": change(path="other"),
    "bytes behind": lambda header, body: (header, body + b"\0"),
    "a byte less": lambda header, body: (header, body[:-1]),
    "an entry that is no object": lambda header, body: ({**header, "vars/0": 3}, body),
    "metadata that are no object": lambda header, body: ({**header, "__metadata__": 3}, body),
    "a hole": lambda header, body: ({k: v for k, v in header.items() if k != "vars/0"}, body),
}


@pytest.mark.parametrize("case", BAD_SAFETENSORS)
def test_safetensors_that_are_refused(tmp_path, case):
    layer = cornu.Sequential([cornu.layers.Input((1,)), cornu.layers.Dense(3)])
    path = tmp_path / "model.safetensors"
    layer.save_weights(path)
    header, body = header_of(path)
    header = {"vars/0" if k == "layers/dense/vars/0" else k: v for k, v in header.items()}
    assert header["vars/0"]["shape"] == [1, 3]
    with_header(path, *BAD_SAFETENSORS[case](header, body))
    with pytest.raises(ModelFileError):
        layer.load_weights(path)


def test_shards_are_replaced_whole(tmp_path):
    path = tmp_path / "model.weights.json"
    model = model_of()
    model.save_weights(path, max_shard_size=0.0001)
    first = sorted(os.listdir(tmp_path))
    (tmp_path / "model_00007-0123abcd.weights.h5").write_bytes(b"left by a crash")
    (tmp_path / "model_other.weights.h5").write_bytes(b"somebody else's")
    model.save_weights(path, max_shard_size=1)
    second = sorted(os.listdir(tmp_path))
    assert len(second) == 3
    assert "model_other.weights.h5" in second
    assert set(first) & set(second) == {"model.weights.json"}
    assert model.load_weights(path, strict=True).complete


def test_an_array_that_is_too_large_for_a_shard(tmp_path):
    path = tmp_path / "model.weights.json"
    model = model_of()
    model.save_weights(path, max_shard_size=1)
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    with pytest.raises(ValueError, match="`max_shard_size`"):
        model.save_weights(path, max_shard_size=1e-6)
    assert before == {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}


def test_the_index_has_the_name_of_the_weights(tmp_path):
    with pytest.warns(UserWarning, match=r"model\.weights\.json"):
        model_of().save_weights(tmp_path / "model.weights.h5", max_shard_size=1)
    assert "model.weights.json" in os.listdir(tmp_path)


@pytest.mark.parametrize(
    "name", ["../x.weights.h5", "other_00000.weights.h5", "model_00009.weights.h5", 3, None, [1]]
)
def test_an_index_lists_only_its_own_files(tmp_path, name):
    path = tmp_path / "model.weights.json"
    model = model_of()
    model.save_weights(path, max_shard_size=1)
    model.save_weights(tmp_path.parent / "x.weights.h5")
    model.save_weights(tmp_path / "other_00000.weights.h5")
    index = json.loads(path.read_text())
    index["weight_map"] = dict.fromkeys(index["weight_map"], [name])
    path.write_text(json.dumps(index))
    with pytest.raises(ModelFileError):
        model.load_weights(path)


def test_an_index_lists_no_links(tmp_path):
    path = tmp_path / "model.weights.json"
    model = model_of()
    model.save_weights(path, max_shard_size=1)
    (shard,) = [name for name in os.listdir(tmp_path) if name.endswith("h5")]
    os.rename(tmp_path / shard, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", tmp_path / shard)
    with pytest.raises(ModelFileError, match="not there"):
        model.load_weights(path)


class Shared(cornu.Model):
    """Has one layer under two names."""

    def __init__(self):
        super().__init__()
        self.a_layer = self.b_layer = cornu.layers.Dense(3)

    def call(self, x):
        return self.b_layer(x)


class Single(cornu.Model):
    """Has it under the second of them."""

    def __init__(self):
        super().__init__()
        self.b_layer = cornu.layers.Dense(3)

    def call(self, x):
        return self.b_layer(x)


def test_a_layer_is_found_under_its_other_name(tmp_path):
    single, shared = Single(), Shared()
    inputs = np.ones((1, 2), "float32")
    expected = single(inputs)
    shared(inputs)
    single.save_weights(tmp_path / "model.weights.h5")
    shared.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(np.asarray(shared(inputs)), np.asarray(expected))


def test_a_list_may_hold_itself(tmp_path):
    class Cyclic(Single):
        def __init__(self):
            super().__init__()
            self.blocks = [self.b_layer]
            self.blocks.append(self.blocks)

    model, path = Cyclic(), tmp_path / "model.weights.h5"
    model(np.ones((1, 2), "float32"))
    model.save_weights(path)
    assert model.load_weights(path, strict=True).complete


def test_formats_use_the_same_names_as_keras(tmp_path):
    model = model_of()
    model.save_weights(tmp_path / "model.safetensors")
    names = set(header_of(tmp_path / "model.safetensors")[0])
    assert {"layers/dense/vars/0", "layers/batch_normalization/vars/3", "optimizer/vars/0"} < names


def test_an_overwrite_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    model = model_of()
    for ending in FORMATS:
        path = tmp_path / f"model.{ending}"
        model.save_weights(path, **FORMATS[ending])
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}

    def fails(store):
        raise RuntimeError("no")

    monkeypatch.setattr(model.layers[-1], "save_own_variables", fails)
    for ending in FORMATS:
        with pytest.raises(RuntimeError, match="no"):
            model.save_weights(tmp_path / f"model.{ending}", **FORMATS[ending])
    assert before == {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}


def test_atomic_write_is_what_replaces(tmp_path):
    path = tmp_path / "model.npz"
    model_of().save_weights(path)
    with pytest.raises(RuntimeError), atomic_write(path) as place:
        with open(place, "wb") as file:
            file.write(b"half")
        raise RuntimeError
    model_of().load_weights(path)


def test_training_does_not_reach_into_what_a_file_gave(tmp_path):
    given = []

    @cornu.saving.register_keras_serializable("tests")
    class Keeps(cornu.layers.Dense):
        def load_own_variables(self, store):
            given.append(store["0"])
            super().load_own_variables(store)

    path = tmp_path / "model.keras"
    cornu.Sequential([cornu.layers.Input((600,)), Keeps(600)]).save(path)
    model = cornu.saving.load_model(path)
    before = given[0].copy()
    assert before.nbytes > 2**20  # large enough to be taken over without a copy
    model.compile("adam", "mse")
    model.fit(np.ones((4, 600)), np.zeros((4, 600)), epochs=2, verbose=0)
    np.testing.assert_array_equal(given[0], before)
    assert not np.array_equal(np.asarray(model.layers[0].kernel.value), before)
