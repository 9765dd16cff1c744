"""Yield the hits of a record: a row for each indicator that it matches in a window that covers it (ADR 2)."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.model import ExhibitId, Hit, RecordKind
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.record import Address, Record
from sightline.stages.scan.reference.record_matches import (
    IndicatorMatch,
    Matcher,
    Subject,
    choose_verdict,
    derive_subject,
)

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class HitPlace:
    """The place of a frame's bytes: an exhibit, and the archive member in it."""

    exhibit: ExhibitId
    member: str | None


@dataclass(frozen=True, slots=True)
class RecordedVisit:
    """A record with all of a row except the indicator. `beside_us`: how long before and after its time it may be."""

    record: Record
    subject: Subject
    uncertainty_s: int
    beside_us: tuple[int, int]
    frame: Frame
    place: HitPlace


def find_record_hits(
    record: Record, matcher: Matcher, options: ReadOptions, frame: Frame, place: HitPlace
) -> list[Hit | None]:
    """Yield one item for each matching indicator, in the order of ADR 2. None is outside every window."""
    uncertainty_s, beside_us = options.clock_uncertainty_s + record.fold_s, (options.before_us, options.after_us)
    visit = RecordedVisit(record, derive_subject(record), uncertainty_s, beside_us, frame, place)
    return [_build_hit(visit, match) for match in matcher.find_matches(visit.subject)]


def _build_hit(visit: RecordedVisit, match: IndicatorMatch) -> Hit | None:
    """The row of a visit to an indicator; None where no statement covers it."""
    record, page, frame = visit.record, visit.subject.page, visit.frame
    timestamp_us = record.timestamp_us or 0
    spoken = choose_verdict(match.indicator.statements, timestamp_us, visit.uncertainty_s * MICRO, *visit.beside_us)
    if spoken is None:
        return None
    statement, vouched = spoken
    return Hit(
        timestamp_us=timestamp_us,
        timestamp_original=_format_text(record.timestamp_original) or "",
        uncertainty_s=visit.uncertainty_s,
        source_ip=_format_text(record.source_ip),
        source_port=record.source_port,
        destination_ip=_format_text(record.destination_ip),
        destination_port=record.destination_port,
        host=page.host.text if page.host else None,
        url=page.url,
        method=_format_text(record.method),
        status=record.status,
        bytes=record.bytes,
        user_agent=_format_text(record.user_agent),
        referrer=_format_text(record.referrer),
        user=_format_text(record.user),
        dns_type=_format_text(record.dns_type),
        dns_action=_format_text(record.dns_action),
        record_kind=RecordKind(_format_text(record.record_kind) or ""),
        indicator_id=match.indicator_id,
        indicator_kind=match.indicator.kind,
        indicator=match.indicator.value,
        category=statement.category or match.flag_list.category,
        list_id=match.flag_list.list_id,
        issuer=match.flag_list.issuer,
        opinion=statement.opinion,
        vouched=vouched,
        exhibit_sha256=visit.place.exhibit,
        member=visit.place.member,
        byte_offset=frame.byte_offset,
        line_number=frame.line_number,
        raw=frame.raw or b"",
    )


def _format_text(value: bytes | Address | None) -> str | None:
    """A text of a record as a row shows it; bytes that are not UTF-8 as `\\xHH`."""
    if value is None:
        return None
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
