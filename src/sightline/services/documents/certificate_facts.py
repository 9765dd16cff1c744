"""Facts of certificates and hash reports about an exhibit, from the workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sightline import __version__
from sightline.casework.exhibits.exhibits import ExhibitRecord
from sightline.errors import DamagedInput, UsageError
from sightline.evidence.documents.document_facts import (
    CaseFacts,
    CertificateFacts,
    CertificateForm,
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
from sightline.ledger.canonical import parse_time
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import Verb
from sightline.model import CustodyEvent
from sightline.services.documents.exhibit_runs import ExhibitRun, list_exhibit_runs
from sightline.services.documents.ledger_positions import find_last_entry
from sightline.services.match import engine
from sightline.services.scan.manifest import list_versions
from sightline.storage.rows import Case, Custody, Holding, Run
from sightline.storage.table import Tables

BSA_FROM = date(2024, 7, 1)
"""First day of the Bharatiya Sakshya Adhiniyam, 2023. Proceedings begun before keep the older form."""


@dataclass(frozen=True, slots=True)
class CertifiableExhibit:
    """An exhibit in one case, with its runs for leads, including superseded ones.

    `newest` is the run in which the exhibit's digest was computed last.
    """

    record: ExhibitRecord
    case: Case
    holding: Holding
    runs: Sequence[ExhibitRun]
    newest: Run
    number: str
    ledger: LedgerFacts | None


def find_certifiable(tables: Tables, record: ExhibitRecord, case: str | None, number: str | None) -> CertifiableExhibit:
    """Return the exhibit for a document of one case. Raises UsageError if it has no case, several, or no run."""
    of_case = _find_case(record, case)
    if not record.runs:
        raise UsageError(
            f"exhibit {record.exhibit.exhibit_id}: it is held, and no run read it, so there is nothing to certify",
            hint="of a browser's database, certify the exhibit of its visits: sightline devices list",
        )
    under = {authority.authority_id for authority in record.authorities if authority.case_id == of_case.case_id}
    holding = next(holding for holding in record.holdings if holding.authority_id in under)
    runs = list_exhibit_runs(record)
    newest = max(
        [exhibit_run.run for exhibit_run in runs if exhibit_run.is_current] or record.runs,
        key=lambda run: run.registered_at_us,
    )
    name = number or record.exhibit.exhibit_id[:12]
    ledger = find_last_entry(tables, f"run:{newest.run_id}", Verb.RUN_REGISTERED)
    return CertifiableExhibit(record, of_case, holding, runs, newest, name, ledger)


def _find_case(record: ExhibitRecord, number: str | None) -> Case:
    cases = [case for case in record.cases if number in {None, case.number, case.case_id}]
    if len(cases) == 1:
        return cases[0]
    case_texts = ", ".join(f"{case.number} of {case.station}" for case in record.cases) or "none"
    exhibit = record.exhibit.exhibit_id
    several = f"exhibit {exhibit}: it is held under several cases: {case_texts}"
    what = several if cases else f"exhibit {exhibit}: no case {number} holds it, but: {case_texts}"
    raise UsageError(what, hint="--case NUMBER says whose paper it is")


def choose_form(case: Case) -> CertificateForm:
    """Return the form by the law under which the proceedings began."""
    try:
        begun = date.fromisoformat(case.begun_on)
    except ValueError:
        raise DamagedInput(
            f"case {case.number}: it began on no day: {case.begun_on!r}", hint="sightline verify"
        ) from None
    return CertificateForm.BSA_63 if begun >= BSA_FROM else CertificateForm.IEA_65B


def hash_report(one: CertifiableExhibit, now: datetime) -> HashReportFacts:
    """Return the facts of the exhibit and its newest run's segments: how, where and when they were hashed."""
    manifest = json.loads(one.newest.manifest_json)
    sealed = [FileFacts(segment.file, segment.size_bytes, segment.sha256) for segment in one.record.segments]
    files = [file for file, each in zip(sealed, one.record.segments, strict=True) if each.run_id == one.newest.run_id]
    return HashReportFacts(
        case=_build_case_facts(one),
        exhibit_number=one.number,
        files=(_build_file_facts(one), *files),
        program=_run_program(manifest),
        machine=_format_machine(manifest["machine"]),
        computed_at_utc=parse_time(manifest["ended"]),
        made_at_utc=now,
        ledger=one.ledger,
    )


