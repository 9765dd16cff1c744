"""A small workspace with something of everything in it, to be altered and verified thousands of times."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.office import Office, combined_log, found_office, now, signed_list

from sightline.casework import decisions
from sightline.casework.cases import case_notes
from sightline.casework.exhibits import exhibits
from sightline.casework.exhibits.exhibits import CustodyStep
from sightline.casework.forces.force_matches import record_matches
from sightline.casework.forces.referrals import compute_leads_digest
from sightline.casework.leads import lead_marks, lead_notes, lead_work, retention_period, saved_views
from sightline.casework.operations import operation_teams, operations
from sightline.casework.oversight import backups
from sightline.casework.people import accounts, officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.errors import NotAllowed
from sightline.evidence.bundle_file import BundleKind
from sightline.ledger import note
from sightline.ledger.append import encode_canonical, name_row_thing
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import (
    AuthorityKind,
    Ceiling,
    CloseReason,
    CustodyEvent,
    DatasetKind,
    NatLogs,
    NoticeKind,
    NoticeState,
    OperationEventKind,
    OutcomeKind,
    PartEnd,
    ReferralState,
    RequestWay,
    Role,
)
from sightline.services.artifacts.lead_files import open_generation as leads_of
from sightline.services.bundles.bundle import BundleRequest, write_bundle
from sightline.services.case_files.attachments import NewFile, write_note
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.workspace import identity_keys, keys
from sightline.workspace.workspace import DATABASE, LOG_KEY, Change, Workspace, open_workspace


@dataclass
class World:
    """The workspace's folder, its files as they were, an earlier database, and bundles that left it."""

    workspace: Workspace
    files: dict[Path, bytes]
    earlier: bytes
    bundles: list[Path]

    @property
    def database(self) -> Path:
        """The database file."""
        return self.workspace.folder / DATABASE

    def restore(self) -> None:
        """Put every file back as it was."""
        for path, content in self.files.items():
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            if path.name == LOG_KEY:
                path.chmod(0o600)
        for end in ("-wal", "-shm"):
            self.database.with_name(DATABASE + end).unlink(missing_ok=True)


def make(folder: Path) -> World:
    """An office at work: two runs, custody, a hold, a witness, a countersigned checkpoint, bundles."""
    office = found_office(folder / "workspace")
    logs = [folder / "access.log", folder / "other.log"]
    for number, log in enumerate(logs):
        log.write_text(combined_log(120, start=1000 * number))
    flags = signed_list(folder, "kind,value,category\ndomain,board.example,csam\n")
    request = ScanRequest(tuple(logs), office.source.name, office.authority.number, (flags,))
    scan_logs(office.io, request, lambda *_: None)
    workspace = office.workspace
    workspace.engine.dispose()
    earlier = (workspace.folder / DATABASE).read_bytes()
    _lead(office, folder)
    _worked(office)
    _answered(office, folder)
    _referred(office)
    _compared(office)
    _came(office, folder)
    _work(office)
    bundles = [_bundle(office, folder, BundleKind.COURT), _bundle(office, folder, BundleKind.LEDGER)]
    with workspace.read() as tables:
        last = tables[rows.Checkpoint].find_last("size")
    assert last is not None
    (workspace.folder / "checkpoints" / f"{last.size:012}.note").write_text(last.note, encoding="utf-8")
    workspace.engine.dispose()
    files = {path: path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file()}
    files |= {log: log.read_bytes() for log in logs}
    world = World(open_workspace(workspace.folder), files, earlier, bundles)
    if findings := verify_workspace(world.workspace, VerifyRequest(), lambda *_: None).findings:
        # A finding that is there without an alteration would count as one of it.
        raise AssertionError(f"the workspace is to be intact before it is altered: {findings}")
    return world


