"""`get_file`: whole files under their names, or none; nothing outside of the folder asked for."""

import functools
import hashlib
import http.server
import os
import re
import stat
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import cornu
from cornu.utils import _download, get_file

CONTENT = np.random.default_rng(5).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `CONTENT`; the path says how well."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server, name = self.server, self.path.rpartition("/")[2]
        server.requests.append((name, self.headers.get("Range"), self.headers.get("If-Range")))
        if name == "moved":
            self.answer(302, b"", Location="/good")
        elif name == "missing":
            self.answer(404, b"not here")
        elif name == "norange":
            self.answer(200, server.content, cut=server.cut)
        elif name == "nolength":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(server.content)
            self.close_connection = True
        else:
            self.serve_ranges()

    def serve_ranges(self):
        server = self.server
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        headers = {"ETag": server.tag} if server.tag else {"Last-Modified": server.date}
        same = self.headers.get("If-Range") in (*headers.values(), None)
        if span and same and int(span[1]) >= len(server.content):
            self.answer(416, b"")
        elif span and same:
            start = int(span[1])
            size = len(server.content)
            headers["Content-Range"] = f"bytes {start + server.shift}-{size - 1}/{size}"
            self.answer(206, server.content[start:], cut=server.cut, **headers)
        else:
            self.answer(200, server.content, cut=server.cut, **headers)

    def answer(self, code, body, cut=None, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True
            self.wfile.flush()
            if self.server.stall:
                self.server.released.wait(30)


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.content, server.cut, server.tag, server.date = CONTENT, None, '"one"', "then"
    server.requests, server.shift, server.stall = [], 0, False
    server.released = threading.Event()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=functools.partial(server.serve_forever, 0.01), daemon=True).start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetch(server, tmp_path):
    """`get_file` of a path on the server, into the folder of the test."""

    def call(path="good", **kwargs):
        arguments = {"fname": "file.bin", "cache_dir": tmp_path, "cache_subdir": "", **kwargs}
        return get_file(origin=server.url + path, **arguments)

    return call


def read(path):
    with open(path, "rb") as file:
        return file.read()


@pytest.mark.parametrize("path", ["good", "norange", "nolength", "moved"])
def test_download(fetch, server, tmp_path, path):
    assert read(fetch(path)) == CONTENT
    assert os.listdir(tmp_path) == ["file.bin"]
    count = len(server.requests)
    assert fetch(path) == str(tmp_path / "file.bin")
    assert len(server.requests) == count, "what is there is not downloaded again"
    server.content = b"new"
    assert read(fetch(path, force_download=True)) == b"new"


def test_a_new_file_gets_the_usual_permissions(fetch):
    old = os.umask(0o027)
    try:
        assert stat.S_IMODE(os.stat(fetch()).st_mode) == 0o640
    finally:
        os.umask(old)


@pytest.mark.parametrize("tag", ['"one"', None])
def test_a_cut_download_goes_on(fetch, server, tmp_path, tag):
    server.tag, server.cut = tag, 100_000
    with pytest.raises(ConnectionError, match="after 100000 of 300000 bytes"):
        fetch()
    assert sorted(os.listdir(tmp_path)) == [".file.bin.partial", ".file.bin.partial.json"]
    server.cut = 50_000
    with pytest.raises(ConnectionError, match="after 150000 of 300000 bytes"):
        fetch()
    server.cut = None
    assert read(fetch(file_hash=SHA256)) == CONTENT
    assert os.listdir(tmp_path) == ["file.bin"]
    condition = tag or "then"
    assert [request[1:] for request in server.requests] == [
        (None, None),
        ("bytes=100000-", condition),
        ("bytes=150000-", condition),
    ]


def test_a_cut_download_that_cannot_go_on_leaves_nothing(fetch, server, tmp_path):
    server.cut = 100_000
    for _ in range(2):
        with pytest.raises(ConnectionError, match="100000 of 300000"):
            fetch("norange")
    assert os.listdir(tmp_path) == []
    assert [request[1] for request in server.requests] == [None, None]
    server.cut = None
    assert read(fetch("norange")) == CONTENT


def another_version(server):
    server.content, server.tag = CONTENT[::-1], '"two"'


def another_version_under_the_same_tag(server):
    server.content = CONTENT[::-1]


def shorter(server):
    server.content = CONTENT[:1000]


def wrong_range(server):
    server.shift = 5


