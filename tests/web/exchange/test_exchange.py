"""The exchange as two forces and a stranger meet it: each its own, sealed, bounded, and told to the journal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from sightline.errors import UsageError
from sightline.model import OutcomeKind, ReferralState, RequestWay
from sightline.services.referrals import force_notes, package_reader, recalls, transport
from sightline.web.exchange.token_store import Store
from sightline.workspace.unit_keys import read_unit_key
from tests.services.referrals.world import KARNATAKA
from tests.web.exchange.conftest import Exchange

ASKED: dict[str, Any] = {
    "case_number": "Cr. 77/2026",
    "authority_kind": "production",
    "authority_number": "s.94 order 9/2026",
    "issued_by": "Magistrate, Mysuru",
    "issued_on": "2026-05-20",
    "document_sha256": "e" * 64,
    "document_name": "request.pdf",
    "since": "2026-03-01",
    "until": "2026-03-31",
}


def own_id(client: TestClient) -> str:
    (one,) = client.get("/api/v1/referrals").json()["referrals"]
    return str(one["referral"])


def test_from_published_to_collected(served: Exchange, tmp_path: Path) -> None:
    world, client = served.world, served.client()
    (item,) = client.get("/api/v1/referrals").json()["referrals"]
    assert (item["number"], item["force"], item["leads"]) == ("KA-CYBER 1", "KA-CYBER", 2)
    got = client.get(f"/api/v1/referrals/{item['referral']}/package")
    assert got.headers["content-type"] == "application/octet-stream" and got.headers["x-sha256"] == item["sha256"]
    assert got.content.startswith(transport.AGE_HEADER) and KARNATAKA.encode() not in got.content
    (tmp_path / "got.age").write_bytes(got.content)
    trusted = read_unit_key(world.officer_session.office.workspace).derive_public()
    package = package_reader.open_package(tmp_path / "got.age", [world.karnataka.identity], trusted)
    receipt = json.loads(package_reader.sign_receipt(package, world.karnataka.secret, world.clock()))
    first, second = (client.post(f"/api/v1/referrals/{item['referral']}/receipt", json=receipt) for _ in range(2))
    assert first.status_code == 202 and first.json() == second.json()
    outcomes = [(str(package.leads[0]["lead_id"]), OutcomeKind.NO_RESULT, "2026-06-04")]
    answer = json.loads(package_reader.sign_answer(package.about, world.karnataka.secret, world.clock(), outcomes))
    assert client.post(f"/api/v1/referrals/{item['referral']}/outcomes", json=answer).status_code == 202
    assert client.post("/api/v1/requests", json=ASKED).status_code == 202

    collected = transport.collect_answers(world.io, served.folder)
    assert (len(collected.taken), len(collected.requests), collected.refused) == (2, 1, [])
    assert collected.requests[0].way is RequestWay.FILE and collected.requests[0].case_number == "Cr. 77/2026"
    assert world.referral("KA-CYBER 1").state is ReferralState.RECEIVED
    again = transport.collect_answers(world.io, served.folder)
    assert (again.taken, again.requests, again.known, again.refused) == ([], [], 3, [])
    assert transport.publish_referrals(world.io, served.folder).written == []

    recalls.recall_leads(world.io, "KA-CYBER 1", "cleared", [outcomes[0][0]])
    referrals = transport.publish_referrals(world.io, served.folder)
    assert referrals.taken_away == ["KA-CYBER 1"] and len(referrals.written) == 1
    assert client.get("/api/v1/referrals").json()["referrals"] == []
    (recall,) = client.get("/api/v1/recalls").json()["recalls"]
    note = force_notes.read(json.dumps(recall["note"]).encode()).require_signed_by(trusted)
    seen = json.loads(package_reader.build_recall_receipt(note, world.karnataka.secret, world.clock()))
    assert client.post(f"/api/v1/recalls/{recall['recall']}/receipt", json=seen).status_code == 202
    taken = transport.collect_answers(world.io, served.folder).taken
    assert any(taken_note.recall is not None and taken_note.recall.received_at_us is not None for taken_note in taken)


def test_one_force_has_no_sight_of_another_s(shared_exchange: Exchange) -> None:
    mine, theirs = shared_exchange.client("KA-CYBER"), shared_exchange.client("KL-CYBER")
    other = own_id(theirs)
    assert own_id(mine) != other
    nothing = "01KTAH8Q1C102X5K4J2ZVPXG3H"
    for path in ("", "/package"):
        answers = [mine.get(f"/api/v1/referrals/{one}{path}") for one in (other, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        messages = [{name: value for name, value in answer.json().items() if name != "id"} for answer in answers]
        assert messages[0] == messages[1]
    forged = {"minisig": "x", "note": {}}
    assert mine.post(f"/api/v1/referrals/{other}/receipt", json=forged).status_code == 404
    note = json.loads(
        package_reader.sign_answer(
            {"to": {"code": "KL-CYBER"}, "referral": other, "number": "KL-CYBER 1"},
            shared_exchange.world.kerala.secret,
            shared_exchange.world.clock(),
            [("x", OutcomeKind.INNOCENT, "2026-06-04")],
        )
    )
    assert mine.post(f"/api/v1/referrals/{other}/outcomes", json=note).status_code == 422
    assert not list((shared_exchange.folder / transport.INCOMING).glob("KL-CYBER/*"))


def test_an_unsealed_or_altered_package_or_a_link_is_not_served(served: Exchange, tmp_path: Path) -> None:
    client = served.client()
    referral_id = own_id(client)
    package = served.folder / transport.OUTGOING / "KA-CYBER" / f"{referral_id}.age"
    sealed = package.read_bytes()
    for data in (sealed[:-1] + b"\0", b"lead_id,source_ip\n" + sealed):
        package.write_bytes(data)
        assert client.get(f"/api/v1/referrals/{referral_id}/package").status_code == 404
    (tmp_path / "secret").write_bytes(sealed)
    package.unlink()
    package.symlink_to(tmp_path / "secret")
    assert client.get(f"/api/v1/referrals/{referral_id}/package").status_code == 404


@pytest.mark.parametrize("path", ["referrals", "recalls", f"referrals/{'0' * 26}/package"])
def test_without_a_token_that_counts_there_is_nothing(shared_exchange: Exchange, path: str) -> None:
    for token in (None, "", "slx_" + "A" * 43, "Bearer"):
        answer = shared_exchange.client(token).get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["error"]) == (401, "not-signed-in")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_tokens_end_expire_and_lie_nowhere(served: Exchange) -> None:
    store = Store(served.folder)
    made, text = store.create_token("KA-CYBER", 1, served.world.clock())
    served.tokens["extra"] = text
    assert served.client("extra").get("/api/v1/referrals").status_code == 200
    raw = b"".join(path.read_bytes() for path in served.folder.glob("exchange.sqlite*"))
    assert text.encode() not in raw
    store.end_token(made.token_id[-6:], served.world.clock())
    assert served.client("extra").get("/api/v1/referrals").status_code == 401
    _, served.tokens["short"] = store.create_token("KA-CYBER", 1, served.world.clock())
    served.world.clock.pass_by(timedelta(days=2))
    assert served.client("short").get("/api/v1/referrals").status_code == 401
    for code in ("../KA", "", "a/b", "..", "x" * 65):
        with pytest.raises(UsageError, match="not a valid code of a force"):
            store.create_token(code, 1, served.world.clock())


def test_too_many_and_too_large(served: Exchange) -> None:
    client = served.client(per_minute=3, largest_bytes=2_000)
    assert [client.get("/api/v1/referrals").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/api/v1/referrals").headers["retry-after"] == "21"
    served.clock.seconds += 21
    assert client.get("/api/v1/referrals").status_code == 200
    large = client.post("/api/v1/requests", content=b" " * 2_001)
    assert large.status_code == 413
    served.clock.seconds += 60
    parts = iter([b" " * 1_500, b" " * 1_500])
    assert client.post("/api/v1/requests", content=parts).status_code == 413
    guess = served.client("slx_wrong", failed_per_minute=2)
    assert [guess.get("/api/v1/referrals").status_code for _ in range(4)] == [401, 401, 429, 429]


def test_no_body_is_read_before_the_token_is_checked(served: Exchange) -> None:
    guess = served.client("slx_wrong", failed_per_minute=2)
    answers: list[int] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        answers.extend([message["status"]] if message["type"] == "http.response.start" else ())

    headers = [(b"authorization", b"Bearer slx_wrong"), (b"content-length", b"1000000")]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/requests", "headers": headers, "query_string": b""}

    async def ask() -> None:
        await guess.app(scope | {"client": ("192.0.2.9", 1)}, receive, send)

    for _ in range(3):
        asyncio.run(ask())
    assert answers == [401, 401, 429]
    assert guess.post("/api/v1/requests", content=b"no JSON").status_code == 401


def test_a_client_without_a_token_makes_few_journal_rows_however_often_it_asks(served: Exchange) -> None:
    def rows() -> list[tuple[str, int, str]]:
        with sqlite3.connect(served.folder / "exchange.sqlite") as database:
            return database.execute(
                "SELECT id, status, error FROM journal WHERE code IS NULL ORDER BY at_us"
            ).fetchall()

    client = served.client("slx_wrong", failed_per_minute=5)
    with client:
        answers = [client.get(f"/nothing/{number}") for number in range(50)]
        answers += [client.get("/api/v1/referrals") for _ in range(50)]
        answers += [client.delete("/api/v1/referrals") for _ in range(50)]
        assert sorted(row[1] for row in rows()) == [401, 404, 405, 429]
    before = rows()
    assert sorted(one[1] for one in before) == [401, 401, 404, 404, 405, 405, 429, 429]
    assert {answer.json()["id"] for answer in answers} == {one[0] for one in before}
    assert any(error.startswith("49 without") and "why: 49 not-found" in error for _, _, error in before)


def test_a_force_over_its_limit_makes_few_rows(served: Exchange) -> None:
    client = served.client(per_minute=1)
    assert [client.get("/api/v1/referrals").status_code for _ in range(40)] == [200, *[429] * 39]
    with sqlite3.connect(served.folder / "exchange.sqlite") as database:
        assert database.execute("SELECT count(*) FROM journal WHERE status = 429").fetchone() == (1,)


def test_requests_are_strict_and_errors_have_an_id_and_no_echo(shared_exchange: Exchange) -> None:
    client = shared_exchange.client()
    for change in (
        {"case_number": ""},
        {"case_number": 7},
        {"case_number": "a\nb"},
        {"authority_kind": "whim"},
        {"issued_on": "2026-02-30"},
        {"document_sha256": "E" * 64},
        {"states": ["Kerala"]},
        {"admin": True},
    ):
        answer = client.post("/api/v1/requests", json=ASKED | {"issued_by": "SECRET-WORD"} | change)
        assert (answer.status_code, answer.json()["error"]) == (422, "not-as-asked"), change
        assert "SECRET-WORD" not in answer.text
        with sqlite3.connect(shared_exchange.folder / "exchange.sqlite") as database:
            (found,) = database.execute("SELECT code, status FROM journal WHERE id = ?", (answer.json()["id"],))
        assert found == ("KA-CYBER", 422)
    assert client.post("/api/v1/requests", content=b"{").status_code == 422


def test_no_page_fetches_anything_and_each_answer_says_so(shared_exchange: Exchange) -> None:
    client = shared_exchange.client()
    for path in ("/docs", "/redoc", "/openapi.json", "/", "/api/v1/referrals/", "/api/v1/referrals/../../x"):
        assert client.get(path).status_code == 404, path
    assert client.delete("/api/v1/referrals").status_code == 405
    for path in ("/api/v1/openapi.json", "/api/v1/health", "/api/v1/referrals", "/nothing"):
        headers = client.get(path).headers
        assert (
            headers["content-security-policy"].startswith("default-src 'none'")
            and headers["cache-control"] == "no-store"
        )
    assert client.get("/api/v1/openapi.json").json()["info"]["version"] == "1.0.0"


def test_a_forged_folder_or_note_is_reported_when_it_is_collected(served: Exchange) -> None:
    client = served.client()
    referral_id = own_id(client)
    about = {"to": {"code": "KA-CYBER"}, "referral": referral_id, "number": "KA-CYBER 1"}
    note = json.loads(
        package_reader.sign_answer(
            about, served.world.karnataka.secret, served.world.clock(), [("f" * 32, OutcomeKind.INNOCENT, "2026-06-04")]
        )
    )
    assert client.post(f"/api/v1/referrals/{referral_id}/outcomes", json=note).status_code == 202
    altered = note | {"note": note["note"] | {"at": "2026-06-05T00:00:00.000000Z"}}
    assert client.post(f"/api/v1/referrals/{referral_id}/outcomes", json=altered).status_code == 202
    folder = served.folder / transport.INCOMING
    (folder / "KL-CYBER").mkdir()
    (folder / "KL-CYBER" / "x.json").write_text(json.dumps({"kind": "note", "value": note}))
    (folder / "KL-CYBER" / "y.json").write_text("[]")
    (folder / "KL-CYBER" / "z.json").write_text(json.dumps({"kind": "request", "value": ASKED | {"states": ["IN-KA"]}}))
    answers = transport.collect_answers(served.world.io, served.folder)
    assert (answers.taken, answers.requests) == ([], [])
    assert [why for _, why in answers.refused] == [
        "the lead ffffffffffff is none of KA-CYBER 1",
        "the note is not signed by KA-CYBER: the file is not what was signed: file or signature were altered",
        "KA-CYBER speaks in the folder of KL-CYBER",
        "y.json: list indices must be integers or slices, not str",
        "IN-KA is no state of KL-CYBER",
    ]


def test_pages_of_referrals_go_on_by_key(served: Exchange) -> None:
    client, folder = served.client(), served.folder / transport.OUTGOING / "KA-CYBER"
    first = own_id(client)
    message = json.loads((folder / f"{first}.json").read_text())
    for number in range(4):
        other = (
            first[:-1] + "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number]
            if not first.endswith(str(number))
            else first[:-1] + "Z"
        )
        (folder / f"{other}.age").write_bytes((folder / f"{first}.age").read_bytes())
        (folder / f"{other}.json").write_text(json.dumps(message | {"referral": other}))
    seen: list[str] = []
    after = None
    while True:
        page = client.get("/api/v1/referrals", params={"limit": 2} | ({"after": after} if after else {})).json()
        seen += [referral["referral"] for referral in page["referrals"]]
        after = page["after"]
        if after is None:
            break
    assert seen == sorted(seen) and len(seen) == 5
