"""Decide what an ideal careful reader concludes about each visit from replies: whose line it was, or nobody's.

From the definitions alone (docs/explanation/attribution.md): "A verdict belongs to visits. A line is named only for the
visits that were asked about and that the reply covers." It is a plain loop over visits, for reading next to the
definitions; where these leave something open, docs/explanation/exercise_world.md has the rule.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import polars as pl

from sightline.exercise.oracle.file_signs import (
    find_echoes,
    find_file_doubt,
    find_file_shift,
    find_same_windows,
    has_port,
    overlaps_time,
    widen_row,
)
from sightline.exercise.oracle.reply_rows import (
    AskedQuestion,
    OracleVisit,
    _compute_surely_from,
    _compute_surely_until,
    asks_about,
    covers_time,
    find_row_doubt,
    may_hold,
)
from sightline.exercise.oracle.shifts import matches_after_shift
from sightline.exercise.oracle.written_rows import WrittenRow, read_rows


@dataclass(slots=True)
class Verdict:
    """The conclusion about a visit. `rows`: positions of the rows that may hold it; `leases`: of those that prove it.

    `asked`: positions of the rows of notices that ask about it.
    """

    verdict: str
    reason: str
    number: str | None = None
    certified: bool = False
    rows: list[int] = field(default_factory=list)
    leases: list[tuple[int, int]] = field(default_factory=list)
    notices: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)


@dataclass
class Replies:
    """All replies to all notices, indexed by notice and address (and port, if a row has a single one)."""

    asked: dict[str, list[AskedQuestion]]
    single: dict[tuple[int, str, int], list[WrittenRow]]
    others: dict[tuple[int, str], list[WrittenRow]]
    silent: set[tuple[int, str]]
    idle: dict[tuple[int, str], list[WrittenRow]]
    zones: dict[int, str]
    notices: dict[str, dict[int, None]] = field(default_factory=dict)

    def find_rows(self, visit: OracleVisit) -> tuple[list[AskedQuestion], list[WrittenRow]]:
        """Return the rows of notices that ask about a visit, and the rows of their replies that may hold it."""
        asking = [question for question in self.asked.get(visit.ip, ()) if asks_about(question, visit)]
        return asking, self._find_covering_rows(visit, dict.fromkeys(question.notice for question in asking))

    def find_other_rows(self, visit: OracleVisit, notices: Sequence[int]) -> list[WrittenRow]:
        """Return the rows of replies to other notices that may hold a visit.

        They may, because an address belongs to one licensee.
        """
        return self._find_covering_rows(
            visit, (notice for notice in self.notices.get(visit.ip, ()) if notice not in notices)
        )

    def _find_covering_rows(self, visit: OracleVisit, notices: Iterable[int]) -> list[WrittenRow]:
        result: dict[int, WrittenRow] = {}
        for notice in notices:
            near = list(self.others.get((notice, visit.ip), ()))
            near += self.single.get((notice, visit.ip, -1 if visit.port is None else visit.port), ())
            result |= {row.place: row for row in near if may_hold(row, visit)}
        return [result[place] for place in sorted(result)]


def derive_verdict(visit: OracleVisit, replies: Replies) -> Verdict | None:
    """Return the verdict of replies on a visit, or None if no notice asked about it.

    `subscriber`: only one number may hold, and undoubted rows surely hold all of the visit's interval.
    """
    asking, rows = replies.find_rows(visit)
    if not asking:
        return None
    notices = list(dict.fromkeys(question.notice for question in asking))
    result = Verdict("none", "no row is of it", rows=[row.place for row in rows], notices=notices)
    result.asked = [question.place for question in asking]
    numbers = sorted({row.number for row in rows if row.number is not None})
    if len(numbers) > 1:
        return replace(result, verdict="conflict", reason="several may hold")
    if not numbers:
        return replace(result, reason="names nobody") if rows else result
    result.verdict = "candidates"
    proving = [row for row in rows if find_row_doubt(row, visit) is None]
    if any(row.number is None for row in rows):
        result.reason = "another row may hold, and names nobody"
    elif any((question.notice, question.row_id) in replies.silent for question in asking):
        result.reason = "a reply says that there are no records"
    elif not covers_time(proving, visit.from_us, visit.until_us):
        result.reason = next(
            (why for why in (find_row_doubt(row, visit) for row in rows) if why), "it covers a part only"
        )
    elif against := [row for row in replies.find_other_rows(visit, notices) if row.ip and row.number != numbers[0]]:
        # "Two replies that name two lines do contradict each other", whatever the question was.
        is_conflict = any(row.number is not None for row in against)
        result.verdict = "conflict" if is_conflict else "candidates"
        result.reason = "a reply to another notice says otherwise"
    elif any(_casts_doubt(row, visit, numbers[0], replies) for row in _list_idle_rows(notices, visit, replies)):
        return replace(result, verdict="conflict", reason="another would hold with its time mistyped")
    else:
        certified = covers_time((row for row in proving if row.certified), visit.from_us, visit.until_us)
        leases = [(_compute_surely_from(row), _compute_surely_until(row)) for row in proving]
        return replace(
            result, verdict="subscriber", reason="covered", number=numbers[0], certified=certified, leases=leases
        )
    return result


def _list_idle_rows(notices: Iterable[int], visit: OracleVisit, replies: Replies) -> list[WrittenRow]:
    return [row for notice in notices for row in replies.idle.get((notice, visit.ip), ())]


def _casts_doubt(row: WrittenRow, visit: OracleVisit, number: str, replies: Replies) -> bool:
    """Return whether a row that answers nothing names another, and would hold the visit if its time were mistyped."""
    if row.number in {None, number} or (visit.port is not None and not has_port(row, visit.port)):
        return False
    return matches_after_shift(row, visit.from_us, visit.until_us, replies.zones.get(row.file, "UTC"))


def read_replies(question_rows: pl.DataFrame, replied: pl.DataFrame) -> Replies:
    """Index the rows of notices and of replies for visits, with all doubts of rows and files.

    `question_rows`: `notice`, `row_id`, `ip`, `port`, `destination_ip`, `from_us`, `until_us`. `replied`:
    rows.NEEDED, and the available ones of rows.OPTIONAL; `timezone`, as declared for the file. It excludes rows that
    a later reply corrects.
    """
    questions = [
        AskedQuestion(place, **_pick_fields(row, AskedQuestion))
        for place, row in enumerate(question_rows.iter_rows(named=True))
    ]
    rows = read_rows(replied)
    zones = _find_zones(replied)
    by_notice: dict[int, list[AskedQuestion]] = {}
    for question in questions:
        by_notice.setdefault(question.notice, []).append(question)
    _doubt_files(rows, by_notice, zones)
    replies = Replies({}, {}, {}, set(), {}, zones)
    for question in questions:
        replies.asked.setdefault(question.ip, []).append(question)
    rows_of: dict[int, list[WrittenRow]] = {}
    for row in rows:
        rows_of.setdefault(row.notice, []).append(row)
    for notice, some in by_notice.items():
        _place_rows(replies, rows_of.get(notice, []), some)
    return replies


def _pick_fields(row: dict[str, Any], kind: type) -> dict[str, Any]:
    return {name: row[name] for column in fields(kind) if (name := column.name) in row}


def _find_zones(replied: pl.DataFrame) -> dict[int, str]:
    if "file" not in replied.columns or "timezone" not in replied.columns:
        zone = replied["timezone"].drop_nulls().head(1).to_list() if "timezone" in replied.columns else []
        return dict.fromkeys([0], zone[0]) if zone else {}
    return dict(replied.select("file", pl.col("timezone").fill_null("UTC")).unique().iter_rows())


def _doubt_files(rows: Sequence[WrittenRow], by_notice: dict[int, list[AskedQuestion]], zones: dict[int, str]) -> None:
    """Note of every row what its whole file, and the question that it answers, leave in doubt."""
    by_file: dict[tuple[int, int], list[WrittenRow]] = {}
    for row in rows:
        by_file.setdefault((row.notice, row.file), []).append(row)
    for (notice, file), some in by_file.items():
        asked = [
            (question.ip, question.port, question.from_us, question.until_us) for question in by_notice.get(notice, ())
        ]
        doubt = find_file_doubt(some, zones.get(file), asked)
        for row in some if doubt else ():
            row.doubt = row.doubt or doubt
        for row in find_echoes(some, asked):
            row.doubt = row.doubt or "its window is the question's"
        for row in find_same_windows(some, asked):
            row.doubt = row.doubt or "several lines have the same window, for questions days apart"
        if by_us := find_file_shift(some, asked):
            for row in some:
                widen_row(row, by_us)


def _place_rows(replies: Replies, rows: Sequence[WrittenRow], asked_questions: Sequence[AskedQuestion]) -> None:
    """Put the rows of one notice's replies where its visits find them."""
    by_id = {question.row_id: question for question in asked_questions}
    by_ip: dict[str, list[AskedQuestion]] = {}
    for asked_question in asked_questions:
        by_ip.setdefault(asked_question.ip, []).append(asked_question)
    for row in rows:
        own = by_id.get(row.row_id or "")
        if not row.is_assignment:
            replies.silent |= {
                (question.notice, question.row_id)
                for question in _list_denied_questions(row, own, asked_questions, by_ip)
            }
            continue
        if row.row_id is not None and (own is None or not _answers_question(row, own)):
            # "A row that repeats the id of another row of the notice than it meets": one of the two is wrong.
            row.doubt = row.doubt or "it repeats the id of another row"
        places = _list_addresses(row, own, asked_questions)
        for ip in places:
            replies.notices.setdefault(ip, {})[row.notice] = None
            port = row.port_from
            if port is not None and row.port_to in {None, port}:
                replies.single.setdefault((row.notice, ip, port), []).append(row)
                replies.single.setdefault((row.notice, ip, -1), []).append(row)
            else:
                replies.others.setdefault((row.notice, ip), []).append(row)
            if not any(overlaps_time(row, question.from_us, question.until_us + 1) for question in by_ip.get(ip, ())):
                replies.idle.setdefault((row.notice, ip), []).append(row)