def _lead(office: Office, folder: Path) -> None:
    """A data set, leads by it, and one of them marked."""
    statements = folder / "nat.csv"
    statements.write_text("cidr,shared\n198.51.100.0/24,no\n", encoding="utf-8")
    import_dataset(office.io, DatasetRequest(statements, DatasetKind.NAT, date(2026, 3, 1)))
    rebuild_leads(office.io, lambda *_: None)
    with leads_of(office.workspace) as read:
        lead_id = read.open_frame().select("lead_id").first().collect().item()
    lead_marks.mark(office.io, lead_id, "a meeting is named")
    with office.workspace.change(office.io.signer, now()) as change:
        by, at_us = office.io.officer.officer_id, change.now_us
        dataset, exhibit = change.tables[rows.Dataset].select()[0], change.tables[rows.Exhibit].select()[0]
        change.add(Verb.DATASET_WITHDRAWN, rows.DatasetWithdrawal(dataset.dataset_id, "of another ISP", at_us, by))
        clock = rows.Declaration(
            make_id(now()), f"exhibit:{exhibit.exhibit_id}", "clock", "{}", "compared at the seizure", at_us, by
        )
        change.add(Verb.EXHIBIT_CHANGED, clock)
        run, digest = change.tables[rows.Run].select()[0], hashlib.sha256(b"tail").hexdigest()
        where = run.source_id, run.authority_id, run.exhibit_id, run.run_id
        part = rows.FeedPart(
            f"{digest[:16]}-000000000", digest[:16], 0, "/feed/access.log", *where, "/feed/access.log.1", "77", 0, 4,
            4, digest, 1, at_us, at_us, PartEnd.SIZE, "a gap", "", at_us, at_us, by,
        )  # fmt: skip
        change.add(Verb.FEED_PART_REGISTERED, part)
        delivery = rows.FeedDelivery(part.part_id, 4, 1, 2)
        change.add(Verb.FEED_DELIVERY_REGISTERED, delivery, part=part.part_id)
        start = rows.FeedStart(
            f"{digest[:16]}-0", digest[:16], 0, "/feed/access.log", *where[:2], "/feed/access.log", "77", 0, 4, digest,
            at_us, by,
        )  # fmt: skip
        change.add(Verb.FEED_START_REGISTERED, start, feed=digest[:16], number=0)


def _worked(office: Office) -> None:
    """Leads assigned, closed and noted, a saved view, an operation with an event."""
    io = office.io
    with leads_of(office.workspace) as read:
        selected_leads = lead_work.SelectedLeads(
            read.open_frame().select("lead_id").head(5).collect()["lead_id"].to_list()
        )
    lead_work.assign_leads(io, selected_leads, io.officer.name, "of this district")
    lead_work.close_leads(io, lead_work.SelectedLeads(selected_leads.lead_ids[1:2]), CloseReason.RECORDS_GONE, "letter")
    lead_notes.write(io, selected_leads.lead_ids[0], "the port is missing", "for whoever asks")
    saved_views.save(io, "one line", "ceiling=subscriber", is_shared=True)
    operation = operations.begin(io, "Drive 1", "2026-06-01", "lines of a district")
    operations.add_leads(
        io, operation.operation_id, lead_work.SelectedLeads(selected_leads.lead_ids[:2]), "one line each"
    )
    searched = operations.EventForm(OperationEventKind.SEARCH, "2026-06-02", "IN-KL", "GD 14", 2, "Thrissur")
    operations.record_event(io, operation.operation_id, searched)
    team = operation_teams.TeamForm(
        "Alpha", io.officer.officer_id, 4, "police station", "IN-KL", now(), "two lines", "Thrissur"
    )
    operation_teams.set_team(io, operation.operation_id, team)
    write_note(io, office.case.case_id, "the hostel was called", [NewFile("memo.txt", b"a memo")])
    case_notes.set_deadline(io, office.case.case_id, "charge sheet", format_day_in_india(to_microseconds(now())))


