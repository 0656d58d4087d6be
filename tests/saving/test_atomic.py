"""A file is the old one or the new one, whatever happens while it is written."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from cornu.saving import atomic

OLD, NEW = b"the old content", b"the new content, longer"


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "file.keras"
    path.write_bytes(OLD)
    return path


def write(path, content=NEW, **kwargs):
    with atomic.atomic_write(path, **kwargs) as temporary, open(temporary, "wb") as file:
        file.write(content)


def test_replaces_a_file_and_leaves_nothing_else(target):
    write(target)
    assert target.read_bytes() == NEW
    assert os.listdir(target.parent) == [target.name]


def test_creates_a_file(tmp_path):
    write(tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == NEW


@pytest.mark.parametrize("fsync", [True, False])
def test_flushes_file_and_folder_only_when_asked(target, monkeypatch, fsync):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor)))
    write(target, fsync=fsync)
    kinds = [stat.S_ISDIR(status.st_mode) for status in flushed]
    assert kinds == ([False, True] if fsync else [])


def test_the_file_is_flushed_before_it_is_renamed(target, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (events.append("replace"), replace(a, b)))
    write(target)
    assert events == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError(28, "No space left")])
def test_an_error_while_writing_changes_nothing(target, error):
    with pytest.raises((ValueError, KeyboardInterrupt, OSError)):  # noqa: SIM117
        with atomic.atomic_write(target) as temporary:
            with open(temporary, "wb") as file:
                file.write(b"half")
            raise error
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize("call", ["open", "fsync", "replace", "chmod"])
def test_a_failing_system_call_changes_nothing(target, monkeypatch, call):
    def fail(*args, **kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="Input/output error"):
        write(target)
    monkeypatch.undo()
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


def test_permissions_are_kept(target):
    target.chmod(0o640)
    write(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    old = os.umask(0o027)
    try:
        write(tmp_path / "new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_stays_a_link(target, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == NEW


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: path / "missing" / "file", FileNotFoundError),
        (lambda path: path, IsADirectoryError),
    ],
)
def test_impossible_targets(tmp_path, make, error):
    with pytest.raises(error):
        write(make(tmp_path))


def test_a_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="regular file"):
        write(tmp_path / "pipe")


def test_what_a_dead_process_left_is_removed(target):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = {
        f".file.keras.tmp-{atomic._HOST}-{dead.pid}-0123abcd": False,
        f".file.keras.tmp-{atomic._HOST}-{os.getpid()}-0123abcd": True,
        f".other.keras.tmp-{atomic._HOST}-{dead.pid}-0123abcd": True,
        f".file.keras.tmp-ffffffff-{dead.pid}-0123abcd": True,
    }
    for name in names:
        (target.parent / name).write_bytes(b"half")
    write(target)
    assert {name: (target.parent / name).exists() for name in names} == names


def test_a_folder_is_replaced_whole(tmp_path):
    target = tmp_path / "model"
    for content in (OLD, NEW):
        with atomic.atomic_directory(target) as folder:
            assert os.listdir(folder) == []
            with open(os.path.join(folder, "part"), "wb") as file:
                file.write(content)
        assert (target / "part").read_bytes() == content
        assert os.listdir(tmp_path) == ["model"]


def test_a_folder_is_replaced_where_names_cannot_be_swapped(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.ctypes, "CDLL", lambda *args, **kwargs: object())
    test_a_folder_is_replaced_whole(tmp_path)


def test_an_error_while_writing_a_folder_changes_nothing(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "part").write_bytes(OLD)
    with pytest.raises(ValueError), atomic.atomic_directory(target) as folder:  # noqa: PT011
        with open(os.path.join(folder, "part"), "wb") as file:
            file.write(b"half")
        raise ValueError
    assert (target / "part").read_bytes() == OLD
    assert os.listdir(tmp_path) == ["model"]


def test_a_file_is_not_replaced_by_a_folder(target):
    with pytest.raises(NotADirectoryError), atomic.atomic_directory(target):
        raise AssertionError("must not begin")


# The module alone, without the package: it is loaded ten times.
WRITER = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("atomic", sys.argv[2])
atomic = importlib.util.module_from_spec(spec)
spec.loader.exec_module(atomic)
print("ready", flush=True)
number = 0
while True:
    number += 1
    with atomic.atomic_write(sys.argv[1], fsync=False) as path, open(path, "wb") as file:
        for _ in range(200):
            file.write(bytes([number % 256]) * 20_000)
"""


def test_killed_at_any_moment_the_file_is_whole(tmp_path):
    target = tmp_path / "file.keras"
    target.write_bytes(b"\0" * 4_000_000)
    for delay in (0.0, 0.003, 0.007, 0.012, 0.02, 0.031, 0.043, 0.057, 0.07, 0.09):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(target), atomic.__file__],
            stdout=subprocess.PIPE,
            text=True,
        )
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        content = target.read_bytes()
        assert len(content) == 4_000_000
        assert len(set(content[::20_000])) == 1, "parts of two files"
    write(target)
    assert os.listdir(tmp_path) == [target.name]
