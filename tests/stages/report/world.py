"""Leads as `leads list --json` tells them, and a generation's frame: invented, over documentation ranges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from sightline.stages.report.report_facts import LeadReport, ReportDataSet, ReportExhibit, ReportList, ReportRule

SERVER = "4cedfc69a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c"
CITY, OTHER = {"name": "DB-IP City Lite", "date": "2026-03-01"}, {"name": "Example City", "date": "2026-03-03"}
EXITS = {"name": "Example exits", "date": "2026-03-17"}

REPORT = LeadReport(
    workspace="Cyber PS, Demo",
    generation="9c41f0aa77de51b29c41f0aa77de51b2",
    made_at=datetime(2026, 4, 2, 9, 30, tzinfo=UTC),
    is_exercise=True,
    data_sets=(
        ReportDataSet(
            "aa" * 32, "DB-IP City Lite", "city", "2026-03-01", "CC BY 4.0", "IP Geolocation by DB-IP (db-ip.com)"
        ),
        ReportDataSet("ab" * 32, "Example exits", "relay", "2026-03-17", "CC0"),
    ),
    exhibits=(ReportExhibit(SERVER, "seized-nginx.log.gz", "board server"),),
    rules=(ReportRule("port-seen", 1, "ceiling"), ReportRule("repeats", 2, "for")),
    lists=(ReportList("ee" * 32, "AGENCY", "signed by AGENCY", "7"),),
    code_version="0.1.0",
)


def reason(rule: str, text: str, places: int = 1, **more: Any) -> dict[str, Any]:
    where = [{"exhibit": SERVER, "member": None, "byte_offset": 231_220_914 + 611 * at} for at in range(places)]
    return {"rule": rule, "version": 1, "text": text, "where": where, "element": None, "dataset": None} | more


CEILINGS = {
    "shared": [reason("may-be-shared", "no source port, and the network may share addresses")],
    "connection-only": [reason("connection", "1 visit is a connection whose page is not known")],
    "resolution-only": [reason("dns-lookup", "31 visits are lookups of a name: nothing was visited")],
    "time-unproven": [reason("zone-unproven", "the zone of 31 visits is neither in the record nor declared")],
    "relay": [reason("relay-then", "the address was a relay then", dataset=EXITS)],
    "automated": [reason("crawler-agent", "31 visits came from a program by its own words")],
}


def lead(ceiling: str = "subscriber", number: int = 1, **more: Any) -> dict[str, Any]:
    """A lead; what is not said is as of one line with a port, in Kerala."""
    values = {
        "lead_id": f"{number:02x}f2a91c04b5d6e7f8091a2b3c4d5e6f",
        "source_ip": "203.0.113.77",
        "source_port": 51544,
        "first_seen": "2026-03-17T20:41:07.482000Z",
        "last_seen": "2026-03-17T21:06:02.000000Z",
        "uncertainty_s": 2,
        "visits": 31,
        "hits": 33,
        "indicators": [{"indicator_id": "5f2c77aa90b1c2d3e4f5061728394a5b", "kind": "domain"}],
        "sessions": 1,
        "ceiling": ceiling,
        "candidates": None,
        "place": {
            "country": "IN",
            "state": "IN-KL",
            "circle": "Kerala",
            "district": "Ernakulam",
            "verdict": "agreed",
            "why": "agreed",
            "radius_km": 38.2,
            "datasets": [CITY, OTHER],
            "answers": [],
        },
        "network": {"asn": 64500, "isp": "Example Fibre", "line": "fixed", "dataset": None},
        "relay": {"kind": None, "verdict": "no", "dataset": EXITS, "dataset_date": "2026-03-17T20:00:00.000000Z"},
        "reasons_for": [reason("repeats", "4 occasions by the same account", 31, element="IT Act 67B(b): browses")],
        "reasons_against": [reason("outside-referrer", "1 visit came by an advertisement")],
        "reasons_ceiling": CEILINGS.get(ceiling, []),
        "notes": [reason("port-seen", "the record holds the source port of 31 visits")],
        "priority": "high",
        "priority_why": None,
        "keep_until": "2028-03-17",
        "joined_by": None,
    }
    return values | more


UNDETERMINED = {"country": "IN", "state": None, "circle": "Kerala", "verdict": "undetermined", "why": "disagree"}
MOBILE = {"asn": 64501, "isp": "Example Mobile", "line": "mobile"}

LEADS = [
    lead(),
    lead("subscriber", 2, sessions=4, joined_by="account", keep_until="2026-04-10", uncertainty_s=900),
    lead("shared", 3, source_port=None, place=UNDETERMINED, network=MOBILE, candidates=1200),
    lead(
        "shared",
        4,
        source_ip="100.64.3.9",
        source_port=None,
        network={},
        place={"verdict": "undetermined", "why": "no-answer"},
        reasons_ceiling=[reason("inside-address", "100.64.3.9 is an inside address: no ISP can be asked for it")],
        reasons_for=[],
    ),
    lead("shared", 5, source_ip="2001:db8:12:34::9", source_port=None, keep_until="2025-04-10", priority="normal"),
    lead("connection-only", 6, visits=1, hits=1, priority="low", reasons_for=[]),
    lead("resolution-only", 7, priority="low", place=UNDETERMINED, reasons_for=[]),
    lead("time-unproven", 8, priority="low", keep_until=None),
    lead("relay", 9, priority="low", relay={"kind": "tor", "verdict": "yes", "dataset": EXITS}),
    lead("relay", 10, priority="low", relay={"kind": "vpn", "verdict": "yes", "dataset": EXITS}),
    lead("automated", 11, priority="low", reasons_for=[]),
    lead("statistics", 12, priority="low", reasons_for=[], reasons_against=[], reasons_ceiling=[]),
]
"""One lead and more of every ceiling."""


def frame(*rows: tuple[str, str, str | None, str | None, str | None, str | None, str, str]) -> pl.DataFrame:
    """Leads with the columns that are counted: ceiling, priority, country, state, circle, district, place, line."""
    names = ["ceiling", "priority", "country", "state", "circle", "district", "place", "line"]
    counted = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return counted.with_columns(
        sessions=1, visits=3, hits=4, first_us=1_770_000_000_000_000, last_us=1_770_000_900_000_000
    )


FRAME = frame(
    *[("subscriber", "high", "IN", "IN-KL", "Kerala", "Ernakulam", "agreed", "fixed")] * 12,
    *[("shared", "normal", "IN", "IN-KL", "Kerala", None, "agreed", "mobile")] * 5,
    ("subscriber", "urgent", "IN", "IN-TG", None, None, "agreed", "fixed"),
    *[("shared", "low", "IN", None, "Kerala", None, "undetermined", "mobile")] * 30,
    ("shared", "low", None, None, None, None, "undetermined", "fixed"),
    *[("relay", "low", "DE", None, None, None, "agreed", "hosting")] * 4,
    ("relay", "low", "IN", "IN-KL", None, None, "agreed", "hosting"),
    *[("subscriber", "low", "LK", None, None, None, "agreed", "fixed")] * 2,
    ("subscriber", "low", "XZ", None, None, None, "agreed", "mobile"),
)
