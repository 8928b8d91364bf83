"""Environment variables that libraries read when they are loaded."""

ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
KEEP_PAGES = {"MIMALLOC_PURGE_DELAY": "1000"}
"""Arrow gives memory back to the kernel after 10 ms, and takes it again for the next row group:
6 % of the time of a part. One second is long enough to keep it."""
