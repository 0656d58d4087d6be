"""Files that are there whole or not at all: written beside the old one, flushed to disk, renamed.

After Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014): data is flushed before
the rename, the folder after it.
"""

import contextlib
import ctypes
import errno
import os
import platform
import re
import secrets
import shutil
import stat
import zlib
from contextlib import contextmanager

if os.name != "nt":
    import fcntl

# Folders that cannot be flushed say so by one of these.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_HOST = f"{zlib.crc32(platform.node().encode()):08x}"


@contextmanager
def atomic_write(path, fsync=True):
    """Write a file so that a crash at any instant leaves the old or the new one whole.

    Args:
        path: the file to create or to replace.
        fsync: whether to wait until the data is on the disk; without, a power cut may lose the
            file.

    Yields:
        The path of an empty temporary file beside `path`, to be written. When the block ends it
        takes the place of `path`; when an exception leaves the block it is removed and `path` is
        untouched.

    Raises:
        FileNotFoundError: if the folder does not exist.
        IsADirectoryError: if `path` is a folder.
        PermissionError: if the file at `path` may not be written.
    """
    target = os.path.realpath(os.fspath(path))
    mode = _mode_for(target)
    temporary = _temporary_beside(target)
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode & 0o777))
        yield temporary
        if os.path.exists(target):
            os.chmod(temporary, mode)
        if fsync:
            sync_file(temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    if fsync:
        _sync_folder(os.path.dirname(target))


@contextmanager
def atomic_directory(path, fsync=True):
    """Like `atomic_write`, for a folder: yields an empty folder that takes the place of `path`.

    Where the system can swap two names in one step (Linux), there is no instant without a whole
    folder at `path`; elsewhere the old one is renamed first.

    Args:
        path: the folder to create or to replace.
        fsync: whether to wait until the data is on the disk.

    Raises:
        NotADirectoryError: if there is a file at `path`.
    """
    target = os.path.realpath(os.fspath(path))
    if os.path.lexists(target) and not os.path.isdir(target):
        raise NotADirectoryError(errno.ENOTDIR, "There is a file where a folder is to be", target)
    temporary = _temporary_beside(target)
    os.mkdir(temporary)
    try:
        yield temporary
        if fsync:
            _sync_tree(temporary)
        if os.path.isdir(target):
            _exchange(temporary, target)
        else:
            os.rename(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    if fsync:
        _sync_folder(os.path.dirname(target))


def put_in_place(temporary, path):
    """Flush a finished file to the disk and give it its name, replacing what has that now."""
    sync_file(temporary)
    os.replace(temporary, path)
    _sync_folder(os.path.dirname(os.path.abspath(path)))


@contextmanager
def folder_beside(path):
    """A temporary folder beside `path`, for files that are to be renamed to their places; it is
    removed at the end with what is still in it."""
    temporary = _temporary_beside(os.path.realpath(os.fspath(path)))
    os.mkdir(temporary)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def folder_lock(folder):
    """Make other writers that ask for the lock of this folder wait; on Windows nobody waits."""
    if os.name == "nt":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _mode_for(target):
    """The permissions of the file that is replaced, or those that a new file gets."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return 0o666
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "There is a folder where a file is to be", target)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "Only a regular file can be replaced", target)
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "The file is write-protected", target)
    return stat.S_IMODE(status.st_mode)


def _temporary_beside(target):
    """A fresh name beside `target`; what dead processes left under such names is removed."""
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "The folder to save in does not exist", folder)
    prefix = f".{name[:150]}.tmp-{_HOST}-"
    left_over = re.compile(re.escape(prefix) + r"(\d+)-[0-9a-f]{8}")
    for entry in os.listdir(folder):
        match = left_over.fullmatch(entry)
        if match and not _is_alive(int(match[1])):
            _remove(os.path.join(folder, entry))
    return os.path.join(folder, f"{prefix}{os.getpid()}-{secrets.token_hex(4)}")


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to somebody else
        return True
    return True


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def sync_file(path):
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder):
    if os.name == "nt":  # folders have no descriptors there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def _sync_tree(root):
    for folder, _, files in os.walk(root):
        for name in files:
            sync_file(os.path.join(folder, name))
        _sync_folder(folder)


def _exchange(new, old):
    """Swap two folders, so that what was at `old` is at `new` and can be removed."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        renameat2 = None
    arguments = (_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old), _RENAME_EXCHANGE)
    if renameat2 is not None and renameat2(*arguments) == 0:
        return
    aside = new + "-old"
    os.rename(old, aside)
    os.rename(new, old)
    os.rename(aside, new)
