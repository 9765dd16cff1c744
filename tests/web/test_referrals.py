"""Referrals through real HTTP: from a force's request to its outcomes and a recall, and a package
taken by another unit.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyrage
import pytest
from httpx2 import Response

from sightline.casework.forces import referrals as casework
from sightline.ledger.verbs import JournalVerb
from sightline.model import OutcomeKind, ReferralState, Role
from sightline.model.short_ids import format_lead_number
from sightline.services.referrals import package_reader
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key
from tests.services.referrals.world import KARNATAKA, World, new_world
from tests.web.test_rights import KEPT
from tests.web.units import CASE, OfficerBrowser, UnitApp, Units, knows_sender, partner_of, two_units

IO, SP = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT
ASKED = {
    "force": "KA-CYBER", "case": "Cr. 41/2026", "kind": "production", "number": "s.94 order 3/2026",
    "issued_by": "Magistrate, Mysuru", "issued_on": "2026-05-20", "received": "2026-06-01",
}  # fmt: skip


def redirect_of(answer: Response) -> str:
    """Where an act leads to; it was done."""
    assert answer.status_code == 303, answer.text[-600:]
    return str(answer.headers["location"]).partition("#")[0]


def check_refused(live_session: OfficerBrowser, answer: Response, status: int, says: str) -> None:
    """It was refused in these words, and the journal has it as the page says."""
    assert answer.status_code == status, (answer.status_code, answer.text[-600:])
    assert says in answer.text, answer.text[-900:]
    entry = KEPT.search(answer.text)
    assert entry and live_session.refusal_row(entry[1]).verb in {
        JournalVerb.REFUSED_RIGHT,
        JournalVerb.REFUSED_APPROVAL,
    }


def found_nothing(world: World) -> bool:
    """Whether the whole record verifies."""
    return verify_workspace(world.officer_session.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_from_a_partner_s_request_to_outcome_and_recall(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    app_server = UnitApp(world.officer_session.office.workspace, world.clock)
    io_, sp = app_server.live_session(world.io), app_server.live_session(world[SP])
    mine, theirs = (
        app_server.live_session(partner_of(world, "KA-CYBER")),
        app_server.live_session(partner_of(world, "KL-CYBER")),
    )

    at = is_asked_for_and_drafted(io_, mine, theirs)
    check_refused(mine, mine.get(at), 404, "There is no referral")
    assert 'aria-current="step"' in io_.get(at).text and "Approved, 2 of 2" in io_.get(at).text
    made = world.referral("KA-CYBER 1")
    decide = {"why": "compared as the order says", "decision": "give"}
    assert io_.post(f"/approvals/{made.approval_id}", **decide).status_code == 403
    redirect_of(sp.post(f"/approvals/{made.approval_id}", **decide))

    assert redirect_of(io_.post(f"{at}/left")) == at
    lead = is_fetched_and_answered(world, mine, at)
    for act in ("package", "accept", "outcomes"):
        more = (
            {"lead": lead, "kind": "innocent", "on": "2026-06-04", "why": "x as the order says"}
            if act == "outcomes"
            else {}
        )
        check_refused(theirs, theirs.post(f"{at}/{act}", **more), 404, "There is no referral")
    assert "KA-CYBER 1" not in theirs.get("/referrals").text

    redirect_of(io_.post(f"{at}/recall", leads=lead[:10], why="the list of June clears the site"))
    with world.officer_session.office.workspace.read() as tables:
        (recall,) = casework.list_recalls(tables, made.referral_id)
    page = mine.get(at).text
    assert "the list of June clears the site" in page and "Stop work on them" in page
    home = mine.get("/").text
    assert "Leads of 1 referral were recalled" in home and f'href="{at}#recalls"' in home
    its = mine.get(f"{at}/leads/{lead}").text
    assert "Stop work on this lead" in its and f'href="{at}#recalls"' in its and "<pre" not in its
    read = f"{at}/recalls/{recall.recall_id}/read"
    check_refused(theirs, theirs.post(read), 404, "There is no referral")
    assert mine.post(f"{at}/recalls/{'0' * 26}/read").status_code == 404
    redirect_of(mine.post(read))
    assert "were recalled" not in mine.get("/").text and "Stop work on them" not in mine.get(at).text
    note = io_.post(f"{at}/recalls/{recall.recall_id}/note")
    assert note.status_code == 200 and note.json()["note"]["leads"][0]["lead"] == lead
    page = io_.get(at).text
    assert "confirmed" in page and "An officer of KA-CYBER" in page
    assert found_nothing(world)


def test_a_referral_recalled_before_delivery_cannot_be_fetched_or_confirmed(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    app_server = UnitApp(world.officer_session.office.workspace, world.clock)
    io_, mine = app_server.live_session(world.io), app_server.live_session(partner_of(world, "KA-CYBER"))
    at = f"/referrals/{world.approved().referral_id}"
    redirect_of(io_.post(f"{at}/left"))
    with world.officer_session.office.workspace.read() as tables:
        lead = tables[rows.ReferralLead].select()[0].lead_id
    redirect_of(io_.post(f"{at}/recall", leads=lead, why="the second data set errs"))
    page = mine.get(at).text
    assert "Recalled (1)" in page and 'aria-current="step"' not in page
    assert "the package is no longer available" in page
    assert f"{at}/package" not in page and f"{at}/accept" not in page
    check_refused(mine, mine.post(f"{at}/accept"), 403, "there is nothing to confirm")
    assert "Draft a new referral of the valid leads" in io_.get(at).text
    assert world.referral("KA-CYBER 1").state is ReferralState.SENT


def test_a_changed_verifier_is_refused_and_not_reported_as_out_of_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world(tmp_path)
    io_ = UnitApp(world.officer_session.office.workspace, world.clock).live_session(world.io)
    at = f"/referrals/{world.approved().referral_id}"
    other = tmp_path / "verifier.py"
    other.write_text("# of another version\n")
    monkeypatch.setattr("sightline.services.referrals.content.VERIFIER", other)
    check_refused(io_, io_.post(f"{at}/left"), 403, "draft a new one")


def is_asked_for_and_drafted(io_: OfficerBrowser, mine: OfficerBrowser, theirs: OfficerBrowser) -> str:
    """The force asks; the officer looks at what would go, and drafts it. Where it stands."""
    other = ASKED | {"force": "KL-CYBER"}
    check_refused(
        mine, mine.send("/referrals/ask", "document", b"a request", "r.pdf", **other), 403, "asks for KA-CYBER"
    )
    to_come = ASKED | {"received": "9999-12-31"}
    answer = mine.send("/referrals/ask", "document", b"a request", "r.pdf", **to_come)
    assert (answer.status_code, "31 Dec 9999 is in the future" in answer.text) == (400, True)
    assert redirect_of(mine.send("/referrals/ask", "document", b"a request", "r.pdf", **ASKED)) == "/referrals"
    assert mine.send("/referrals/ask", "document", b"a request", "r.pdf", **ASKED).status_code == 400
    assert "Cr. 41/2026" in mine.get("/referrals").text and "Cr. 41/2026" not in theirs.get("/referrals").text
    for text in ("cr. 41/2026", "ka-cyber"):
        anchor = re.search(r'href="/referrals#(request-\w+)"', io_.post("/search", text=text).text)
        assert anchor is not None, text
    assert anchor and f'id="{anchor[1]}"' in io_.get("/referrals").text
    link = re.search(r'href="(/referrals/new\?request=\w+)"', io_.get("/referrals").text)
    assert link
    look = io_.get(f"{link[1]}&case={CASE.replace(' ', '+')}").text
    assert "2 leads would go" in look and "nobody knows in which state" in look
    drafted = io_.post(
        "/referrals/new", case=CASE, request=link[1].rpartition("=")[2], why="their request as the order says"
    )
    return draft_of(io_, drafted)


def draft_of(live_session: OfficerBrowser, begun: Response) -> str:
    """The draft, once the page of its progress leads there."""
    at = redirect_of(begun)
    assert at == "/referrals/drafting"
    while (answer := live_session.get(at)).status_code == 200:
        assert "are being made" in answer.text, answer.text[-600:]
    return redirect_of(answer)


def is_fetched_and_answered(world: World, mine: OfficerBrowser, at: str) -> str:
    """The force's officer takes the package, confirms it, and tells what was found; the id of that lead."""
    page = mine.get(at).text
    for hidden in (CASE, world.io.officer.name, world[SP].officer.name, "nobody knows in which state", KARNATAKA):
        assert hidden not in page, hidden
    offered = " ".join(re.findall(r'(?:href|action)="([^"]*)"', page))
    assert "/package" in offered and not re.search("/(?:sealed|recall|accept)", offered)
    check_refused(mine, mine.post(f"{at}/accept"), 403, "Download the sealed package, open it, then confirm it")
    package = mine.post(f"{at}/package")
    assert package.headers["content-disposition"].endswith(".age")
    (world.officer_session.folder / "one.age").write_bytes(package.content)
    key = read_unit_key(world.officer_session.office.workspace).derive_public()
    found = package_reader.open_package(world.officer_session.folder / "one.age", [world.karnataka.identity], key)
    assert found.content_sha256 == world.referral("KA-CYBER 1").content_sha256
    assert f'action="{at}/accept"' in mine.get(at).text
    redirect_of(mine.post(f"{at}/accept"))
    redirect_of(mine.post(f"{at}/accept"))
    accepted = world.referral("KA-CYBER 1")
    assert (accepted.state, accepted.receipt_sha256) == (ReferralState.RECEIVED, None)
    lead = str(found.leads[0]["lead_id"])
    is_read_here(world, mine, at, lead, str(found.leads[0]["source_ip"]))
    fields = {"lead": lead, "kind": "innocent", "on": "2026-06-04", "why": "a shop's open Wi-Fi"}
    assert "is in the future" in mine.post(f"{at}/outcomes", **fields | {"on": "2027-01-01"}).text
    redirect_of(mine.post(f"{at}/outcomes", **fields))
    assert "reported already" in mine.post(f"{at}/outcomes", **fields).text
    with world.officer_session.office.workspace.read() as tables:
        (outcome,) = tables[rows.Outcome].select(lead_id=lead)
    assert (outcome.kind, outcome.recorded_by) == (OutcomeKind.INNOCENT, mine.officer_session.officer.officer_id)
    return lead