def build_certificate_facts(one: CertifiableExhibit, now: datetime, hash_report_sha256: str) -> CertificateFacts:
    """Return everything that a certificate says."""
    return CertificateFacts(
        form=choose_form(one.case),
        case=_build_case_facts(one),
        exhibit=_build_exhibit_facts(one),
        device=_build_device_facts(one),
        records=(_build_file_facts(one),),
        custody=tuple(_build_custody_facts(each, one.record) for each in one.record.custody),
        runs=tuple(_run(run) for run in one.runs),
        ledger=one.ledger,
        program=ProgramFacts("Sightline", __version__, list_versions(engine.choose_engine()[0]).get("kernel_sha256")),
        made_at_utc=now,
        hash_report_sha256=hash_report_sha256,
    )


def _build_case_facts(one: CertifiableExhibit) -> CaseFacts:
    return CaseFacts(one.case.number, one.case.station, one.case.sections)


def _build_file_facts(one: CertifiableExhibit) -> FileFacts:
    exhibit = one.record.exhibit
    return FileFacts(Path(one.holding.path).name, exhibit.size_bytes, exhibit.exhibit_id)


def _build_exhibit_facts(one: CertifiableExhibit) -> ExhibitFacts:
    received = next((each for each in one.record.custody if each.event is CustodyEvent.RECEIVED), None)
    if received is None:
        return ExhibitFacts(one.number, _build_file_facts(one))
    by = _name_officer(one.record, received.recorded_by)
    return ExhibitFacts(
        one.number, _build_file_facts(one), received.person, to_instant(received.at_us), received.how, by
    )


def _build_device_facts(one: CertifiableExhibit) -> DeviceFacts:
    source = next(each for each in one.record.sources if each.source_id == one.holding.source_id)
    device: dict[str, Any] = json.loads(source.device_json or "{}")
    kind = device.pop("kind", None)
    known = {name: device[name] for name in DeviceFacts.__dataclass_fields__ if name in device}
    return DeviceFacts(kind=DeviceKind(kind) if kind else None, **known)


def _build_custody_facts(custody: Custody, record: ExhibitRecord) -> CustodyFacts:
    who = (
        f"{_name_officer(record, custody.recorded_by)}; {custody.person}"
        if custody.person
        else _name_officer(record, custody.recorded_by)
    )
    return CustodyFacts(to_instant(custody.at_us), custody.event, who, custody.how, custody.place, custody.why)


def _name_officer(record: ExhibitRecord, officer_id: str) -> str:
    officer = next((officer for officer in record.officers if officer.officer_id == officer_id), None)
    return f"{officer.name}, {officer.designation or officer.role}" if officer else officer_id


def _run(exhibit_run: ExhibitRun) -> RunFacts:
    manifest = json.loads(exhibit_run.run.manifest_json)
    counts = manifest["account"]
    options = {name: _to_text(value) for name, value in manifest["options"].items()}
    options |= {"superseded by run": ", ".join(exhibit_run.superseded_by)} if exhibit_run.superseded_by else {}
    options |= {"hits count for lists of": ", ".join(sorted(exhibit_run.issuers))} if exhibit_run.is_partly else {}
    return RunFacts(
        run_id=exhibit_run.run.run_id,
        program=_run_program(manifest),
        machine=_format_machine(manifest["machine"]),
        began_at_utc=parse_time(manifest["begun"]),
        format=manifest["format"]["name"],
        format_id=manifest["format"]["format_id"],
        lists=tuple(ListFacts(list_["list_id"], list_["origin"]) for list_ in manifest["lists"]),
        options=tuple(sorted(options.items())),
        frames=counts["frames"],
        records=counts["records"],
        comments=counts["comments"],
        rejects=tuple(sorted(counts["rejects"].items())),
        hits=counts["hits"],
        segments=tuple(SegmentFacts(segment["segment_id"], segment["rows"]) for segment in manifest["segments"]),
    )


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _run_program(manifest: Mapping[str, Any]) -> ProgramFacts:
    return ProgramFacts("Sightline", manifest["versions"]["sightline"], manifest["versions"].get("kernel_sha256"))


def _format_machine(machine: Mapping[str, str]) -> str:
    return f"{machine['name']}: {machine['system']}"
