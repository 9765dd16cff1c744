"""Files to measure on, made once from a seed and kept under `bench/work`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import polars

from bench import seized, squid

SEED = 1
WORK = Path(__file__).parent / "work"
KERNEL = Path(__file__).parents[1] / "src/sightline/_kernel.abi3.so"
SIGHTLINE = Path(__file__).parents[1] / ".venv/bin/sightline"
PARTS = 4
CORES = len(os.sched_getaffinity(0))
VALID_UNTIL = "2099-12-31"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured, and how often: medians of `runs`; `seized` are the lines of a server's own log."""

    name: str
    lines: int
    runs: int
    names: tuple[int, ...]
    seized: int


SIZES = {
    "small": Size("small", 2_000_000, 3, (1_000, 100_000, 1_000_000), 2_000_000),
    "full": Size("full", 53_000_000, 5, (1_000, 100_000, 1_000_000, 10_000_000), 32_000_000),
}


@dataclass(frozen=True)
class Inputs:
    """The paths; each file is made when it is first asked for."""

    size: Size

    def make(self) -> None:
        """Make all that is not there yet: files first that others are made of."""
        packed = [self.log, self.gzip, self.zstd]
        lists = [self.compiled(count) for count in self.size.names]
        assert all(path.exists() for path in packed + lists)

    @property
    def base(self) -> Path:
        return WORK / f"squid-seed{SEED}-{self.size.lines}"

    @cached_property
    def world(self) -> squid.World:
        return squid.World.of(SEED, max(self.size.names))

    @cached_property
    def log(self) -> Path:
        """The plain log; what it must give lies beside it."""
        path, hits = self.base.with_suffix(".log"), self.base.with_suffix(".hits.parquet")
        if not (path.exists() and hits.exists()):
            with write_path(path) as partial, partial.open("wb") as out:
                found = []
                for text, visits in squid.blocks(self.world, self.size.lines, CORES):
                    out.write(text)
                    found.append(visits)
            with write_path(hits) as partial:
                polars.concat(found).write_parquet(partial)
        return path

    @property
    def hits(self) -> Path:
        """Line number and text of every hit, as the generator knows them."""
        return self.log.with_suffix(".hits.parquet")

    def first(self, size_bytes: int) -> tuple[Path, Path]:
        """The log's first lines, about so many bytes of them, and the hits among them."""
        pieces = round(self.log.stat().st_size / size_bytes)
        if pieces < 2:
            return self.log, self.hits
        path = self.base.with_suffix(f".{size_bytes}.log")
        hits = path.with_suffix(".hits.parquet")
        if not (path.exists() and hits.exists()):
            with write_path(path) as partial, partial.open("wb") as out:
                copy(self.log, 0, cuts(self.log, pieces)[1], out)
            lines = polars.scan_lines(path).select(polars.len()).collect(engine="streaming").item()
            with write_path(hits) as partial:
                polars.read_parquet(self.hits).filter(polars.col("line_number") <= lines).write_parquet(partial)
        return path, hits

    @cached_property
    def seized(self) -> Path:
        """A seized server's own log."""
        path = WORK / f"seized-seed{SEED}-{self.size.seized}.log"
        if not path.exists():
            with write_path(path) as partial, partial.open("wb") as out:
                out.writelines(seized.blocks(SEED, self.size.seized, CORES))
        return path

    @cached_property
    def server(self) -> Path:
        """A signed list that holds the seized server."""
        path = WORK / "server.csv"
        if not path.with_name(path.name + ".minisig").exists():
            WORK.mkdir(exist_ok=True)
            path.write_text(f"kind,value\ndomain,{seized.SERVER}\n", "utf-8")
            key = self.key.with_suffix(".key")
            call("lists", "sign", path, "--key", key, "--valid-until", VALID_UNTIL, "--use", "leads")
        return path

    @cached_property
    def parts(self) -> list[Path]:
        """The log in several files, each `gzip -6`."""
        paths = [self.base.with_suffix(f".{number}.log.gz") for number in range(PARTS)]
        if not all(path.exists() for path in paths):
            at = cuts(self.log, PARTS)
            with ThreadPoolExecutor(CORES) as pool:
                list(pool.map(lambda *part: self._pack(["gzip", "-6", "-n"], *part), paths, at, at[1:]))
        return paths

    @cached_property
    def gzip(self) -> Path:
        """The whole log in one `.gz`: the parts one after the other, each a member of it."""
        path = self.base.with_suffix(".log.gz")
        if not path.exists():
            with write_path(path) as partial, partial.open("wb") as out:
                for part in self.parts:
                    copy(part, 0, part.stat().st_size, out)
        return path

    @cached_property
    def zstd(self) -> Path:
        """The whole log, `zstd -3`."""
        path = self.base.with_suffix(".log.zst")
        if not path.exists():
            self._pack(["zstd", "-3", "-q", "-T0"], path, 0, self.log.stat().st_size)
        return path

    def _pack(self, command: list[str], path: Path, start: int, end: int) -> None:
        with write_path(path) as partial, partial.open("wb") as out:
            with subprocess.Popen([*command, "-c"], stdin=subprocess.PIPE, stdout=out) as packer:
                assert packer.stdin
                copy(self.log, start, end, packer.stdin)
            if packer.returncode:
                raise RuntimeError(f"{command[0]} failed on {self.log}")

    def names(self, count: int) -> Path:
        """So many flagged names, one a line: a plain list for Sightline and what peers read; signed."""
        path = WORK / f"names-seed{SEED}-{count}.txt"
        if not path.exists():
            with write_path(path) as partial:
                self.world.flagged.head(count).to_frame().write_csv(partial, include_header=False)
        if not path.with_name(path.name + ".minisig").exists():
            key = self.key.with_suffix(".key")
            call("lists", "sign", path, "--key", key, "--valid-until", VALID_UNTIL, "--use", "leads")
        return path

    def compiled(self, count: int) -> Path:
        """The signed list, compiled by the kernel that is measured."""
        path = WORK / f"names-seed{SEED}-{count}.compiled"
        if not (path.exists() and path.stat().st_mtime > KERNEL.stat().st_mtime):
            call("lists", "compile", self.names(count), "--trust", self.key, "--out", path, "--overwrite")
        return path

    @cached_property
    def key(self) -> Path:
        """The public key of a fresh issuer; the secret one lies beside it."""
        path = WORK / "keys" / "BENCH.pub"
        if not path.exists():
            WORK.mkdir(exist_ok=True)
            call("lists", "create-key", "--issuer", "BENCH", "--out", path.parent)
        return path


def cuts(log: Path, parts: int) -> list[int]:
    """Where the log can be cut into so many parts of whole lines: 0, ..., its size."""
    size_bytes = log.stat().st_size
    with log.open("rb") as stream:
        found = [0]
        for part in range(1, parts):
            stream.seek(size_bytes * part // parts)
            stream.readline()
            found.append(stream.tell())
    return [*found, size_bytes]


def copy(log: Path, start: int, end: int, out: IO[bytes]) -> None:
    """Write the log's bytes from `start` to `end` to `out`."""
    with log.open("rb") as stream:
        stream.seek(start)
        while start < end and (piece := stream.read(min(1 << 20, end - start))):
            out.write(piece)
            start += len(piece)


@contextmanager
def write_path(path: Path) -> Iterator[Path]:
    """A path to write to, renamed into place when all went well."""
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    yield partial
    partial.rename(path)


def call(*arguments: object) -> None:
    """Run Sightline; raises CalledProcessError where it fails."""
    subprocess.run([SIGHTLINE, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