def _answered(office: Office, folder: Path) -> None:
    """A licensee, a notice to it, a reply, what was resolved of it, and an outcome, each with its files."""
    with office.workspace.read() as tables:
        intent, mark = tables[rows.Intent].select()[0].intent_id, tables[rows.LeadMark].select()[0]
    by, day, words = office.io.officer.officer_id, "2026-06-20", hashlib.sha256(b"words").hexdigest()
    _put(office, folder, f"answers/form-{words[:16]}.json", b"words")
    asked, met, answer = (
        _put(office, folder, f"answers/{name}.parquet", name.encode()) for name in ("rows", "met", "sessions")
    )
    with office.workspace.change(office.io.signer, now()) as change:
        at_us, ids = change.now_us, [make_id(now()) for _ in range(4)]
        change.add(
            Verb.LICENSEE_SAID,
            rows.Licensee(ids[0], "Example Broadband", "Kochi", NatLogs.BLOCKS, "Asia/Kolkata", "dmy", 730, at_us, by),
        )
        case = office.case.case_id
        notice = rows.Notice(
            ids[1], "1", case, NoticeKind.RECORDS, ids[0], "Kerala", f"bnss-94:{words}", None, 1,
            str(asked["file"]), str(asked["sha256"]), len(b"rows"), 1, at_us, NoticeState.CLOSED, at_us, by,
            None, at_us, at_us, "by hand", at_us, at_us, "answered",
        )  # fmt: skip
        change.add(Verb.NOTICE_DRAFTED, notice)
        reply = rows.Reply(
            ids[2], ids[1], intent, "reply.csv", words, 5, "ipdr-2013", "{}", day, 0, None, words, "certificate.pdf",
            '{"missing":0}', encode_canonical([met]), at_us, by, at_us, "of another customer",
        )  # fmt: skip
        change.add(Verb.REPLY_RECEIVED, reply)
        made_keys = [rows.IdentityKey(f"{number:032x}", at_us, os.urandom(32)) for number in range(3)]
        change.tables[rows.IdentityKey].add(*made_keys)
        identity_keys.record_keys(change.ledger, change.signer, f"reply:{reply.reply_id}", made_keys)
        confirmation = rows.Confirmation(make_id(now()), ids[2], "echo", "letter of its nodal officer", at_us, by)
        change.add(Verb.REPLY_CONFIRMED, confirmation)
        change.add(
            Verb.SESSIONS_RESOLVED, rows.Resolving(1, words, intent, at_us, by, "{}", "{}", encode_canonical([answer]))
        )
        outcome = rows.Outcome(
            ids[3], mark.lead_id, case, words[:32], OutcomeKind.INNOCENT, day, "seen", at_us, by, at_us, "another lead"
        )
        change.add(Verb.OUTCOME_RECORDED, outcome)
    _agreed(
        office[Role.CUSTODIAN],
        office.supervisor,
        Action.BACKUP_RECIPIENT,
        "backup-recipient:age1demo",
        {"recipient": "age1demo", "name": "safe of the SP"},
        backups.add_approved_recipient,
    )
    backups.remove_recipient(office[Role.CUSTODIAN], "age1demo", "the safe was given up")


