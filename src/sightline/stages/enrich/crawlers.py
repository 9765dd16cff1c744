"""Find agents that identify themselves as crawlers, by published patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from sightline.model import DatasetKind
from sightline.stages.enrich.model import DataSet

SEVERAL = 40
"""Patterns tried at once, before each of them alone on the few texts that one of them matches."""


def match_agents(texts: pl.Series, sets: Sequence[DataSet]) -> pl.DataFrame:
    """Return `user_agent, crawler, crawler_dataset` for distinct texts that match a pattern, in order of appearance.

    The newest data set applies, and of its patterns the first.
    """
    distinct = texts.drop_nulls().unique(maintain_order=True).alias("user_agent").to_frame().with_row_index("at")
    order = sorted(
        (place for place, one in enumerate(sets) if one.kind is DatasetKind.AGENT),
        key=lambda place: (-sets[place].dated_us, place),
    )
    left, frames = distinct, []
    for place in order:
        rows = pl.scan_parquet(sets[place].path).filter(pl.col("pattern").is_not_null())
        patterns = rows.select("pattern", "crawler").collect()
        agents = _match_agents(left, patterns["pattern"].to_list(), patterns["crawler"].to_list())
        frames.append(agents.with_columns(pl.lit(place, pl.UInt16).alias("crawler_dataset")))
        left = left.join(agents, on="at", how="anti", maintain_order="left")
    empty = distinct.clear().with_columns(
        pl.lit(None, pl.String).alias("crawler"), pl.lit(None, pl.UInt16).alias("crawler_dataset")
    )
    return pl.concat([empty, *frames]).sort("at").select("user_agent", "crawler", "crawler_dataset")


def _match_agents(texts: pl.DataFrame, patterns: list[str], crawlers: list[str]) -> pl.DataFrame:
    """The texts that a pattern meets, with the first pattern's crawler."""
    frames = [texts.clear().with_columns(pl.lit(None, pl.String).alias("crawler"))]
    for at in range(0, len(patterns), SEVERAL):
        pattern_group = patterns[at : at + SEVERAL]
        likely = texts.filter(
            pl.col("user_agent").str.contains("|".join(f"(?:{pattern})" for pattern in pattern_group))
        )
        if likely.height:
            which = pl.coalesce(
                pl.when(pl.col("user_agent").str.contains(pattern)).then(pl.lit(who))
                for pattern, who in zip(pattern_group, crawlers[at : at + SEVERAL], strict=True)
            )
            frames.append(likely.with_columns(which.alias("crawler")))
            texts = texts.join(likely, on="at", how="anti", maintain_order="left")
    return pl.concat(frames)


MOST_PATTERN = 500
"""Letters of a pattern that are searched for a name."""


def name_crawler(pattern: str) -> str:
    """Return the readable name of a pattern's crawler: the pattern without its signs."""
    bare = re.sub(r"\\[bBdDsSwW]|\[[^\]]*\]|\(\?[^)]*\)|[\\^$()*+?{}|]", " ", pattern[:MOST_PATTERN])
    return " ".join(bare.split()).strip(" /-;:") or pattern
