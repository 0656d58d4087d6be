"""A file from a URL: whole or not at all, and a download that was cut off goes on where it was.

What has come lies in `.<name>.partial` beside the target, with a note of which version of the file
it is; the server is asked for the rest under the condition that it still has that version (RFC
9110, sections 13.1.5 and 14.2).
"""

import contextlib
import json
import os
import re
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit, urlunsplit

from cornu.callbacks._output import is_dynamic, say
from cornu.callbacks.progbar import Progbar
from cornu.core.lazy import lazy_module
from cornu.saving.atomic import atomic_write, put_in_place

request = lazy_module("urllib.request")
client = lazy_module("http.client")
fcntl = lazy_module("fcntl")  # there is none on Windows

SCHEMES = ("http", "https", "ftp", "file")
# Seconds without a byte after which a server counts as gone.
TIMEOUT = 60
# After so many bytes, what has come is flushed to the disk and noted: so much is loaded again at
# most.
NOTED = 16 * 2**20
_CHUNK = 2**16


def fetch(url, target, check):
    """Download a file; at `target` is the whole new one, or what was there before.

    Args:
        url: where from.
        target: path of the file to make or replace.
        check: function that is given the path of the download and raises if it is not the right
            file.

    Raises:
        ConnectionError: if the server does not give the file, or not all of it.
    """
    part = _Part(target)
    if not part.claim():  # another process downloads the same now
        with atomic_write(target) as temporary, open(temporary, "wb+") as file:
            _receive(url, _Fresh(file))
            file.flush()
            check(temporary)
        return
    try:
        resumed = _receive(url, part)
        try:
            check(part.path)
        except ValueError:
            if not resumed:
                raise
            part.restart()  # the two halves may be of two files
            _receive(url, part)
            check(part.path)
        part.finish(target)
    except ConnectionError:
        part.keep()
        raise
    except BaseException as error:
        if isinstance(error, Exception):
            part.remove()
        else:
            part.keep()  # Ctrl-C
        raise
    finally:
        part.close()


@dataclass
class _Note:
    """Which version of which file a partial download is of, and how much of it is safe."""

    url: str
    validator: str | None
    size: int = 0


class _Fresh:
    """A download that nobody goes on with."""

    def __init__(self, file):
        self.file = file

    def resumable(self, url):
        return 0, None

    def restart(self):
        self.file.seek(0)
        self.file.truncate()

    def begin(self, url, validator):
        pass

    def write(self, data):
        self.file.write(data)


class _Part(_Fresh):
    """What has come of a file so far, locked against other processes."""

    def __init__(self, target):
        folder, name = os.path.split(target)
        self.path = os.path.join(folder, f".{name[:200]}.partial")
        self._notes = f"{self.path}.json"
        self._new_notes = f"{self._notes}.new"
        self._note = None
        self._written = 0
        super().__init__(None)

    def claim(self):
        """Open and lock the file; False if another process has it."""
        if not fcntl.available:
            return False
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        while True:
            self.file = os.fdopen(os.open(self.path, flags, 0o666), "r+b")
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mine, there = os.fstat(self.file.fileno()), os.stat(self.path)
                if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino):
                    return True
            except FileNotFoundError:  # finished by another process meanwhile
                pass
            except OSError:  # locked by another process, or no file system for locks
                self.close()
                return False
            self.close()

    def resumable(self, url):
        """How many bytes there are of the file at `url`, and of which version of it."""
        try:
            with open(self._notes, encoding="utf-8") as file:
                note = _Note(**json.load(file))
            size = os.fstat(self.file.fileno()).st_size
            usable = note.url == url and note.validator and 0 < note.size <= size
        except (OSError, ValueError, TypeError):  # no note, or half of one
            usable = False
        if not usable:
            return 0, None
        self._note = note
        self.file.truncate(note.size)
        self.file.seek(note.size)
        return note.size, note.validator

    def restart(self):
        _delete(self._notes)
        self._note = None
        super().restart()

    def begin(self, url, validator):
        """Note what comes now; without a validator nobody can go on with it."""
        self._note = _Note(url, validator)
        self._written = 0

    def write(self, data):
        self.file.write(data)
        self._written += len(data)
        if self._written >= NOTED:
            self._checkpoint()

    def _checkpoint(self):
        self._written = 0
        if self._note is None or not self._note.validator:
            return
        self.file.flush()
        self._note.size = self.file.tell()
        os.fsync(self.file.fileno())
        with open(self._new_notes, "w", encoding="utf-8") as file:
            json.dump(asdict(self._note), file)
        os.replace(self._new_notes, self._notes)

    def keep(self):
        """Leave what has come for a later call, if one can go on with it."""
        try:
            self._checkpoint()
        except OSError:  # a full disk: better nothing than something half
            self.remove()
        if self._note is None or not self._note.size:
            self.remove()

    def remove(self):
        _delete(self._new_notes, self._notes, self.path)

    def finish(self, target):
        """Make it the file that was asked for."""
        self.file.flush()
        put_in_place(self.path, target)
        _delete(self._new_notes, self._notes)

    def close(self):
        with contextlib.suppress(OSError):  # what could not be written was reported already
            self.file.close()


