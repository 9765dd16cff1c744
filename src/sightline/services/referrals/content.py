"""Content of a referral as files. It has the same bytes whenever it is made, so that an approval covers all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import polars as pl

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import name_output_on_error
from sightline.evidence.bundle_file import VERIFIER
from sightline.evidence.documents.document_facts import Language
from sightline.file_digests import compute_sha256
from sightline.ledger.canonical import format_time
from sightline.ledger.instants import to_instant
from sightline.model.progress import Progress, ignore_progress
from sightline.services.artifacts.flat_leads import escape_for_spreadsheets, flatten_leads
from sightline.services.artifacts.lead_files import LeadJson, Leads, open_generation
from sightline.services.artifacts.place_overrides import find_overruled_places
from sightline.services.leads.report_facts import build_lead_report
from sightline.services.referrals import proofs
from sightline.services.referrals.package_guide import write_guides
from sightline.services.referrals.referral_documents import render_sheet_pdfs
from sightline.services.referrals.visit_rows import read_visit_rows
from sightline.stages.report.report_facts import LeadReport
from sightline.stages.report.sheet import format_lead_sheet
from sightline.stages.scan.hit_rows import INTEGER_COLUMNS, build_hit_row
from sightline.storage.rows import Case, Force, ForceRequest, LeadMark, Officer, Referral
from sightline.storage.table import Tables
from sightline.workspace.unit_keys import read_unit_key
from sightline.workspace.workspace import Workspace

ABOUT, LEADS, LEADS_CSV, ROWS_CSV = "referral.json", "leads.jsonl", "leads.csv", "rows.csv"
PROOF, VERIFY = "proof.zip", "verify_sightline.py"
SHORT = 16
ROW = {
    name: pl.Int64() if name in INTEGER_COLUMNS | {"row"} else pl.String()
    for name in (
        "lead_id indicator_id list_id exhibit_sha256 member byte_offset line_number timestamp uncertainty_s source_ip"
        " source_port raw encoding segment row"
    ).split()
}
"""Columns of rows.csv. `segment` and `row` find the row's proof in proof.zip; `raw` is the line as recorded."""


@dataclass(frozen=True, slots=True)
class ReferralInputs:
    """Inputs of the content: the leads as of the draft, and the rows of each."""

    read: Leads
    lead_jsons: tuple[LeadJson, ...]
    rows: pl.DataFrame
    report: LeadReport


@contextmanager
def open_earlier_generation(workspace: Workspace, generation: int, at_us: int) -> Iterator[Leads]:
    """Open a generation as it was at an instant, with the marks and replies of that time."""
    with workspace.read() as tables:
        marks = [lead_mark for lead_mark in tables[LeadMark].select() if _is_in_force(lead_mark, at_us)]
    with open_generation(workspace, generation) as leads:
        then = {leads.find_current_id(lead_mark.lead_id): lead_mark for lead_mark in marks}
        yield replace(leads, marks=then, overrides=find_overruled_places(workspace, at_us))


def _is_in_force(mark: LeadMark, at_us: int) -> bool:
    return mark.set_at_us <= at_us and (mark.lifted_at_us is None or mark.lifted_at_us > at_us)


def load_inputs(
    officer_session: OfficerSession,
    lead_files: Leads,
    referral: Referral,
    lead_ids: Iterable[str],
    rows: pl.DataFrame | None,
) -> ReferralInputs:
    """Return the inputs of a referral of these leads. `rows`: if they were read already."""
    ids = pl.Series("lead_id", sorted(lead_ids), dtype=pl.String)
    leads = lead_files.open_frame().filter(pl.col("lead_id").is_in(ids.implode()))
    # Whether an officer answered a report may change after the draft, and the content must stay as it was.
    every = (
        {name: cell for name, cell in lead_json.items() if name != "reported_danger"}
        for lead_json in lead_files.to_json(leads)
    )
    lead_jsons = tuple(sorted(every, key=lambda one: str(one["lead_id"])))
    with officer_session.workspace.read() as tables:
        by = tables[Officer].get(referral.made_by)
    report = replace(
        build_lead_report(officer_session, lead_files, f"referral {referral.number}"),
        made_at=to_instant(referral.made_at_us),
        opened_by=by.name if by else None,
    )
    return ReferralInputs(
        lead_files,
        lead_jsons,
        read_visit_rows(officer_session.workspace, lead_files, ids) if rows is None else rows,
        report,
    )


def count_steps(leads: int) -> int:
    """Return how many steps the content of this many leads takes: its text sheets, three PDFs of them, the proofs."""
    return leads + len(Language) * leads + 1


def write_content(
    officer_session: OfficerSession,
    tables: Tables,
    folder: Path,
    referral: Referral,
    made_of: ReferralInputs,
    progress: Progress = ignore_progress,
) -> dict[str, str]:
    """Write the content into an empty folder. Returns the SHA-256 of each file by its name, with `/` between parts."""
    exhibits = proofs.list_exhibits_of(tables, referral, made_of.rows)
    leads, done = len(made_of.lead_jsons), 0
    for name, data in _make_small_files(officer_session.workspace, tables, referral, made_of, exhibits):
        _put(folder / name, data)
        done += 1 if name.startswith("sheets/") else leads if name.startswith("sheets.") else 0
        progress(done, count_steps(leads))
    proofs.write_proofs(folder / PROOF, officer_session.workspace, tables, referral, exhibits)
    (folder / "case").mkdir()
    for exhibit_proofs in exhibits:
        name = f"{exhibit_proofs.record.exhibit.exhibit_id[:SHORT]}.jsonld"
        proofs.write_graph(folder / "case" / name, officer_session.workspace, tables, referral, exhibit_proofs)
    return hash_folder(folder)


