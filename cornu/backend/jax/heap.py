"""The C library's heap, set for programs that need the same large blocks of memory in each step.

glibc gets each block of more than 32 MiB from the system and gives it back when it is freed. XLA
asks for such a block in every call of a compiled program, so that each call pays for the system's
clearing of every page that it touches: a tenth to a quarter of the time of steps on the CPU. Here
such blocks are kept in the heap while no more than an eighth of the machine's memory, and 2 GiB,
are free there. (`man 3 mallopt`.)

The environment variable `CORNU_KEEP_MEMORY=0` leaves the heap as it is.
"""

import ctypes
import functools
import os
import sys
import time

import jax

MOST_KEPT = 2**31 - 1  # the most that mallopt takes
# With more processors, threads that allocate would wait for each other in a single arena.
MOST_PROCESSORS = 16
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # of <malloc.h>
_SECONDS = 0.05  # between looks at the heap: whoever fills much memory takes longer than this


class _Counts(ctypes.Structure):
    """`struct mallinfo2` of <malloc.h>."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


@functools.cache
def _library():
    """The C library, if it is glibc (2.33 or newer) and its heap may be set."""
    wanted = os.environ.get("CORNU_KEEP_MEMORY", "1") != "0"
    if not wanted or sys.platform != "linux" or (os.cpu_count() or 1) > MOST_PROCESSORS:
        return None
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return None
    library.mallinfo2.restype = _Counts
    return library


def _use_one_arena():
    """Have all threads that start from now on allocate in one heap: only that one can keep large
    blocks, and it is XLA's threads that ask for them."""
    if _library() is not None:
        _library().mallopt(_ARENA_MAX, 1)


@functools.cache
def _limit():
    """How many bytes may be free."""
    return min(MOST_KEPT, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8)


@functools.cache
def _kept():
    """The C library, set to keep large blocks, if programs run on the processor."""
    if _library() is None or jax.default_backend() != "cpu":
        return None
    _library().mallopt(_MMAP_MAX, 0)
    _library().mallopt(_TRIM_THRESHOLD, _limit())
    return _library()


_looked = [0.0]


def keep_memory():
    """Keep large blocks from now on; called before each run of a program, and when an op is traced.
    If too much is free, all of it goes back to the system: after some calls, holes of the size of a
    block may be many."""
    library, now = _kept(), time.monotonic()
    if library is None or now - _looked[0] < _SECONDS:
        return
    _looked[0] = now
    if library.mallinfo2().fordblks > _limit():
        library.malloc_trim(0)


def free_memory():
    """Give the system all memory that is free, if blocks are kept."""
    if _kept.cache_info().currsize and _kept() is not None:
        _kept().malloc_trim(0)


_use_one_arena()