def is_read_here(world: World, mine: OfficerBrowser, at: str, lead: str, address: str) -> None:
    """The force's officer reads lead and sheet, masked until opened with a reason, and answers by a table too."""
    its = f"{at}/leads/{lead}"
    assert f'href="{its}"' in mine.get(at).text
    page = mine.get(its).text
    assert "<pre" in page and format_lead_number(lead) in page
    assert address not in page
    assert mine.post(its, why="").status_code == 400
    redirect_of(mine.post(its, why="to compare with our own case"))
    assert address in mine.get(its).text
    with world.officer_session.office.workspace.read() as tables:
        stored_journal_rows = tables[rows.StoredJournalRow].select(verb=JournalVerb.VIEW_ADDRESS.value)
    assert [row.thing for row in stored_journal_rows if row.actor == mine.officer_session.officer.officer_id] == [
        f"lead:{lead}"
    ]
    assert mine.get(f"{at}/leads/{'0' * 16}").status_code == 404

    empty = mine.get(f"{at}/outcomes.csv")
    head, *leads = empty.content.decode("utf-8-sig").splitlines()
    assert head == "lead,outcome,found_on,reason" and len(leads) == 2
    number = next(one for one in leads if not one.startswith(format_lead_number(lead))).partition(",")[0]
    table = f"{at}/outcomes/table"
    for broken, says in (
        (f"{number},arrested,2026-06-04,", "arrested is no outcome"),
        (f"{number},innocent,4 June,", "not a day"),
        (f"{number},,2026-06-04,", "No row of the table has an outcome"),
        ("L-0000-0000,innocent,2026-06-04,", "is none of KA-CYBER 1"),
    ):
        answer = mine.send(
            table, "table", f"{head}\n{broken}\n".encode(), "o.csv", why="our officer of the case says so"
        )
        assert (answer.status_code, says in answer.text) == (400, True), (says, answer.text[-900:])
    filled = f"\ufeffLEAD;Outcome;found_on;reason\r\n{number};{OutcomeKind.INNOCENT};2026-06-04;a hotel\r\n"
    redirect_of(mine.send(table, "table", filled.encode(), "o.csv", why="our officer of the case says so"))
    with world.officer_session.office.workspace.read() as tables:
        (made,) = tables[rows.Outcome].select()
    assert made.lead_id != lead and "a hotel" in made.why


