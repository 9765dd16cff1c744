"""Read patterns of crawlers' agents: `crawler-user-agents.json`."""

from __future__ import annotations

import polars as pl

from sightline.errors import DamagedInput
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich.crawlers import name_crawler
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile
from sightline.stages.enrich.readers.documents import has_key, is_json, list_objects, parse_document

FORMAT = "crawler-user-agents"
KINDS = frozenset({DatasetKind.AGENT})
LONGEST = 1000


def reads(seen: FilePreview) -> bool:
    """Return whether the file begins like an array of objects with a pattern."""
    return is_json(seen.head) and has_key(seen.head, "pattern")


def read(source: SourceFile) -> DatasetReading:
    """Return the patterns, in order. Those without linear-time matching are counted and left out."""
    rejects = Rejects()
    rows: list[tuple[str, str]] = []
    for item in list_objects(parse_document(source.path)):
        pattern, name = item.get("pattern"), item.get("name")
        if not isinstance(pattern, str) or not pattern:
            rejects[DatasetCode.MISSING_FIELD] += 1
        elif len(pattern) > LONGEST or not _is_usable_pattern(pattern):
            rejects[DatasetCode.BAD_PATTERN] += 1
        else:
            rows.append((pattern, name if isinstance(name, str) and name else name_crawler(pattern)))
    if not rows:
        raise DamagedInput(f"{source.path.name}: no pattern that can be tried", hint="get it again")
    nothing = {"first": pl.UInt128, "last": pl.UInt128, "from_us": pl.Int64, "until_us": pl.Int64}
    table = pl.DataFrame(rows, schema={"pattern": pl.String, "crawler": pl.String}, orient="row")
    empty = [pl.lit(None, dtype).alias(column) for column, dtype in nothing.items()]
    return DatasetReading(table.with_columns(empty), FORMAT, rejects, is_flat=True)


def _is_usable_pattern(pattern: str) -> bool:
    """Whether the engine takes a pattern (no lookaround, no back references), and it does not meet every agent."""
    try:
        return not bool(pl.Series(["", "Mozilla/5.0"]).str.contains(pattern).any())
    except pl.exceptions.PolarsError:
        return False
