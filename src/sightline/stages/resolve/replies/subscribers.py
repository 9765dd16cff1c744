"""Read rows of customer application forms and subscriber data records, one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import (
    ASSIGNED,
    FORM,
    REJECTS,
    SECOND_US,
    SUBSCRIBERS,
    NumberKind,
    ReplyBatch,
    RowStatement,
)
from sightline.stages.resolve.operators import NAMES_OF_OPERATORS
from sightline.stages.resolve.replies import (
    assignment_table,
    cell_text,
    confirming_values,
    denied_numbers,
    operator_marks,
    reply_times,
    row_batches,
    single_rows,
    stated_ids,
    subscriber_numbers,
)
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import split_words
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.reply_times import DAY_US, TimeRules
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.single_rows import AssignedRow, RowFault

_OF_A_LINE = ("circuit", "user_id", "account")
_KEPT_AS_TEXT = frozenset({*FORM} - {"msisdn", "imsi", "imei"})
_KINDS = {kind.value: kind.value for kind in NumberKind}


def read_batch(
    frame: pl.DataFrame,
    places: Mapping[str, int],
    headings: Sequence[str],
    dates: Sequence[DateColumn],
    rules: TimeRules,
    checks: Sequence[SideColumn],
) -> ReplyBatch:
    """Read the rows of a frame of text under those headings.

    A row that states that there are no records is an assignment.

    `dates`: the columns that state since when, or until when, the line was the subscriber's; an unreadable one is a
    reject.
    """
    result: list[dict[str, object]] = []
    none: list[tuple[int, AssignedRow]] = []
    rejected: list[assignment_table.Rejected] = []
    doubted = _find_doubted(frame, checks) | _find_no_customers(frame, places, headings)
    operators = _find_operators(frame, checks)
    for row, fault, over, *cells in frame.select(
        "row", FAULT, OVER, *(f"c{at}" for at in range(len(headings)))
    ).iter_rows():
        stand = assignment_table.list_filled_cells(cells, over)
        if not stand or assignment_table.is_heading(cells, headings):
            continue
        texts = {field: cells[at] for field, at in places.items()}
        if fault is None and (denials := _read_denial(row, texts, denied_numbers.find_denial(cells, headings))):
            result += denials
        elif fault is None and any(load_shared_words().says_no_records(cell) for cell in stand):
            none.append((row, _build_no_records(texts)))
        elif len(stand) <= 2 and load_shared_words().is_footnote(stand[0]):
            continue
        elif fault is not None or over.strip():
            rejected.append((row, "", fault or ReplyCode.COLUMN_COUNT.value))
        else:
            read = _read_row(texts, [(date, cells[date.at]) for date in dates], rules)
            if row in doubted:
                rejected.append((row, doubted[row], ReplyCode.NO_PATTERN.value))
                result += _read_doubted(row, read, cells, rules)
            elif isinstance(read, RowFault):
                rejected.append((row, read.field, read.code.value))
            else:
                is_operator = row in operators or bool(_OF_OPERATORS.search(texts.get("name", "").lower()))
                result += [{"row": row, **one, "is_operator": is_operator} for one in read]
    return ReplyBatch(
        row_batches.as_frame(none) if none else pl.DataFrame(schema=ASSIGNED),
        pl.DataFrame(result, schema=SUBSCRIBERS),
        pl.DataFrame(rejected, schema=REJECTS, orient="row"),
    )


def _read_denial(row: int, texts: Mapping[str, str], denied_by: str | None) -> list[dict[str, object]]:
    """Return the numbers of a row that a cell denies, one for each kind that each may be; none if no cell does."""
    result: list[dict[str, object]] = []
    if denied_by is None:
        return result
    try:
        for field in _list_naming_fields(texts):
            text = cell_text.clean_text(texts[field])
            numbers = [] if text is None else _parse_number(field, text, texts.get("number_kind", ""))
            result += [
                {"row": row, "number": number, "number_kind": kind, "is_operator": False, "says": "denied"}
                for number, kind in numbers
            ]
    except UnreadableValue:
        return []
    return result


_ENDED = re.compile(
    r"\b(?:closed|churned|ported[ -]?out|port[ -]?out|surrendered|disconnected|deactivated|terminated|cancell?ed|ceased"
    r"|permanently disconnected|pd|dnp|npd|shifted|transferred|withdrawn)\b"
    r"[^0-9]{0,20}(?P<day>[0-9][0-9A-Za-z/. -]{6,19})$",
    re.IGNORECASE,
)
"""A status with the day since when it is so."""


def _read_doubted(
    row: int, read: list[dict[str, object]] | RowFault, cells: Sequence[str], rules: TimeRules
) -> list[dict[str, object]]:
    """Return numbers and validity of a row that is no form, as its status takes it back: its dates bound it still."""
    if isinstance(read, RowFault):
        return []
    days = [match["day"] for cell in cells if (match := _ENDED.search(cell.strip()))]
    ended = [edge for day in days for edge in _list_ends(day, rules)]
    result = []
    for one in read:
        until = min((end for end in (*ended, one["until_us"]) if isinstance(end, int)), default=None)
        names = {name: one[name] for name in ("number", "number_kind", "from_us")}
        result.append({"row": row, **names, "until_us": until, "is_operator": False, "says": "doubted"})
    return result


def _list_ends(day: str, rules: TimeRules) -> list[int]:
    """Return when a line ended on a day among words, in each order of day, month and year that it may have."""
    result = []
    for order in ("dmy", "mdy", "ymd") if rules.order is None or not day[:4].isdigit() else (rules.order,):
        try:
            edge = _find_edge("until_us", [(DateColumn(0, "until_us"), day)], replace(rules, order=order))
        except UnreadableValue:
            continue
        if edge is not None:
            result.append(edge)
    return result


def _find_doubted(frame: pl.DataFrame, checks: Sequence[SideColumn]) -> dict[int, str]:
    """The heading of the first column that takes a form back, by row: a status must confirm, no other may deny."""
    result: dict[int, str] = {}
    for mark in checks:
        texts = frame[f"c{mark.at}"]
        is_status = mark.kind in {"status", "cause", "packet"}
        mask = confirming_values.find_doubted(texts, mark) if is_status else load_shared_words().match_denied(texts)
        if _says_since_when(mark):
            mask = (False if mask is None else mask) | texts.str.contains(_DATED)
        for row in [] if mask is None else frame["row"].filter(mask):
            result.setdefault(row, mark.heading.strip())
    return result


_NO_CUSTOMER = {
    "name": r"(?i)\b(?:test|testing|demo|dummy|trial)\b",
    "installation_address": r"(?i)^(?:[a-z]+ )?(?:exchange|central office|head ?end|pop|data cent(?:er|re))\s*(?:,|\z)",
}
"""The name of a line for tests, and the place of a network's own equipment, by field."""


