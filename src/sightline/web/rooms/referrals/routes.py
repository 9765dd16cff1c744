"""Referrals: what other forces ask for, what goes to them, and what comes back."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from zipfile import ZIP_STORED, ZipFile

from fastapi import Form, UploadFile

from sightline.casework import forces
from sightline.casework.access import Action
from sightline.casework.declared import words
from sightline.engines.referring import notes, recalling, sending, viewing
from sightline.engines.referring.drafting import DraftRequest, draft
from sightline.engines.referring.returning import take
from sightline.record.evidence.documents.facts import Language
from sightline.record.ledger.verbs import Seen
from sightline.record.store.rows import Case, Officer
from sightline.records import AuthorityKind, ReferralState, Role
from sightline.stages.report import tiles
from sightline.web.answers import File, Moved, Page
from sightline.web.room import Room
from sightline.web.rooms.referrals.asked import AskForm, key_of, upload
from sightline.web.visit import Visit

room = Room("referrals")
Text = Annotated[str, Form(max_length=2000)]


@room.page("/referrals", Action.REFERRAL_VIEW, Seen.VIEW_REFERRALS, "referral:all")
def listing(visit: Visit) -> Page:
    """What was asked for, and what went out; of a partner officer what concerns the own force alone."""
    may = {one.name.lower(): visit.may(one) for one in (Action.REFERRAL, Action.FORCE_REQUEST, Action.FORCE_LIST)}
    facts = {"requests": viewing.listed_requests(visit.desk), "referrals": viewing.listed(visit.desk), "may": may}
    falling = recalling.falling(visit.desk) if visit.may(Action.REFERRAL_RECALL) else []
    return Page("listing.html", facts | {"falling": falling, "state_name": tiles.state_name})


@room.page("/referrals/ask", Action.FORCE_REQUEST, Seen.VIEW_REFERRALS, "force-request:new")
def asking(visit: Visit) -> Page:
    """The form in which a force asks for its own state's leads."""
    with visit.reading() as shelves:
        own = forces.own_force(shelves, visit.desk.officer)
        known = [own] if own is not None else forces.standing(shelves)
    facts = {"forces": known, "kinds": list(AuthorityKind), "states": tiles.country().tiles}
    return Page("asking.html", facts)


@room.act("/referrals/ask", Action.FORCE_REQUEST, "force-request:new")
def ask(visit: Visit, form: Annotated[AskForm, Form()]) -> Moved:
    """Record what a force asks for; of the paper the digest is kept."""
    forces.request(visit.desk, form.asked(visit))
    return Moved("/referrals", "asked")


@room.page("/referrals/new", Action.REFERRAL, Seen.VIEW_REFERRALS, "referral:new")
def planning(visit: Visit, request: str = "", force: str = "", case: str = "") -> Page:
    """What would go, and what would not and why, before anything is drafted."""
    with visit.reading() as shelves:
        cases, known = shelves[Case].where(), forces.standing(shelves)
    facts = {"cases": cases, "forces": known, "request": request, "force": force, "case": case, "plan": None}
    if case and (request or force):
        wanted = DraftRequest(case, "", request or None, force or None)
        facts["plan"] = viewing.candidates(visit.desk, wanted)
    return Page("planning.html", facts | {"state_name": tiles.state_name})


@room.act("/referrals/new", Action.REFERRAL, "referral:new")
def drafting(visit: Visit, case: Text, why: Text, request: Text = "", force: Text = "") -> Moved:
    """Draft it: two officers approve, and what they approve is its digest."""
    wanted = DraftRequest(case, words(why, visit.says("all.why")), request or None, force or None)
    made = draft(visit.desk, wanted)
    return Moved(f"/referrals/{made.referral.referral_id}", "drafted")


@room.page("/referrals/forces", Action.FORCE_LIST, Seen.VIEW_REFERRALS, "force:all")
def forces_known(visit: Visit) -> Page:
    """Other forces, by what key each is known, and who of them may sign in here."""
    with visit.reading() as shelves:
        partners = [one for one in shelves[Officer].where(role=Role.PARTNER.value) if one.left_at_us is None]
    found = viewing.listed_forces(visit.desk, ended=True)
    facts = {"found": found, "states": tiles.country().tiles, "state_name": tiles.state_name, "partners": partners}
    return Page("forces.html", facts | {"may_enrol": visit.may(Action.FORCE_ENROL)})


