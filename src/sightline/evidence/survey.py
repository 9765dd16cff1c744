"""Survey a hit file before anything is written: its indicators, lists, exhibits, and unreadable rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sightline.evidence.hit_file import BadRow
from sightline.model import Hit, IndicatorKind, Opinion

SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True, order=True)
class StatedIndicator:
    """An indicator as its issuer states it. Two opinions at two times are two indicators."""

    list_id: str
    indicator_id: str
    opinion: Opinion
    category: str | None
    kind: IndicatorKind
    value: str
    issuer: str | None


@dataclass(slots=True)
class Span:
    """The times, in microseconds since 1970, from the first to the last of some visits, uncertainties included."""

    first_us: int
    from_us: int
    until_us: int

    def add(self, hit: Hit) -> None:
        """Extend it with a hit."""
        margin_us = hit.uncertainty_s * 1_000_000
        self.first_us = min(self.first_us, hit.timestamp_us)
        self.from_us = min(self.from_us, hit.timestamp_us - margin_us)
        self.until_us = max(self.until_us, hit.timestamp_us + margin_us + 1)


@dataclass(slots=True)
class HitSurvey:
    """The result of a survey.

    `stated` is in order of first appearance; `exhibits` have hit counts; the first bad rows are listed.
    """

    rows: int = 0
    stated: dict[StatedIndicator, Span] = field(default_factory=dict)
    exhibits: Counter[str] = field(default_factory=Counter)
    lists: dict[str, str | None] = field(default_factory=dict)
    rejects: Counter[str] = field(default_factory=Counter)
    bad_rows: list[BadRow] = field(default_factory=list)


def build_statement(hit: Hit) -> StatedIndicator:
    """Return the list's statement in a hit's row."""
    return StatedIndicator(
        list_id=hit.list_id,
        indicator_id=hit.indicator_id,
        opinion=hit.opinion,
        category=hit.category,
        kind=hit.indicator_kind,
        value=hit.indicator,
        issuer=hit.issuer,
    )


def survey_rows(rows: Iterable[Hit | BadRow]) -> HitSurvey:
    """Read all rows once and return the survey."""
    list_survey = HitSurvey()
    for row in rows:
        list_survey.rows += 1
        if isinstance(row, BadRow):
            list_survey.rejects[row.code.value] += 1
            if len(list_survey.bad_rows) < SHOWN_ROWS:
                list_survey.bad_rows.append(row)
            continue
        list_survey.exhibits[row.exhibit_sha256] += 1
        list_survey.lists.setdefault(row.list_id, row.issuer)
        key = build_statement(row)
        span = list_survey.stated.get(key)
        if span is None:
            span = list_survey.stated[key] = Span(row.timestamp_us, row.timestamp_us, row.timestamp_us)
        span.add(row)
    return list_survey
