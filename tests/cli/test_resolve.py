"""From a lead to a subscriber as it is typed: notices answered, held against, resolved, corroborated, recalled."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.resolutions import require_newest_resolution
from sightline.services.resolution.identity_retention import list_identity_clocks
from sightline.workspace.workspace import open_workspace
from tests.cli.test_notice import RECORDS, ready
from tests.cli.unit import DAS, IYER, KHAN, MENON, NAIR, PILLAI, RAO, CommandResult, Unit, unit

__all__ = ["ready", "unit"]

HEAD = "MSISDN,Public IP,Port From,Port To,Start Time,End Time"
IST = timedelta(hours=5, minutes=30)
DAY = ("--received", f"{datetime.now(timezone(IST)):%Y-%m-%d}")
"""Notices of these tests go out today."""
DECLARED = (*DAY, "--timezone", "Asia/Kolkata", "--date-order", "ymd")
RAVI, ASHA = "919800000001", "919800000002"


def send_notice(ready: Unit, notice: str) -> list[dict[str, str]]:
    """Approve a notice, write it out, send it; its rows as the licensee gets them."""
    second = KHAN if "subscribers" in str(of(ready, notice)["kind"]) else PILLAI
    ready.done(second, "approve", str(of(ready, notice)["approval_id"]), "--yes", "--why", "compared as the order says")
    folder = ready.folder / f"out-{notice[-6:]}"
    ready.done(RAO, "notices", "export", notice, "--out", folder)
    ready.done(RAO, "notices", "mark-sent", notice, "--how", "by hand")
    return list(csv.DictReader((folder / "rows.csv").read_text().splitlines()))


def of(ready: Unit, notice: str) -> dict[str, object]:
    return next(row for row in ready.done(DAS, "notices", "list", "--json").rows if row["notice_id"] == notice)


def draft_notice(ready: Unit, licensee: str, *more: str) -> str:
    row = ready.done(RAO, "notices", "draft", *RECORDS, "--licensee", licensee, *more, "--json").rows[0]
    return str(row["notices"][0]["notice_id"])  # type: ignore[index]


def local(text: str, seconds: int = 0) -> str:
    """A time of a notice's row in IST, as the licensee writes it."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00")) + IST + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%d %H:%M:%S}"


def holding(row: dict[str, str], number: str, *, before: int = 3600, after: int = 3600) -> str:
    """A row of a reply: the number had the address and a block of ports around what was asked for."""
    port = int(row["port"] or 0)
    ports = f"{port - port % 1000},{port - port % 1000 + 999}" if port else ","
    return f"{number},{row['address']},{ports},{local(row['from_utc'], -before)},{local(row['until_utc'], after)}"


def replied(ready: Unit, notice: str, lines: list[str], *more: str, who: str = RAO, head: str = HEAD) -> CommandResult:
    path = ready.folder / f"reply-{notice[-6:]}-{len(list(ready.folder.glob('reply-*')))}.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return ready.sightline(who, "notices", "import-reply", path, "--to", notice, *DECLARED, *more, "--json")


def verdicts(ready: Unit) -> dict[str, tuple[str, list[str], list[str]]]:
    """By address and port: the verdict, numbers, codes."""
    return {
        f"{row['source_ip']}": (
            str(row["verdict"]),
            [subscriber["number"] for subscriber in row["subscribers"]],  # type: ignore[attr-defined]
            [reason["code"] for reason in row["reasons"]],  # type: ignore[attr-defined]
        )
        for row in ready.whole(DAS, "resolve", "--json").rows
    }


