"""Publish referrals and recalls into a folder for an exchange, and collect what forces sent.

The folder may be the exchange's own or one that is carried to it: `outgoing/CODE/` and `incoming/CODE/`, plain files.
Incoming notes count by their signature alone. A request has none, and has no effect before two officers agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightline.casework.forces import forces, referrals
from sightline.casework.input_checks import parse_instant, require_day, require_words
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Refused, SightlineError, UsageError, name_output_on_error
from sightline.ledger.canonical import encode, format_time
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb
from sightline.model import AuthorityKind, RequestWay
from sightline.services.referrals import export, force_answers, force_notes
from sightline.services.referrals import recalls as recalls_module
from sightline.stages.report.printable import IST
from sightline.storage.rows import Force, ForceRequest, Referral, ReferralRecall
from sightline.workspace.workspace import Workspace

OUTGOING, INCOMING = "outgoing", "incoming"
AGE_HEADER = b"age-encryption.org/v1\n"
ZONE = "Asia/Kolkata"
LARGEST_BYTES = 32 << 20


@dataclass(slots=True)
class PublishResult:
    """The result of publishing: what was written, removed as recalled, or may not be sent, with the reason."""

    written: list[str] = field(default_factory=list)
    taken_away: list[str] = field(default_factory=list)
    refused: list[tuple[str, SightlineError]] = field(default_factory=list)


def publish_referrals(officer_session: OfficerSession, to: Path) -> PublishResult:
    """Seal every referral that may be sent, and is not there yet, into a folder, with all recalls."""
    officer_session.require(Action.REFERRAL_SEND, "referral:all")
    publish_result = PublishResult()
    with officer_session.workspace.read() as tables:
        known = {force.force_id: force for force in tables[Force].select()}
        outgoing = [
            referral for referral in tables[Referral].select() if referral.state in referrals.GOES | referrals.WENT
        ]
        recalls = {referral.referral_id: referrals.list_recalls(tables, referral.referral_id) for referral in outgoing}
    for referral in outgoing:
        folder = to / OUTGOING / known[referral.force_id].code
        with name_output_on_error(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for recall in recalls[referral.referral_id]:
            _recall(officer_session, folder, recall, publish_result)
        if recalls[referral.referral_id]:
            _take_away(folder, referral, publish_result)
        elif referral.state in referrals.GOES and not (folder / f"{referral.referral_id}.json").is_file():
            _publish(officer_session, folder, referral, known[referral.force_id].code, publish_result)
    return publish_result


def _publish(
    officer_session: OfficerSession, folder: Path, referral: Referral, code: str, publish_result: PublishResult
) -> None:
    """Write the package, then its description. One without the other is not served."""
    package, about = folder / f"{referral.referral_id}.age", folder / f"{referral.referral_id}.json"
    try:
        with name_output_on_error(package):
            package.unlink(missing_ok=True)
        sealed_package = export.seal_referral(officer_session, referral.referral_id, package)
    except (Refused, DamagedInput, UsageError) as error:
        publish_result.refused.append((referral.number, error))
        return
    facts = {
        "v": 1,
        "referral": referral.referral_id,
        "number": referral.number,
        "force": code,
        "leads": referral.leads,
        "sha256": sealed_package.packed.sealed_sha256,
        "size_bytes": package.stat().st_size,
        "approved_at": format_time(to_instant(referral.approved_at_us or 0)),
    }
    _write(about, encode(facts))
    publish_result.written.append(referral.number)


def _recall(
    officer_session: OfficerSession, folder: Path, recall: ReferralRecall, publish_result: PublishResult
) -> None:
    path = folder / f"recall-{recall.recall_id}.json"
    if not path.is_file():
        _write(path, recalls_module.write_recall_note(officer_session, recall))
        publish_result.written.append(f"recall {recall.recall_id[-6:]}")


def _take_away(folder: Path, referral: Referral, publish_result: PublishResult) -> None:
    """Remove what is recalled, so that it can no longer be fetched."""
    paths = [folder / f"{referral.referral_id}.{end}" for end in ("json", "age")]
    if any(path.exists() for path in paths):
        publish_result.taken_away.append(referral.number)
    for path in paths:
        with name_output_on_error(path):
            path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    beside = path.with_suffix(".part")
    with name_output_on_error(path):
        beside.write_bytes(data)
        beside.replace(path)


@dataclass(slots=True)
class CollectResult:
    """Notes and requests that were registered, how many were known, and refused files, with the reason."""

    taken: list[force_answers.TakenNote] = field(default_factory=list)
    requests: list[ForceRequest] = field(default_factory=list)
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def collect_answers(officer_session: OfficerSession, from_: Path) -> CollectResult:
    """Register what forces sent. Nothing is deleted, and the same content again changes nothing."""
    officer_session.require(Action.REFERRAL_RETURN, "referral:all")
    collect_result = CollectResult()
    for path in sorted((from_ / INCOMING).glob("*/*.json")):
        try:
            _collect(officer_session, path, collect_result)
        except SightlineError as error:
            name = f"{path.parent.name}/{path.name}"
            collect_result.refused.append((name, str(error)))
            about = f"{name}: {error}"[:500]
            officer_session.workspace.append_to_journal(
                officer_session.officer.officer_id,
                JournalVerb.REFUSED_RIGHT,
                "referral:incoming",
                about,
                officer_session.clock(),
            )
    return collect_result


def _collect(officer_session: OfficerSession, path: Path, collect_result: CollectResult) -> None:
    kind, value = _read(path)
    if kind == "note":
        note = force_notes.read(json.dumps(value).encode(), path.name)
        if note.by != path.parent.name:
            raise DamagedInput(f"{note.by} speaks in the folder of {path.parent.name}", hint=force_notes.HINT)
        before = _find_current_recalls(officer_session.workspace, str(note.facts.get("referral")))
        taken_note = force_answers.register_answer(officer_session, note)
        if (
            taken_note.outcomes
            or taken_note.referral != before
            or (taken_note.recall and taken_note.recall.receipt_sha256 == note.sha256)
        ):
            collect_result.taken.append(taken_note)
        else:
            collect_result.known += 1
        return
    request_form = _parse_request(officer_session, path.parent.name, value)
    with officer_session.workspace.read() as tables:
        force = forces.find_force(tables, request_form.code)
        same = tables[ForceRequest].select(force_id=force.force_id, document_sha256=request_form.document_sha256)
    if same:
        collect_result.known += 1
    else:
        collect_result.requests.append(forces.register_force_request(officer_session, request_form))


def _find_current_recalls(workspace: Workspace, referral_id: str) -> Referral | None:
    with workspace.read() as tables:
        return tables[Referral].get(referral_id)


def _read(path: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST_BYTES:
            raise ValueError("it is no file of an exchange")
        whole = json.loads(path.read_bytes())
        kind, value = whole["kind"], whole["value"]
        if kind not in {"note", "request"} or not isinstance(value, dict):
            raise ValueError("it is neither a note nor a request")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedInput(f"{path.name}: {error}", hint="ask the operator of the exchange") from None
    return kind, value


def _parse_request(officer_session: OfficerSession, code: str, value: Mapping[str, Any]) -> forces.RequestForm:
    """Return a request as it came. Raises DamagedInput if it is none."""

    def field_text(name: str) -> str:
        return require_words(str(value[name]), name)

    def optional(name: str) -> str | None:
        return None if value.get(name) is None else str(value[name])

    try:
        since, until, valid = optional("since"), optional("until"), optional("valid_until")
        return forces.RequestForm(
            code,
            field_text("case_number"),
            AuthorityKind(value["authority_kind"]),
            field_text("authority_number"),
            field_text("issued_by"),
            require_day(str(value["issued_on"]), "issued_on"),
            field_text("document_sha256"),
            field_text("document_name"),
            f"{officer_session.clock().astimezone(IST):%Y-%m-%d}",
            RequestWay.FILE,
            None if valid is None else require_day(valid, "valid_until"),
            tuple(str(state) for state in value.get("states") or ()),
            None if since is None else parse_instant(since, "since", ZONE),
            None if until is None else parse_instant(until, "until", ZONE, is_end=True),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DamagedInput(f"a request of {code} is invalid: {error}", hint="ask the force") from None
