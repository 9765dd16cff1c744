"""A reply whose import is killed at random moments is in the record whole and once, or not at all."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import IntentState, NoticeKind, Role
from sightline.services.artifacts import resolution_files
from sightline.services.notices.drafts import NoticeDraftRequest, draft_notice
from sightline.services.notices.notice_steps import approve_notice, mark_sent
from sightline.services.resolution.received_reply import ReceiveRequest
from sightline.services.resolution.reply_intake import receive_reply
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.storage.rows import IdentityKey, Intent, Reply
from sightline.workspace import keys, leases, orphans
from sightline.workspace.staged_write import open_staged_write
from tests.services.killed_command import run_until
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office, lead_office_in

__all__ = ["lead_office"]

ROUNDS = 6
LINES = 3_000


@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", ROUNDS), ("postgresql", ROUNDS // 2)])
def test_a_killed_import_is_whole_and_recorded_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, rounds: int
) -> None:
    lead_office = lead_office_in(tmp_path, request.getfixturevalue("postgres_url") if kind == "postgresql" else None)
    office, dice = lead_office.office, random.Random(11)
    lead_office.scan(
        lead_office.log("http.log", [Visit(number * 3_600, port=40_000 + number) for number in range(8)]),
        lead_office.flags(),
    )
    lead_office.rebuild()
    notice = draft_notice(
        office.io, NoticeDraftRequest(office.case.number, NoticeKind.RECORDS, licensee="Alpha Mobile")
    )
    mark_sent(office.io, approve_notice(office.officer_sessions[Role.STATION_OFFICER], notice, "compared"), "by hand")
    today = format_day_in_india(to_microseconds(office.io.clock()))
    key = tmp_path / "io.key"
    keys.write_private(key, office.io.signer.private, None)
    environment = os.environ | {"SIGHTLINE_WORKSPACE": str(office.workspace.folder), "SIGHTLINE_KEY": str(key)}
    words = ["notices", "import-reply", "--to", notice.notice_id, "--received", today, "--quiet"]
    words += ["--timezone", "Asia/Kolkata", "--date-order", "ymd"]
    reply_declarations = ReplyDeclarations(timezone="Asia/Kolkata", date_order="ymd")
    calls = run_until(0, *words, reply(tmp_path / "whole.csv", 99), environment=environment)
    kills = 0
    for number in range(rounds):
        path = reply(tmp_path / f"killed-{number}.csv", number)
        kills += run_until(dice.randint(1, calls or 0), *words, path, environment=environment) is None
        with office.workspace.read() as tables:
            there = [one for one in tables[Reply].select() if one.name == path.name]
        assert len(there) <= 1
        again = receive_reply(office.io, ReceiveRequest(notice.notice_id, path, reply_declarations, today))
        assert again.was_there is bool(there)
    assert kills >= rounds // 2
    leases.sweep_intents(office.workspace, office.io.clock())
    with office.workspace.read() as tables:
        replies = tables[Reply].select()
        assert len(replies) == rounds + 1 == len({one.sha256 for one in replies})
        assert {intent.state for intent in tables[Intent].select()} <= {IntentState.REGISTERED, IntentState.SWEPT}
        assert orphans.find_orphans(tables, list(office.workspace.segments.names())) == []
        subscribers = {identity_key.subscriber_id for identity_key in tables[IdentityKey].select()}
    for one in replies:
        met, sealed = (resolution_files.read_table(office.workspace, one, name) for name in ("met", "identities"))
        assert met.height == 8
        assert set(met["subscriber"]) == set(sealed["subscriber"]) <= subscribers
    assert verify_workspace(office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_failed_write_removes_its_files(lead_office: LeadOffice) -> None:
    office = lead_office.office
    with (
        pytest.raises(RuntimeError),
        open_staged_write(office.workspace, office.io.signer, office.io.clock) as staged,
    ):
        prefix = staged.intent.intent_id
        (staged.folder / "rows.parquet").write_bytes(b"rows")
        staged.publish()
        assert office.workspace.segments.exists(f"{prefix}/rows.parquet")
        raise RuntimeError
    with office.workspace.read() as tables:
        assert [intent.state for intent in tables[Intent].select(intent_id=prefix)] == [IntentState.SWEPT]
    assert not office.workspace.segments.exists(f"{prefix}/rows.parquet")


def reply(path: Path, seed: int) -> Path:
    """A reply in which eight ports of the address are each a line's, among rows of other addresses."""
    rows = ["MSISDN,Public IP,Port From,Port To,Start Time,End Time"]
    rows += [
        (
            f"9180{seed:03}{number:05},198.51.100.7,{40_000 + number},{40_000 + number},2026-03-01 00:00:00,"
            "2026-03-03 00:00:00"
        )
        for number in range(8)
    ]
    rows += [f"9190{number:08},203.0.113.9,1,999,2026-03-01 00:00:00,2026-03-02 00:00:00" for number in range(LINES)]
    path.write_text("\n".join(rows) + "\n")
    return path
