"""How the process uses threads and memory; set before the libraries that look at it are loaded."""

import ctypes
import gc
import os
import sys

ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc, malloc.h
KEPT_BYTES = 2**30
COLLECT_AFTER = 100_000
"""Objects between two looks for cycles, of which rows make none; 700 cost 4 % of reading a dump."""
LARGE_BYTES = 32 * 2**20


def keep_pages() -> None:
    """Keep memory that was freed, since the next part needs as much again, and seldom look for it.

    To give it back and take it again costs 8 % of reading a dump and 6 % of reading a part. Arrow
    gives it back after 10 ms, unless told otherwise; glibc at once.
    """
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "1000")
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):  # musl has none
            libc.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
            libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
