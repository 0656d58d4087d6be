"""Archives that `get_file` unpacks: whole, or refused by the name of a member."""

import io
import os
import tarfile
import zipfile

import pytest

from cornu.utils import _extract, get_file


def read(path):
    with open(path, "rb") as file:
        return file.read()


def tar_of(*members, mode="w:gz"):
    """A tar archive of `(name, content)`, or of `(name, type, link)`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for member in members:
            info = tarfile.TarInfo(member[0])
            if len(member) == 3:
                info.type, info.linkname = member[1:]
                archive.addfile(info)
            else:
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def zip_of(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


FILES = (("./a.txt", b"a"), ("deep/b.txt", b"bb"), ("empty", b""))
ARCHIVES = {
    "x.tar": tar_of(*FILES, mode="w"),
    "x.tar.gz": tar_of(*FILES),
    "x.tgz": tar_of(*FILES),
    "x.tar.bz2": tar_of(*FILES, mode="w:bz2"),
    "x.tar.xz": tar_of(*FILES, mode="w:xz"),
    "x.zip": zip_of(*FILES, ("folder/", b"")),
    "plain": zip_of(*FILES),
}


def tree(folder):
    return {
        os.path.relpath(os.path.join(root, name), folder): read(os.path.join(root, name))
        for root, _, names in os.walk(folder)
        for name in names
    }


@pytest.fixture
def unpack(tmp_path):
    """`get_file(extract=True)` of some bytes, from and into the folder of the test."""

    def call(data, name="x.bin", **kwargs):
        (tmp_path / "source").write_bytes(data)
        arguments = {"extract": True, "cache_dir": tmp_path, "cache_subdir": "got", **kwargs}
        return get_file(name, tmp_path / "source", **arguments)

    return call


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives(unpack, tmp_path, name):
    folder = unpack(ARCHIVES[name], name)
    assert os.path.basename(folder) == ("plain" if name == "plain" else "x_extracted")
    expected = {"a.txt": b"a", "deep/b.txt": b"bb", "empty": b""}
    assert tree(folder) == expected
    archive = "plain_archive" if name == "plain" else name
    assert sorted(os.listdir(tmp_path / "got")) == sorted([archive, os.path.basename(folder)])
    os.unlink(os.path.join(folder, "deep", "b.txt"))
    with open(os.path.join(folder, "mine"), "w") as file:
        file.write("mine")
    before = os.stat(os.path.join(folder, "a.txt")).st_ino
    unpack(ARCHIVES[name], name)
    assert tree(folder) == {**expected, "mine": b"mine"}
    unpack(ARCHIVES[name], name)
    assert os.path.exists(os.path.join(folder, "mine"))
    unpack(ARCHIVES[name], name, force_download=True)
    assert os.stat(os.path.join(folder, "a.txt")).st_ino != before
    assert sorted(os.listdir(tmp_path / "got")) == sorted([archive, os.path.basename(folder)])


def test_formats(unpack, tmp_path):
    assert tree(unpack(ARCHIVES["x.tar.gz"], "u.tar.gz", extract=False, untar=True))
    assert tree(unpack(ARCHIVES["x.zip"], "v.zip", archive_format=["tar", "zip"]))
    for number, kwargs in enumerate(
        [{"archive_format": "tar"}, {"untar": True}, {"archive_format": None}]
    ):
        with pytest.raises(ValueError, match="is no archive of the kind"):
            unpack(ARCHIVES["x.zip"], f"w{number}.zip", **kwargs)
    with pytest.raises(ValueError, match="is no archive of the kind tar or zip"):
        unpack(b"text", "text")
    (tmp_path / "x.zip").write_bytes(ARCHIVES["x.zip"])
    folder = get_file(origin=tmp_path / "x.zip", extract=True, cache_dir=tmp_path)
    assert folder == str(tmp_path / "datasets" / "x.zip")
    assert os.path.exists(f"{folder}_archive")


def zip_link():
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return zip_of((info, b"/etc/passwd"))


SYM, LNK = tarfile.SYMTYPE, tarfile.LNKTYPE
A = ("a.txt", b"a")
HOSTILE = {
    "tar dotdot": (tar_of(A, ("../MARKER", b"x")), "'../MARKER'.*`..`"),
    "tar dotdot within": (tar_of(A, ("d/../../MARKER", b"x")), "`..`"),
    "tar absolute": (tar_of(A, ("/tmp/MARKER", b"x")), "absolute"),
    "tar symlink out": (tar_of(A, ("link", SYM, "../..")), "'link'.*leaves the folder"),
    "tar symlink absolute": (tar_of(A, ("link", SYM, "/etc/passwd")), "leaves the folder"),
    "tar symlink then file": (tar_of(("d", SYM, "e"), ("d/MARKER", b"x")), "below a link"),
    "tar symlink through symlink": (
        tar_of(("deep/d", SYM, "."), ("link", SYM, "deep/d/../../..")),
        "leaves the folder",
    ),
    "tar file then symlink": (tar_of(("d/a", b""), ("d", SYM, "e")), "there twice"),
    "tar symlink twice": (tar_of(("a", SYM, "b"), ("a", b"x")), "there twice"),
    "tar hardlink out": (tar_of(A, ("link", LNK, "../MARKER")), "hard link to no file"),
    "tar hardlink absolute": (tar_of(A, ("link", LNK, "/etc/passwd")), "hard link to no file"),
    "tar hardlink to symlink": (
        tar_of(("s", SYM, "a"), ("link", LNK, "s")),
        "hard link to no file",
    ),
    "tar device": (tar_of(A, ("dev", tarfile.CHRTYPE, "")), "'dev'.*device"),
    "tar pipe": (tar_of(A, ("pipe", tarfile.FIFOTYPE, "")), "'pipe'.*device"),
    "tar long name": (tar_of(("a/" * 3000, b"x")), "no proper name"),
    "tar header": (tar_of(("a" * 2_000_000, b"x")), "has a header of"),
    "tar inflates": (tar_of(("zeros", b"\0" * 70_000_000)), "'zeros'.*too large"),
    "zip dotdot": (zip_of(A, ("../MARKER", b"x")), "'../MARKER'.*`..`"),
    "zip backslash": (zip_of(A, ("..\\MARKER", b"x")), "`..`"),
    "zip absolute": (zip_of(A, ("/tmp/MARKER", b"x")), "absolute"),
    "zip drive": (zip_of(A, ("C:MARKER", b"x")), "absolute"),
    "zip link": (zip_link(), "'link'.*a link in a zip"),
    "zip inflates": (zip_of(("zeros", b"\0" * 70_000_000)), "'zeros'.*too large"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_archives_are_refused_by_name(unpack, tmp_path, case):
    data, words = HOSTILE[case]
    with pytest.raises(ValueError, match=words) as error:
        unpack(data)
    assert len(str(error.value)) < 2000
    names = [name for _, folders, files in os.walk(tmp_path) for name in (*folders, *files)]
    assert sorted(names) == ["got", "source", "x.bin"]


def test_too_many_members(unpack, monkeypatch):
    monkeypatch.setattr(_extract, "MIN_MEMBERS", 100)
    with pytest.raises(ValueError, match="too large"):
        unpack(tar_of(*((f"m{number}", b"") for number in range(500))))


def test_links_within_are_unpacked(unpack):
    data = tar_of(
        ("d/e/a", b"a"), ("d/up", SYM, "../d/e/a"), ("here", SYM, "d/e"), ("hard", LNK, "d/e/a")
    )
    for _ in range(2):
        folder = unpack(data, "x.tar.gz")
        assert os.readlink(os.path.join(folder, "here")) == "d/e"
        assert read(os.path.join(folder, "d", "up")) == b"a"
        assert read(os.path.join(folder, "hard")) == b"a"


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.zip"])
def test_damaged_archives(unpack, tmp_path, name):
    data = ARCHIVES[name]
    half = len(data) // 2 if name != "x.tar" else data.index(b"bb") + 1
    with pytest.raises(ValueError, match="damaged|no archive"):
        unpack(data[:half])
    if name == "x.zip":
        place = data.index(b"deep/b.txt") + len("deep/b.txt")
        with pytest.raises(ValueError, match="damaged"):
            unpack(data[:place] + b"\xff" + data[place + 1 :], force_download=True)
    assert sorted(os.listdir(tmp_path / "got")) == ["x.bin"]


@pytest.mark.parametrize("damage", ["directory before the start", "member without a name"])
def test_damaged_directories(unpack, damage):
    data = bytearray(ARCHIVES["x.zip"])
    if damage == "directory before the start":
        data[-10:-6] = b"\xff\xff\xff\x7f"
    else:
        entry = data.rindex(b"PK\1\2")
        data[entry + 28 : entry + 30] = b"\0\0"
    with pytest.raises(ValueError, match="damaged|no archive"):
        unpack(bytes(data))


def test_a_full_disk_while_unpacking(unpack, tmp_path, monkeypatch):
    def disk_full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_extract.shutil, "copyfileobj", disk_full)
    with pytest.raises(OSError, match="No space left"):
        unpack(ARCHIVES["x.zip"])
    assert os.listdir(tmp_path / "got") == ["x.bin"]
