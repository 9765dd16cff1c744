"""The own log of a seized server (combined format) from a seed: every line is a fresh one, and a visit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy
import polars

from bench.squid import Dice, address, draw, number

SERVER = "board.example"
BLOCK_LINES = 1 << 18
START_S = 1_700_000_000
LINES_A_SECOND = 8
VISITORS = 50_000
ROOMS = 1_000
STATUSES = ["200"] * 16 + ["304", "304", "206", "404"]
METHODS = ["GET"] * 19 + ["POST"]
SYSTEMS = [
    "Windows NT 10.0; Win64; x64",
    "X11; Linux x86_64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "Linux; Android 10; K",
]
AGENTS = [
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in SYSTEMS
    for version in range(100, 130)
]
PAGES = [
    "/rooms/closed/{}/img{}.jpg?x={}",
    "/rooms/{}/thread/{}?after={}",
    "/files/{}/{}/{}.mp4",
    "/thumbs/{}/{}_{}.webp",
]


def blocks(seed: int, lines: int, threads: int) -> Iterator[bytes]:
    """The log in order, block by block."""
    dice = numpy.random.default_rng((seed, 5))
    visitors = polars.select(address(dice, VISITORS)).to_series()
    counts = [min(BLOCK_LINES, lines - first) for first in range(0, lines, BLOCK_LINES)]
    with ThreadPoolExecutor(threads) as pool:
        for ahead in range(0, len(counts), threads):
            some = enumerate(counts[ahead : ahead + threads], ahead)
            yield from pool.map(lambda block: _block(seed, visitors, *block), some)


def _block(seed: int, visitors: polars.Series, block: int, lines: int) -> bytes:
    dice = numpy.random.default_rng((seed, 6, block))
    kinds = polars.Series("kind", dice.integers(len(PAGES), size=lines))
    frame = polars.DataFrame({"kind": kinds}).with_columns(
        visitor=draw(dice, visitors, lines),
        time=_times(dice, block, lines),
        method=draw(dice, METHODS, lines),
        room=number(dice, ROOMS, lines),
        thing=number(dice, 100_000, lines),
        key=number(dice, 1_000_000, lines),
        status=draw(dice, STATUSES, lines),
        size=number(dice, 1_000_000, lines),
        agent=draw(dice, AGENTS, lines),
        is_direct=polars.Series(dice.integers(5, size=lines) == 0),
    )
    page = polars.coalesce(
        polars.when(polars.col("kind") == kind).then(polars.format(page, "room", "thing", "key"))
        for kind, page in enumerate(PAGES)
    )
    referrer = (
        polars.when("is_direct").then(polars.lit("-")).otherwise(polars.format(f"https://{SERVER}/rooms/{{}}", "room"))
    )
    line = polars.format(
        '{} - - [{}] "{} {} HTTP/1.1" {} {} "{}" "{}"',
        "visitor",
        "time",
        "method",
        page,
        "status",
        "size",
        referrer,
        "agent",
    )
    text = io.BytesIO()
    frame.select(line).write_csv(text, include_header=False, quote_style="never")
    return text.getvalue()


def _times(dice: Dice, block: int, lines: int) -> polars.Expr:
    seconds = BLOCK_LINES // LINES_A_SECOND
    at = numpy.sort(dice.integers(seconds, size=lines)) + (START_S + block * seconds)
    return polars.lit(polars.from_epoch(polars.Series(at))).dt.strftime("%d/%b/%Y:%H:%M:%S +0000")