def _referred(office: Office) -> None:
    """An account; a force with its officer, secret and request; a referral to it, recalled in part, and its outcome."""
    accounts.create_account(office.io, "s.rao", "four words make it")
    with office.workspace.read() as tables:
        lead_id = tables[rows.LeadMark].select()[0].lead_id
        outcome_id = tables[rows.Outcome].select()[0].outcome_id
    io, by, case = office.io, office.io.officer.officer_id, office.case.case_id
    words, superintendent = hashlib.sha256(b"words").hexdigest(), _superintendent(office)
    ids = [make_id(now()) for _ in range(5)]
    states, public = '["IN-KA"]', base64.b64encode(b"k" * 32).decode()
    partner = {"code": "KA-CYBER", "key_id": "0" * 16, "public_key": public, "age_recipient": "age1x"}

    def know(change: Change, given: rows.Approval) -> None:
        force = rows.Force(
            ids[0], "KA-CYBER", "Cyber, Karnataka", states, "0" * 16, b"k" * 32, "age1x", given.approval_id,
            change.now_us, change.now_us, "over",
        )  # fmt: skip
        change.add(Verb.FORCE_ENROLLED, force, **partner)

    def tie(change: Change, given: rows.Approval) -> None:
        tied = rows.ForceOfficer(by, ids[0], given.approval_id, change.now_us)
        change.add(Verb.FORCE_OFFICER_TIED, tied, force=ids[0])

    with suppress(approvals.TakesTwo):
        retention_period.set_lead_period(io, 730, "order 7/2026 of the court")
    with office.workspace.read() as tables:
        waiting = approvals.list_waiting(tables, to_microseconds(now()))
    for approval in waiting:
        if approval.thing == "retention-period:leads":
            decisions.decide(superintendent, approval.approval_id, give=True, why="seen as the order says")
    retention_period.set_lead_period(io, 730, "order 7/2026 of the court")
    _agreed(office.supervisor, superintendent, Action.FORCE_ENROL, "force:KA-CYBER", partner, know)
    of_force = {"officer": by, "force_id": ids[0]}
    _agreed(office.supervisor, superintendent, Action.FORCE_TIE, f"officer:{by}", of_force, tie)
    referral = rows.Referral(
        ids[2], "KA-CYBER 1", ids[0], ids[1], case, "asked for", 1, 9, 1, 1, "{}", words, words,
        ReferralState.DRAFTED, 1, by, None, 1, 1, "sealed", 1, words,
    )  # fmt: skip
    with office.workspace.change(io.signer, now()) as change:
        at_us = change.now_us
        force_request = rows.ForceRequest(
            ids[1], ids[0], "Cr. 4/2026", AuthorityKind.PRODUCTION, "order 3", "Magistrate", "2026-06-01", "2027-06-01",
            words, "letter.pdf", states, at_us, at_us + 1, RequestWay.PAPER, "2026-06-02", at_us, by,
        )  # fmt: skip
        change.add(Verb.FORCE_REQUEST_RECEIVED, force_request)
        lead = rows.ReferralLead(ids[2], lead_id, "IN-KA", Ceiling.SUBSCRIBER, at_us, at_us, 5)
        referral = replace(referral, leads_sha256=compute_leads_digest([lead]))
        change.add(Verb.REFERRAL_DRAFTED, referral)
        change.tables[rows.ReferralLead].add(lead)

    def approve(change: Change, given: rows.Approval) -> None:
        approved = replace(referral, state=ReferralState.APPROVED, approval_id=given.approval_id)
        change.put(Verb.REFERRAL_APPROVED, approved, approval=given.approval_id, content_sha256=words)
        change.put(Verb.REFERRAL_RECEIVED, replace(approved, state=ReferralState.RECEIVED))

    of_leads = {"referral": ids[2], "content_sha256": words}
    _agreed(io, superintendent, Action.REFERRAL, f"referral:{ids[2]}", of_leads, approve)
    with office.workspace.change(io.signer, now()) as change:
        at_us = change.now_us
        recall = rows.ReferralRecall(
            ids[3], ids[2], encode_canonical({lead_id: "gone"}), "gone", at_us, by, at_us, words
        )
        change.add(Verb.REFERRAL_LEADS_RECALLED, recall)
        change.add(Verb.FORCE_SECRET_AGREED, rows.ForceSecret(ids[4], ids[0], at_us, by, b"s" * 32))
        change.add(Verb.OUTCOME_RECORDED, rows.ForceOutcome(outcome_id, ids[2], ids[0], words))
        change.add(Verb.REQUEST_ANSWER_RECORDED, rows.RequestAnswer(ids[1], ids[2], "given before", at_us, by))


def _compared(office: Office) -> None:
    """What comparisons found, with one force and through an exchange; and a lead of which a report asks for haste."""
    with office.workspace.change(office.io.signer, now()) as change:
        force, mark = change.tables[rows.Force].select()[0], change.tables[rows.LeadMark].select()[0]
        record_matches(change, force.force_id, "", "addresses", {"0" * 32: [mark.lead_id]})
        record_matches(change, None, "2026-06", "accounts", {"1" * 32: [mark.lead_id]})
        change.ledger.append(Verb.LEAD_REPORTED, change.signer, f"lead:{mark.lead_id}")


def _superintendent(office: Office) -> OfficerSession:
    """One more officer, who can decide what the supervisor asks."""
    private = keys.make_signing_key()
    person = officers.NewOfficer("S. Superintendent", Role.SUPERINTENDENT, "SP", "Cyber Cell, Demo")
    public = private.public_key().public_bytes_raw()
    asked = officers.enrol(office[Role.ADMINISTRATOR], person, public, "joined")
    assert isinstance(asked, rows.Approval)
    decisions.decide(office.supervisor, asked.approval_id, give=True, why="known as the order says")
    office.officer_sessions[Role.SUPERINTENDENT] = authenticate(office.workspace, private, now)
    return office.officer_sessions[Role.SUPERINTENDENT]


def _agreed(
    asker: OfficerSession,
    second: OfficerSession,
    action: Action,
    about: str,
    request: approvals.Request,
    act: Callable[[Change, rows.Approval], object],
) -> None:
    """Do an act as two officers do it."""
    with asker.change(action, about) as change:
        asked = approvals.ask(change, action, about, request, "needed")
    with second.change(Action.APPROVAL_DECIDE, name_row_thing(asked)) as change:
        given = approvals.decide(second, change, asked.approval_id, give=True, why="seen as the order says")
        act(change, given)
        approvals.use(change, given)


