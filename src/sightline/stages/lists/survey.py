"""Survey the content of a list file in one reading and in bounded memory."""

from __future__ import annotations

import gc
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from sightline.model import FLAGGABLE, IndicatorKind, ListId, RowCode
from sightline.stages.lists.junk import JunkNames
from sightline.stages.lists.load import HashedStream
from sightline.stages.lists.model import Row, RowBatch, RowReject, UsualRows
from sightline.stages.lists.readers import detect_reader
from sightline.stages.lists.readers.usual_forms import UsualForms
from sightline.stages.lists.row_statements import parse_statement

RowCheck = Callable[[list[Row] | UsualRows], list[RowReject]]
"""Returns the rejects among rows: in plain Python below, or the kernel's `ListBuilder.add`, which is much faster."""


@dataclass(frozen=True, slots=True)
class ListSurvey:
    """A list file's identity, and its rows by kind and by reject code. `file_kind` is its reader's name.

    `undated`: rows with a start of their window and a reference without a date.
    """

    list_id: ListId
    prehash: bytes
    size_bytes: int
    file_kind: str
    rows: dict[IndicatorKind, int]
    rejects: dict[RowCode, int]
    undated: int = 0

    @property
    def row_count(self) -> int:
        """Return the number of readable rows."""
        return sum(self.rows.values())

    @property
    def reject_count(self) -> int:
        """Return the number of unreadable rows."""
        return sum(self.rejects.values())


def survey_list(
    path: Path,
    check: RowCheck,
    on_reject: Callable[[RowReject], None],
    watch: Callable[[int], None] = lambda _bytes: None,
    on_rows: Callable[[RowBatch], None] = lambda _batch: None,
    usual: UsualForms | None = None,
) -> ListSurvey:
    """Read the file once. Rejects go to `on_reject`, in line order, and the bytes read so far to `watch`.

    `on_rows` takes each batch before it is checked. With `usual` the kernel finds rows of the most usual form.

    Raises UsageError if the file is no list, DamagedInput if it breaks off.
    """
    rows: Counter[IndicatorKind] = Counter()
    rejects: Counter[RowCode] = Counter()
    undated = 0
    with path.open("rb") as stream, pause_cycle_search():
        hashed = HashedStream(stream)
        reader, whole = detect_reader(io.BufferedReader(hashed, 1 << 16), str(path))
        for batch in reader.read_rows(whole, str(path), usual):
            on_rows(batch)
            undated += batch.undated
            bad = check(batch.rows)
            rows.update(_count_by_kind(batch.rows, bad))
            row_rejects = batch.list_all_rejects(bad)
            rejects.update(reject.code for reject in row_rejects)
            for reject in row_rejects:
                on_reject(reject)
            watch(hashed.size_bytes)
        hashed.finish()
    in_order = {kind: rows[kind] for kind in FLAGGABLE if rows[kind]}
    return ListSurvey(
        hashed.list_id,
        hashed.prehash,
        hashed.size_bytes,
        reader.name,
        in_order,
        {code: rejects[code] for code in RowCode if rejects[code]},
        undated,
    )


@contextmanager
def pause_cycle_search() -> Iterator[None]:
    """Rows are plain tuples of texts: Python would search millions of them in vain, for a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _count_by_kind(rows: list[Row] | UsualRows, rejects: list[RowReject]) -> Counter[IndicatorKind]:
    """The good rows, counted. Rows of one line have one kind; rows of a document have numbers of their own."""
    if not isinstance(rows, list):
        kinds = rows.count_kinds({reject.line for reject in rejects})
        return Counter({IndicatorKind(kind): count for kind, count in kinds.items()})
    texts = Counter(map(itemgetter(1), rows))
    if rejects:
        kind_at = {row[0]: row[1] for row in rows}
        texts.subtract(kind_at[reject.line] for reject in rejects)
    counts: Counter[IndicatorKind] = Counter()
    for text, count in texts.items():
        if count:
            counts[IndicatorKind(text.strip(" \t"))] += count
    return counts


def build_plain_check(junk: JunkNames) -> RowCheck:
    """Return the check in plain Python: about 100,000 rows a second."""

    def check(rows: list[Row] | UsualRows) -> list[RowReject]:
        return [result for row in rows if isinstance(result := parse_statement(row, junk), RowReject)]

    return check
