"""A Squid log and the names that are flagged, from a seed: every line is a fresh one, times only rise."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy
import polars

BLOCK_LINES = 1 << 18
BLOCK_MS = 1 << 22
START_MS = 1_700_000_000_000
NAMES_A_DRAW = 1 << 20
VISITED_SITES = 1_000_000
CLIENTS = 20_000
FLAGGED_VISITED = 1_000
"""Hits are visits to the first so many names of a list: a longer list finds the same lines."""
LINES_A_HIT = 10_000

HEADS = ["b", "br", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "v", "z"]
TAILS = ["a", "ai", "an", "e", "el", "en", "er", "i", "in", "is", "o", "on", "or", "ou", "u", "um", "ur", "y", "yl"]
ENDINGS = [".example", ".test"]
PREFIXES = ["", "", "www.", "www.", "cdn.static.", "m.", "img3.", "api.eu."]
RESULTS = [f"TCP_{result}" for result in ("MISS/200", "MISS/200", "MEM_HIT/200", "MISS/304", "MISS/404", "HIT/200")]
SUFFIXES = [".html", ".jpg", ".js", ".webp", "/", ""]
TYPES = ["text/html", "image/jpeg", "application/javascript", "image/webp", "text/css", "application/json", "-"]

Dice: TypeAlias = "numpy.random.Generator"


@dataclass(frozen=True, slots=True)
class World:
    """What lines are drawn from: sites that anybody visits, most the first ones; sites that are flagged; clients."""

    seed: int
    visited: polars.Series
    flagged: polars.Series
    clients: polars.Series

    @classmethod
    def of(cls, seed: int, flagged: int) -> World:
        """So many flagged names; a longer list begins with a shorter one. No name is both visited and flagged."""
        distinct = _names(seed, VISITED_SITES + flagged)
        dice = numpy.random.default_rng((seed, 2))
        clients = polars.select(address(dice, CLIENTS)).to_series()
        return cls(seed, distinct.head(VISITED_SITES), distinct.slice(VISITED_SITES), clients)


def blocks(world: World, lines: int, threads: int) -> Iterator[tuple[bytes, polars.DataFrame]]:
    """The log in order, block by block: its bytes, and `line_number` (from 1) and `raw` of the hits in it."""
    counts = [min(BLOCK_LINES, lines - first) for first in range(0, lines, BLOCK_LINES)]
    with ThreadPoolExecutor(threads) as pool:
        for ahead in range(0, len(counts), threads):
            some = enumerate(counts[ahead : ahead + threads], ahead)
            yield from pool.map(lambda block: _block(world, *block), some)


def _block(world: World, block: int, lines: int) -> tuple[bytes, polars.DataFrame]:
    dice = numpy.random.default_rng((world.seed, 3, block))
    is_hit = dice.integers(LINES_A_HIT, size=lines) == 0
    is_tunnel = dice.integers(4, size=lines) == 0
    frame = polars.DataFrame({"is_hit": is_hit, "is_tunnel": is_tunnel, "host": _hosts(dice, world, is_hit)})
    frame = frame.with_columns(
        time=_times(dice, block, lines),
        elapsed=number(dice, 90_000, lines).str.pad_start(6),
        client=draw(dice, world.clients, lines),
        result=draw(dice, RESULTS, lines),
        size=number(dice, 1_000_000, lines),
        path=_path(dice, lines),
        server=address(dice, lines),
        type=draw(dice, TYPES, lines),
    )
    get = polars.format("{} {} GET http://{}{} - HIER_DIRECT/{} {}", "result", "size", "host", "path", "server", "type")
    tunnel = polars.format("TCP_TUNNEL/200 {} CONNECT {}:443 - HIER_DIRECT/{} -", "size", "host", "server")
    rest = polars.when("is_tunnel").then(tunnel).otherwise(get)
    raw = frame.select("is_hit", raw=polars.format("{} {} {} {}", "time", "elapsed", "client", rest))
    hits = raw.with_row_index("line_number", block * BLOCK_LINES + 1).filter("is_hit")
    text = io.BytesIO()
    raw.select("raw").write_csv(text, include_header=False, quote_style="never")
    return text.getvalue(), hits.select(polars.col("line_number").cast(polars.Int64), "raw")


def _hosts(dice: Dice, world: World, is_hit: numpy.ndarray) -> polars.Series:
    """Popular sites are visited more; hits stand at or under a flagged name; as many names only look like one."""
    lines = len(is_hit)
    popular = (dice.random(lines) ** 3 * len(world.visited)).astype(numpy.uint32)
    name, prefix = world.visited.gather(popular), draw(dice, PREFIXES, lines)
    flagged = draw(dice, world.flagged.head(FLAGGED_VISITED), lines)
    looks_alike = polars.Series(dice.integers(LINES_A_HIT, size=lines) == 0)
    visited = polars.when(looks_alike).then("not-" + flagged).otherwise(name)
    return polars.select(host=prefix + polars.when(polars.Series(is_hit)).then(flagged).otherwise(visited)).to_series()


def _times(dice: Dice, block: int, lines: int) -> polars.Expr:
    ms = numpy.sort(dice.integers(BLOCK_MS, size=lines)) + (START_MS + block * BLOCK_MS)
    after = polars.lit(polars.Series(ms % 1000)).cast(polars.String).str.zfill(3)
    return polars.format("{}.{}", polars.Series(ms // 1000), after)


def _path(dice: Dice, lines: int) -> polars.Expr:
    words = [draw(dice, _words(dice, 5_000), lines) for _ in range(2)]
    page, suffix, key = number(dice, 10**6, lines), draw(dice, SUFFIXES, lines), number(dice, 10**8, lines)
    return polars.format("/{}/{}/{}{}?id={}", *words, page, suffix, key)


def address(dice: Dice, count: int) -> polars.Expr:
    octets = [polars.Series(dice.integers(*between, size=count)) for between in ((18, 20), (0, 256), (1, 255))]
    return polars.format("198.{}.{}.{}", *octets)


def number(dice: Dice, below: int, count: int) -> polars.Expr:
    return polars.lit(polars.Series(dice.integers(below, size=count))).cast(polars.String)


def draw(dice: Dice, of: polars.Series | list[str], count: int) -> polars.Series:
    pool = of if isinstance(of, polars.Series) else polars.Series(of)
    return pool.gather(dice.integers(len(pool), size=count).astype(numpy.uint32))


def _words(dice: Dice, count: int) -> polars.Series:
    syllables = [head + tail for head in HEADS for tail in TAILS]
    return draw(dice, syllables, count) + draw(dice, syllables, count)


def _names(seed: int, count: int) -> polars.Series:
    """So many distinct names; they begin alike whatever their number."""
    made = polars.Series(dtype=polars.String)
    for number in range(count // NAMES_A_DRAW * 2 + 2):
        dice = numpy.random.default_rng((seed, 1, number))
        more = _words(dice, NAMES_A_DRAW) + _words(dice, NAMES_A_DRAW) + draw(dice, ENDINGS, NAMES_A_DRAW)
        made = polars.concat([made, more]).unique(maintain_order=True)
        if len(made) >= count:
            break
    return made.head(count)