def _came(office: Office, folder: Path) -> None:
    """A referral of another force to this unit with its file, what was found of it, and what was recalled."""
    by, words = office.io.officer.officer_id, hashlib.sha256(b"words").hexdigest()
    ids = [make_id(now()) for _ in range(3)]
    package = _put(office, folder, f"incoming/{ids[0]}.age", b"sealed")
    with office.workspace.change(office.io.signer, now()) as change:
        at_us, force = change.now_us, change.tables[rows.Force].select()[0]
        incoming = rows.Incoming(
            ids[0], force.force_id, "01K5Z3", "Demo 1", "Cr. 4/2026", 1, words, words, '["a proof"]',
            str(package["file"]), str(package["sha256"]), len(b"sealed"), at_us, by, b"AGE-SECRET-KEY-1", at_us, by,
        )  # fmt: skip
        change.add(Verb.INCOMING_OPENED, incoming)
        incoming_outcome = rows.IncomingOutcome(
            ids[1], ids[0], "4cedfc69", OutcomeKind.INNOCENT, "2026-06-20", "seen", at_us, by
        )
        change.add(Verb.INCOMING_OUTCOME, incoming_outcome)
        recall = rows.IncomingRecall(ids[2], ids[0], '{"4cedfc69":"gone"}', "gone", "{}", at_us, at_us, by)
        change.add(Verb.INCOMING_RECALLED, recall)


def _put(office: Office, folder: Path, name: str, content: bytes) -> dict[str, object]:
    """A file of the segment store, as rows register one."""
    path = folder / Path(name).name
    path.write_bytes(content)
    office.workspace.segments.put(name, path)
    return {"file": name, "rows": 1, "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def _work(office: Office) -> None:
    io, workspace = office.io, office.workspace
    with workspace.read() as tables:
        exhibit = tables[rows.Exhibit].select()[0]
    at_us = to_microseconds(now() - timedelta(days=1))
    step = CustodyStep(CustodyEvent.RECEIVED, at_us, "Clerk of the court", "sealed cover", "Demo PS", "order 7/2026")
    exhibits.record_step(io, exhibit.exhibit_id, step)
    with io.workspace.change(io.signer, now()) as change:
        hold = rows.Hold(make_id(now()), f"exhibit:{exhibit.exhibit_id}", "trial", change.now_us, io.officer.officer_id)
        change.add(Verb.HOLD_SET, hold)
    auditor = office[Role.AUDITOR]
    with office.workspace.change(auditor.signer, now()) as change:
        witness = Ed25519PrivateKey.generate()
        public = witness.public_key().public_bytes_raw()
        change.add(
            Verb.WITNESS_ENROLLED, rows.Witness("court.example", public, change.now_us, auditor.officer.officer_id)
        )
        assert name_row_thing(hold)
    workspace.append_to_journal(
        io.officer.officer_id, JournalVerb.VIEW_EXHIBIT, f"exhibit:{exhibit.exhibit_id}", "a look", now()
    )
    workspace.seal(now())
    _countersign(office, witness)


def _countersign(office: Office, witness: Ed25519PrivateKey) -> None:
    import base64  # noqa: PLC0415

    with office.workspace.change(office[Role.AUDITOR].signer, now()) as change:
        last = change.tables[rows.Checkpoint].find_last("size")
        assert last is not None
        signed = note.cosign_checkpoint(note.SignedNote.read(last.note.encode()).text, "court.example", witness, now())
        countersignature = rows.Countersignature(last.size, "court.example", signed.to_line(), change.now_us)
        change.tables[rows.Countersignature].add(countersignature)
        facts: dict[str, str | int] = {"size": last.size, "signature": base64.b64encode(signed.value).decode()}
        change.ledger.append(Verb.CHECKPOINT_COUNTERSIGNED, change.signer, f"checkpoint:{last.size}", facts=facts)


def _bundle(office: Office, folder: Path, kind: BundleKind) -> Path:
    with office.workspace.read() as tables:
        exhibit = tables[rows.Exhibit].select()[0].exhibit_id
    request = BundleRequest(kind, folder / f"{kind.value}.zip", "audit", None if kind is BundleKind.LEDGER else exhibit)
    try:
        write_bundle(office.io, request)
    except NotAllowed:
        office.approve()
        write_bundle(office.io, request)
    return request.out


def copied(path: Path, folder: Path) -> Path:
    """A copy of a file to alter."""
    return Path(shutil.copy(path, folder / path.name))