def _find_no_customers(frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str]) -> dict[int, str]:
    """The heading of the name, or place, that is no customer's, by row."""
    result: dict[int, str] = {}
    for field, pattern in _NO_CUSTOMER.items():
        if field in places:
            at = places[field]
            rows = frame["row"].filter(frame[f"c{at}"].str.strip_chars().str.contains(pattern))
            result |= dict.fromkeys(rows, headings[at].strip())
    return result


_OF_OPERATORS = re.compile(NAMES_OF_OPERATORS)


def _find_operators(frame: pl.DataFrame, checks: Sequence[SideColumn]) -> set[int]:
    """The rows whose customer is of a type that has guests or customers behind the line."""
    result: set[int] = set()
    for mark in checks:
        texts = frame[f"c{mark.at}"]
        if mark.kind == "customer":
            types = [text for text in texts.unique() if operator_marks.is_operator(text, mark)]
            result |= {*frame["row"].filter(texts.is_in(types))}
        for is_one in operator_marks.find_operators({mark: texts}):
            result |= {*frame["row"].filter(is_one.fill_null(value=False))}
        if {*split_words(mark.heading)} & _OF_SERVICES:
            result |= {*frame["row"].filter(texts.str.to_lowercase().str.contains(_SERVES_OTHERS))}
    return result


_OF_SERVICES = frozenset({"service", "services", "usage", "purpose", "use", "plan", "product", "connection"})
_SERVES_OTHERS = (
    r"\b(?:pm-?wani|pdoa?|re-?distribution|redistribut(?:e|ed|ing)|re-?sale|resell(?:er|ing)?|sub-?let(?:ting)?|lco"
    r"|hotspots?|franchisee?|cyber caf[eé]|hostel|pg|paying guests?|public wi-?fi|wholesale|transit|vno|uplink)\b"
)
"""What a service or use says if the holder has customers or guests behind the line."""


_DATED = "[0-9].*[-/. ].*[0-9]"
_SINCE = frozenset({"on", "since", "wef", "effective", "upto", "in", "out"})
_OF_NO_HOLDER = frozenset(
    {"verified", "generated", "printed", "extracted", "born", "billed", "applied", "recharged", "paid"}
)


def _says_since_when(mark: SideColumn) -> bool:
    """Whether a column of an unknown name may say since or until when the line was somebody's (`Re-issued On`)."""
    heading_words = {*split_words(mark.heading)}
    return mark.kind == "other" and bool(heading_words & _SINCE) and not heading_words & _OF_NO_HOLDER


