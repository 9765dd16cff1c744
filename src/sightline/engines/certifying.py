"""Certificates and hash reports of an exhibit, filled in from the record; told to the ledger by their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sightline import __version__
from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.casework.exhibits import Shown, shown_exhibit
from sightline.engines.outputs import check_one, whole
from sightline.engines.scanning.manifest import machine, versions
from sightline.errors import UsageError
from sightline.record.evidence.documents.facts import (
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
    Language,
    LedgerFacts,
    ListFacts,
    ProgramFacts,
    RunFacts,
    SegmentFacts,
)
from sightline.record.evidence.documents.render import certificate_pdf, hash_report_pdf
from sightline.record.ledger.canonical import time_of
from sightline.record.ledger.instants import instant
from sightline.record.ledger.verbs import Seen, Verb
from sightline.record.store.rows import Checkpoint, Countersignature, Custody, LedgerRow, Run
from sightline.record.store.shelf import Shelves
from sightline.records import CustodyEvent

BSA_FROM = date(2024, 7, 1)
"""Since when the Bharatiya Sakshya Adhiniyam, 2023 holds; proceedings begun before keep the older form."""


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What is certified, in which language, under which exhibit number of the case, and where the files go."""

    exhibit: str
    language: Language
    out: Path
    number: str | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Certified:
    """The files that were written."""

    certificate: Path
    hash_report: Path
    form: CertificateForm


def certify(desk: Desk, request: CertificateRequest) -> Certified:
    """Write the certificate and the hash report of an exhibit."""
    now = desk.clock()
    with desk.read(Action.CERTIFICATE, "exhibit:certificate", Seen.EXPORT_DOCUMENT) as shelves:
        shown = shown_exhibit(shelves, request.exhibit)
        ledger = _ledger(shelves, shown)
    number = request.number or shown.exhibit.exhibit_id[:12]
    report = HashReportFacts(_case(shown), number, _files(shown), _program(), _machine(machine()), now, now, ledger)
    report_pdf = hash_report_pdf(report, request.language)
    facts = CertificateFacts(
        form=_form(shown),
        case=_case(shown),
        exhibit=_exhibit(shown, number),
        device=_device(shown),
        records=_files(shown)[:1],
        custody=tuple(_custody(one, shown) for one in shown.custody),
        runs=tuple(_run(one) for one in shown.runs),
        ledger=ledger,
        program=_program(),
        made_at_utc=now,
        hash_report_sha256=hashlib.sha256(report_pdf).hexdigest(),
    )
    stem = f"certificate-{shown.exhibit.exhibit_id[:12]}-{request.language.value}"
    made = Certified(request.out / f"{stem}.pdf", request.out / f"{stem}-hash-report.pdf", facts.form)
    _write(
        desk,
        shown,
        request,
        made,
        {made.certificate: certificate_pdf(facts, request.language), made.hash_report: report_pdf},
    )
    return made


def _write(desk: Desk, shown: Shown, request: CertificateRequest, made: Certified, pdfs: Mapping[Path, bytes]) -> None:
    """Files and entry come together: the files first, under other names, then the entry, then their names."""
    for path in pdfs:
        check_one(path, (), overwrite=request.overwrite)
    with whole(list(pdfs)) as beside:
        for path, pdf in pdfs.items():
            beside[path].write_bytes(pdf)
        with desk.change(Action.CERTIFICATE, f"exhibit:{shown.exhibit.exhibit_id}") as change:
            facts = {
                "form": made.form.value,
                "language": request.language.value,
                "certificate": hashlib.sha256(pdfs[made.certificate]).hexdigest(),
                "hash_report": hashlib.sha256(pdfs[made.hash_report]).hexdigest(),
            }
            thing = f"exhibit:{shown.exhibit.exhibit_id}"
            change.ledger.append(Verb.CERTIFICATE_MADE, change.signer, thing, facts=facts)


def _form(shown: Shown) -> CertificateForm:
    begun = [one.begun_on for one in shown.cases]
    try:
        is_new = date.fromisoformat(max(begun)) >= BSA_FROM
    except ValueError:
        is_new = True
    return CertificateForm.BSA_63 if is_new else CertificateForm.IEA_65B