def _answers_question(row: WrittenRow, question: AskedQuestion) -> bool:
    """Return whether a row of a reply meets the row of the notice whose id it repeats."""
    at_place = (row.prefix_length is not None or row.ip in {None, question.ip}) and (
        question.port is None or has_port(row, question.port)
    )
    return at_place and overlaps_time(row, question.from_us, question.until_us + 1)


def _list_addresses(row: WrittenRow, own: AskedQuestion | None, asked_questions: Sequence[AskedQuestion]) -> list[str]:
    """The address of a row; of one that cannot be read, that of the row of the notice whose id it repeats, or all."""
    if row.prefix_length is not None:
        network = ipaddress.ip_network(row.ip or "", strict=False)
        return [
            ip
            for ip in dict.fromkeys(question.ip for question in asked_questions)
            if ipaddress.ip_address(ip) in network
        ]
    if row.ip is not None:
        return [row.ip]
    if own is not None:
        return [own.ip]
    near = (
        question.ip
        for question in asked_questions
        if row.start_us is not None and overlaps_time(row, question.from_us, question.until_us + 1)
    )
    return list(dict.fromkeys(near))


def _list_denied_questions(
    row: WrittenRow,
    own: AskedQuestion | None,
    asked_questions: Sequence[AskedQuestion],
    by_ip: dict[str, list[AskedQuestion]],
) -> Sequence[AskedQuestion]:
    """The rows of the notice of which a reply says that there are no records."""
    if row.row_id is not None:
        return [] if own is None else [own]
    if row.ip is None:
        return asked_questions
    same = [question for question in by_ip.get(row.ip, ()) if question.port is None or has_port(row, question.port)]
    return [question for question in same if overlaps_time(row, question.from_us, question.until_us + 1)]