def test_a_reply_names_a_line_falls_and_is_recalled(ready: Unit, tmp_path: Path) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    early = replied(ready, notice, ["x"])
    assert (early.code, "it cannot have an answer yet" in early.err) == (3, True)
    rows = send_notice(ready, notice)
    by_port = [row for row in rows if row["port"]]
    narrowed = next(row for row in rows if not row["port"])

    certificate = tmp_path / "certificate.pdf"
    certificate.write_bytes(b"%PDF- s.63(4)")
    lines = [holding(by_port[0], RAVI), f"{ASHA},203.0.113.99,40000,40999,2026-03-01 10:00:00,2026-03-01 20:00:00"]
    came = replied(ready, notice, lines, "--certificate", str(certificate))
    assert came.code == 0, came.err
    account = came.rows[0]["account"]
    assert (account["rows"], account["extra"], account["missing"]) == (2, 1, 1)  # type: ignore[index]
    assert of(ready, notice)["state"] == "answered-in-part"
    path = ready.folder / f"reply-{notice[-6:]}-1.csv"
    again = ready.done(
        RAO, "notices", "import-reply", path, "--to", notice, *DECLARED, "--certificate", certificate, "--json"
    )
    assert again.rows[0]["was_there"] is True
    other = ready.sightline(RAO, "notices", "import-reply", path, "--to", notice, *DAY, "--timezone", "UTC")
    assert (other.code, "with other declarations" in other.err) == (3, True)

    found = verdicts(ready)
    assert found["198.51.100.7"] == ("subscriber", [RAVI], ["covered"])
    assert found["198.51.100.9"][0] == "none"
    assert ready.done(DAS, "resolve", "--json").rows == ready.done(DAS, "resolve", "--json").rows
    assert "there already" in ready.done(DAS, "resolve").out

    late = replied(ready, notice, [f"{RAVI},{narrowed['address']},,,2026-03-01 17:00:00,2026-03-01 18:00:00"])
    assert late.code == 0, late.err
    reply = str(came.rows[0]["reply_id"])
    ready.done(
        RAO, "notices", "withdraw-reply", reply[-6:], "--why", "the licensee says that it is of another customer"
    )
    assert verdicts(ready)["198.51.100.7"][0] == "none"
    (recalled,) = ready.done(DAS, "resolve", "list-recalled", "--json").rows
    assert "withdrawn or corrected" in str(recalled["why"])
    assert ready.sightline(NAIR, "verify").code == 0
    assert "does not know" not in ready.sightline(NAIR, "doctor").out


