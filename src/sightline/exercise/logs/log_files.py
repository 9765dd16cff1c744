"""Write the files of a log, rotated and packed like servers do, with the same bytes every time."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl

from sightline.exercise.channels import Channel
from sightline.exercise.logs.log_lines import HEADERS
from sightline.exercise.period import Period


class RotatedLog:
    """A log in progress: its files by age, the oldest first. All except the newest are packed, if any is."""

    def __init__(self, folder: Path, channel: Channel, when: Period) -> None:
        self.channel, self.folder = channel, folder / channel.name
        self.folder.mkdir(parents=True, exist_ok=True)
        span = when.ends_us - when.begins_us
        self._edges = [when.begins_us + span * part // channel.files for part in range(1, channel.files)]
        self.names = [self._name(place) for place in range(channel.files)]
        self._streams: dict[int, BinaryIO | gzip.GzipFile] = {}
        self._below: list[BinaryIO] = []
        self._lines = dict.fromkeys(range(channel.files), 0)

    def _name(self, place: int) -> str:
        age = self.channel.files - 1 - place
        packed = ".gz" if self.channel.packed and (age or self.channel.files == 1) else ""
        return f"access.log{f'.{age}' if age else ''}{packed}"

    def write(self, visits: pl.DataFrame) -> pl.DataFrame:
        """Append the column `line` of visits, in the log's order, and return them with `file` and `row`.

        `row` counts the lines of a file from 0, without its header.
        """
        part = pl.sum_horizontal([pl.lit(0), *((pl.col("true_us") >= edge).cast(pl.Int32) for edge in self._edges)])
        placed = []
        for (number,), some in visits.with_columns(part.alias("file")).group_by(["file"], maintain_order=True):
            place = int(number)
            text = BytesIO()
            some.select("line").write_csv(text, include_header=False, quote_style="never")
            self._open_stream(place).write(text.getbuffer())
            placed.append(some.with_row_index("row", offset=self._lines[place]))
            self._lines[place] += some.height
        return pl.concat(placed) if placed else visits.with_columns(file=0).with_row_index("row")

    def _open_stream(self, place: int) -> BinaryIO | gzip.GzipFile:
        if place not in self._streams:
            path = self.folder / self.names[place]
            stream = path.open("wb")
            self._below.append(stream)
            self._streams[place] = stream
            if path.suffix == ".gz":
                # The packed file contains neither name nor time: the same world gives the same bytes.
                self._streams[place] = gzip.GzipFile("", "wb", compresslevel=1, fileobj=stream, mtime=0)
            self._streams[place].write(HEADERS.get(self.channel.format, "").encode())
        return self._streams[place]

    def close(self) -> list[Path]:
        """Close the files and return those with a line, the oldest first."""
        for stream in (*self._streams.values(), *self._below):
            stream.close()
        return [self.folder / self.names[place] for place in sorted(self._streams)]


def truncate_file(path: Path) -> int:
    """Truncate a file like a full disk or a power cut: text within its last line, packed bytes at two thirds.

    Return how many whole lines are still readable.
    """
    raw = path.read_bytes()
    if path.suffix == ".gz":
        left = raw[: len(raw) * 2 // 3]
        path.write_bytes(left)
        return zlib.decompressobj(31).decompress(left).count(b"\n")
    lines = raw.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-1], lines[-1][:30]]))
    return len(lines) - 1