def _case(shown: Shown) -> CaseFacts:
    if not shown.cases:
        raise UsageError("this exhibit is held under no case", hint="scan it under an authority of the case")
    case = shown.cases[0]
    return CaseFacts(case.number, case.station, case.sections)


def _exhibit(shown: Shown, number: str) -> ExhibitFacts:
    file = _files(shown)[0]
    received = next((one for one in shown.custody if one.event is CustodyEvent.RECEIVED), None)
    if received is None:
        return ExhibitFacts(number, file)
    by = _name(shown, received.recorded_by)
    return ExhibitFacts(number, file, received.person, instant(received.at_us), received.how, by)


def _files(shown: Shown) -> tuple[FileFacts, ...]:
    """The exhibit first, then the sealed segments of its runs."""
    name = Path(shown.holdings[0].path).name if shown.holdings else shown.exhibit.exhibit_id
    files = [FileFacts(name, shown.exhibit.size_bytes, shown.exhibit.exhibit_id)]
    return (*files, *(FileFacts(one.file, one.size_bytes, one.sha256) for one in shown.segments))


def _device(shown: Shown) -> DeviceFacts:
    said: dict[str, Any] = json.loads(shown.sources[0].device_json or "{}") if shown.sources else {}
    kind = said.pop("kind", None)
    known = {name: said[name] for name in DeviceFacts.__dataclass_fields__ if name in said}
    return DeviceFacts(kind=DeviceKind(kind) if kind else None, **known)


def _custody(one: Custody, shown: Shown) -> CustodyFacts:
    who = f"{_name(shown, one.recorded_by)}; {one.person}" if one.person else _name(shown, one.recorded_by)
    return CustodyFacts(instant(one.at_us), one.event, who, one.how, one.place, one.why)


def _name(shown: Shown, officer_id: str) -> str:
    found = next((one for one in shown.officers if one.officer_id == officer_id), None)
    return f"{found.name}, {found.designation or found.role}" if found else officer_id


def _run(run: Run) -> RunFacts:
    said = json.loads(run.manifest_json)
    counts = said["account"]
    return RunFacts(
        run_id=run.run_id,
        program=ProgramFacts("Sightline", said["versions"]["sightline"], said["versions"].get("kernel_sha256")),
        machine=_machine(said["machine"]),
        began_at_utc=time_of(said["begun"]),
        format=said["format"]["name"],
        format_id=said["format"]["format_id"],
        lists=tuple(ListFacts(one["list_id"], one["origin"]) for one in said["lists"]),
        options=tuple((name, _text(value)) for name, value in sorted(said["options"].items())),
        frames=counts["frames"],
        records=counts["records"],
        comments=counts["comments"],
        rejects=tuple(sorted(counts["rejects"].items())),
        hits=counts["hits"],
        segments=tuple(SegmentFacts(one["segment_id"], one["rows"]) for one in said["segments"]),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _program() -> ProgramFacts:
    return ProgramFacts("Sightline", __version__, versions("kernel").get("kernel_sha256"))


def _machine(said: Mapping[str, str]) -> str:
    return f"{said['name']}: {said['system']}"


def _ledger(shelves: Shelves, shown: Shown) -> LedgerFacts | None:
    """Where the ledger holds the exhibit's newest run, else the exhibit itself, in the tree of the last checkpoint."""
    thing = f"run:{shown.runs[-1].run_id}" if shown.runs else f"exhibit:{shown.exhibit.exhibit_id}"
    row, checkpoint = shelves[LedgerRow].last("seq", thing=thing), shelves[Checkpoint].last("size")
    if row is None or checkpoint is None:
        return None
    lines = [one.line.strip() for one in shelves[Countersignature].where(size=checkpoint.size)]
    at = time_of(json.loads(row.entry_json)["at"])
    return LedgerFacts(row.seq, row.verb, at, CheckpointFacts.of(checkpoint.note, *lines))
