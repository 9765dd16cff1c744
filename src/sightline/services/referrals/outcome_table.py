"""Outcomes of referred leads as a CSV table: an empty one for a force to fill in, and a filled one as forms."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from io import StringIO

from sightline.casework.forces.referrals import ReferralOutcomeForm
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.model import OutcomeKind
from sightline.model.short_ids import format_lead_number

LEAD, OUTCOME, FOUND_ON, REASON = COLUMNS = ("lead", "outcome", "found_on", "reason")
DAYS = ("%Y-%m-%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y")
"""Forms of a day. A month in digits stands after the year only: 05-03-2026 may be of March or of May."""
MOST_NAMED = 20
"""How many faulty rows an error names."""
MOST_ROWS = 10_000


def build_empty_table(lead_ids: Sequence[str]) -> bytes:
    """Return a CSV table with a row for each lead, to be filled in. It opens in a spreadsheet."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows((format_lead_number(lead_id), "", "", "") for lead_id in lead_ids)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def read_table(data: bytes, kinds: Mapping[str, OutcomeKind]) -> list[ReferralOutcomeForm]:
    """Return a form for each row that has an outcome. `kinds`: an outcome by its word, in lower case.

    Raises UsageError that names every faulty row, up to twenty: then nothing of the table is used.
    """
    outcome_forms: list[ReferralOutcomeForm] = []
    faults: list[str] = []
    for number, row in _read_rows(data):
        if not row.get(OUTCOME):
            continue
        try:
            outcome_forms.append(_read_form(row, kinds))
        except ValueError as error:
            faults.append(f"line {number}: {error}")
    if faults:
        more = [f"and {len(faults) - MOST_NAMED:,} more"] if len(faults) > MOST_NAMED else []
        raise UsageError(
            f"{count_noun(len(faults), 'row')} of the table cannot be read, so nothing was recorded",
            hint="correct these rows and import the table again",
            details=[*faults[:MOST_NAMED], *more],
        )
    if not outcome_forms:
        raise UsageError("no row of the table has an outcome", hint="fill in the column outcome, then import it again")
    return outcome_forms


def _read_rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells by column. Raises UsageError if it is no such table."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("the table is not UTF-8", hint="save it as CSV UTF-8") from None
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    table = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(table, [])]
        missing = [name for name in (LEAD, OUTCOME, FOUND_ON) if name not in names]
        if missing:
            raise UsageError(f"the table has no column {missing[0]}", hint=f"its columns are {', '.join(COLUMNS)}")
        for row in table:
            if table.line_num > MOST_ROWS + 1:
                raise UsageError(f"the table has more than {MOST_ROWS:,} rows")
            yield table.line_num, dict(zip(names, (cell.strip() for cell in row), strict=False))
    except csv.Error as error:
        raise UsageError(f"line {table.line_num} is not CSV: {error}", hint="save it as CSV UTF-8") from None


def _read_form(row: Mapping[str, str], kinds: Mapping[str, OutcomeKind]) -> ReferralOutcomeForm:
    kind = kinds.get(row[OUTCOME].lower())
    if kind is None:
        offered = sorted({kind.value for kind in kinds.values()})
        raise ValueError(f"{row[OUTCOME][:40]} is no outcome; write one of {', '.join(offered)}")
    if not row[LEAD]:
        raise ValueError("it names no lead")
    found_on = _parse_day(row.get(FOUND_ON, ""))
    return ReferralOutcomeForm(row[LEAD], kind, found_on.isoformat(), why=row.get(REASON, "")[:2000])


def _parse_day(text: str) -> date:
    """Return a day in a form that can mean one day only, also as spreadsheets write it. Raises ValueError."""
    for form in DAYS:
        with suppress(ValueError):
            return datetime.strptime(text, form).date()
    raise ValueError("found_on is not a day such as 2026-03-31 or 31-Mar-2026")
