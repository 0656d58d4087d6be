"""Archives from the network, unpacked: checked whole first, then written beside and renamed.

An archive may name paths outside of the folder, devices, and links through which a later member is
written elsewhere (CVE-2007-4559 and many after it), and may be a thousand times larger inside than
outside. All members are looked at before the first byte is written, and refused by name.
"""

import bz2
import errno
import gzip
import lzma
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass

from cornu.core.lazy import lazy_module
from cornu.saving.atomic import atomic_directory, folder_beside

tarfile = lazy_module("tarfile")

FORMATS = ("tar", "zip")
# What an archive may hold: so many times its own size, but in any case as much as this, in bytes.
MAX_INFLATION, MIN_LIMIT = 100, 64 * 2**20
# And one member for so many of its bytes, but in any case so many.
BYTES_PER_MEMBER, MIN_MEMBERS = 32, 100_000
# Characters of a member's name.
MAX_NAME = 4096
# Bytes that a tar archive may have before the contents of one member (names, permissions).
MAX_HEADER = 2**20

_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
# What the libraries raise where an archive is damaged; EINVAL is for places before its start.
_DAMAGE = (
    EOFError, OSError, IndexError, RuntimeError, struct.error, zlib.error, lzma.LZMAError,
    zipfile.BadZipFile,
)  # fmt: skip


class NoArchiveError(ValueError):
    """A file that is in none of the formats asked for."""


def extract(path, folder, formats=FORMATS, refresh=True):
    """Unpack an archive into a folder.

    The folder appears whole. One that is there gets the files that it lacks, or all if `refresh`;
    what else is in it stays.

    Args:
        path: the archive.
        folder: where to.
        formats: which of `"tar"` (also compressed) and `"zip"` it may be.
        refresh: whether to write files that are there already, of the right size.

    Raises:
        NoArchiveError: if it is neither.
        ValueError: if it is damaged, too large inside, or has a member that must not be written.
    """
    with _opened(path, formats) as archive:
        files = archive.check()
        if not os.path.lexists(folder):
            with atomic_directory(folder) as temporary:
                archive.unpack(temporary)
        elif refresh or not _is_complete(folder, files):
            with folder_beside(folder) as temporary:
                archive.unpack(temporary)
                _merge(temporary, folder)


def _is_complete(folder, files):
    """Whether every file of an archive is in the folder, in its size."""
    for name, size in files.items():
        try:
            if os.path.getsize(os.path.join(folder, *name.split("/"))) != size:
                return False
        except OSError:
            return False
    return True


def _merge(source, target):
    """Move everything in one folder into another, each file in one step."""
    for entry in os.scandir(source):
        place = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False) and os.path.isdir(place):
            _merge(entry.path, place)
        else:
            os.replace(entry.path, place)


@contextmanager
def _opened(path, formats):
    """The archive, checked to be one."""
    with open(path, "rb") as file:
        if "tar" in formats and (archive := _tar(file, path)) is not None:
            yield archive
            return
        if "zip" in formats and zipfile.is_zipfile(file):
            yield _Zip(file, path)
            return
    raise NoArchiveError(f"{path} is no archive of the kind {' or '.join(formats) or 'None'}.")


def _tar(file, path):
    """A `_Tar`, or None if it is no tar archive."""
    start = file.read(8)
    file.seek(0)
    opener = next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), None)
    stream = _Careful(file if opener is None else opener(file), path)
    try:
        return _Tar(tarfile.open(fileobj=stream, mode="r:"), path)
    except (tarfile.ReadError, *_DAMAGE):
        file.seek(0)
        return None


class _Careful:
    """A file that refuses to read much at once: headers of a tar archive go into memory whole."""

    def __init__(self, file, path):
        self._file, self._path = file, path
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size):
        if size > MAX_HEADER:
            raise _refusal(self._path, None, f"has a header of {size} bytes")
        return self._file.read(size)


@dataclass(frozen=True)
class _Member:
    """What matters of a member of an archive."""

    name: str
    kind: str
    size: int = 0
    link: str = ""


