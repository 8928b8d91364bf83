"""Opens a file as a stream of bytes, decompressed where it is compressed."""

import io
from pathlib import Path
from typing import cast

import pyarrow as pa

CHUNK = 2**20
_STEP = 2**16
_CAREFUL_STEP = 64
"""A read that meets damage loses what it had: close to it, reads are so small."""
_MAGIC = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}


class DamagedStream(Exception):
    """A compressed stream ends early or does not decompress; the message says which."""


def compression_of(path: Path) -> str | None:
    """How a file is compressed, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def open_stream(path: str, compression: str | None) -> io.BufferedReader:
    """The bytes of a file. Damage shows as `DamagedStream` when reading reaches it."""
    raw = io.FileIO(path) if compression is None else _Decompressed(path, compression)
    return io.BufferedReader(raw, CHUNK)


class _Decompressed(io.RawIOBase):
    """Arrow's decompression: holds a few chunks whatever the ratio, and notices a missing end."""

    def __init__(self, path: str, compression: str) -> None:
        self.path = path
        self.kind = {"gz": "gzip", "zst": "zstd"}[compression]
        self.position = 0
        self.step = _STEP
        self.stream = self._opened()

    def _opened(self) -> pa.NativeFile:
        return pa.CompressedInputStream(pa.OSFile(self.path), self.kind)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        try:
            data = self.stream.read(min(self.step, len(view)))
        except OSError as failure:
            if self.step == _STEP:
                self._go_carefully()
                return self.readinto(buffer)
            raise self._damage(failure) from failure
        view[: len(data)] = data
        self.position += len(data)
        return len(data)

    def _go_carefully(self) -> None:
        """Starts again and comes back to here, to read what is left before the damage."""
        self.step = _CAREFUL_STEP
        self.stream.close()
        self.stream = self._opened()
        skipped = 0
        while skipped < self.position:
            skipped += len(self.stream.read(min(_STEP, self.position - skipped)))

    def _damage(self, failure: OSError) -> DamagedStream:
        if "runcated" in str(failure):
            return DamagedStream(f"the {self.kind} stream ends early")
        return DamagedStream(f"the {self.kind} stream is damaged: {failure}")

    def close(self) -> None:
        self.stream.close()
        super().close()
