"""Facts of the report on a generation: its sources, its first leads, and the outlines for its map."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data.list_series import find_list_signatures
from sightline.ledger.instants import to_instant
from sightline.model import DatasetKind, Stamp
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.triage import sort_by_band
from sightline.stages.report import outlines, report_facts, words
from sightline.stages.report.translator import ENGLISH, Translator
from sightline.storage.rows import Holding, ListSignature, RunList, Source
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK

if TYPE_CHECKING:
    from sightline.services.artifacts.lead_files import LeadJson, Leads
    from sightline.workspace.workspace import Workspace

LIMIT = 200
"""Default number of leads with a card."""


def build_lead_report(
    officer_session: OfficerSession,
    leads: Leads,
    why: str | None,
    limit: int = LIMIT,
    as_of: int | None = None,
    translator: Translator = ENGLISH,
) -> report_facts.LeadReport:
    """Return the facts of the report. `why`: the officer's reason to show addresses; None keeps them masked.

    `as_of`: the oldest version of the workspace that the report may show (`Workspace.get_cached`).
    `translator`: the language of the report.
    """
    inputs: dict[str, Any] = json.loads(leads.generation.inputs_json)
    runs = [str(run) for run, _ in inputs["runs"]]

    def of_record() -> tuple[WorkspaceRow, tuple[report_facts.ReportExhibit, ...], tuple[report_facts.ReportList, ...]]:
        with officer_session.workspace.read() as tables:
            return tables[WorkspaceRow].select()[0], _list_exhibits(tables, leads), _list_flag_lists(tables, runs)

    own, exhibits, lists = officer_session.workspace.get_cached(
        ("report", leads.generation.generation_id), of_record, as_of, WORK
    )
    return report_facts.LeadReport(
        workspace=own.name,
        generation=leads.generation.generation_id,
        made_at=officer_session.clock(),
        is_exercise=own.stamp is Stamp.EXERCISE,
        data_sets=tuple(_list_data_sets(leads)),
        exhibits=exhibits,
        rules=tuple(_list_rules(inputs["rules"])),
        lists=lists,
        code_version=str(inputs["version"]),
        opened_why=why,
        opened_by=officer_session.officer.name if why is not None else None,
        limit=limit,
        translator=translator,
    )


def _list_data_sets(leads: Leads) -> Iterator[report_facts.ReportDataSet]:
    for dataset in leads.datasets:
        dated = f"{to_instant(dataset.dated_us):%Y-%m-%d}"
        credit = words.find_credit(dataset.name, dataset.licence)
        yield report_facts.ReportDataSet(
            dataset.dataset_id, dataset.name, dataset.kind.value, dated, dataset.licence, credit
        )


def _list_rules(versions: Mapping[str, int]) -> Iterator[report_facts.ReportRule]:
    for name, version in sorted(versions.items()):
        yield report_facts.ReportRule(name, version, RULES[name].side.value if name in RULES else None)


def _list_exhibits(tables: Tables, leads: Leads) -> tuple[report_facts.ReportExhibit, ...]:
    """Return the exhibits with visits that count, each with the last name under which it is held, and its source."""
    sources = {source.source_id: source.name for source in tables[Source].select()}
    digests = sorted({exhibit for exhibit, _ in leads.places.values()})
    holdings = sorted(
        tables[Holding].select_within("exhibit_id", digests), key=lambda holding: (holding.since_us, holding.holding_id)
    )
    last = {holding.exhibit_id: holding for holding in holdings}
    return tuple(_build_exhibit(digest, last.get(digest), sources) for digest in digests)


def _build_exhibit(digest: str, holding: Holding | None, sources: Mapping[str, str]) -> report_facts.ReportExhibit:
    name, source = (PurePath(holding.path).name, sources[holding.source_id]) if holding else (None, None)
    return report_facts.ReportExhibit(digest, name, source)


def _list_flag_lists(tables: Tables, runs: list[str]) -> tuple[report_facts.ReportList, ...]:
    used = find_list_signatures(tables, tables[RunList].select_within("run_id", runs)).values()
    rows = sorted(
        {signature.signature_id: signature for signature in used}.values(),
        key=lambda list_signature: (list_signature.list_id, list_signature.signature_id),
    )
    return tuple(report_facts.ReportList(row.list_id, row.issuer, _describe_origin(row), row.version) for row in rows)


def _describe_origin(signature: ListSignature) -> str:
    """Return whose list it is, in words."""
    if signature.transcribed_by is None:
        return words.find_sentence("sheet.signed", issuer=signature.issuer)
    return words.find_sentence("sheet.transcribed", officer=signature.transcribed_by, issuer=signature.issuer)


def list_first_leads(lead_files: Leads, limit: int) -> Iterator[LeadJson]:
    """Yield the first leads of the default order, in the order of the generation."""
    leads = lead_files.open_frame()
    top = sort_by_band(leads).select("lead_id").head(limit)
    yield from lead_files.to_json(leads.join(top, on="lead_id", how="semi"))


def read_outline(workspace: Workspace, leads: Leads) -> list[outlines.Boundary] | None:
    """Return the state outlines of the generation's newest boundary data set, or None if it has none."""
    datasets = [dataset for dataset in leads.datasets if dataset.kind is DatasetKind.BOUNDARY]
    if not datasets:
        return None
    newest = max(datasets, key=lambda one: (one.dated_us, one.dataset_id))
    with workspace.segments.open_local(newest.file) as path:
        return outlines.read_boundaries(pl.read_parquet(path)) or None