def _receive(url, part):
    """Write what comes from `url`; returns whether there was a part of it already."""
    start, validator = part.resumable(url)
    response = _ask(url, start, validator)
    if start and not _continues(response, start, validator):
        if response is not None and response.status == 206:  # the rest of something else
            response.close()
            response = None
        response = _ask(url) if response is None else response
        start = 0
    with response:
        if not start:
            part.restart()
            part.begin(url, _validator(response))
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        _copy(response, part, start, total, url)
    part.file.flush()
    return bool(start)


def _ask(url, start=0, validator=None):
    """Open the URL, from byte `start` on; None if the server has no such bytes."""
    asked = request.Request(url, headers={"Accept-Encoding": "identity"})
    if start:
        asked.add_header("Range", f"bytes={start}-")
        asked.add_header("If-Range", validator)
    try:
        return request.urlopen(asked, timeout=TIMEOUT)
    except (OSError, client.HTTPException) as error:
        code = getattr(error, "code", None)
        if hasattr(error, "close"):
            error.close()
        if code == 416 and start:
            return None
        reason = getattr(error, "reason", None) or error
        raise _failure(url, f"{code} -- {reason}" if code else reason) from error


def _continues(response, start, validator):
    """Whether an answer is the rest of the file that was begun."""
    if response is None or response.status != 206:
        return False
    span = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return bool(span) and int(span[1]) == start and _validator(response) in (None, validator)


def _validator(response):
    """What tells this version of the file from others, if its rest can be asked for, or None."""
    headers = response.headers
    tag = headers.get("ETag", "")
    if headers.get("Accept-Ranges", "").strip().lower() == "none":
        return None
    return tag if tag.startswith('"') else headers.get("Last-Modified")


def _copy(response, part, start, total, url):
    bar = Progbar(total) if is_dynamic() else None
    if bar is not None:
        say(f"Downloading data from {shown(url)}")
    position = start
    read = getattr(response, "read1", response.read)  # what is there, without waiting for more
    while True:
        try:
            data = read(_CHUNK)
        except (OSError, client.HTTPException) as error:
            raise _failure(url, f"the connection broke after {position} bytes ({error})") from error
        if not data:
            break
        part.write(data)
        position += len(data)
        if bar is not None:
            bar.update(position)
    if bar is not None and total is None:
        bar.update(position, finalize=True)
    if total is not None and position != total:
        raise _failure(url, f"the connection ended after {position} of {total} bytes")


def _delete(*paths):
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _failure(url, reason):
    return ConnectionError(f"URL fetch failure on {shown(url)}: {str(reason)[:500]}")


def shown(url):
    """A URL for messages, without a password in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))[:500]
