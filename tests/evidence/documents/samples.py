"""Invented facts of an invented case."""

import base64
import hashlib
from datetime import UTC, datetime

from sightline.evidence.documents.document_facts import (
    CaseFacts,
    CertificateFacts,
    CertificateForm,
    CheckpointFacts,
    CustodyFacts,
    DeviceFacts,
    DeviceKind,
    ExhibitFacts,
    FileFacts,
    HashReportFacts,
    LedgerFacts,
    ListFacts,
    ProgramFacts,
    RunFacts,
    SegmentFacts,
)
from sightline.model import CustodyEvent


def digest(seed: object) -> str:
    return hashlib.sha256(str(seed).encode()).hexdigest()


def on(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, 30, 7, tzinfo=UTC)


PROGRAM = ProgramFacts("Sightline", "0.1.0", digest("program"))
CASE = CaseFacts("Cr. 123/2026", "Cyber Police Station, Kochi City", "IT Act s.67B")
ORIGIN = "sightline/01JQ8Z6M4T2V9X0C3B5N7P1R8K"
LEDGER = LedgerFacts(
    position=1841,
    verb="run:registered",
    at_utc=on(3, 8),
    checkpoint=CheckpointFacts(
        origin=ORIGIN,
        tree_size=1902,
        root=base64.b64encode(hashlib.sha256(b"root").digest()).decode(),
        signatures=(f"— {ORIGIN} {base64.b64encode(bytes(range(68))).decode()}",),
    ),
)
RUN = RunFacts(
    run_id=digest("run"),
    program=PROGRAM,
    machine="examination-2, Linux 6.1 x86_64",
    began_at_utc=on(3, 8),
    format="squid-combined",
    format_id=digest("format"),
    lists=(
        ListFacts(digest("list 1"), "signed by EXAMPLE-AGENCY"),
        ListFacts(digest("list 2"), "transcribed by Cyber Cell, not signed by OTHER-AGENCY"),
    ),
    options=(("timezone", "+05:30"), ("clock-offset", "-2 s"), ("clock-uncertainty", "1 s"), ("trusted-hops", "1")),
    frames=12_034_567,
    records=12_030_001,
    comments=4_500,
    rejects=(("bad-time", 60), ("short-line", 6)),
    hits=317,
    segments=(SegmentFacts(digest("segment"), 317),),
)
EXHIBIT = ExhibitFacts(
    number="P-12",
    file=FileFacts("gateway-access-2026-02.log.gz", 1_834_992_113, digest("exhibit")),
    received_from="Examplenet Broadband, Nodal Officer A. Kurian",
    received_at_utc=on(1, 5),
    received_how="sealed flash drive by hand, with memo 41/2026; read through a write blocker",
    received_by="Insp. R. Nair, Cyber Police Station",
)
CUSTODY = tuple(
    CustodyFacts(on(day, 5), event, by, how, where, why)
    for day, (event, by, how, where, why) in enumerate(
        [
            (
                CustodyEvent.RECEIVED,
                "Insp. R. Nair",
                "by hand, seal intact",
                "Cyber Police Station",
                "notice of 24/02/2026",
            ),
            (CustodyEvent.COPIED, "HC S. Thomas", "write blocker; digests compared", "Room 2", "working copy"),
            (CustodyEvent.OPENED, "HC S. Thomas", "scan, read only", "Room 2", "authority 7/2026"),
            (CustodyEvent.RETURNED, "Insp. R. Nair", "sealed, seal 0091", "Malkhana", "kept for the court"),
        ],
        start=1,
    )
)
CERTIFICATE = CertificateFacts(
    form=CertificateForm.BSA_63,
    case=CASE,
    exhibit=EXHIBIT,
    device=DeviceFacts(
        kind=DeviceKind.SERVER,
        make_and_model="Example R740 (proxy-3.example.test)",
        colour="black",
        serial_number="CN-0X1-77",
        identifiers="MAC 00:00:5E:00:53:2A",
    ),
    records=(EXHIBIT.file, FileFacts("hits-P-12.csv", 88_113, digest("hits"))),
    custody=CUSTODY,
    runs=(RUN,),
    ledger=LEDGER,
    program=PROGRAM,
    made_at_utc=on(4, 9),
    hash_report_sha256=digest("report"),
)
HASH_REPORT = HashReportFacts(
    case=CASE,
    exhibit_number="P-12",
    files=tuple(FileFacts(f"node-{n:02}/access.log.{n}.gz", 10_000 + 7_919 * n, digest(n)) for n in range(60)),
    program=PROGRAM,
    machine="examination-2, Linux 6.1 x86_64",
    computed_at_utc=on(3, 8),
    made_at_utc=on(4, 9),
    ledger=LEDGER,
)
