"""Recall: what a name rested on falls, and no view names it any more; what did not rest on it stays named."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.place_overrides import find_overruled_places
from sightline.services.artifacts.resolutions import require_newest_resolution
from sightline.stages.leads.rules import RULES
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.stages.resolve.withdrawn import LossReason
from sightline.storage.rows import Resolving
from sightline.workspace.workspace import open_workspace
from tests.cli.test_leads_report import AUTHORITY, CASE
from tests.cli.test_notice import RECORDS, SAY
from tests.cli.test_resolve import ASHA, RAVI, local, replied, send_notice
from tests.cli.unit import DAS, KHAN, MENON, NAIR, PILLAI, RAO, Unit, unit
from tests.services.leads.office import Visit, log_of
from tests.services.leads.test_time import clf

__all__ = ["unit"]

FALLS, STAYS = "198.51.100.200", "198.51.100.201"
NETWORK = "cidr,asn,isp,line\n198.51.100.128/25,AS64501,Beta Broadband,fixed\n"
HEAD = "cidr,shared,from,until\n"
ALONE = f"{HEAD}{FALLS},no,2026-01-01,2026-12-31\n"
ALSO = f"{HEAD}{STAYS},no,2026-01-01,2026-12-31\n"
LINES = {FALLS: RAVI, STAYS: ASHA}
FORMATS = {FALLS: "combined", STAYS: "zeek-http"}
"""A record of the first may hold for whom a proxy asked; one of the other may not."""
CLOCK = ("--clock-uncertainty", "5", "--clock-measured", "NTP, 5.6.2026, S. Rao")
FORM = "MSISDN,Name,Installation Address,State,IMSI,IMEI,Cell ID,CAF No."


def sign_list(unit: Unit, issuer: str) -> Path:
    """A list of the flagged site by an issuer that two officers enrol."""
    key, path = signature.create_key(issuer), unit.folder / f"{issuer}.csv"
    path.write_text(f"kind,value,category\ndomain,board.example,csam\ndomain,{issuer.lower()}.example,csam\n")
    comment = ListComment(issuer, "1", "2099-01-01", "csam", "leads", None, None).to_text()
    with path.open("rb") as stream:
        Path(f"{path}.minisig").write_text(signature.sign_digest(signature.hash_stream(stream), key, comment))
    (unit.folder / f"{issuer}.pub").write_text(key.derive_public().to_text())
    unit.done(RAO, "issuers", "add", unit.folder / f"{issuer}.pub", "--why", "letter as the order says")
    unit.approve(PILLAI)
    return path


@pytest.fixture
def named_unit(unit: Unit) -> Unit:
    """Two lines named: each by a record of its own source and exhibit, list, statement, reply and form."""
    unit.begin("--exercise")
    unit.enrol(MENON, RAO, DAS, PILLAI)
    unit.enrol(KHAN, second=PILLAI)
    (unit.folder / "order.pdf").write_text("order")
    unit.done(RAO, *CASE)
    unit.done(RAO, *AUTHORITY, "--document", unit.folder / "order.pdf")
    for place, (ip, issuer) in enumerate(((FALLS, "AGENCY"), (STAYS, "OTHER"))):
        log = unit.folder / f"log-{place}.log"
        log.write_text(
            clf(0, ip) + clf(60, ip) if ip == FALLS else log_of([Visit(0, ip, port=0), Visit(60, ip, port=0)])
        )
        unit.done(RAO, "sources", "add", "--kind", "proxy", "--name", f"proxy-{place}", "--use", "leads", *CLOCK)
        scan = ("scan", log, "--source", f"proxy-{place}", "--authority", "O-7", "--format", FORMATS[ip])
        unit.done(RAO, *scan, "--list", sign_list(unit, issuer))
    for kind, name, text in (("network", "isp", NETWORK), ("nat", "alone", ALONE), ("nat", "also", ALSO)):
        (unit.folder / f"{name}.csv").write_text(text)
        imported = ("datasets", "import", unit.folder / f"{name}.csv", "--kind", kind, "--date", "2026-02-01")
        unit.done(RAO, *imported, "--name", name)
    unit.done(RAO, "leads", "rebuild")
    unit.done(RAO, *SAY, "Beta Broadband", "--address", "Nodal Officer, Pune")
    drafted_notice = unit.done(RAO, "notices", "draft", *RECORDS, "--licensee", "Beta Broadband", "--json").rows[0]
    notice = str(drafted_notice["notices"][0]["notice_id"])  # type: ignore[index]
    rows = {row["address"]: row for row in send_notice(unit, notice)}
    for ip, number in LINES.items():
        row = rows[ip]
        line = f"{number},{ip},,,{local(row['from_utc'], -3600)},{local(row['until_utc'], 3600)}"
        assert replied(unit, notice, [line], "--partial").code == 0
    unit.done(DAS, "resolve", "--quiet")
    (follow,) = unit.done(RAO, "notices", "follow-up", notice, "--json").rows
    asked = str(follow["notice_id"])
    send_notice(unit, asked)
    for number in LINES.values():
        form = f"{number},N. N.,12 Invented Road,Kerala,,,,"
        assert replied(unit, asked, [form], "--partial", head=FORM).code == 0
    unit.done(DAS, "resolve", "--quiet")
    return unit


def views(unit: Unit) -> dict[str, set[str]]:
    """Whom each view names, as numbers, without making anything anew."""
    workspace = open_workspace(unit.folder / "cyber-ps")
    read = require_newest_resolution(workspace)
    numbers = read.numbers
    leads = dict(read.sessions.select("lead_id", "ip").iter_rows())
    with workspace.read() as tables:
        resolving = tables[Resolving].find_last("number")
    assert resolving is not None
    frames = {
        name: {
            numbers[one]
            for some in resolution_files.read_table(workspace, resolving, name)["subscribers"]
            for one in some
        }
        for name in ("visits", "sessions", "rows")
    }
    subscribers = resolution_files.read_table(workspace, resolving, "subscribers")
    placed = find_overruled_places(workspace)["lead_id"]
    pages = [list(read.list_sessions_of_lead(str(lead))) for lead in read.sessions["lead_id"].unique()]
    return frames | {
        "json": {subscriber["number"] for one in read.to_json(read.sessions) for subscriber in one["subscribers"]},
        "lead page": {subscriber["number"] for page in pages for one in page for subscriber in one["subscribers"]},
        "subscribers": {numbers[one] for one in subscribers["subscriber"]},
        "places": {LINES[str(leads[one])] for one in placed if one in leads},
        "shown": {number for ip, number in LINES.items() if number in show_session(unit, read.sessions, ip)},
    }


def show_session(unit: Unit, sessions: pl.DataFrame, ip: str) -> str:
    session_id = sessions.filter(pl.col("ip") == ip)["session_id"]
    return "".join(unit.done(DAS, "resolve", "show", one).out for one in session_id)


def revoked(unit: Unit) -> None:
    keys = unit.done(MENON, "issuers", "list", "--json").rows
    key = next(str(one["key_id"]) for one in keys if one["issuer"] == "AGENCY")
    unit.done(MENON, "issuers", "revoke", key, "--why", "leaked as the order says")


def count_recalled(unit: Unit) -> None:
    unit.done(RAO, "sources", "set-use", "proxy-0", "--use", "statistics", "--why", "order of 3.8.2026")
    unit.approve(PILLAI)


def clocked(unit: Unit) -> None:
    scan = ("scan", unit.folder / "log-0.log", "--source", "proxy-0", "--authority", "O-7", "--format", FORMATS[FALLS])
    clock = ("--clock-offset", "7200", "--clock-measured", "compared with NTP")
    unit.done(RAO, *scan, "--list", unit.folder / "AGENCY.csv", *clock)


def clocked_alone(unit: Unit) -> None:
    """A clock of one exhibit, and the exhibit is not read again."""
    mine = hashlib.sha256((unit.folder / "log-0.log").read_bytes()).hexdigest()
    compared = ("--compared", "2026-03-01T12:00:00+00:00=7200", "--clock-uncertainty", "2")
    unit.done(RAO, "exhibits", "set-clock", mine[:12], *compared, "--measured", "compared with NTP")


def behind_proxies(unit: Unit) -> None:
    """Both sources stood behind a proxy, as one learns; only records of the first say for whom it asked."""
    for name in ("proxy-0", "proxy-1"):
        unit.done(RAO, "sources", "set-proxies", name, "--trusted-proxy", FALLS, "--why", "nginx.conf of the seizure")


def nearer(unit: Unit) -> None:
    (unit.folder / "vpn.txt").write_text(f"# ranges\n{FALLS}\n")
    imported = ("datasets", "import", unit.folder / "vpn.txt", "--kind", "relay", "--date", "2026-02-28")
    unit.done(RAO, *imported, "--name", "vpn-ranges")


def shared_after_all(unit: Unit) -> None:
    (unit.folder / "late.csv").write_text(f"{HEAD}{FALLS},yes,2026-01-01,\n")
    imported = ("datasets", "import", unit.folder / "late.csv", "--kind", "nat", "--date", "2026-02-02")
    unit.done(RAO, *imported, "--name", "late")


def withdrawn(unit: Unit) -> None:
    sets = unit.done(DAS, "datasets", "list", "--json").rows
    known = next(str(set_["dataset_id"]) for set_ in sets if set_["name"] == "alone")
    unit.done(RAO, "datasets", "withdraw", known[:12], "--why", "the ISP corrected it")
    again = ("datasets", "import", unit.folder / "alone.csv", "--kind", "nat", "--date", "2026-02-01")
    refused = unit.sightline(RAO, *again)
    assert (refused.code, "was withdrawn" in refused.err) == (3, True)


def reply_of(unit: Unit, kind: str) -> str:
    """The id of the first reply to the notice of a kind: the one that names the line that falls."""
    notice = next(row for row in unit.done(DAS, "notices", "list", "--json").rows if row["kind"] == kind)
    replies = unit.done(DAS, "notices", "list-replies", notice["notice_id"], "--json").rows
    return sorted(str(reply["reply_id"]) for reply in replies)[0]


def unsaid(unit: Unit) -> None:
    unit.done(RAO, "notices", "withdraw-reply", reply_of(unit, "records")[-8:], "--why", "of another customer")


def corrected(unit: Unit) -> None:
    notice = next(row for row in unit.done(DAS, "notices", "list", "--json").rows if row["kind"] == "records")
    line = f"919800000009,{FALLS},,,2026-01-01 10:00:00,2026-01-01 20:00:00"
    more = ("--partial", "--corrects", reply_of(unit, "records")[-8:])
    assert replied(unit, str(notice["notice_id"]), [line], *more).code == 0


def purged(unit: Unit) -> None:
    mine = hashlib.sha256((unit.folder / "log-0.log").read_bytes()).hexdigest()
    words = ("purge", mine, "--early", "--why", "order of the court")
    asked = unit.sightline(RAO, *words)
    assert asked.code == 3
    lines = [line for line in asked.err.splitlines() if line.startswith("recalled:")]
    assert len(lines) == 1 and "2 of 2 visits" in lines[0] and lines[0].endswith("not named any more"), asked.err
    (waiting,) = unit.done(MENON, "approve", "--json").rows
    request = waiting["request"]
    assert isinstance(request, dict)
    assert (request["subscribers_recalled"], request["subscribers_with_fewer_visits"]) == (1, 0)
    # Who loses what, and the runs that go, are part of what is approved.
    assert re.fullmatch("[0-9a-f]{64}", str(request["effects_sha256"]))
    assert re.fullmatch("[0-9a-f]{64}", str(request["runs_sha256"]))
    unit.approve(PILLAI)
    unit.done(RAO, *words)


FALLEN: dict[str, tuple[Callable[[Unit], None], LossReason]] = {
    "issuer revoked": (revoked, LossReason.ISSUER),
    "source counts only": (count_recalled, LossReason.SOURCE),
    "clock corrected": (clocked, LossReason.RUN),
    "clock declared of an exhibit": (clocked_alone, LossReason.RUN),
    "proxies declared of a source": (behind_proxies, LossReason.PROXIES),
    "nearer data set": (nearer, LossReason.DATASET),
    "statement that comes later": (shared_after_all, LossReason.DATASET),
    "statement withdrawn": (withdrawn, LossReason.DATASET),
    "reply withdrawn": (unsaid, LossReason.REPLY),
    "reply corrected": (corrected, LossReason.REPLY),
    "exhibit purged": (purged, LossReason.PURGED),
}


def test_conclusions_from_withdrawn_evidence_disappear_and_the_rest_stays(
    named_unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = views(named_unit)
    assert set(map(frozenset, before.values())) == {frozenset(LINES.values())}, before
    workspace = named_unit.folder / "cyber-ps"
    moved_workspace = workspace.rename(named_unit.folder / "kept")
    for name, (act, why) in FALLEN.items():
        shutil.copytree(moved_workspace, workspace)
        act(named_unit)
        after = views(named_unit)
        assert set(map(frozenset, after.values())) == {frozenset([ASHA])}, (name, after)
        follow = named_unit.sightline(RAO, "notices", "list", "--json")
        assert follow.code == 0
        named_unit.done(RAO, "leads", "rebuild")
        named_unit.done(DAS, "resolve", "--quiet")
        anew = views(named_unit)
        assert set(map(frozenset, anew.values())) == {frozenset([ASHA])}, (name, anew)
        (one,) = named_unit.done(DAS, "resolve", "list-recalled", "--json").rows
        assert one["why"] == why.value, name
        assert named_unit.sightline(NAIR, "verify").code == 0, name
        shutil.rmtree(workspace)
    # A rule of this version that lets the evidence carry less: what it says of is named by nobody until leads are new.
    shutil.copytree(moved_workspace, workspace)
    rule = RULES["many-behind"]
    stricter = replace(rule, version=rule.version + 1, session_condition=pl.col("source_ip") == FALLS)
    monkeypatch.setitem(RULES, "many-behind", stricter)
    assert set(map(frozenset, views(named_unit).values())) == {frozenset([ASHA])}
    named_unit.done(RAO, "leads", "rebuild")
    named_unit.done(DAS, "resolve", "--quiet")
    assert set(map(frozenset, views(named_unit).values())) == {frozenset([ASHA])}
    (one,) = named_unit.done(DAS, "resolve", "list-recalled", "--json").rows
    assert one["why"] == LossReason.RULE.value


def test_a_form_that_falls_takes_its_place_and_what_it_corroborated_and_no_line(named_unit: Unit) -> None:
    named_unit.done(
        RAO, "notices", "withdraw-reply", reply_of(named_unit, "subscribers")[-8:], "--why", "of another number"
    )
    found = views(named_unit)
    assert found["places"] == {ASHA}
    assert found["sessions"] == set(LINES.values())
    whys = [str(row["why"]) for row in named_unit.done(DAS, "resolve", "--subscribers", "--json").rows]
    assert sorted("no-form" in why for why in whys) == [False, True]


def test_a_line_contradicted_by_another_reply_is_not_reported_as_losing_a_reply(named_unit: Unit) -> None:
    """One reply is withdrawn, and another contradicts the other line, before both are read together again."""
    unsaid(named_unit)
    records = next(row for row in named_unit.done(DAS, "notices", "list", "--json").rows if row["kind"] == "records")
    other = f"919800000077,{STAYS},,,2026-01-01 00:00:00,2026-12-31 00:00:00"
    assert replied(named_unit, str(records["notice_id"]), [other], "--partial").code == 0
    named_unit.done(DAS, "resolve", "--quiet")
    found = {
        str(row["session_id"]): row["why"] for row in named_unit.done(DAS, "resolve", "list-recalled", "--json").rows
    }
    assert set(found.values()) == {LossReason.REPLY.value, LossReason.ANSWER.value}
