"""Make the report of a case as PDF/A: its file as the officer's role may see it, with a ledger entry of its digest.

Numbers and names of subscribers stay masked, unless an officer who may export them gives a reason. For several, another
officer approves exactly these.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sightline import __version__
from sightline.casework.cases.case_notes import list_open_deadlines
from sightline.casework.cases.cases import find_case
from sightline.casework.identities import disclosures
from sightline.casework.identities.disclosures import UnmaskedExport
from sightline.casework.input_checks import name_thing
from sightline.casework.leads.outcomes import list_outcomes
from sightline.casework.permissions.access import Action, allow
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError, name_output_on_error
from sightline.evidence.documents.case_report_facts import CaseReportFacts
from sightline.evidence.documents.document_facts import CaseFacts, Language, ProgramFacts
from sightline.evidence.documents.render import render_case_report_pdf
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import Stamp
from sightline.services.artifacts.resolutions import Resolutions, decrypt_identity, find_newest_resolution
from sightline.services.case_report.case_events import list_deadlines, list_events
from sightline.services.case_report.case_leads import count_statuses, list_subscribers
from sightline.services.case_report.case_view import CaseView, list_notes_of_case, load_case
from sightline.services.case_report.report_sections import CaseLeadsFacts, CaseReportContent, SectionWriter
from sightline.services.documents.ledger_positions import find_last_entry
from sightline.services.documents.signatories import format_officer
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.match.outputs import check_one, write_all_or_none
from sightline.stages.report.address_masks import mask_text
from sightline.stages.report.printable import IST
from sightline.storage.rows import Approval, Workspace
from sightline.translation.messages import SHARED, format_day, get_messages, translate_word

MOST_LEADS = 500
"""Leads that a report prints, the most serious ones. All are counted."""
NEEDS: Mapping[str, Action] = {
    "tab.leads": Action.LEADS_VIEW,
    "tab.subscribers": Action.RESOLUTION_VIEW,
    "tab.notices": Action.NOTICE_VIEW,
}
"""Parts of a report that not every role may see, by the messages that name them."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The case, the language, and the reason for which identities are opened (None: they stay masked).

    `view`: the leads where a server holds them; otherwise they are read.
    """

    case: str
    language: Language
    why: str | None = None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A report, the id and number of its case, and what of it is unmasked, with the approval of two officers."""

    pdf: bytes
    case_id: str
    number: str
    export: UnmaskedExport | None = None
    approval: Approval | None = None

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the file."""
        return hashlib.sha256(self.pdf).hexdigest()


def write_report(officer_session: OfficerSession, request: ReportRequest, out: Path, *, overwrite: bool = False) -> str:
    """Write the report of a case, and return its SHA-256, which the ledger records. Raises NotAllowed."""
    check_one(out, (), overwrite=overwrite)
    report = make_report(officer_session, request)
    with write_all_or_none([out]) as beside:
        with name_output_on_error(out), beside[out].open("wb") as stream:
            stream.write(report.pdf)
            stream.flush()
            os.fsync(stream.fileno())
        _record_report(officer_session, report, request)
    return report.sha256


def give_out(officer_session: OfficerSession, request: ReportRequest) -> CaseReport:
    """Return the report of a case, after the ledger recorded its digest. Raises NotAllowed."""
    report = make_report(officer_session, request)
    _record_report(officer_session, report, request)
    return report


def make_report(officer_session: OfficerSession, request: ReportRequest) -> CaseReport:
    """Return the report, without a ledger entry yet. The same workspace at the same instant gives the same bytes.

    Raises NotAllowed: for identities also until a second officer agreed.
    """
    workspace, now = officer_session.workspace, officer_session.clock()
    thing = name_thing("case", request.case)
    with officer_session.read(Action.CASE_VIEW, thing, JournalVerb.EXPORT_DOCUMENT) as tables:
        case_view = load_case(tables, request.case, to_microseconds(now))
        own = tables[Workspace].select()[0]
        ledger = find_last_entry(tables, f"case:{case_view.case.case_id}", Verb.CASE_CHANGED, Verb.CASE_OPENED)
    case, resolutions = case_view.case, find_newest_resolution(workspace)
    case_file = _read_file(officer_session, case_view, resolutions, request.view)
    export, approval = None, None
    if request.why is not None:
        export, approval = _require_identities(officer_session, case_file, resolutions, request.why)
        assert resolutions is not None, "there are subscribers of a resolution"
        opened = {subscriber: decrypt_identity(workspace, resolutions, subscriber) for subscriber in export.ids}
        case_file = replace(case_file, identities=opened)
    language = request.language.value
    says = get_messages("cases", language)
    facts = CaseReportFacts(
        title=says("report.of", number=case.number),
        case=CaseFacts(case.number, case.station, case.sections),
        stamp=get_messages(SHARED, language)("exercise") if own.stamp is Stamp.EXERCISE else None,
        facts=tuple(_list_facts(officer_session, case_file, own.name, language)),
        masks_title=says("pdf.masks"),
        masks=tuple(_list_masks(officer_session, case_file, request.why, language)),
        sections=SectionWriter(case_file, language).build_sections(),
        creed=says("report.creed"),
        ledger=ledger,
        program=ProgramFacts("Sightline", __version__),
        made_at_utc=now,
    )
    return CaseReport(render_case_report_pdf(facts, request.language), case.case_id, case.number, export, approval)


def _read_file(
    officer_session: OfficerSession, case_view: CaseView, resolutions: Resolutions | None, view: View | None
) -> CaseReportContent:
    """Return what is held about a case, as far as the officer's role may see it."""
    workspace, now_us = officer_session.workspace, to_microseconds(officer_session.clock())
    case_id, may = case_view.case.case_id, {part: _may(officer_session, action) for part, action in NEEDS.items()}
    if not may["tab.notices"]:
        case_view = replace(case_view, orders=())
    with workspace.read() as tables:
        outcomes = list_outcomes(tables, case_id) if may["tab.leads"] else []
        own, officers, notes = (
            list_open_deadlines(tables, case_id),
            list_names(tables),
            list_notes_of_case(tables, case_id),
        )
    return CaseReportContent(
        case_view,
        list_events(case_view, outcomes, now_us),
        _read_leads(officer_session, case_view, view) if may["tab.leads"] else None,
        may["tab.notices"],
        list_subscribers(resolutions, case_view) if may["tab.subscribers"] else None,
        resolutions.licensees if resolutions else {},
        {},
        outcomes if may["tab.leads"] else None,
        list_deadlines(case_view, own, now_us),
        notes,
        officers,
    )


