"""Compiled programs kept on disk, so that a new process needs not compile them again.

JAX has such a cache and leaves it off. It is switched on at the first compilation, in the user's
cache folder, unless the user has set up JAX's own (`jax_compilation_cache_dir`). The environment
variable `CORNU_COMPILE_CACHE` names another folder, or is `0` for none.
"""

import contextlib
import functools
import hashlib
import os
import platform
import zlib
from pathlib import Path

import jax

LIMIT = 2**30  # bytes; what was not used for longest is deleted first
CHECKED = "checked"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
SECONDS = 0.3  # programs that compile faster than this are not worth a file


@functools.cache
def switch_on():
    """Have JAX keep programs; once a process."""
    wanted = os.environ.get("CORNU_COMPILE_CACHE", "")
    if wanted == "0" or jax.config.jax_compilation_cache_dir is not None:
        return
    folder = (Path(wanted) if wanted else _user_folder()) / _machine()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drop_broken(folder)
        trim(folder, LIMIT)
    except OSError:  # no place to write: programs are compiled in each process
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", SECONDS)


def _user_folder():
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cornu" / "compiled"


def _machine():
    """A name for the kind of processor: code for one may not run on another that shares the home
    folder."""
    text = platform.machine() + platform.processor()
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        text += "".join(sorted({line for line in file if line.startswith(("flags", "model name"))}))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def drop_broken(folder):
    """Delete programs that a process was writing when it died: JAX would stumble over them in each
    process, and never write them anew. Each is looked at once; `CHECKED` lists those that were."""
    record = folder / CHECKED
    before = set(record.read_text().split()) if record.exists() else set()
    present = {entry.name for entry in os.scandir(folder) if entry.name.endswith("-cache")}
    for name in present - before:
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            if not _is_whole((folder / name).read_bytes()):
                os.unlink(folder / name)
    if present != before:
        temporary = record.with_suffix(f".{os.getpid()}")
        temporary.write_text("\n".join(sorted(present)))
        os.replace(temporary, record)


def _is_whole(content):
    """Whether a compressed file is complete; one in Zstandard's format, which JAX writes where it
    finds that library, is taken to be."""
    if content.startswith(ZSTANDARD):
        return True
    try:
        zlib.decompress(content)
    except zlib.error:
        return False
    return True


def trim(folder, limit):
    """Delete the files of a folder that were not used for longest, until the rest is at most
    `limit` bytes."""
    found = [(entry.stat(), entry.path) for entry in os.scandir(folder) if entry.is_file()]
    total = sum(stat.st_size for stat, _ in found)
    for stat, path in sorted(found, key=lambda pair: max(pair[0].st_atime, pair[0].st_mtime)):
        if total <= limit:
            return
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            os.unlink(path)
        total -= stat.st_size