class _Check:
    """Takes the members one by one and refuses what must not be written."""

    def __init__(self, path):
        self._path = path
        size = os.path.getsize(path)
        self._bytes_left = max(MIN_LIMIT, MAX_INFLATION * size)
        self._members_left = max(MIN_MEMBERS, size // BYTES_PER_MEMBER)
        self._kinds = {}
        self.files = {}

    def add(self, member):
        parts = self._parts(member)
        key = "/".join(parts)
        self._bytes_left -= member.size
        self._members_left -= 1
        if self._bytes_left < 0 or self._members_left < 0:
            raise _refusal(
                self._path,
                member.name,
                f"makes the contents too large: more than {MAX_INFLATION} times the archive and "
                f"{MIN_LIMIT} bytes, or more than {MIN_MEMBERS} members and one for "
                f"{BYTES_PER_MEMBER} bytes. Unpack it by other means if you trust it",
            )
        for end in range(1, len(parts)):
            if self._kinds.setdefault("/".join(parts[:end]), "folder") != "folder":
                raise _refusal(self._path, member.name, "lies below a link or a file")
        before = self._kinds.get(key)
        if before is not None and (before != member.kind or before not in ("file", "folder")):
            raise _refusal(self._path, member.name, f"is there twice, as a {before} too")
        self._check_link(member, parts)
        self._kinds[key] = member.kind
        if member.kind == "file":
            self.files[key] = member.size

    def _parts(self, member):
        name = member.name
        if len(name) > MAX_NAME or "\0" in name:
            raise _refusal(self._path, name, "has no proper name")
        if name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name):
            raise _refusal(self._path, name, "has an absolute path")
        if ".." in re.split(r"[/\\]", name):
            raise _refusal(self._path, name, "has `..` in its path, so may leave the folder")
        if member.kind == "other":
            raise _refusal(self._path, name, "is a device or pipe, or a link in a zip archive")
        return [part for part in name.split("/") if part not in ("", ".")]

    def _check_link(self, member, parts):
        if member.kind == "hard link":
            target = [part for part in member.link.split("/") if part not in ("", ".")]
            if self._kinds.get("/".join(target)) != "file" or member.link.startswith("/"):
                raise _refusal(self._path, member.name, "is a hard link to no file before it")
        elif member.kind == "link":
            steps = [step for step in re.split(r"[/\\]", member.link) if step not in ("", ".")]
            up = next((n for n, step in enumerate(steps) if step != ".."), len(steps))
            absolute = member.link.startswith(("/", "\\")) or re.match("[A-Za-z]:", member.link)
            if absolute or up >= max(len(parts), 1) or ".." in steps[up:]:
                raise _refusal(self._path, member.name, "is a link that leaves the folder")


class _Archive:
    """An open archive whose members can be checked and unpacked."""

    def __init__(self, path):
        self._path = path

    def check(self):
        """Refuse what must not be written; returns the sizes of the files by name."""
        check = _Check(self._path)
        with self._reading():
            for member in self._members():
                check.add(member)
        return check.files

    def unpack(self, folder):
        """Write all members into an empty folder."""
        with self._reading():
            self._write(folder)

    @contextmanager
    def _reading(self):
        try:
            yield
        except (*_DAMAGE, tarfile.TarError) as error:
            if getattr(error, "errno", None) not in (None, errno.EINVAL):  # the disk's
                raise
            raise ValueError(f"{self._path} is damaged, or cut off: {error}") from error


class _Tar(_Archive):
    def __init__(self, archive, path):
        super().__init__(path)
        self._archive = archive

    def _members(self):
        for info in self._archive:
            kinds = {
                "file": info.isreg(),
                "folder": info.isdir(),
                "link": info.issym(),
                "hard link": info.islnk(),
            }
            kind = next((kind for kind, holds in kinds.items() if holds), "other")
            yield _Member(info.name, kind, info.size if kind == "file" else 0, info.linkname)

    def _write(self, folder):
        # Older releases of Python 3.11 have no filters; what these refuse was refused above.
        options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        self._archive.extractall(folder, **options)


class _Zip(_Archive):
    def __init__(self, file, path):
        super().__init__(path)
        self._file = file
        self._archive = None

    def _members(self):
        self._archive = zipfile.ZipFile(self._file)
        for info in self._archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield _Member(info.filename, "other")
            elif info.is_dir():
                yield _Member(info.filename, "folder")
            else:
                yield _Member(info.filename, "file", info.file_size)

    def _write(self, folder):
        for info in self._archive.infolist():
            place = os.path.join(folder, *(p for p in info.filename.split("/") if p != "."))
            if info.is_dir():
                os.makedirs(place, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with self._archive.open(info) as source, open(place, "wb") as target:
                shutil.copyfileobj(source, target)


def _refusal(path, member, reason):
    what = f"The member {member[:200]!r} of {path}" if member is not None else str(path)
    return ValueError(f"{what} {reason}; nothing was unpacked.")