@pytest.mark.parametrize(
    "change", [another_version, another_version_under_the_same_tag, shorter, wrong_range]
)
def test_a_changed_file_is_begun_anew(fetch, server, tmp_path, change):
    server.cut = 100_000
    with pytest.raises(ConnectionError):
        fetch()
    server.cut = None
    change(server)
    right = hashlib.sha256(server.content).hexdigest()
    assert read(fetch(file_hash=right)) == server.content
    assert os.listdir(tmp_path) == ["file.bin"]


def test_another_url_is_begun_anew(fetch, server):
    server.cut = 100_000
    with pytest.raises(ConnectionError):
        fetch()
    server.cut = None
    assert read(fetch("another")) == CONTENT
    assert server.requests[-1] == ("another", None, None)


@pytest.mark.parametrize("notes", [b"", b"{", b"[]", b'{"url": 1, "validator": 2, "size": 9e9}'])
def test_damaged_notes_are_no_notes(fetch, server, tmp_path, notes):
    server.cut = 100_000
    with pytest.raises(ConnectionError):
        fetch()
    (tmp_path / ".file.bin.partial.json").write_bytes(notes)
    server.cut = None
    assert read(fetch()) == CONTENT


def test_a_wrong_hash_leaves_no_file(fetch, tmp_path):
    wrong = "0" * 64
    with pytest.raises(ValueError, match=f"is {SHA256}, not {wrong}"):
        fetch(file_hash=wrong)
    assert os.listdir(tmp_path) == []
    (tmp_path / "file.bin").write_bytes(b"older")
    with pytest.raises(ValueError, match="corrupted"):
        fetch(file_hash=wrong)
    assert (tmp_path / "file.bin").read_bytes() == b"older"


def test_an_outdated_file_is_replaced(fetch, tmp_path, capsys):
    (tmp_path / "file.bin").write_bytes(b"older")
    assert read(fetch(file_hash=SHA256)) == CONTENT
    assert "outdated" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_hashes(fetch, server, name):
    digest = hashlib.new(name, CONTENT).hexdigest()
    fetch(file_hash=digest.upper())
    fetch(file_hash=digest, hash_algorithm=name)
    if name == "md5":
        fetch(md5_hash=digest)
    assert len(server.requests) == 1
    with pytest.raises(ValueError, match="hexadecimal digits"):
        fetch(file_hash=digest[1:])


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"file_hash": "xyz"}, "hexadecimal"),
        ({"file_hash": "z" * 64}, "hexadecimal"),
        ({"file_hash": "0" * 64, "hash_algorithm": "md5"}, "32 hexadecimal"),
        ({"file_hash": "0" * 64, "hash_algorithm": "crc"}, "hash_algorithm='crc'"),
        ({"fname": "a/b"}, "a name, not a path"),
        ({"fname": "/tmp/b"}, "a name, not a path"),
        ({"fname": ".."}, "give `fname`"),
        ({"fname": "."}, "give `fname`"),
        ({"fname": None, "origin": "http://127.0.0.1:9/.."}, "give `fname`"),
        ({"fname": None, "origin": "http://127.0.0.1:9/"}, "give `fname`"),
        ({"origin": None}, '"origin" argument'),
        ({"origin": "gopher://x/y"}, "Only URLs of http"),
        ({"origin": "data://text/plain,x"}, "Only URLs of http"),
        ({"archive_format": "rar"}, "'auto', 'tar', 'zip'"),
    ],
    ids=str,
)
def test_mistakes(tmp_path, kwargs, words):
    arguments = {"fname": "a", "origin": "http://127.0.0.1:9/a", "cache_dir": tmp_path, **kwargs}
    with pytest.raises(ValueError, match=words) as error:
        get_file(**arguments)
    assert len(str(error.value)) < 2000
    assert not any(files for _, _, files in os.walk(tmp_path))


def test_what_a_server_does_not_have(fetch, tmp_path):
    with pytest.raises(ConnectionError, match=r"URL fetch failure on http://127.*missing: 404"):
        fetch("missing")
    with pytest.raises(ConnectionError, match=r"http://127.0.0.1:9/a: ") as error:
        get_file("a", "http://me:secret@127.0.0.1:9/a", cache_dir=tmp_path)
    assert "secret" not in str(error.value)
    with pytest.raises(ConnectionError, match="nothing.txt"):
        get_file("a", tmp_path / "nothing.txt", cache_dir=tmp_path)
    assert not any(files for _, _, files in os.walk(tmp_path))