def _read_row(
    texts: Mapping[str, str], dates: Sequence[tuple[DateColumn, str]], rules: TimeRules
) -> list[dict[str, object]] | RowFault:
    """What a row says, once for each number that names its line."""
    field = ""
    try:
        form: dict[str, object] = {}
        for field in FORM:
            form[field] = _parse_form_value(field, texts)
        for field in ("from_us", "until_us"):
            form[field] = _find_edge(field, dates, rules)
        numbers = []
        for field in _list_naming_fields(texts):
            text = cell_text.clean_text(texts[field])
            if text is not None:
                numbers += _parse_number(field, text, texts.get("number_kind", ""))
    except UnreadableValue as error:
        return RowFault(field, error.code)
    if not numbers:
        return RowFault("number", ReplyCode.MISSING_FIELD)
    for number, kind in numbers:
        if kind in {NumberKind.MSISDN, NumberKind.IMSI} and form[kind] is None:
            form[kind] = number
    return [{"number": number, "number_kind": kind, **form} for number, kind in dict.fromkeys(numbers)]


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A date column of a form: `from_us` of an activation, `until_us` of a disconnection."""

    at: int
    edge: str


_WIDEST_S = {"from_us": DAY_US // SECOND_US + 12 * 3600, "until_us": -14 * 3600}
"""How much later (its end, at UTC-12) or earlier (its start, at UTC+14) a day without a zone may be."""


def _find_edge(edge: str, dates: Sequence[tuple[DateColumn, str]], rules: TimeRules) -> int | None:
    """The latest of the dates since which a line was theirs, or the earliest until which. Raises UnreadableValue.

    A date alone is a whole day: theirs surely from its end, or until its begin.
    """
    result = []
    for column, cell in dates:
        text = cell_text.clean_text(cell) if column.edge == edge else None
        if text is None or text.lower() in load_shared_words().confirming["permanent"] | {"active", "working", "live"}:
            continue
        try:
            instant = reply_times.parse_instant(text, rules)
            result.append(instant.us + (instant.slack_us if edge == "from_us" else 0))
        except UnreadableValue as error:
            if error.code not in {ReplyCode.INCOMPLETE_TIME, ReplyCode.TIME_WITHOUT_ZONE}:
                raise
            day = text if error.code is ReplyCode.INCOMPLETE_TIME else reply_times.split_time(text)[0]
            local = reply_times.parse_day(reply_times.strip_midnight(day), rules.order, rules.year) * DAY_US
            result.append(_compute_day_edge(local, edge, rules))
    if not result:
        return None
    return max(result) if edge == "from_us" else min(result)


def _compute_day_edge(local_us: int, edge: str, rules: TimeRules) -> int:
    """When a day surely is over (`from_us`), or surely has not begun yet (`until_us`)."""
    if rules.zone is None:
        return local_us + _WIDEST_S[edge] * SECOND_US
    at = local_us + DAY_US if edge == "from_us" else local_us
    midnight = reply_times.place_time(at, reply_times.TimeOfDay(0, 0, None), rules)
    return midnight.us + (midnight.slack_us if edge == "from_us" else 0)


def _list_naming_fields(texts: Mapping[str, str]) -> list[str]:
    """The fields with the numbers of the line: the one that was asked for, or its ids, else its telephone number.

    Beside the id of a line, a mobile number is that of the customer, and names no line.
    """

    def has(field: str) -> bool:
        return field in texts and cell_text.clean_text(texts[field]) is not None

    if has("number"):
        return ["number"]
    ids = [field for field in _OF_A_LINE if has(field)]
    return [*(ids or [field for field in ("msisdn", "line") if has(field)][:1]), *(["imsi"] if has("imsi") else [])]


_NAMES_OF_LINES = (NumberKind.USER_ID, NumberKind.ACCOUNT, NumberKind.CIRCUIT)


def _parse_number(field: str, text: str, kind: str) -> list[tuple[str, str]]:
    """The canonical number and its kind. Raises UnreadableValue.

    What was asked for (`number`) and has no kind comes once for each kind that it may be: a notice has one of them.
    """
    if field != "number":
        return [single_rows.parse_number(field, text)]
    kinds = _KINDS.get(kind.strip().lower().replace(" ", "-").replace("_", "-"))
    if kinds is not None:
        return [single_rows.parse_number(kinds.replace("-", "_"), text)]
    if re.fullmatch(r"[0-9]{14,15}", text, re.ASCII):
        return [(subscriber_numbers.parse_imsi(text), NumberKind.IMSI.value)]
    if "@" in text:
        return [single_rows.parse_number("user_id", text)]
    own = [single_rows.parse_number("line", text)]
    name = stated_ids.read_name_of_line(text)
    return [
        *own,
        *((name, number_kind.value) for number_kind in _NAMES_OF_LINES if (name, number_kind.value) not in own),
    ]


def _parse_form_value(field: str, texts: Mapping[str, str]) -> str | None:
    text = cell_text.clean_text(texts.get(field, ""))
    if text is None or field in _KEPT_AS_TEXT:
        return text
    if field == "imei":
        cell_text.refuse_mangled(text)
        return text
    return single_rows.parse_number(field, text)[0]


def _build_no_records(texts: Mapping[str, str]) -> AssignedRow:
    """That there are none, of the number that the row repeats."""
    number: str | None = None
    kind: str | None = None
    try:
        for field in _list_naming_fields(texts):
            text = cell_text.clean_text(texts[field])
            if text is not None and not load_shared_words().says_no_records(text):
                number, kind = _parse_number(field, text, texts.get("number_kind", ""))[0]
                break
    except UnreadableValue:
        number, kind = None, None
    own_id = texts.get("row_id", "").strip()
    return AssignedRow(
        number=number, number_kind=kind, row_id=stated_ids.read_row_id(own_id), says=RowStatement.NO_RECORDS.value
    )