def resolve_visits(visits: pl.DataFrame, questions: pl.DataFrame, replied: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each visit that was asked about: `at`, and all of Verdict.

    `visits`: the columns of Visit. Rows are in the order of the visits.
    """
    replies = read_replies(questions, replied)
    result = []
    for row in visits.iter_rows(named=True):
        visit = OracleVisit(**_pick_fields(row, OracleVisit))
        verdict = derive_verdict(visit, replies)
        if verdict is not None:
            result.append(_as_row(visit, verdict))
    return pl.DataFrame(result, schema=RESOLVED, orient="row")


RESOLVED: dict[str, pl.DataType | type[pl.DataType]] = {
    "at": pl.Int64,
    "verdict": pl.String,
    "why": pl.String,
    "number": pl.String,
    "certified": pl.Boolean,
    "rows": pl.List(pl.Int64),
    "leases": pl.List(pl.Array(pl.Int64, 2)),
    "notices": pl.List(pl.Int64),
    "asked": pl.List(pl.Int64),
}


def _as_row(visit: OracleVisit, verdict: Verdict) -> tuple[object, ...]:
    leases = [list(lease) for lease in verdict.leases]
    return (
        visit.at,
        verdict.verdict,
        verdict.reason,
        verdict.number,
        verdict.certified,
        verdict.rows,
        leases,
        verdict.notices,
        verdict.asked,
    )
