"""A bundle for one line of a session that several made: its own visits, and nothing that another line did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from sightline.evidence.bundle_file import VERIFIER
from tests.cli import test_notice
from tests.cli.test_notice import make_ready
from tests.cli.test_resolve import ASHA, HEAD, RAVI, draft_notice, local, replied, send_notice
from tests.cli.unit import DAS, MENON, NAIR, PILLAI, RAO, Unit, copy_prepared, unit
from tests.services.leads.office import Visit

__all__ = ["unit"]


class Upload(Visit):
    """What the other line did: something was sent to the flagged site."""

    def line(self) -> str:
        return super().line().replace("\tGET\t", "\tPOST\t")


OWN = [Visit(0, port=40_000), Visit(0, port=40_000), Visit(30, port=40_000, page="/room/2")]
"""The first is there twice: one visit, in two lines of the log."""
OTHERS = [Upload(30, port=41_000, page="/upload.php"), Visit(40, port=41_000, page="/room/9")]


@pytest.fixture(autouse=True)
def visits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world of `make_ready` has these visits, all at one address."""
    monkeypatch.setattr(test_notice, "VISITS", [*OWN, *OTHERS])


@pytest.fixture
def divided(unit: Unit) -> tuple[Unit, str, dict[str, str]]:
    """Replies gave the visits of one session to two lines: the lead, and each line's id by its number."""
    return unit, *copy_prepared(unit, "divided", divide_session)


def divide_session(unit: Unit) -> tuple[str, dict[str, str]]:
    make_ready(unit)
    notice = draft_notice(unit, "Alpha Mobile")
    lines = [
        (
            f"{who},{row['address']},{row['port']},{row['port']},{local(row['from_utc'], -60)},"
            f"{local(row['until_utc'], 60)}"
        )
        for who, row in zip((RAVI, ASHA), send_notice(unit, notice), strict=True)
    ]
    assert replied(unit, notice, lines, head=HEAD).code == 0
    (summary,) = unit.done(DAS, "resolve", "--json").rows
    parts = summary["visits"]
    assert isinstance(parts, list)
    assert summary["verdict"] == "candidates"
    by_number = {part["subscribers"][0]["number"]: part["subscribers"][0]["subscriber"] for part in parts}
    return str(summary["lead_id"]), by_number


def words(ready: Unit, lead: str, line: str, out: Path) -> tuple[str, ...]:
    (exhibit,) = [str(row["sha256"]) for row in ready.done(RAO, "exhibits", "list", "--json").rows]
    whose = ("--lead", lead[:8], "--line", line[:8])
    return (
        "exhibits",
        "export-bundle",
        exhibit,
        "--for",
        "defence",
        *whose,
        "--why",
        "order of court 7/2026",
        "--out",
        str(out),
    )


def test_an_upload_of_the_other_line_is_not_in_it(divided: tuple[Unit, str, dict[str, str]]) -> None:
    ready, lead, lines = divided
    out = ready.folder / "line.zip"
    bundle = words(ready, lead, lines[RAVI], out)
    assert ready.sightline(RAO, *bundle).code == 3
    ready.approve(PILLAI)
    assert "3 rows and" in ready.done(RAO, *bundle).out

    with ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    rows = [json.loads(line) for name, data in files.items() if name[:5] == "rows/" for line in data.splitlines()]
    assert sorted(json.loads(row["row"])[-2] for row in rows) == sorted(visit.line() for visit in OWN)
    for name in ("documents/case.jsonld", "line.json", *(file for file in files if file[:5] == "rows/")):
        assert b"upload.php" not in files[name] and b"/room/9" not in files[name] and b"41000" not in files[name]
    line_json = json.loads(files["line.json"])
    assert (line_json["lead"], line_json["line"], len(line_json["records"])) == (lead, lines[RAVI], 3)

    alone = subprocess.run([sys.executable, "-I", "-S", VERIFIER, out], capture_output=True, text=True, check=False)
    assert alone.returncode == 0 and "3 records are of one line of a lead" in alone.stdout, alone.stdout
    assert "3 records are of one line of a lead" in ready.run("verify", "--package", out).out
    assert ready.sightline(NAIR, "verify", "--ledger").code == 0
    (made,) = [row for row in ready.done(MENON, "ledger", "show", "--json").rows if row["verb"] == "bundle:made"]
    assert {"line_sha256", "resolving"} <= made["facts"].keys()  # type: ignore[attr-defined]


def test_an_approval_covers_one_line_and_not_the_other(divided: tuple[Unit, str, dict[str, str]]) -> None:
    ready, lead, lines = divided
    assert ready.sightline(RAO, *words(ready, lead, lines[RAVI], ready.folder / "a.zip")).code == 3
    ready.approve(PILLAI)
    assert ready.sightline(RAO, *words(ready, lead, lines[ASHA], ready.folder / "b.zip")).code == 3
    assert not (ready.folder / "b.zip").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--address", "198.51.100.7"), "is what replies say"),
        (("--port", "40000"), "is what replies say"),
        (("--line", "ffffffff"), "no lines that are named"),
    ],
)
def test_a_line_is_asked_for_by_itself(
    divided: tuple[Unit, str, dict[str, str]], more: tuple[str, ...], says: str
) -> None:
    ready, lead, lines = divided
    result = ready.sightline(RAO, *words(ready, lead, lines[RAVI], ready.folder / "x.zip"), *more)
    assert (result.code, says in result.err) == (2, True), result.err


def test_a_line_is_of_what_was_resolved_since_the_last_change(divided: tuple[Unit, str, dict[str, str]]) -> None:
    ready, lead, lines = divided
    (notice,) = ready.done(DAS, "notices", "list", "--json").rows
    (reply,) = ready.done(DAS, "notices", "list-replies", notice["notice_id"], "--json").rows
    ready.done(RAO, "notices", "withdraw-reply", reply["reply_id"], "--why", "the ISP took it back")
    result = ready.sightline(RAO, *words(ready, lead, lines[RAVI], ready.folder / "x.zip"))
    assert (result.code, "sightline resolve" in result.err) == (2, True), result.err


def test_a_bundle_by_address_warns_that_replies_name_several_lines(divided: tuple[Unit, str, dict[str, str]]) -> None:
    ready = divided[0]
    (exhibit,) = [str(row["sha256"]) for row in ready.done(RAO, "exhibits", "list", "--json").rows]
    of = ("--for", "defence", "--address", "198.51.100.7", "--why", "order of court 7/2026")
    whole = ("exhibits", "export-bundle", exhibit, *of, "--out", str(ready.folder / "x.zip"))
    assert "replies name 2 lines" in ready.sightline(RAO, *whole).err
    assert "replies name" not in ready.sightline(RAO, *whole, "--port", "40000-40999").err
    assert "replies name" not in ready.sightline(RAO, *whole, "--until", "2026-03-01T00:00:00Z").err