def test_an_officer_leaves_leads_out_and_answers_a_repeated_request_with_what_was_given(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    app_server = UnitApp(world.officer_session.office.workspace, world.clock)
    io_, mine = app_server.live_session(world.io), app_server.live_session(partner_of(world, "KA-CYBER"))

    def ask(text: bytes) -> None:
        redirect_of(mine.send("/referrals/ask", "document", text, "r.pdf", **ASKED))

    ask(b"a request")
    request = re.search(r'href="(/referrals/new\?request=(\w+))"', io_.get("/referrals").text)
    assert request
    look = io_.get(f"{request[1]}&case={CASE.replace(' ', '+')}").text
    first, second = re.findall(r'name="listed" value="(\w+)"', look)
    sheets = io_.post("/referrals/new/preview", lead=first).text
    assert format_lead_number(first) in sheets and format_lead_number(second) not in sheets
    wanted = {"case": CASE, "request": request[2], "why": "their request as the order says"}
    at = draft_of(io_, io_.post("/referrals/new", **wanted, listed=[first, second], lead=[second]))
    with world.officer_session.office.workspace.read() as tables:
        (made,) = tables[rows.Referral].select()
        assert [lead.lead_id for lead in casework.list_leads(tables, made.referral_id)] == [second]
    assert '"deselected":1' in made.left_out_json and "left out by the officer who drafted it" in io_.get(at).text

    ask(b"the same request again")
    again = re.search(r'href="(/referrals/new\?request=(\w+))"', io_.get("/referrals").text)
    assert again and again[2] != request[2]
    answer = {"request": again[2], "referral": made.referral_id, "why": "given in April, nothing is new"}
    assert "Nothing was given to this force" in io_.post("/referrals/given", **answer).text
    decision = app_server.live_session(world[SP]).get(f"/approvals/{made.approval_id}").text
    assert format_lead_number(second) in decision and format_lead_number(first) not in decision, (
        "what would go stands beside the decision"
    )
    redirect_of(
        app_server.live_session(world[SP]).post(
            f"/approvals/{made.approval_id}", why="compared as the order says", decision="give"
        )
    )
    redirect_of(io_.post(f"{at}/left"))
    assert made.number in io_.get(again[1]).text
    redirect_of(io_.post("/referrals/given", **answer))
    assert "has an answer already" in io_.post("/referrals/given", **answer).text
    page = mine.get("/referrals").text
    assert "Already given:" in page and "given in April, nothing is new" in page and "Your requests" in page
    assert found_nothing(world)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Units:
    made = two_units(tmp_path_factory.mktemp("units"))
    made.sender.approved(force="TN-CYBER")
    return made


@pytest.fixture(scope="module")
def sender(units: Units) -> OfficerBrowser:
    return UnitApp(units.sender.officer_session.office.workspace, units.clock).live_session(units.sender.io)


@pytest.fixture(scope="module")
def receivers(units: Units) -> UnitApp:
    return UnitApp(units.receiver.workspace, units.clock)


@pytest.fixture(scope="module")
def receiver(units: Units, receivers: UnitApp) -> OfficerBrowser:
    return receivers.live_session(units.receiver.io)


@pytest.fixture(scope="module")
def at_sender(units: Units) -> str:
    return f"/referrals/{units.sender.referral('TN-CYBER 1').referral_id}"


@pytest.fixture(scope="module")
def package(sender: OfficerBrowser, at_sender: str) -> bytes:
    """The sealed package, as the sender's page gives it."""
    answer = sender.post(f"{at_sender}/sealed")
    assert answer.status_code == 200, answer.text[-600:]
    return answer.content


def import_package(live_session: OfficerBrowser, package: bytes) -> Response:
    return live_session.send("/referrals/incoming", "package", package, "tn-1.age")


def nothing_kept(units: Units) -> bool:
    """Whether neither row nor file of a package is there."""
    folder = units.receiver.workspace.folder
    return not units.incoming() and not [
        path for path in folder.rglob("*") if path.suffix == ".age" or path.name.startswith((".upload", ".refer"))
    ]


def test_a_damaged_or_foreign_package_is_refused_and_leaves_no_data(
    units: Units, receivers: UnitApp, receiver: OfficerBrowser, package: bytes
) -> None:
    assert "TN-CYBER" in receiver.get("/referrals/incoming").text
    check_refused(receiver, import_package(receiver, package), 403, "which is of no force that is known here")
    knows_sender(units)
    inner = pyrage.decrypt(package, [identity_of(units)])
    own = pyrage.x25519.Recipient.from_str(derive_unit_recipient(units.receiver.workspace))
    stranger = pyrage.encrypt(inner, [pyrage.x25519.Identity.generate().to_public()])
    check_refused(receiver, import_package(receiver, stranger), 403, "not sealed for this age identity")
    check_refused(
        receiver,
        import_package(receiver, pyrage.encrypt(for_another(units), [own])),
        403,
        "The referral is for KA-CYBER",
    )
    middle = len(package) // 2
    for broken in (package[:middle] + bytes([package[middle] ^ 1]) + package[middle + 1 :], package[:-1], b"", b"junk"):
        answer = import_package(receiver, broken)
        assert answer.status_code == 400 and "was altered" in answer.text, answer.text[-600:]
        entry = KEPT.search(answer.text)
        assert entry and receiver.refusal_row(entry[1]).verb == JournalVerb.REFUSED_FILE
    flipped = bytearray(inner)
    flipped[inner.index(b"data/leads.jsonl") + 60] ^= 1
    answer = import_package(receiver, pyrage.encrypt(bytes(flipped), [own]))
    assert answer.status_code == 400, answer.text[-600:]
    answer = import_package(receiver, bytes((48 << 20) + 1))
    assert answer.status_code == 400 and "is larger than" in answer.text
    assert import_package(receiver, bytes(65 << 20)).status_code == 413
    analyst = receivers.live_session(units.receiver[Role.ANALYST])
    check_refused(analyst, import_package(analyst, package), 403, "signed in as: analyst")
    assert nothing_kept(units)


def identity_of(units: Units) -> pyrage.x25519.Identity:
    from sightline.workspace.unit_keys import derive_unit_identity

    return derive_unit_identity(units.receiver.workspace)


def for_another(units: Units) -> bytes:
    """The bag of a referral for another force."""
    from sightline.services.referrals import export

    number = units.sender.approved(force="KA-CYBER").number
    out = units.sender.officer_session.folder / "other.age"
    export.seal_referral(units.sender.io, number, out)
    plain: bytes = pyrage.decrypt(out.read_bytes(), [units.sender.karnataka.identity])
    return plain


def test_a_package_of_another_unit_is_taken_answered_and_recalled(
    units: Units, sender: OfficerBrowser, receiver: OfficerBrowser, receivers: UnitApp, package: bytes, at_sender: str
) -> None:
    at = redirect_of(import_package(receiver, package))
    again = import_package(receiver, package)
    assert again.status_code == 400 and "was imported already" in again.text
    lead = is_shown_masked_and_opened(units, receiver, at)

    receipt = receiver.post(f"{at}/accept").content
    assert receiver.post(f"{at}/accept").content == receipt
    redirect_of(sender.send(f"{at_sender}/returned", "note", receipt, "receipt.json"))
    assert units.sender.referral("TN-CYBER 1").state is ReferralState.RECEIVED
    assert receiver.post(f"{at}/outcomes/note").status_code == 400
    fields = {"lead": lead, "kind": "confirmed-by-forensics", "on": "2026-06-04", "why": "a disk was read"}
    redirect_of(receiver.post(f"{at}/outcomes", **fields))
    assert "recorded already" in receiver.post(f"{at}/outcomes", **fields).text
    redirect_of(
        sender.send(f"{at_sender}/returned", "note", receiver.post(f"{at}/outcomes/note").content, "outcomes.json")
    )
    assert "confirmed by forensics" in sender.get(at_sender).text

    is_recalled(units, sender, receiver, at, at_sender)
    is_destroyed_by_two(units, receiver, receivers, at)
    for office in (units.sender.officer_session.office, units.receiver):
        assert verify_workspace(office.workspace, VerifyRequest(), lambda *_: None).findings == []


def is_shown_masked_and_opened(units: Units, receiver: OfficerBrowser, at: str) -> str:
    """Its addresses are masked until one is opened with a why; the id of a lead."""
    page = receiver.get(at).text
    assert "198.51.100.x" in page and KARNATAKA not in page and CASE in page
    links = re.findall(rf'href="({at}/leads/([0-9a-f]+))"', page)
    assert len(links) == 2
    for link, _ in links:
        masked = receiver.get(link).text
        assert not re.search(r"198\.51\.100\.\d", masked) and "What this does not prove".upper() in masked
    link, lead = links[0]
    assert receiver.post(link, why=" ").status_code == 400
    moved = receiver.post(link, why="a notice to the ISP")
    assert re.search(r"198\.51\.100\.\d", receiver.get(moved.headers["location"]).text)
    with units.receiver.workspace.read() as tables:
        (opened,) = tables[rows.StoredJournalRow].select(verb=JournalVerb.VIEW_ADDRESS.value)
    assert opened.text == "a notice to the ISP"
    return str(lead)


def is_recalled(units: Units, sender: OfficerBrowser, receiver: OfficerBrowser, at: str, at_sender: str) -> None:
    """The sender recalls a lead; the receiver takes the note, and nothing that somebody else wrote."""
    leads = re.findall(rf'href="{at}/leads/([0-9a-f]+)"', receiver.get(at).text)
    redirect_of(sender.post(f"{at_sender}/recall", leads=leads[1][:12], why="the second data set errs"))
    with units.sender.officer_session.office.workspace.read() as tables:
        (recall,) = casework.list_recalls(tables, units.sender.referral("TN-CYBER 1").referral_id)
    note = sender.post(f"{at_sender}/recalls/{recall.recall_id}/note").content
    into = ("/referrals/incoming/recalls", "note")
    check_refused(
        receiver, receiver.send(*into, note.replace(b"data set errs", b"data set holds")), 403, "is not signed by"
    )
    assert receiver.send(*into, b"junk").status_code == 400
    for _ in range(2):
        assert redirect_of(receiver.send(*into, note)) == at
    assert "the second data set errs" in receiver.get(at).text
    with units.receiver.workspace.read() as tables:
        (taken_,) = tables[rows.IncomingRecall].select()
    receipt = receiver.post(f"{at}/recalls/{taken_.recall_id}")
    redirect_of(sender.send(f"{at_sender}/returned", "note", receipt.content, "recall-receipt.json"))
    assert "not confirmed by the force yet" not in sender.get(at_sender).text


def is_destroyed_by_two(units: Units, receiver: OfficerBrowser, receivers: UnitApp, at: str) -> None:
    """Asked for, approved by another, done: no file, no address, and that it was here."""
    redirect_of(receiver.post(f"{at}/purge", why="retention is over"))
    assert units.incoming()[0].purged_at_us is None and "waiting for a second officer" in receiver.get(at).text
    with units.receiver.workspace.read() as tables:
        (asked,) = [approval for approval in tables[rows.Approval].select() if approval.thing.startswith("incoming:")]
    second = receivers.live_session(units.receiver[SP])
    redirect_of(second.post(f"/approvals/{asked.approval_id}", why="seen with its papers", decision="give"))
    redirect_of(receiver.post(f"{at}/purge", why="retention is over"))
    (gone,) = units.incoming()
    assert gone.purged_at_us is not None and gone.identity is None
    assert not units.receiver.workspace.segments.exists(gone.file)
    page = receiver.get(at)
    assert page.status_code == 200 and "destroyed by two officers" in page.text and "/leads/" not in page.text