def hash_folder(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder and below, by its name, sorted."""
    result = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            result[path.relative_to(folder).as_posix()] = compute_sha256(path)
    return dict(sorted(result.items()))


def write_manifest(files: Mapping[str, str]) -> bytes:
    """Return BagIt's manifest of a payload (RFC 8493). Its digest covers all of the content."""
    return "".join(f"{digest}  data/{name}\n" for name, digest in sorted(files.items())).encode()


def compute_content_sha256(files: Mapping[str, str]) -> str:
    """Return the digest that an approval covers."""
    return hashlib.sha256(write_manifest(files)).hexdigest()


def _make_small_files(
    workspace: Workspace,
    tables: Tables,
    referral: Referral,
    made_of: ReferralInputs,
    exhibit_proofs: list[proofs.ExhibitProofs],
) -> Iterator[tuple[str, bytes]]:
    """Yield the files that are made in memory."""
    yield ABOUT, _to_json(describe_referral(workspace, tables, referral, made_of))
    yield LEADS, b"".join(_to_json(lead_json) for lead_json in made_of.lead_jsons)
    yield LEADS_CSV, _build_leads_csv(made_of)
    yield ROWS_CSV, _build_rows_csv(workspace, made_of, exhibit_proofs)
    yield VERIFY, VERIFIER.read_bytes()
    yield from write_guides().items()
    for lead_json in made_of.lead_jsons:
        yield (
            f"sheets/{lead_json['lead_id']}.txt",
            format_lead_sheet(lead_json, made_of.report, lead_json["joined"]).encode(),
        )
    for language, pdf in render_sheet_pdfs(tables, referral, made_of.lead_jsons, made_of.report):
        yield f"sheets.{language}.pdf", pdf
    for run in (run for each in exhibit_proofs for run in each.runs):
        yield f"manifests/{proofs.name_manifest(run)}", run.run.manifest_json.encode()


def describe_referral(
    workspace: Workspace, tables: Tables, referral: Referral, made_of: ReferralInputs
) -> dict[str, object]:
    """Return a referral's description: sender, recipient, cases, authority and counts."""
    force, case = tables[Force].get(referral.force_id), tables[Case].get(referral.case_id)
    force_request = tables[ForceRequest].get(referral.request_id) if referral.request_id else None
    assert force is not None and case is not None, "a referral has a force and a case"
    key = read_unit_key(workspace)
    return {
        "v": 1,
        "kind": "sightline referral",
        "referral": referral.referral_id,
        "number": referral.number,
        "from": {
            "code": key.issuer,
            "key_id": key.key_id,
            "unit": made_of.report.workspace,
            "ledger": workspace.origin,
        },
        "to": {"code": force.code, "name": force.name, "states": json.loads(force.states_json)},
        "case": {"number": case.number, "station": case.station},
        "request": None if force_request is None else _describe_request(force_request),
        "why": referral.why,
        "made_at": format_time(to_instant(referral.made_at_us)),
        "generation": made_of.read.generation.generation_id,
        "tree_size": referral.tree_size,
        "leads": len(made_of.lead_jsons),
        "rows": made_of.rows.select("segment_id", "index").unique().height,
        "is_exercise": made_of.report.is_exercise,
    }


def _describe_request(force_request: ForceRequest) -> dict[str, object]:
    times = {
        name: None if at is None else format_time(to_instant(at)) for name, at in _get_period(force_request).items()
    }
    return {
        "case": force_request.case_number,
        "authority": {
            "kind": force_request.authority_kind.value,
            "number": force_request.authority_number,
            "issued_by": force_request.issued_by,
            "issued_on": force_request.issued_on,
            "valid_until": force_request.valid_until,
        },
        "document_sha256": force_request.document_sha256,
        "states": json.loads(force_request.states_json),
        **times,
    }


def _get_period(force_request: ForceRequest) -> dict[str, int | None]:
    return {"since": force_request.since_us, "until": force_request.until_us}


def _build_leads_csv(made_of: ReferralInputs) -> bytes:
    ids = [lead_json["lead_id"] for lead_json in made_of.lead_jsons]
    leads = made_of.read.open_frame().filter(pl.col("lead_id").is_in(ids))
    return _to_csv(flatten_leads(made_of.read, leads).collect().sort("lead_id"))


def _build_rows_csv(workspace: Workspace, made_of: ReferralInputs, exhibit_proofs: list[proofs.ExhibitProofs]) -> bytes:
    """Return each row with its lead, its place in the exhibit, and the line itself."""
    leads: dict[tuple[str, int], str] = {
        (segment, place): lead
        for lead, segment, place in made_of.rows.select("lead_id", "segment_id", "index").iter_rows()
    }
    rows = []
    for each in exhibit_proofs:
        for segment, place, hit in proofs.read_exhibit_hits(workspace, each):
            beside = {"lead_id": leads[segment, place], "segment": segment, "row": place}
            rows.append({name: value for name, value in (build_hit_row(hit) | beside).items() if name in ROW})
    result = pl.DataFrame(rows, schema=ROW, orient="row")
    return _to_csv(result.sort("lead_id", "timestamp", "segment", "row"))


def _to_csv(table: pl.DataFrame) -> bytes:
    out = BytesIO()
    escape_for_spreadsheets(table).write_csv(out)
    return out.getvalue()


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _put(path: Path, data: bytes) -> None:
    with name_output_on_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
