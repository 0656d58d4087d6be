"""The C library's heap, set for programs that need the same large blocks of memory in each step.

glibc gets each block of more than 32 MiB from the system and gives it back when it is freed. XLA
asks for such a block in every call of a compiled program, so that each step pays for the system's
clearing of every page that it touches: a tenth to a quarter of the time of steps on the CPU. Here
such blocks are kept in the heap, up to `KEPT` bytes that are free, until `clear_session`.
(`man 3 mallopt`.)

The environment variable `CORNU_KEEP_MEMORY=0` leaves the heap as it is.
"""

import ctypes
import functools
import os
import sys

KEPT = 2**31 - 1  # the most that mallopt takes
# With more processors, threads that allocate would wait for each other in a single arena.
MOST_PROCESSORS = 16
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # of <malloc.h>


@functools.cache
def _library():
    """The C library, if it is glibc and its heap may be set."""
    wanted = os.environ.get("CORNU_KEEP_MEMORY", "1") != "0"
    if not wanted or sys.platform != "linux" or (os.cpu_count() or 1) > MOST_PROCESSORS:
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None


def use_one_arena():
    """Have all threads that start from now on allocate in one heap: only that one can keep large
    blocks, and it is XLA's threads that ask for them."""
    if _library() is not None:
        _library().mallopt(_ARENA_MAX, 1)


@functools.cache
def keep_blocks():
    """Keep large blocks for the next call; once a process, before the first compiled step."""
    if _library() is not None:
        _library().mallopt(_MMAP_MAX, 0)
        _library().mallopt(_TRIM_THRESHOLD, KEPT)


def give_back():
    """Give the system all memory that is free, if blocks are kept."""
    if keep_blocks.cache_info().currsize and _library() is not None:
        _library().malloc_trim(0)


use_one_arena()