def test_a_withdrawn_correction_brings_nothing_back_until_it_is_declared_misfiled(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    row = next(one for one in send_notice(ready, notice) if one["port"])
    first = replied(ready, notice, [holding(row, RAVI)])
    first_id = str(first.rows[0]["reply_id"])
    second = replied(ready, notice, [holding(row, ASHA)], "--corrects", first_id)
    second_id = str(second.rows[0]["reply_id"])
    assert verdicts(ready)["198.51.100.7"][1] == [ASHA]
    misfiled = (RAO, "notices", "confirm-reply", second_id[-6:], "misfiled", "--why", "of another unit's notice")
    early = ready.sightline(*misfiled)
    assert (early.code, "only a withdrawn correction" in early.err) == (2, True)
    gone = ready.done(RAO, "notices", "withdraw-reply", second_id[-6:], "--why", "of another unit's notice")
    assert f"reply {first_id[-6:]} does not count again" in gone.out
    assert of(ready, notice)["state"] == "sent"
    assert "does not count again" in ready.done(RAO, "notices", "list-replies", notice).out
    assert verdicts(ready)["198.51.100.7"][0] == "none"
    ready.done(*misfiled)
    assert of(ready, notice)["state"] != "sent"
    assert "does not count again" not in ready.done(RAO, "notices", "list-replies", notice).out
    assert verdicts(ready)["198.51.100.7"][1] == [RAVI]
    assert ready.sightline(NAIR, "verify").code == 0


def held_then_free(ready: Unit, whom: str) -> None:
    """The identity is kept as long as its case; a hold on the case beats its purge."""
    (clock,) = [
        identity_clock
        for identity_clock in list_identity_clocks(open_workspace(ready.folder / "cyber-ps"))
        if identity_clock.subscriber[:12] == whom
    ]
    assert (clock.keep_until_us, clock.authorities, clock.holds) == (None, ("O-7",), ())
    words = ("resolve", "purge", whom, "--why", "innocent, a shared line")
    held = ready.done(PILLAI, "holds", "add", "case:FIR-12", "--why", "an appeal is pending", "--json").rows[0]
    refused = ready.sightline(RAO, *words)
    assert (refused.code, "is on legal hold" in refused.err) == (3, True)
    ready.done(MENON, "holds", "lift", held["hold_id"], "--why", "the appeal is decided")


def test_a_reply_that_a_number_has_no_form_is_an_answer(ready: Unit) -> None:
    first = draft_notice(ready, "Alpha Mobile")
    rows = send_notice(ready, first)
    assert replied(ready, first, [holding(rows[0], RAVI)]).code == 0
    ready.done(DAS, "resolve", "--quiet")
    (follow,) = ready.done(RAO, "notices", "follow-up", first, "--json").rows
    send_notice(ready, str(follow["notice_id"]))
    none = replied(ready, str(follow["notice_id"]), [f"{RAVI},-,No records found"], head="MSISDN,Name,Remarks")
    assert none.code == 0, none.err
    ready.done(DAS, "resolve", "--quiet")
    (named,) = ready.done(DAS, "resolve", "--subscribers", "--json").rows
    assert "no-form" in named["why"]  # type: ignore[operator]


def reasons_of(subscriber: dict[str, object]) -> set[object]:
    reasons: set[object] = set(subscriber["why"])  # type: ignore[call-overload]
    return reasons


def verdicts_of_places(ready: Unit) -> set[object]:
    leads = ready.whole(DAS, "leads", "list", "--json").rows
    return {lead["place"]["verdict"] for lead in leads}  # type: ignore[index]


def test_two_notices_and_a_form_corroborate_and_one_identity_is_opened(ready: Unit, tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pdf"
    certificate.write_bytes(b"%PDF- s.63(4)")
    leads = {str(row["source_ip"]): str(row["lead_id"]) for row in ready.whole(DAS, "leads", "list", "--json").rows}
    first = draft_notice(ready, "Alpha Mobile", "--lead", leads["198.51.100.7"])
    rows = send_notice(ready, first)
    assert replied(ready, first, [holding(rows[0], RAVI)], "--certificate", str(certificate)).code == 0
    ready.done(DAS, "resolve", "--quiet")
    (named,) = ready.done(DAS, "resolve", "--subscribers", "--json").rows
    assert (named["standing"], reasons_of(named)) == ("named", {"one-session", "no-form"})

    (follow,) = ready.done(RAO, "notices", "follow-up", first, "--json").rows
    asked = send_notice(ready, str(follow["notice_id"]))
    assert [row["number"] for row in asked] == [RAVI]
    head = "MSISDN,Name,Installation Address,State,IMSI,IMEI,Cell ID,CAF No.,Activated On"
    form = f"{RAVI},രവി वर्मा,12 Invented Road,Kerala,404000000000001,350000000000001,404-0-1,CAF-1,2019-04-01"
    stranger = f"{ASHA},Nobody,1 Elsewhere,Kerala,404000000000002,350000000000002,404-0-2,CAF-2,2019-04-01"
    came = replied(ready, str(follow["notice_id"]), [form, stranger], "--certificate", str(certificate), head=head)
    assert came.code == 0, came.err
    assert came.rows[0]["account"]["extra"] == 1  # type: ignore[index]
    ready.done(DAS, "resolve", "--quiet")
    (named,) = ready.done(DAS, "resolve", "--subscribers", "--json").rows
    assert named["why"] == ["one-session"]

    whom = str(named["subscriber"])[:12]
    assert RAVI not in (ready.folder / "cyber-ps" / "record.sqlite").read_bytes().decode("latin-1")
    for who, code in ((DAS, 3), (IYER, 3), (RAO, 0)):
        if who == IYER:
            ready.enrol(IYER, second=PILLAI)
        result = ready.sightline(who, "resolve", "open", whom, "--why", "warrant to be asked for")
        assert result.code == code, result.err
    assert "രവി वर्मा" in result.out
    assert any(one["verb"] == "view:identity" for one in ready.journal())
    held_then_free(ready, whom)
    words = ("resolve", "purge", whom, "--why", "innocent, a shared line")
    assert ready.sightline(RAO, *words).code == 3
    ready.approve(PILLAI)
    ready.done(RAO, *words)
    assert "രവി" not in ready.done(RAO, "resolve", "open", whom, "--why", "to see that it is gone").out
    gone = {"standing": "purged", "number_kind": None, "installation_state": None, "installation_district": None}
    for is_later in (False, True):
        if is_later:  # resolved anew
            assert replied(ready, first, [holding(rows[0], RAVI, before=7200)]).code == 0
        (named,) = ready.done(DAS, "resolve", "--subscribers", "--json").rows
        assert {name: named[name] for name in gone} == gone
        for command in (
            ("resolve", "--subscribers"),
            ("resolve",),
            ("resolve", "show", whom),
            ("notices", "follow-up", first),
        ):
            out = ready.sightline(DAS if command[0] == "resolve" else RAO, *command).out
            assert not {"named", "msisdn", "Kerala"} & set(re.findall(r"\w+", out.partition("SESSION")[2])), out
        subscribers = ready.done(DAS, "resolve", "show", whom, "--json").rows[0]["subscribers"]
        assert subscribers[0]["standing"] == "purged"  # type: ignore[index]
    workspace = open_workspace(ready.folder / "cyber-ps")
    assert resolution_files.read_table(workspace, require_newest_resolution(workspace).resolution, "subscribers")[
        "standing"
    ].to_list() == ["purged"]
    assert "purged" in ready.done(DAS, "resolve", "--subscribers").out
    assert "resolved" not in verdicts_of_places(ready)
    assert ready.sightline(NAIR, "verify").code == 0
    for path in (ready.folder / "cyber-ps" / "segments").rglob("*.parquet"):
        assert RAVI.encode() not in path.read_bytes(), path


DOUBTS = [
    ("919800000001,198.51.100.7,40000,40999,2026-03-01 17:30:00,2026-03-01 17:30:30", "part-only"),
    ("919800000001,198.51.100.7,40000,40999,2026-03-01 17:00:00,", "lost-stop"),
    ("919800000001,198.51.100.1,40000,40999,2026-03-01 17:00:00,2026-03-01 19:00:00", "not-matched"),
    ("919800000001,198.51.100.7,50000,50999,2026-03-01 17:00:00,2026-03-01 19:00:00", "not-matched"),
    ("919800000001,198.51.100.7,40000,40999,2026-03-01 18:00:00,2026-03-01 20:00:00", "not-matched"),
    (",198.51.100.7,40000,40999,2026-03-01 17:00:00,2026-03-01 19:00:00", "names-nobody"),
]


def test_a_doubtful_reply_names_nobody(ready: Unit) -> None:
    leads = {str(row["source_ip"]): str(row["lead_id"]) for row in ready.whole(DAS, "leads", "list", "--json").rows}
    notice = draft_notice(ready, "Alpha Mobile", "--lead", leads["198.51.100.7"])
    send_notice(ready, notice)
    for line, code in DOUBTS:
        came = replied(ready, notice, [line])
        assert came.code == 0, came.err
        verdict, _, codes = verdicts(ready)["198.51.100.7"]
        assert verdict in {"none", "candidates"}, line
        assert codes[0] == code, line
        ready.done(RAO, "notices", "withdraw-reply", str(came.rows[0]["reply_id"]), "--why", "the next case")


def test_two_lines_at_once_are_a_conflict(ready: Unit) -> None:
    notice = draft_notice(ready, "Beta Broadband")
    (row,) = send_notice(ready, notice)
    assert row["port"] == ""
    assert replied(ready, notice, [holding(row, RAVI), holding(row, ASHA)]).code == 0
    verdict, numbers, codes = verdicts(ready)["198.51.100.200"]
    assert (verdict, sorted(numbers), codes) == ("conflict", [RAVI, ASHA], ["overlapping"])


def test_nobody_is_named_by_leads_whose_clock_was_corrected_since(ready: Unit) -> None:
    notice = draft_notice(ready, "Beta Broadband")
    (row,) = send_notice(ready, notice)
    assert replied(ready, notice, [holding(row, RAVI)]).code == 0
    assert verdicts(ready)["198.51.100.200"][0] == "subscriber"
    clock = ("--clock-offset", "3600", "--clock-uncertainty", "5", "--clock-measured", "NTP, 7.6.2026, S. Rao")
    ready.done(RAO, "sources", "add", "--kind", "proxy", "--name", "measured", "--use", "leads", *clock)
    flags = ready.folder / "list-1-leads.csv"
    log = ("scan", ready.folder / "http.log", "--source", "measured", "--authority", "O-7", "--format", "zeek-http")
    ready.done(RAO, *log, "--list", flags)
    result = ready.sightline(DAS, "resolve", "--json")
    assert (result.code, result.out, "sightline leads rebuild" in result.err) == (2, "", True)
    ready.done(RAO, "leads", "rebuild")
    assert verdicts(ready) == {}
    (fallen,) = ready.done(DAS, "resolve", "list-recalled", "--json").rows
    assert "a corrected clock" in str(fallen["why"])


def test_a_file_that_cannot_be_a_reply_is_refused_with_its_reason(ready: Unit) -> None:
    notice = draft_notice(ready, "Beta Broadband")
    (row,) = send_notice(ready, notice)
    path = ready.folder / "reply.pdf"
    path.write_bytes(b"%PDF-1.7 table")
    result = ready.sightline(RAO, "notices", "import-reply", path, "--to", notice, *DAY)
    assert (result.code, "PDF" in result.err) == (3, True)
    path = ready.folder / "undeclared.csv"
    path.write_text("\n".join([HEAD, holding(row, RAVI)]) + "\n")
    result = ready.sightline(RAO, "notices", "import-reply", path, "--to", notice, *DAY)
    assert result.code == 3, result.err
    assert ready.sightline(IYER, "notices", "list-replies").code != 0


def test_a_reply_came_after_its_notice_went_out_and_not_tomorrow(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    (row, *_) = send_notice(ready, notice)
    path = ready.folder / "reply.csv"
    path.write_text(f"{HEAD}\n{holding(row, RAVI)}\n")
    today = datetime.now(timezone(IST))
    for days, words in ((-1, "nobody can have answered before"), (1, "is in the future")):
        on = f"{today + timedelta(days=days):%Y-%m-%d}"
        result = ready.sightline(RAO, "notices", "import-reply", path, "--to", notice, "--received", on, *DECLARED[2:])
        assert (result.code, words in result.err) == (2, True), result.err
    assert ready.sightline(RAO, "notices", "import-reply", path, "--to", notice, *DECLARED).code == 0


def test_a_doubtful_reply_names_nobody_until_an_officer_declares_what_it_means(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    row = next(one for one in send_notice(ready, notice) if one["port"])
    planned = holding(row, RAVI, after=400 * 86_400)
    came = replied(ready, notice, [planned])
    assert came.code == 0, came.err
    assert came.rows[0]["account"]["after-received"] == 1  # type: ignore[index]
    reply = str(came.rows[0]["reply_id"])[-6:]
    assert verdicts(ready)["198.51.100.7"] == ("candidates", [RAVI], ["doubted"])
    assert "in doubt: after-received" in ready.done(DAS, "notices", "list-replies").out
    why = ("--why", "letter of the licensee: leases are planned, this one held")
    other = ready.sightline(RAO, "notices", "confirm-reply", reply, "echo", *why)
    assert (other.code, "shows no echo" in other.err) == (2, True)
    assert ready.sightline(DAS, "notices", "confirm-reply", reply, "after-received", *why).code == 3
    ready.done(RAO, "notices", "confirm-reply", reply, "after-received", *why)
    assert verdicts(ready)["198.51.100.7"] == ("candidates", [RAVI], ["doubted"])
    ready.done(RAO, "notices", "confirm-reply", reply, "column:Start Time", *why)  # a block of ports for so long
    assert verdicts(ready)["198.51.100.7"] == ("subscriber", [RAVI], ["covered", "without-certificate"])
    assert "declared by S. Rao: letter of the licensee" in ready.done(DAS, "notices", "list-replies").out
    (listed,) = ready.done(DAS, "notices", "list-replies", "--json").rows
    signs = [declaration["sign"] for declaration in listed["declared"]]  # type: ignore[attr-defined]
    assert signs == ["after-received", "column:Start Time"]
    assert "reply:confirmed" in {one["verb"] for one in ready.done(NAIR, "ledger", "show", "--json").rows}

    ready.done(RAO, "notices", "withdraw-reply", reply, "--why", "given again with what is declared")
    head = ("--confirm", "after-received", "--confirm", "column:Start Time")
    path = ready.folder / f"reply-{notice[-6:]}-0.csv"
    wrong = ready.sightline(RAO, "notices", "import-reply", path, "--to", notice, *DECLARED, "--confirm", "echo", *why)
    assert wrong.code == 2
    ready.done(RAO, "notices", "import-reply", path, "--to", notice, *DECLARED, *head, *why)
    assert verdicts(ready)["198.51.100.7"][0] == "subscriber"
    assert ready.sightline(NAIR, "verify").code == 0


def test_an_operators_line_needs_a_second_notice_and_both_are_listed(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    rows = send_notice(ready, notice)
    by_port = [row for row in rows if row["port"]]
    number, *rest = holding(by_port[0], RAVI).split(",", 1)
    head = HEAD.replace("MSISDN,", "MSISDN,Customer Type,")
    assert replied(ready, notice, [f"{number},Reseller,{rest[0]}"], head=head).code == 0
    assert verdicts(ready)["198.51.100.7"] == ("candidates", [RAVI], ["operator"])

    unsaid = ready.sightline(RAO, "notices", "follow-up", notice, "--operator", "Gamma Hotels")
    assert unsaid.code == 2
    itself = ready.sightline(RAO, "notices", "follow-up", notice, "--operator", "Alpha Mobile")
    assert "the operator is its customer" in itself.err
    ready.done(DAS, "licensees", "set", "Gamma Hotels", "--address", "Manager, Gamma Hotels")
    (second,) = ready.done(RAO, "notices", "follow-up", notice, "--operator", "Gamma Hotels", "--json").rows
    assert second["follows"] == of(ready, notice)["number"]
    again = ready.done(RAO, "notices", "follow-up", notice, "--operator", "Gamma Hotels")
    assert "nothing to ask" in again.err
    asked = send_notice(ready, str(second["notice_id"]))
    columns = ("address", "port", "protocol", "destination", "destination_port", "from_utc", "until_utc")
    before = {
        tuple(row[column] for column in columns): row["row_id"] for row in by_port if row["address"] == "198.51.100.7"
    }
    assert {tuple(row[column] for column in columns) for row in asked} == before.keys()
    assert not {row["row_id"] for row in asked} & {*before.values()}
    assert of(ready, str(second["notice_id"]))["licensee"] == "Gamma Hotels"
    assert "follows" in ready.done(DAS, "notices", "show", str(second["notice_id"])).out

    assert verdicts(ready)["198.51.100.7"] == ("candidates", [RAVI], ["operator"])
    came = replied(ready, str(second["notice_id"]), [holding(row, ASHA, before=1800, after=1800) for row in asked])
    assert came.code == 0, came.err
    assert verdicts(ready)["198.51.100.7"][:2] == ("subscriber", [ASHA])
    (session,) = (row for row in ready.whole(DAS, "resolve", "--json").rows if row["source_ip"] == "198.51.100.7")
    for part in session["visits"]:  # type: ignore[attr-defined]
        assert [(one["number"], one["licensee"]) for one in part["through"]] == [(RAVI, "Alpha Mobile")]
        assert [subscriber["licensee"] for subscriber in part["subscribers"]] == ["Gamma Hotels"]
    page = ready.done(DAS, "resolve", "show", str(session["session_id"])).out
    assert f"behind an operator's line: {RAVI}, Alpha Mobile" in page
    # Who the number is, its own licensee says, not that of the address.
    assert ready.done(RAO, "notices", "follow-up", notice, "--json").rows == []
    (follow,) = ready.done(RAO, "notices", "follow-up", str(second["notice_id"]), "--json").rows
    assert [row["number"] for row in send_notice(ready, str(follow["notice_id"]))] == [ASHA]
    assert ready.sightline(NAIR, "verify").code == 0


def test_a_nat_log_and_an_access_log_come_as_two_replies_and_fall_apart(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    row = next(one for one in send_notice(ready, notice) if one["port"])
    times = f"{local(row['from_utc'], -60)},{local(row['until_utc'], 60)}"
    nat = f"100.64.3.9,51000,{row['address']},{row['port']},{times}"
    head = "Inside Local IP,Inside Port,Outside IP,Outside Port,Start Time,End Time"
    first = replied(ready, notice, [nat], "--partial", head=head)
    assert first.code == 0, first.err
    assert verdicts(ready)["198.51.100.7"][0] == "none"
    access = [
        f"{RAVI},100.64.3.9,{local(row['from_utc'], -7200)},{local(row['until_utc'], 7200)}",
        f"{ASHA},100.64.3.10,{local(row['from_utc'], -7200)},{local(row['until_utc'], 7200)}",
    ]
    second = replied(ready, notice, access, "--partial", head="MSISDN,Framed IP Address,Session Start,Session End")
    assert second.code == 0, second.err
    account = second.rows[0]["account"]
    assert (account["inside"], account["met"], account["rejects"]) == (2, 0, 0)  # type: ignore[index]
    (session,) = (one for one in ready.whole(DAS, "resolve", "--json").rows if one["source_ip"] == "198.51.100.7")
    named = [visit for visit in session["visits"] if visit["verdict"] == "subscriber"]  # type: ignore[attr-defined]
    assert {subscriber["number"] for part in named for subscriber in part["subscribers"]} == {RAVI}
    assert ASHA not in (ready.folder / "cyber-ps" / "record.sqlite").read_bytes().decode("latin-1")
    for reply in (second, first):
        ready.done(
            RAO, "notices", "withdraw-reply", str(reply.rows[0]["reply_id"])[-6:], "--why", "of another customer"
        )
        assert verdicts(ready)["198.51.100.7"][0] == "none"
    assert ready.sightline(NAIR, "verify").code == 0