def test_a_server_that_falls_silent(fetch, server, tmp_path, monkeypatch):
    monkeypatch.setattr(_download, "TIMEOUT", 0.2)
    server.cut, server.stall = 1000, True
    with pytest.raises(ConnectionError, match="broke after 1000 bytes"):
        fetch()


def test_local_files(tmp_path):
    source = tmp_path / "a b.txt"
    source.write_bytes(b"hello")
    for origin in (source.as_uri(), source, str(source)):
        assert read(get_file("copy", origin, cache_dir=tmp_path, force_download=True)) == b"hello"
    assert os.path.basename(get_file(origin=source.as_uri(), cache_dir=tmp_path)) == "a%20b.txt"


def test_folders(tmp_path, monkeypatch):
    source = tmp_path / "a.txt"
    source.write_bytes(b"hello")
    home = tmp_path / "new" / "home"
    monkeypatch.setenv("KERAS_HOME", str(home))
    assert get_file(origin=source) == str(home / "datasets" / "a.txt")
    assert get_file(origin=source, cache_subdir="x/y") == str(home / "x" / "y" / "a.txt")
    absolute = tmp_path / "absolute"
    assert get_file(origin=source, cache_subdir=str(absolute)) == str(absolute / "a.txt")
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert get_file(origin=source) == str(tmp_path / "me" / ".keras" / "datasets" / "a.txt")
    (tmp_path / "me" / "mine").mkdir()
    expected = str(tmp_path / "me" / "mine" / "datasets" / "a.txt")
    assert get_file(origin=source, cache_dir="~/mine") == expected


def test_never_another_folder(tmp_path, monkeypatch):
    source = tmp_path / "a.txt"
    source.write_bytes(b"hello")
    with pytest.raises(FileNotFoundError, match=f"no folder {tmp_path}/none"):
        get_file(origin=source, cache_dir=tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no folder"):
        get_file(origin=source, cache_dir=source)

    def read_only(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(PermissionError):
        get_file("b.txt", source, cache_dir=tmp_path)
    monkeypatch.undo()
    assert not any(files for _, _, files in os.walk(tmp_path / "datasets"))


def test_a_full_disk_leaves_nothing(fetch, tmp_path, monkeypatch):
    def disk_full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_download._Part, "write", disk_full)
    with pytest.raises(OSError, match="No space left"):
        fetch()
    assert os.listdir(tmp_path) == []


def test_progress_is_for_terminals(fetch, monkeypatch, capsys):
    fetch()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(_download, "is_dynamic", lambda: True)
    for path in ("good", "nolength"):
        fetch(path, force_download=True)
        assert f"/{path}\n" in capsys.readouterr().out


DOWNLOAD = """
import sys
from cornu.utils import _download, get_file
_download.NOTED = int(sys.argv[3])
get_file("file.bin", sys.argv[1], cache_dir=sys.argv[2], cache_subdir="")
"""


@pytest.mark.parametrize("noted", [50_000, 10**9])
def test_a_killed_download_is_no_file(fetch, server, tmp_path, noted):
    server.cut, server.stall = 200_000, True
    arguments = [sys.executable, "-c", DOWNLOAD, server.url + "good", str(tmp_path), str(noted)]
    child = subprocess.Popen(arguments)
    partial = tmp_path / (".file.bin.partial.json" if noted < 10**9 else ".file.bin.partial")
    while not partial.exists() or (tmp_path / ".file.bin.partial").stat().st_size < 150_000:
        assert child.poll() is None
        time.sleep(0.01)
    child.kill()
    child.wait()
    server.cut = None
    server.released.set()
    assert not (tmp_path / "file.bin").exists()
    assert read(fetch()) == CONTENT
    assert os.listdir(tmp_path) == ["file.bin"]
    resumed = server.requests[-1][1]
    assert (resumed is not None) == (noted < 10**9)


def test_two_at_a_time(fetch, server, tmp_path):
    server.cut, server.stall = 100_000, True
    failures = []

    def first():
        try:
            fetch()
        except ConnectionError as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    server.cut = None
    assert read(fetch()) == CONTENT
    server.released.set()
    thread.join()
    assert len(failures) == 1
    assert read(tmp_path / "file.bin") == CONTENT


def test_get_file_is_public():
    assert cornu.utils.get_file is get_file
