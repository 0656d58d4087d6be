"""Weights files: what is written, and the profile under which they are read."""

import io
import zlib

import h5py
import ml_dtypes
import numpy as np
import pytest

from cornu.saving import ModelFileError
from cornu.saving.h5 import ReadStore, WeightsReader, WriteStore

RNG = np.random.default_rng(0)


def written(fill):
    """The bytes of an HDF5 file that `fill(file)` wrote."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def read(data, path="vars", names=("0",)):
    """The arrays `names` of the group `path`."""
    with WeightsReader(io.BytesIO(data), len(data), "file.h5") as reader:
        store = reader.store(path)
        return [store[name] if name in store else missing(name) for name in names]


def missing(name):
    raise ModelFileError(f"{name} is missing")


ARRAYS = {
    "float32": RNG.normal(size=(3, 4)).astype("float32"),
    "float16": RNG.normal(size=(3,)).astype("float16"),
    "float64": RNG.normal(size=(2, 1, 2)),
    "scalar": np.array(3, "int32"),
    "bool": np.array([True, False]),
    "uint8": np.arange(5, dtype="uint8"),
    "complex64": np.array([1 + 2j], "complex64"),
    "bfloat16": np.array([1.5, -2.0]).astype(ml_dtypes.bfloat16),
    "bfloat16 scalar": np.array(1.5).astype(ml_dtypes.bfloat16),
    "float8_e5m2": np.array([1.5, -2.0]).astype(ml_dtypes.float8_e5m2),
    "float8_e4m3fn": np.array([1.5, -2.0]).astype(ml_dtypes.float8_e4m3fn),
    "int4": np.array([1, -2]).astype(ml_dtypes.int4),
    "empty": np.zeros((0, 3), "float32"),
    "not contiguous": np.arange(12, dtype="float32").reshape(3, 4).T[::2],
    "large": RNG.normal(size=(300, 400)).astype("float32"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back_as_they_were(name):
    array = ARRAYS[name]

    def fill(file):
        WriteStore(file.create_group("vars"))["0"] = array

    (again,) = read(written(fill))
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [("0", "text"), ("0", np.array(["a"])), ("0", np.array([None])), ("a/b", 1), ("", 1), (0, 1)],
    ids=str,
)
def test_what_is_not_written(name, value):
    with pytest.raises(ValueError, match="Only numbers|word without"):
        written(lambda file: WriteStore(file.create_group("vars")).__setitem__(name, value))


def test_the_store_is_a_mapping():
    data = written(fill_two)
    with WeightsReader(io.BytesIO(data), len(data), "file.h5") as reader:
        store = reader.store("a/vars")
        assert isinstance(store, ReadStore)
        assert (list(store), len(store), "b" in store, "c" in store) == (["0", "b"], 2, True, False)
        assert store.header("b") == ((3,), "int64")
        assert store.get("c") is None
        with pytest.raises(KeyError, match="has no 'c'; it has"):
            store["c"]
        assert len(reader.store("a/nothing")) == 0
        assert reader.unread() == ["/a/vars/0", "/a/vars/b"]
        store["b"]
        assert reader.unread() == ["/a/vars/0"]
        assert reader.unread(ignored=("/a/",)) == []
        assert [key for key, _ in store.items()] == ["0", "b"]
        assert reader.unread() == []


def fill_two(file):
    store = WriteStore(file.create_group("a/vars"))
    store["0"] = np.float32(1)
    store["b"] = np.arange(3)


def external_link(file):
    file.create_group("vars")["0"] = h5py.ExternalLink("/etc/hostname", "/x")


def external_group(file):
    file["vars"] = h5py.ExternalLink("/etc/hostname", "/x")


def soft_link(file):
    file["real"] = np.ones(3, "float32")
    file.create_group("vars")["0"] = h5py.SoftLink("/real")


def external_storage(file):
    group = file.create_group("vars")
    group.create_dataset("0", (3,), "float32", external=[("/etc/hostname", 0, 12)])


def virtual(file):
    layout = h5py.VirtualLayout((3,), "float32")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (3,))
    file.create_group("vars").create_virtual_dataset("0", layout)


def bomb(file):
    file.create_group("vars").create_dataset("0", (10**8,), "float32")


def compressed_bomb(file):
    zeros = np.zeros(10**6, "float32")
    file.create_group("vars").create_dataset("0", data=zeros, compression="gzip")


def strings(file):
    file.create_group("vars").create_dataset("0", data=["a", "b"])


def records(file):
    kind = np.dtype([("a", "float32"), ("b", "int8")])
    file.create_group("vars").create_dataset("0", data=np.zeros(3, kind))


def references(file):
    group = file.create_group("vars")
    group.create_dataset("0", data=np.array([group.ref], dtype=h5py.ref_dtype))


def opaque(file):
    file.create_group("vars").create_dataset("0", data=np.zeros(3, "V7"))


def wrong_raw_type(file):
    data = file.create_group("vars").create_dataset("0", data=np.zeros(3, "V2"))
    data.attrs["raw_type"] = np.bytes_("object")


def raw_type_kept_elsewhere(file):
    data = file.create_group("vars").create_dataset("0", data=np.zeros(3, "V1"))
    data.attrs["raw_type"] = "float8_e5m2"


def a_group(file):
    file.create_group("vars/0")


def not_a_group(file):
    file["vars"] = np.ones(3)


def linked_in_itself(file):
    group = file.create_group("vars")
    group["0"] = group


def wrong_checksum(file):
    WriteStore(file.create_group("vars"))["0"] = np.ones(3, "float32")
    file["vars/0"].attrs["crc32"] = np.uint32(1)


def long_label(file):
    WriteStore(file.create_group("vars"))["0"] = np.ones(3, "float32")
    del file["vars/0"].attrs["crc32"]
    file["vars/0"].attrs["crc32"] = np.ones(100, "uint32")


@pytest.mark.parametrize(
    "fill",
    [
        external_link, external_group, soft_link, external_storage, virtual, bomb, compressed_bomb,
        strings, records, references, opaque, wrong_raw_type, raw_type_kept_elsewhere, a_group,
        not_a_group, linked_in_itself, wrong_checksum, long_label,
    ],
    ids=lambda fill: fill.__name__,
)  # fmt: skip
def test_refused(fill):
    with pytest.raises(ModelFileError) as error:
        read(written(fill))
    assert error.value.path == "file.h5"
    assert len(str(error.value)) < 2000


def test_a_group_within_itself_does_not_hang():
    data = written(linked_in_itself)
    with (
        WeightsReader(io.BytesIO(data), len(data), "file.h5") as reader,
        pytest.raises(ModelFileError, match="in itself"),
    ):
        reader.unread()


def test_no_more_is_read_than_the_file_has():
    def fill(file):
        group = file.create_group("vars")
        group["0"] = np.ones(10_000, "float32")
        for number in range(1, 50):
            group[str(number)] = group["0"]

    with pytest.raises(ModelFileError, match="more bytes than the file has"):
        read(written(fill), names=[str(number) for number in range(50)])


def test_ordinary_compression_is_read():
    array = RNG.normal(size=1000).astype("float32")

    def fill(file):
        group = file.create_group("vars")
        group.create_dataset("0", data=array, compression="gzip", shuffle=True, fletcher32=True)

    assert (read(written(fill))[0] == array).all()


def test_files_without_checksums_are_read():
    assert read(written(plain))[0] == 3


def plain(file):
    file["vars/0"] = np.int32(3)


@pytest.mark.parametrize("size", [0, 1, 100, 1000])
def test_truncated(size):
    data = written(plain)[:size]
    with pytest.raises(ModelFileError, match="truncated, damaged or something else"):
        read(data)


def test_one_flipped_bit_anywhere_is_found_or_harmless():
    def fill(file):
        store = WriteStore(file.create_group("vars"))
        store["0"] = ARRAYS["float32"]
        store["1"] = ARRAYS["bfloat16"]

    data = written(fill)
    right = [array.tobytes() for array in read(data, names=("0", "1"))]
    found = 0
    for position in RNG.permutation(len(data))[:1000]:
        flipped = bytearray(data)  # may also lose a name, which loading a model reports
        flipped[position] ^= 1 << RNG.integers(8)
        try:
            arrays = read(bytes(flipped), names=("0", "1"))
        except ModelFileError:
            found += 1
            continue
        assert [array.tobytes() for array in arrays] == right, f"byte {position}"
    assert found


@pytest.mark.parametrize("position", ["byte order", "class"])
def test_one_flipped_bit_in_the_type_is_found(position):
    def fill(file):
        WriteStore(file.create_group("vars"))["0"] = ARRAYS["float32"]

    data = bytearray(written(fill))
    place = data.index(b"\x11\x20\x1f\x00\x04\x00\x00\x00")  # float, little-endian, 4 bytes
    data[place if position == "class" else place + 1] ^= 1
    with pytest.raises(ModelFileError, match="checksum"):
        read(bytes(data))


def test_checksums_of_the_bytes_alone_are_known():
    def fill(file):
        WriteStore(file.create_group("vars"))["0"] = ARRAYS["float32"]
        file["vars/0"].attrs["crc32"] = np.uint32(zlib.crc32(ARRAYS["float32"].tobytes()))

    assert (read(written(fill))[0] == ARRAYS["float32"]).all()
