"""Any bytes as a tip: every frame is a record, a comment or a reject that lies within the bytes,
and nothing else happens.

Run: python tests/fuzz/fuzz_tips.py -max_total_time=600 [CORPUS]. Seeds: tests/fuzz/seeds.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["sightline"]):
    from sightline.errors import UnknownFormat, UsageError
    from sightline.stages.scan.options import ReadOptions
    from sightline.stages.scan.zones import build_zone_table
    from sightline.stages.tips import archive, session_rows
    from sightline.stages.tips.model import Item, TipEvent, TipOptions, TipReject
    from sightline.stages.tips.sessions import SourcedEvent, TipDeclaration, build_sessions
    from sightline.stages.tips.table_columns import parse_declared

UTC = ReadOptions(timezone=build_zone_table("UTC"), date_order="dmy", year=2026)
OPTIONS = (
    TipOptions(UTC),
    TipOptions(kind="p2p"),
    TipOptions(UTC, parse_declared("address=#1,port=#2,time=#3"), kind="sheet"),
)
UNDER = TipDeclaration("S", "A", 900, exercise=True)


def one_input(raw: bytes) -> None:
    """Read it; raises AssertionError for what must not be."""
    options = OPTIONS[raw[-1] % len(OPTIONS)] if raw else OPTIONS[0]
    try:
        items = list(archive.read(raw, options))
    except (UnknownFormat, UsageError) as refused:
        assert refused.hint
        assert str(refused).encode()
        return
    for item in items:
        check_place(item, raw)
    events = [SourcedEvent(item, "0" * 64) for item in items if isinstance(item, TipEvent)]
    cut = build_sessions(events, UNDER)
    assert sum(len(session.events) for session in cut) == len(events)
    rows = [session_rows.build_session_row(session, UNDER) for session in cut]
    rejects = [session_rows.reject_row(item, "0" * 64) for item in items if isinstance(item, TipReject)]
    assert session_rows.write_jsonl(rows).count(b"\n") == len(cut)
    assert session_rows.write_jsonl(rejects).count(b"\n") == len(rejects)
    assert session_rows.as_csv(rows)


def check_place(item: Item, raw: bytes) -> None:
    """What stands in the exhibit itself, not in a member, lies within it; an event has its address and port."""
    if isinstance(item, TipEvent):
        assert item.source_ip
        assert item.source_port is None or 0 < item.source_port < 65536
    place = getattr(item, "place", None)
    if place is not None and place.member is None and place.byte_offset is not None:
        assert 0 <= place.byte_offset <= place.byte_offset + (place.length or 0) <= len(raw), (place, len(raw))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
