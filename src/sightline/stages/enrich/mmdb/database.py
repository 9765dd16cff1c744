"""Open a MaxMind DB: parse its metadata, and walk its tree level by level with every offset checked."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput
from sightline.stages.enrich.address_numbers import MAPPED
from sightline.stages.enrich.dataset_files import OPEN, extract_database
from sightline.stages.enrich.mmdb.values import BadValue, Values

MARKER = b"\xab\xcd\xefMaxMind.com"
METADATA_BYTES = 128 << 10
SEPARATOR = 16
MOST_SHARED = 16_000_000
"""The maximum number of places of a tree whose nodes are shared."""
MOST_UNPACKED_BYTES = 4 << 30
RECORD_BITS = (24, 28, 32)
ADDRESS_BITS = {4: 32, 6: 128}


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of a database."""

    node_count: int
    record_size: int
    ip_version: int
    database_type: str
    build_epoch: int


@dataclass(frozen=True, slots=True)
class Database:
    """A database whose parts are at the places that its metadata state."""

    metadata: Metadata
    tree: memoryview
    values: Values

    def list_networks(self) -> pl.DataFrame:
        """Return `first, last, offset` of each network.

        Its addresses, IPv4 as `::ffff:a.b.c.d`, and the place of its record.

        Aliases of the IPv4 tree inside an IPv6 tree (6to4, Teredo, mapped) are left out. Raises DamagedInput for a tree
        with a cycle or with pointers outside the file.
        """
        left, right = _read_records(self.tree, self.metadata.record_size)
        count, depth = self.metadata.node_count, ADDRESS_BITS[self.metadata.ip_version]
        alias = _find_ipv4_root(left, count) if depth == 128 else None
        level = pl.DataFrame({"node": [0], "prefix": [0]}, schema={"node": pl.UInt32, "prefix": pl.UInt128})
        frames, walked, most = [], 0, 2 * count + depth
        for bit in range(depth):
            walked += level.height
            if walked > most:
                self._check_shared(left, right, depth)
                most = max(walked, MOST_SHARED)
            if walked > MOST_SHARED and walked > 2 * count + depth:
                raise _build_damage_error(f"its tree leads to more than {MOST_SHARED:,} places")
            level, leaves = self._split_level(level, left, right, bit, alias)
            frames.append(leaves)
            if not level.height:
                break
        else:
            raise _build_damage_error("its tree is deeper than an address has bits")
        return _as_numbers(pl.concat(frames), depth)

    def _check_shared(self, left: pl.Series, right: pl.Series, depth: int) -> None:
        """Raise DamagedInput if a node leads to itself. Writers that store equal parts of a tree once lead to a node
        from several others.
        """
        level = pl.Series("node", [0], dtype=pl.UInt32)
        for _ in range(depth):
            below = pl.concat([left.gather(level), right.gather(level)]).unique()
            level = below.filter(below < self.metadata.node_count)
            if not level.len():
                return
        raise _build_damage_error("its tree runs in circles")

    def _split_level(
        self, level: pl.DataFrame, left: pl.Series, right: pl.Series, bit: int, alias: int | None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The nodes one level below, and the networks that end there."""
        sides = [
            level.select(
                pl.lit(side).gather(pl.col("node")).alias("node"),
                pl.col("prefix") * pl.lit(2, dtype=pl.UInt128) + pl.lit(turn, dtype=pl.UInt128),
            )
            for turn, side in enumerate((left, right))
        ]
        both = pl.concat(sides)
        count = self.metadata.node_count
        leaves = both.filter(pl.col("node") > count).with_columns(
            (pl.col("node").cast(pl.Int64) - count - SEPARATOR).alias("offset"), pl.lit(bit + 1, pl.UInt8).alias("bits")
        )
        if ((leaves["offset"] < 0) | (leaves["offset"] >= len(self.values.section))).any():
            raise _build_damage_error("its tree points out of its data")
        nodes = both.filter(pl.col("node") < count)
        if alias is not None:
            nodes = nodes.filter((pl.col("node") != alias) | (pl.col("prefix") == pl.lit(0, dtype=pl.UInt128)))
        return nodes, leaves.select("prefix", "bits", "offset")


def open_database(path: Path) -> Database:
    """Open a database file. Raises DamagedInput for another kind of file, a truncated one, or impossible metadata."""
    raw = _read_content(path)
    marker = raw.rfind(MARKER, max(0, len(raw) - METADATA_BYTES))
    if marker < 0:
        raise _build_damage_error("it has no metadata at its end: it is no MMDB, or it is cut off")
    try:
        content = Values(memoryview(raw)[marker + len(MARKER) :], encoding_errors="replace").decode_at(0)
    except BadValue as error:
        raise _build_damage_error(f"its metadata: {error}") from None
    metadata = _read_metadata(content)
    tree_bytes = metadata.node_count * metadata.record_size // 4
    if tree_bytes + SEPARATOR > marker:
        raise _build_damage_error("its metadata tell of more nodes than the file holds")
    whole = memoryview(raw)
    return Database(metadata, whole[:tree_bytes], Values(whole[tree_bytes + SEPARATOR : marker]))


def _read_content(path: Path) -> bytes:
    """Return the bytes of a file, decompressed if it is gzip, xz or bzip2, or of the database in a tar.

    Raises DamagedInput.
    """
    try:
        packed = extract_database(path, MOST_UNPACKED_BYTES)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, tarfile.TarError) as error:
        raise _build_damage_error(f"it cannot be unpacked: {error}") from None
    if packed is not None:
        return _check_size(packed)
    with path.open("rb") as stream:
        begin = stream.read(6)
        unpack = next((unpack for magic, unpack in OPEN.items() if begin.startswith(magic)), None)
        stream.seek(0)
        try:
            raw = unpack(stream).read(MOST_UNPACKED_BYTES + 1) if unpack else stream.read()
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise _build_damage_error(f"it cannot be unpacked: {error}") from None
    return _check_size(raw) if unpack else raw


def _check_size(raw: bytes) -> bytes:
    if len(raw) > MOST_UNPACKED_BYTES:
        raise _build_damage_error(f"over {MOST_UNPACKED_BYTES >> 30} GiB are packed in it")
    return raw


def _read_metadata(metadata: object) -> Metadata:
    if not isinstance(metadata, dict):
        raise _build_damage_error("its metadata are no map")
    numbers = [metadata.get(name) for name in ("node_count", "record_size", "ip_version")]
    count, size, version = (number if isinstance(number, int) else -1 for number in numbers)
    if count < 1 or size not in RECORD_BITS or version not in ADDRESS_BITS or count >= 1 << size:
        raise _build_damage_error(f"its metadata tell of {count} nodes of {size} bits for IPv{version}")
    kind, built = metadata.get("database_type"), metadata.get("build_epoch")
    built_s = built if isinstance(built, int) and 0 < built < 1 << 33 else 0
    return Metadata(count, size, version, kind if isinstance(kind, str) else "", built_s)


def _read_records(tree: memoryview, size: int) -> tuple[pl.Series, pl.Series]:
    """The left and right record of every node."""
    raw = pl.Series([tree.tobytes()], dtype=pl.Binary)
    octets = raw.bin.reinterpret(dtype=pl.Array(pl.UInt8, len(tree))).explode()
    step = size // 4
    at = [octets.gather_every(step, offset).cast(pl.UInt32) for offset in range(step)]
    if size == 24:
        return _join_octets(at[0:3]), _join_octets(at[3:6])
    if size == 32:
        return _join_octets(at[0:4]), _join_octets(at[4:8])
    return (at[3] // 16) * (1 << 24) + _join_octets(at[0:3]), (at[3] % 16) * (1 << 24) + _join_octets(at[4:7])


def _join_octets(octets: list[pl.Series]) -> pl.Series:
    whole = octets[0]
    for octet in octets[1:]:
        whole = whole * 256 + octet
    return whole


def _find_ipv4_root(left: pl.Series, count: int) -> int | None:
    """The node of `::/96`, below which IPv4 lies in an IPv6 tree; None if there is none."""
    node = 0
    for _ in range(96):
        node = int(left[node])
        if node >= count:
            return None
    return node


def _as_numbers(rows: pl.DataFrame, depth: int) -> pl.DataFrame:
    """The networks by first address, their prefixes as numbers of 128 bits."""
    widths = pl.DataFrame(
        [
            pl.Series("bits", range(depth + 1), dtype=pl.UInt8),
            pl.Series("size", [1 << (depth - bits) if bits else 0 for bits in range(depth + 1)], dtype=pl.UInt128),
        ]
    )
    sized = rows.join(widths, on="bits", how="left", maintain_order="left")
    base = pl.lit(MAPPED, dtype=pl.UInt128)
    is_ipv4 = pl.lit(value=True) if depth == 32 else pl.col("first") < pl.lit(1 << 32, dtype=pl.UInt128)
    ranges = sized.select((pl.col("prefix") * pl.col("size")).alias("first"), pl.col("size"), "offset")
    ranges = ranges.with_columns(pl.when(is_ipv4).then(pl.col("first") + base).otherwise("first").alias("first"))
    last = (pl.col("first") + pl.col("size") - pl.lit(1, dtype=pl.UInt128)).alias("last")
    return ranges.select("first", last, pl.col("offset").cast(pl.UInt32)).sort("first")


def _build_damage_error(what: str) -> DamagedInput:
    return DamagedInput(f"a damaged MMDB: {what}", hint="get it again from where it came from, and compare its digest")
