"""Opens a file as a stream of bytes, decompressed where it is compressed."""

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

CHUNK = 2**20


class DamagedStream(Exception):
    """A compressed stream ends early or does not decompress; the message says which."""


def open_stream(path: str, compression: str | None) -> io.BufferedReader:
    """The bytes of a file. Damage shows as `DamagedStream` when reading reaches it."""
    raw = Path(path).open("rb")  # noqa: SIM115  the caller closes it
    if compression is None:
        return raw
    stream = _Gzip(raw) if compression == "gz" else _Zstandard(raw)
    return io.BufferedReader(stream, CHUNK)


class _Gzip(io.RawIOBase):
    def __init__(self, raw: BinaryIO) -> None:
        self.raw = raw
        self.file = gzip.GzipFile(fileobj=raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        try:
            data = self.file.read1(len(view))
        except EOFError as failure:
            raise DamagedStream("the gzip stream ends early") from failure
        except (gzip.BadGzipFile, zlib.error) as failure:
            raise DamagedStream(f"the gzip stream is damaged: {failure}") from failure
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.file.close()
        self.raw.close()
        super().close()


class _Zstandard(io.RawIOBase):
    def __init__(self, raw: BinaryIO) -> None:
        import zstandard

        self.raw = raw
        self.decompressor = zstandard.ZstdDecompressor(max_window_size=2**31)
        self.frame = self.decompressor.decompressobj()
        self.started = False
        self.data = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        while not self.data:
            if not self._more():
                return 0
        size = min(len(view), len(self.data))
        view[:size] = self.data[:size]
        self.data = self.data[size:]
        return size

    def _more(self) -> bool:
        """Decompresses the next chunk; False at the end of the last frame."""
        import zstandard

        if self.frame.eof:
            rest = self.frame.unused_data
            self.frame, self.started = self.decompressor.decompressobj(), False
        else:
            rest = b""
        chunk = rest or self.raw.read(CHUNK // 8)
        if not chunk:
            if self.started:
                raise DamagedStream("the zstd stream ends early")
            return False
        try:
            self.data = self.frame.decompress(chunk)
        except zstandard.ZstdError as failure:
            raise DamagedStream(f"the zstd stream is damaged: {failure}") from failure
        self.started = True
        return True

    def close(self) -> None:
        self.raw.close()
        super().close()