def _may(officer_session: OfficerSession, action: Action) -> bool:
    return allow(officer_session.find_actor(), action).allowed


def _read_leads(officer_session: OfficerSession, case_view: CaseView, view: View | None) -> CaseLeadsFacts:
    """Return the leads of a case's sources, the most serious ones by name."""
    none = CaseLeadsFacts((), (), 0, 0)
    if not case_view.sources:
        return none
    try:
        view = LeadIndex(officer_session.workspace).open_view() if view is None else view
    except UsageError:  # no lead was made yet
        return none
    lead_filter, after = LeadFilter(source=case_view.sources), None
    first: list[Brief] = []
    while len(first) < MOST_LEADS:
        page = view.read_page(lead_filter, "seriousness", after=after, limit=100)
        first += page.leads
        if (after := page.after) is None:
            break
    stages = count_statuses(officer_session.workspace, view, lead_filter)
    return CaseLeadsFacts(stages, first[:MOST_LEADS], page.total, view.read.generation.number)


def _require_identities(
    officer_session: OfficerSession, case_file: CaseReportContent, resolutions: Resolutions | None, why: str
) -> tuple[UnmaskedExport, Approval | None]:
    """Return what is printed unmasked, and the approval of two officers for it. Raises NotAllowed, UsageError."""
    thing = f"case:{case_file.view.case.case_id}"
    officer_session.require(Action.IDENTITY_EXPORT, thing)
    subscribers = [row["subscriber"] for row in case_file.subscribers or () if row["standing"] != "purged"]
    if resolutions is None or not subscribers:
        raise UsageError("no reply has named a subscriber of this case", hint="make the report without --why")
    origin = f"resolving {resolutions.resolution.number}"
    export = UnmaskedExport(thing, "subscribers", sorted(subscribers), "the report of the case", origin)
    return export, disclosures.require_export(officer_session, JournalVerb.VIEW_IDENTITY, export, why)


def _record_report(officer_session: OfficerSession, report: CaseReport, request: ReportRequest) -> None:
    """Append the ledger entry of a report that is given out, and before it what of it is unmasked."""
    thing = f"case:{report.case_id}"
    if report.export is not None and request.why is not None:
        disclosures.record_export(
            officer_session, JournalVerb.VIEW_IDENTITY, report.export, request.why, report.sha256, report.approval
        )
    facts: dict[str, str | int] = {"language": request.language.value, "report": report.sha256}
    facts["identities"] = len(report.export.ids) if report.export else 0
    with officer_session.change(Action.CASE_VIEW, thing) as change:
        find_case(change.tables, report.case_id)
        change.ledger.append(Verb.CASE_REPORTED, change.signer, thing, facts=facts)


def _list_facts(
    officer_session: OfficerSession, case_file: CaseReportContent, unit: str, language: str
) -> list[tuple[str, str]]:
    """Return the facts of the case as labels and values."""
    says, case = get_messages("cases", language), case_file.view.case
    nothing = get_messages(SHARED, language)("nothing")
    opened = to_instant(case.opened_at_us).astimezone(IST)
    facts = [
        (says("pdf.unit"), unit),
        (says("field.station"), case.station),
        (says("field.sections"), case.sections),
        (says("field.io"), case.investigating_officer),
        (says("field.sho"), case.station_officer or nothing),
        (says("field.sp"), case.superintendent or nothing),
        (says("field.begun_on"), format_day(date.fromisoformat(case.begun_on), language)),
        (says("opened_by"), f"{case_file.view.opened_by}, {format_day(opened.date(), language)}"),
        (says("by"), format_officer(officer_session.officer)),
    ]
    return facts + [(says("hold"), mask_text(hold.why)) for hold in case_file.view.holds]


def _list_masks(
    officer_session: OfficerSession, case_file: CaseReportContent, why: str | None, language: str
) -> list[str]:
    """Return what is masked, open, or left out of the report."""
    says = get_messages("cases", language)
    if why is None:
        masks = [says("pdf.mask.identities")]
    else:
        masks = [says("pdf.mask.opened", n=len(case_file.identities), why=mask_text(why))]
    masks += [says("pdf.mask.addresses"), says("pdf.mask.files")]
    left_out = [says(part) for part, action in NEEDS.items() if not _may(officer_session, action)]
    if left_out:
        role = translate_word("role", officer_session.officer.role.value, language)
        masks.append(says("pdf.mask.role", role=role, parts=", ".join(left_out)))
    return masks
