"""Documents of a referral: its lead sheets, which are part of what is approved, and its cover letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sightline import __version__
from sightline.casework.forces import forces
from sightline.evidence.documents.document_facts import CaseFacts, FileFacts, Language, ProgramFacts
from sightline.evidence.documents.printable import IST
from sightline.evidence.documents.referral_facts import (
    MOST_SHEETS,
    ReferralFacts,
    RequestFacts,
    SheetFacts,
    SheetsFacts,
)
from sightline.evidence.documents.render import render_lead_sheets_pdf, render_referral_pdf
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import Verb
from sightline.model import ReferralState, Stamp
from sightline.model.short_ids import format_lead_number
from sightline.services.artifacts.lead_files import LeadJson
from sightline.services.documents import signatories
from sightline.services.documents.ledger_positions import build_ledger_facts, find_entry, find_last_entry
from sightline.services.referrals.proofs import find_draft_checkpoint
from sightline.stages.enrich import india
from sightline.stages.report import lead as leads
from sightline.stages.report.lead_account import build_account
from sightline.stages.report.printable import capitalise
from sightline.stages.report.report_facts import LeadReport
from sightline.storage.rows import Case, Force, ForceRequest, Referral
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.translation.documents import get_translator
from sightline.translation.messages import translate_state, translate_word

PROGRAM = ProgramFacts("Sightline", __version__)
STAMPS = {ReferralState.DRAFTED: "draft", ReferralState.REFUSED: "refused", ReferralState.RECALLED: "recalled"}


def render_sheet_pdfs(
    tables: Tables, referral: Referral, lead_jsons: Sequence[LeadJson], report: LeadReport
) -> Iterator[tuple[str, bytes]]:
    """Yield the first lead sheets as PDF, with their language. The same referral has the same bytes."""
    force, case = _get_force(tables, referral), _build_case_facts(tables, referral)
    ledger_row = find_entry(tables, Verb.LEADS_REBUILT.value, f"generation:{referral.generation}")
    facts = SheetsFacts(
        number=referral.number,
        case=case,
        force=force.name,
        is_exercise=report.is_exercise,
        sheets=(),
        count=len(lead_jsons),
        ledger=build_ledger_facts(ledger_row, find_draft_checkpoint(tables, referral))
        if ledger_row and ledger_row.seq < referral.tree_size
        else None,
        program=PROGRAM,
        made_at_utc=to_instant(referral.made_at_us),
    )
    for language in Language:
        in_language = replace(report, translator=get_translator(language.value))
        sheets = tuple(_build_sheet_facts(lead_json, in_language) for lead_json in lead_jsons[:MOST_SHEETS])
        yield language.value, render_lead_sheets_pdf(replace(facts, sheets=sheets), language)


def _build_sheet_facts(lead_json: LeadJson, report: LeadReport) -> SheetFacts:
    lead = leads.read_lead(lead_json)
    lead_account = build_account(lead, report, [leads.read_lead(session) for session in lead_json["joined"]])
    titled = replace(lead_account, title=capitalise(lead_account.title))
    priority = report.translator.translate_sentence(lead.priority.capitalize())
    return SheetFacts(format_lead_number(lead.lead_id), lead.lead_id, priority[:1].lower() + priority[1:], titled)


def render_letter_pdf(
    tables: Tables, referral: Referral, files: Mapping[str, Path], digests: Mapping[str, str], key: str, to: Language
) -> bytes:
    """Return the letter that goes with some files, by names and digests, dated by the approval."""
    force, request_facts = _get_force(tables, referral), _build_request_facts(tables, referral, to)
    facts = ReferralFacts(
        number=referral.number,
        stamp=STAMPS.get(referral.state),
        is_exercise=tables[WorkspaceRow].select()[0].stamp is Stamp.EXERCISE,
        case=_build_case_facts(tables, referral),
        drafted_by=signatories.format_officer_id(tables, referral.made_by),
        drafted_at_utc=to_instant(referral.made_at_us),
        approval=signatories.find_approval_facts(tables, referral.approval_id, referral.approved_at_us),
        force=force.name,
        code=force.code,
        states=format_state_names(forces.list_states(force), to),
        request=request_facts,
        why=referral.why,
        count=referral.leads,
        rows=referral.rows,
        files=tuple(FileFacts(name, path.stat().st_size, digests[name]) for name, path in files.items()),
        content_sha256=referral.content_sha256,
        key=key,
        ledger=find_last_entry(tables, f"referral:{referral.referral_id}", Verb.REFERRAL_APPROVED),
        program=PROGRAM,
        made_at_utc=to_instant(referral.approved_at_us or referral.made_at_us),
    )
    return render_referral_pdf(facts, to)


def format_state_names(codes: Sequence[str], language: Language) -> str:
    """Return states by name and code, `Kerala (IN-KL), Goa (IN-GA)`; those of other countries by code."""
    names = {known["code"]: known["name"] for known in india.load_states()}
    if language is not Language.ENGLISH:
        names = {code: translate_state(code, language.value) for code in names}
    return ", ".join(f"{names[code]} ({code})" if code in names else code for code in codes)


def _get_force(tables: Tables, referral: Referral) -> Force:
    force = tables[Force].get(referral.force_id)
    assert force is not None, "a referral has a force"
    return force


def _build_case_facts(tables: Tables, referral: Referral) -> CaseFacts:
    case = tables[Case].get(referral.case_id)
    assert case is not None, "a referral has a case"
    return CaseFacts(case.number, case.station, case.sections)


def _build_request_facts(tables: Tables, referral: Referral, language: Language) -> RequestFacts | None:
    force_request = tables[ForceRequest].get(referral.request_id) if referral.request_id else None
    if force_request is None:
        return None
    kind = translate_word("authority_kind", force_request.authority_kind, language.value)
    return RequestFacts(
        force_request.case_number,
        f"{force_request.authority_number} ({kind}), {force_request.issued_by}, {force_request.issued_on}",
        force_request.valid_until,
        force_request.document_sha256,
        force_request.received_on,
        format_state_names(forces.list_states(force_request), language),
        _format_day(force_request.since_us),
        _format_day(force_request.until_us),
    )


def _format_day(at_us: int | None) -> str | None:
    return None if at_us is None else f"{to_instant(at_us).astimezone(IST):%Y-%m-%d %H:%M}"
