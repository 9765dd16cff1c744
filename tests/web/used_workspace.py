"""A record that a unit has worked in, with something behind every link of every page: built once, for browser tests.

A world of an exercise is run and one of its licensees asked; then what the rest of the unit does is added, each act by
an officer who may. Built by the first worker that asks; every other copies it.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sightline.casework import decisions
from sightline.casework.cases import case_notes, cases
from sightline.casework.exhibits import holds
from sightline.casework.forces import forces, partner_referrals
from sightline.casework.leads import lead_marks, lead_notes, lead_work, outcomes, saved_views
from sightline.casework.operations import operation_teams, operations
from sightline.casework.oversight.backups import make_backup
from sightline.casework.people import accounts, officers
from sightline.casework.permissions.officer_session import Clock, OfficerSession, authenticate
from sightline.casework.reference_data import issuers
from sightline.exercise import manifest
from sightline.exercise.world import create_world
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import (
    AuthorityKind,
    Ceiling,
    CloseReason,
    NoticeKind,
    OperationEventKind,
    OutcomeKind,
    RequestWay,
    Role,
    SourceKind,
)
from sightline.model.progress import ignore_progress
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.case_files.attachments import NewFile, write_note
from sightline.services.exercise.notice_round import Office, ask_isps
from sightline.services.exercise.other_force import STATE
from sightline.services.exercise.run import AUTHORITY, CASE, ExerciseRun, build_clock_after, run_world
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.notices.drafts import draft_all_notices
from sightline.services.notices.notice_steps import approve_notice, mark_sent
from sightline.services.referrals import export, import_package, incoming_views, recalls
from sightline.services.referrals import force_notes as notes_of_forces
from sightline.services.referrals.drafts import ReferralDraftRequest, draft_referral
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.tip_import.import_tips import import_tips
from sightline.services.tip_import.request import TipImportRequest
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.workspace import keys
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key
from sightline.workspace.workspace import Workspace, open_workspace
from tests.office import combined_log, issuer_key, signed_list
from tests.services.referrals.world import new_keys, new_world
from tests.web.units import known_as

SESSIONS, SEED, LICENSEE = 400, 5, "Kayal Cable"
WAITS = "TN-CYBER"
WHY = "an order of the exercise"
IO, SP, SUPERVISOR = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT, Role.SUPERVISOR
PASSWORD = "four words of an exercise"


@dataclass(frozen=True)
class UsedWorkspace:
    """The workspace, an officer of each role who is signed in, and a folder for backups."""

    workspace: Workspace
    officer_sessions: Mapping[Role, OfficerSession]
    backups: Path
    clock: Clock


def used_workspace(shared: Path, own: Path, sessions: int = SESSIONS, seed: int = SEED) -> UsedWorkspace:
    """A copy, in the folder `own`, of the record that `shared` holds; built there first by whoever comes first."""
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "made").exists():
            shutil.rmtree(shared / "unit", ignore_errors=True)
            build(shared / "unit", sessions, seed)
            (shared / "made").touch()
        shutil.copytree(shared / "unit", own)
    workspace, clock = open_workspace(own / "workspace"), build_clock_after(manifest.read(own / "world"))
    officer_sessions = {
        role: authenticate(workspace, keys.read_private(own / f"{role}.key", None), clock) for role in Role
    }
    return UsedWorkspace(workspace, officer_sessions, own / "backups", clock)


def build(folder: Path, sessions: int, seed: int) -> None:
    """The world, the workspace beside it, and the key of an officer of each role."""
    create_world(folder / "world", sessions, seed, {}, ignore_progress)
    ran = run_world(folder / "world", folder / "workspace", ignore_progress)
    officer_sessions = _everybody(ran)
    for role, officer_session in officer_sessions.items():
        keys.write_private(folder / f"{role}.key", officer_session.signer.private, None)
    _lists(officer_sessions, folder)
    _tips(officer_sessions, folder)
    ask_isps(
        Office(officer_sessions[IO], officer_sessions[SP]),
        folder / "world",
        folder / "replies",
        ignore_progress,
        [LICENSEE],
    )
    _drafts(officer_sessions)
    _leads(officer_sessions)
    _other_forces(officer_sessions, folder)
    (folder / "backups").mkdir()
    make_backup(officer_sessions[Role.CUSTODIAN], folder / "backups/first.backup", ignore_progress, unencrypted=True)
    ran.officer_session.workspace.engine.dispose()


def _approve(second: OfficerSession, asked: rows.Approval) -> None:
    """The second officer agrees."""
    assert decisions.decide(second, asked.approval_id, give=True, why="compared as the order says").done


def _everybody(ran: ExerciseRun) -> dict[Role, OfficerSession]:
    """The officers whom the run left, and one more of each other role: the superintendent
    asks, the supervisor agrees.
    """
    officer_sessions = {
        IO: ran.officer_session,
        SUPERVISOR: ran.supervisor,
        SP: ran.superintendent,
        Role.PARTNER: ran.partner,
    }
    for role in Role:
        if role not in officer_sessions:
            officer_sessions[role] = _enrolled(ran, role, f"{role.value.title().replace('-', ' ')} of the unit")
    _enrolled(ran, Role.PARTNER, "Partner who belongs to no force yet")
    for role in (IO, SP):
        accounts.create_account(officer_sessions[role], role.value, PASSWORD)
    return officer_sessions


def _enrolled(ran: ExerciseRun, role: Role, name: str) -> OfficerSession:
    private = keys.make_signing_key()
    person = officers.NewOfficer(name, role, "Officer", "Exercise")
    asked = officers.enrol(ran.superintendent, person, private.public_key().public_bytes_raw(), WHY)
    assert isinstance(asked, rows.Approval)
    _approve(ran.supervisor, asked)
    return authenticate(ran.officer_session.workspace, private, ran.officer_session.clock)


def _lists(officer_sessions: Mapping[Role, OfficerSession], folder: Path) -> None:
    """An agency's list in two versions that differ, with a row that cannot be read; one exhibit of
    each, one on hold.
    """
    io = officer_sessions[IO]
    _approve(officer_sessions[SP], issuers.enrol(io, issuer_key().derive_public(), "letter of the agency"))
    with io.workspace.read() as tables:
        source = next(source.name for source in tables[rows.Source].select() if source.kind.value == "proxy")
    for version, more in (("1", "host,not a host\n"), ("2", "domain,attic.example\n")):
        log = folder / f"agency-{version}.log"
        log.write_text(combined_log(40, start=100 * int(version)), encoding="utf-8")
        flags = signed_list(folder, f"kind,value\nhost,board.example\n{more}", version=version)
        scan_logs(io, ScanRequest((log,), source, AUTHORITY, (flags,)), ignore_progress)
    with io.workspace.read() as tables:
        exhibit_id = max(tables[rows.Run].select(), key=lambda one: one.registered_at_us).exhibit_id
    holds.set_hold(io, f"exhibit:{exhibit_id}", "an appeal is pending")


def _tips(officer_sessions: Mapping[Role, OfficerSession], folder: Path) -> None:
    """A tip under a referral."""
    io, sp = officer_sessions[IO], officer_sessions[SP]
    with io.workspace.read() as tables:
        source, known = tables[rows.Source].select()[0], tables[rows.Authority].select()[0]
    sender = replace(source, source_id=make_id(io.clock()), kind=SourceKind.TIP, name="Tipline", server_name=None)
    cases.add_source(sp, sender)
    referral = replace(
        known, authority_id=make_id(io.clock()), kind=AuthorityKind.REFERRAL, number="GD 9", ended_at_us=None
    )
    cases.add_authority(sp, replace(referral, sources_json="null", categories_json="null"))
    tip = folder / "tip.csv"
    tip.write_text("report,ip,time (UTC),port\n7,203.0.113.8,2026-06-05 12:00:00,50008\n", encoding="utf-8")
    import_tips(io, TipImportRequest((tip,), "Tipline", "GD 9"), ignore_progress)


def _drafts(officer_sessions: Mapping[Role, OfficerSession]) -> None:
    """Notices that wait for their second officer, are approved, and are sent, beside those that were answered."""
    rebuild_leads(officer_sessions[IO], ignore_progress)
    with officer_sessions[IO].workspace.read() as tables:
        case = next(case for case in tables[rows.Case].select() if case.number == CASE)
    approved, sent, *waiting = draft_all_notices(officer_sessions[IO], case.case_id, NoticeKind.PRESERVATION, why=WHY)
    assert waiting
    approve_notice(officer_sessions[SP], approved, "compared")
    mark_sent(officer_sessions[IO], approve_notice(officer_sessions[SP], sent, "compared"), "by hand, receipt 41")


def _leads(officer_sessions: Mapping[Role, OfficerSession]) -> None:
    """Leads that are assigned, closed, noted and marked; a view that is shared; an operation that found something."""
    io, today = officer_sessions[IO], format_day_in_india(to_microseconds(officer_sessions[IO].clock()))
    with open_generation(io.workspace) as read:
        ids = read.open_frame().sort("lead_id").select("lead_id").head(12).collect()["lead_id"].to_list()
        some, last = select_leads_by_ids(read, ids[:8]), select_leads_by_ids(read, ids[8:9])
    lead_work.assign_leads(officer_sessions[SP], some, io.officer.officer_id, "the district is his")
    lead_work.close_leads(io, last, CloseReason.NO_LINE, "a relay, and nothing beside it")
    lead_notes.write(io, ids[0], "The caretaker keeps a register of who lived there.", "asked by telephone")
    lead_marks.mark(io, ids[1], "the girl in the pictures was seen this week")
    saved_views.save(io, "Kerala, one line", "place=IN-KL", is_shared=True)
    operations.begin(officer_sessions[SP], "P-Hunt 7", today, "lines of three districts")
    operations.add_leads(officer_sessions[SP], "P-Hunt 7", some, "one line each")
    search = operations.EventForm(OperationEventKind.SEARCH, today, "Kerala", "GD 14", 1, "Thrissur", ids[0])
    operations.record_event(io, "P-Hunt 7", search)
    leader, meets_at = io.officer.officer_id, officer_sessions[SP].clock()
    team = operation_teams.TeamForm("Alpha", leader, 4, "the police station", "IN-KL", meets_at, "lines of one street")
    operation_teams.set_team(officer_sessions[SP], "P-Hunt 7", team)
    write_note(io, CASE, "The hostel was called.", [NewFile("memo.txt", b"a memo of the call")])
    case_notes.set_deadline(io, CASE, "charge sheet", today)
    outcomes.record_outcome(
        io, outcomes.OutcomeForm(ids[0], CASE, OutcomeKind.INNOCENT, today, "a hostel: the register says who")
    )


def _other_forces(officer_sessions: Mapping[Role, OfficerSession], folder: Path) -> None:
    """Forces that asked: one was answered as far as each step goes, another waits, a third refers to this unit."""
    io, partner = officer_sessions[IO], officer_sessions[Role.PARTNER]
    of_karnataka, waiting = _by_state(io)
    with io.workspace.read() as tables:
        (asked,) = tables[rows.ForceRequest].select()
    known, left, had = (
        _referred(officer_sessions, ReferralDraftRequest(CASE, "they asked", request=asked.request_id, leads=some))
        for some in _parts(of_karnataka[1])
    )
    assert known.approved_at_us is not None
    for one in (left, had):
        export.leave_referral(io, one.referral_id)
    for one, name in ((left, "taken.age"), (had, "fetched.age")):
        export.fetch_package(partner, one.referral_id, folder / name)
    partner_referrals.accept(partner, had.referral_id)
    recalls.recall_leads(io, had.referral_id, "the second data set errs", [_lead_of(io, had)])
    _approve(
        officer_sessions[SP],
        forces.enrol(officer_sessions[SUPERVISOR], new_keys(WAITS).to_form(waiting[0]), "order 5/2026"),
    )
    forces.register_force_request(io, _ask_force(WAITS, format_day_in_india(to_microseconds(io.clock()))))
    _came(officer_sessions, folder)


def _came(officer_sessions: Mapping[Role, OfficerSession], folder: Path) -> None:
    """A referral to this unit from a unit beside it, with an outcome and a recall."""
    (folder / "beside").mkdir()
    beside, io = new_world(folder / "beside"), officer_sessions[IO]
    there, here = beside.officer_session.office.workspace, io.workspace
    form = forces.ForceForm(
        read_unit_key(there).derive_public(), "A unit beside this one", ("Goa",), derive_unit_recipient(there)
    )
    _approve(officer_sessions[SP], forces.enrol(officer_sessions[SUPERVISOR], form, "order 6/2026"))
    known_as(beside, here)
    sent = beside.approved(force=read_unit_key(here).issuer)
    export.seal_referral(beside.io, sent.referral_id, folder / "came.age")
    package = import_package.import_package(io, folder / "came.age")
    incoming_views.accept_referral(io, package.incoming_id)
    lead, today = _lead_of(beside.io, sent), format_day_in_india(to_microseconds(io.clock()))
    incoming_views.report_outcome(io, package.incoming_id, lead, OutcomeKind.NO_RESULT, today, "the records are gone")
    note = recalls.write_recall_note(
        beside.io, recalls.recall_leads(beside.io, sent.referral_id, "the second data set errs", [lead])
    )
    import_package.take_recall(io, notes_of_forces.read(note), note)


def _referred(officer_sessions: Mapping[Role, OfficerSession], request: ReferralDraftRequest) -> rows.Referral:
    """A referral that two officers agreed to."""
    referral = draft_referral(officer_sessions[IO], request).referral
    assert referral.approval_id is not None
    decisions.decide(officer_sessions[SP], referral.approval_id, give=True, why="compared as the order says")
    with officer_sessions[IO].workspace.read() as tables:
        approved = tables[rows.Referral].get(referral.referral_id)
    assert approved is not None
    return approved


def _lead_of(officer_session: OfficerSession, referral: rows.Referral) -> str:
    with officer_session.workspace.read() as tables:
        return tables[rows.ReferralLead].select(referral_id=referral.referral_id)[0].lead_id


def _parts(leads: list[str]) -> list[tuple[str, ...]]:
    """Three parts of leads, none of them empty."""
    assert len(leads) >= 3
    return [tuple(leads[at::3]) for at in range(3)]


def _ask_force(code: str, today: str) -> forces.RequestForm:
    kind, way = AuthorityKind.PRODUCTION, RequestWay.PAPER
    paper = ("s.94 order 3/2026", "Magistrate", "2026-05-20", "a" * 64, "request.pdf")
    return forces.RequestForm(code, "Cr. 42/2026", kind, *paper, today, way)


def _by_state(officer_session: OfficerSession) -> tuple[tuple[str, list[str]], ...]:
    """The leads that may go to the force that is enrolled, and to the state with the most leads beside its own."""
    frame_of: dict[str, list[str]] = {}
    with open_generation(officer_session.workspace) as read:
        frame = read.open_frame().select("lead_id", "state", "ceiling").filter(pl.col("state").is_not_null()).collect()
    goes = {ceiling.value for ceiling in Ceiling} - {"statistics", "automated"}
    for lead, state, ceiling in frame.sort("lead_id").iter_rows():
        if ceiling in goes:
            frame_of.setdefault(state, []).append(lead)
    others = sorted(frame_of.keys() - {STATE}, key=lambda one: (-len(frame_of[one]), one))
    return (STATE, frame_of[STATE]), (others[0], frame_of[others[0]])