@room.act("/referrals/forces", Action.FORCE_ENROL, "force:new")
def enrol(
    visit: Visit, public: UploadFile, name: Text, age: Text, why: Text, state: Annotated[list[str], Form()]
) -> Moved:
    """Ask that a force be known by its keys."""
    told = forces.Told(key_of(public), words(name, visit.says("name")), tuple(state), age.strip())
    forces.enrol(visit.desk, told, words(why, visit.says("all.why")))
    return Moved("/referrals/forces", "enrol_asked")


@room.act("/referrals/forces/tie", Action.FORCE_TIE, "force:tie")
def tie(visit: Visit, officer: Text, to: Text, why: Text) -> Moved:
    """Ask that a partner officer belong to a force."""
    forces.tie(visit.desk, officer, to, words(why, visit.says("all.why")))
    return Moved("/referrals/forces", "tie_asked")


@room.page("/referrals/{referral_id}", Action.REFERRAL_VIEW, Seen.VIEW_REFERRALS, "referral:{referral_id}")
def showing(visit: Visit, referral_id: str) -> Page:
    """One referral: its leads, what was left out, where it stands, what came back."""
    told = viewing.shown(visit.desk, referral_id)
    acts = (Action.REFERRAL_SEND, Action.REFERRAL_RETURN, Action.REFERRAL_RECALL)
    facts = {"told": told, "may": {one.name.lower(): visit.may(one) for one in acts}, "state_name": tiles.state_name}
    goes = told.referral.state in {ReferralState.APPROVED, ReferralState.SENT, ReferralState.RECEIVED}
    return Page("showing.html", facts | {"goes": goes})


@room.act("/referrals/{referral_id}/plain", Action.REFERRAL_SEND, "referral:{referral_id}")
def plain(visit: Visit, referral_id: str, language: Annotated[Language, Form()] = Language.ENGLISH) -> File:
    """Letter, lead sheets and rows as PDF and CSV, for an office without the program."""
    with TemporaryDirectory() as folder:
        paths = sending.export(visit.desk, referral_id, Path(folder), language)
        packed = io.BytesIO()
        with ZipFile(packed, "w", ZIP_STORED) as archive:
            for name, path in sorted(paths.items()):
                archive.write(path, name)
    return File(f"referral-{referral_id[-6:]}.zip", "application/zip", packed.getvalue())


@room.act("/referrals/{referral_id}/sealed", Action.REFERRAL_SEND, "referral:{referral_id}")
def sealed(visit: Visit, referral_id: str) -> File:
    """The signed bag that only its force can open."""
    with TemporaryDirectory() as folder:
        made = sending.seal(visit.desk, referral_id, Path(folder) / "referral.age")
        return File(f"referral-{referral_id[-6:]}.age", "application/octet-stream", made.path.read_bytes())


@room.act("/referrals/{referral_id}/returned", Action.REFERRAL_RETURN, "referral:{referral_id}")
def returned(visit: Visit, referral_id: str, note: UploadFile) -> Moved:
    """Take a receipt or outcomes that the force signed."""
    told = take(visit.desk, notes.read(upload(note, 1 << 20), note.filename or "the note"))
    if told.referral.referral_id != referral_id:
        return Moved(f"/referrals/{told.referral.referral_id}", "taken_other")
    return Moved(f"/referrals/{referral_id}", "taken")


@room.act("/referrals/{referral_id}/recall", Action.REFERRAL_RECALL, "referral:{referral_id}")
def recall(visit: Visit, referral_id: str, why: Text, leads: Text = "") -> File:
    """Recall what fell, or the leads that are named; the signed note for the force."""
    made = recalling.recall(visit.desk, referral_id, words(why, visit.says("all.why")), leads.split())
    return File(f"recall-{made.recall_id[-6:]}.json", "application/json", recalling.note(visit.desk, made))
