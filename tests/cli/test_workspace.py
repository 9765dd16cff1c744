"""A workspace from the command line: made, staffed, approved, filled, overseen; on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.unit import DAS, IYER, MENON, NAIR, RAO, Unit, copy_prepared, unit

__all__ = ["unit"]

CASE = (
    *("cases", "add", "--number", "FIR 12/2026", "--station", "Cyber PS", "--sections", "IT Act s.67B"),
    *("--io", "S. Rao", "--begun-on", "2026-06-05"),
)
SOURCE = ("sources", "add", "--kind", "proxy", "--name", "proxy", "--use", "leads", "--timezone", "Asia/Kolkata")


def authority(paper: Path, *more: str) -> tuple[object, ...]:
    words = ("authorities", "add", "--case", "FIR 12/2026", "--kind", "production", "--number", "order 7/2026")
    return (*words, "--issued-by", "CJM Thrissur", "--issued-on", "2026-06-05", "--document", paper, *more)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> tuple[str, ...]:
    if request.param == "sqlite":
        return ()
    return ("--database", request.getfixturevalue("postgres_url"))


@pytest.fixture
def staffed(unit: Unit) -> Unit:
    """The unit with four officers."""
    copy_prepared(unit, "staffed", enrol_staff)
    return unit


def enrol_staff(unit: Unit) -> None:
    unit.begin()
    unit.enrol(MENON, RAO, IYER)


def test_from_init_to_a_verified_record(unit: Unit, database: tuple[str, ...]) -> None:
    unit.begin(*database)
    unit.enrol(MENON, RAO, IYER, DAS)
    unit.done(RAO, *CASE)
    unit.done(RAO, *SOURCE)
    paper = unit.folder / "order.pdf"
    paper.write_bytes(b"order")
    added = unit.done(
        RAO, *authority(paper, "--until", "2026-12-31", "--timezone", "Asia/Kolkata", "--source", "proxy")
    )
    assert (
        "in force from 2026-06-04 18:30 UTC (2026-06-05 00:00 Asia/Kolkata) until 2026-12-31 18:30 UTC (2027-01-01"
        in added.out
    )
    (authority_row,) = unit.done(DAS, "authorities", "show", "order 7/2026", "--json").rows
    (source,) = unit.done(DAS, "sources", "list", "--json").rows
    assert authority_row["sources"] == [source["source_id"]]
    assert authority_row["document_sha256"] == sha256(b"order").hexdigest()
    (case,) = unit.done(DAS, "cases", "show", "FIR 12/2026", "--json").rows
    assert [one["number"] for one in case["authorities"]] == ["order 7/2026"]  # type: ignore[attr-defined]
    verbs = [str(row["verb"]) for row in unit.done(IYER, "ledger", "show", "--json").rows]
    assert [verb for verb in verbs if verb != "journal:sealed"] == [
        "workspace:made",
        *("officer:enrolled", "key:enrolled") * 2,
        *("approval:asked", "approval:given", "officer:enrolled", "key:enrolled", "approval:used") * 3,
        "case:opened",
        "source:added",
        "authority:added",
    ]
    assert unit.done(IYER, "verify").code == 0


def test_a_workspace_is_made_once_and_never_over_anything(unit: Unit) -> None:
    unit.begin()
    again = unit.run("init", "cyber-ps", "--name", "X", "--officer", "Y", "--key", "other", "--no-passphrase")
    assert (again.code, "is not empty" in again.err) == (2, True)
    assert not (unit.folder / "other").exists()
    inside = unit.run("init", "new", "--name", "X", "--officer", "Y", "--key", "new/key", "--no-passphrase")
    assert (inside.code, "is inside the workspace" in inside.err) == (3, True)
    assert not (unit.folder / "new").exists()


def test_a_workspace_that_cannot_be_made_leaves_no_key(unit: Unit) -> None:
    words = ("--name", "X", "--officer", "Y", "--key", "key", "--no-passphrase")
    assert unit.run("init", "w", *words, "--database", "mysql://db.example/x").code == 2
    assert sorted(path.name for path in unit.folder.iterdir()) == ["home"]


def test_without_a_terminal_init_asks_nothing_and_makes_nothing(unit: Unit) -> None:
    nameless = unit.run("init", "w", "--officer", "Y", "--no-passphrase")
    assert (nameless.code, "--name is missing" in nameless.err) == (2, True)
    keyless = unit.run("init", "w", "--name", "X", "--officer", "Y")
    assert (keyless.code, "no terminal to ask" in keyless.err) == (3, True)
    assert not (unit.folder / "w").exists()


def test_the_key_lies_in_the_home_and_only_its_owner_reads_it(unit: Unit) -> None:
    assert unit.run("init", "w", "--name", "X", "--officer", "Ánna K. Nair", "--no-passphrase").code == 0
    key = unit.folder / "home" / ".config" / "sightline" / "keys" / "ánna-k-nair"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert unit.run("whoami", "--workspace", "w", "--key", key, "--json").rows[0]["name"] == "Ánna K. Nair"


def test_a_login_serves_until_logout_and_rotation_ends_it(staffed: Unit) -> None:
    assert staffed.run("whoami").code == 3
    staffed.done(RAO, "login", "--for", "30m")
    assert staffed.run("whoami", "--json").rows[0]["name"] == "S. Rao"
    assert staffed.run(*CASE).code == 0
    assert staffed.run("officers", "create-key", "--out", "new", "--no-passphrase").code == 0
    assert staffed.run("officers", "rotate", "--new", "new.pub").code == 0
    assert staffed.run("whoami").code == 3
    assert staffed.sightline(RAO, "whoami").code == 3
    assert staffed.run("login", "--key", "new").code == 0
    assert staffed.run("logout").code == 0
    assert staffed.run("cases", "show").code == 3
    assert [one["verb"] for one in staffed.journal(verb="login:done")] == ["login:done"] * 2
    assert len(staffed.journal(verb="login:failed")) == 1


@pytest.mark.parametrize("text", ["25h", "0h", "8", "1d", "-1h", "8 h"])
def test_a_login_lasts_a_day_at_the_most(staffed: Unit, text: str) -> None:
    assert staffed.sightline(RAO, "login", f"--for={text}").code == 2


def test_a_wrong_passphrase_is_refused_and_in_the_journal(staffed: Unit) -> None:
    for name, text in (("right", "correct horse\n"), ("wrong", "incorrect horse\n")):
        (staffed.folder / name).write_text(text)
        (staffed.folder / name).chmod(0o600)
    assert staffed.run("officers", "create-key", "--out", "locked", "--passphrase-file", "right").code == 0
    assert staffed.done(RAO, "officers", "rotate", "--new", "locked.pub")
    wrong = staffed.run("login", "--key", "locked", "--passphrase-file", "wrong")
    assert (wrong.code, "the passphrase is wrong" in wrong.err) == (3, True)
    none = staffed.run("cases", "show", "--key", "locked")
    assert (none.code, "no terminal to ask" in none.err) == (3, True)
    assert staffed.run("login", "--key", "locked", "--passphrase-file", "right").code == 0
    key_id = staffed.run("whoami", "--json").rows[0]["key_id"]
    failed = staffed.journal(verb="login:failed", thing=f"key:{key_id}")
    assert "the passphrase is wrong" in str(failed[0]["texts"])
    (staffed.folder / "right").chmod(0o644)
    opened = staffed.run("whoami", "--key", "locked", "--passphrase-file", "right")
    assert (opened.code, "chmod 600" in opened.err) == (3, True)


@pytest.mark.parametrize("text", ["ab", "elevenchars", "aaaaaaaaaaaaaaaa"])
def test_a_passphrase_that_is_easy_to_try_makes_no_key(staffed: Unit, text: str) -> None:
    (staffed.folder / "weak").write_text(f"{text}\n")
    (staffed.folder / "weak").chmod(0o600)
    made = staffed.run("officers", "create-key", "--out", "locked", "--passphrase-file", "weak")
    assert (made.code, "the passphrase is too short" in made.err) == (2, True)
    assert not list(staffed.folder.glob("locked*"))


def test_a_key_that_others_can_read_is_not_used(staffed: Unit) -> None:
    staffed.key(RAO).chmod(0o640)
    result = staffed.sightline(RAO, "whoami")
    assert (result.code, "chmod 600" in result.err) == (3, True)


def test_an_issuer_takes_two_officers_and_the_second_sees_the_exact_request(staffed: Unit) -> None:
    assert staffed.run("lists", "create-key", "--issuer", "AGENCY", "--out", "keys").code == 0
    enrol = ("issuers", "add", "keys/AGENCY.pub", "--why", "letter 12/2026")
    assert staffed.sightline(NAIR, *enrol).code == 3
    asked = staffed.done(RAO, *enrol)
    assert "P. Menon" in asked.err
    approval_id = asked.out.split()[0]
    assert staffed.done(NAIR, "approve").out == ""
    (waiting,) = staffed.done(MENON, "approve", "--json").rows
    assert (waiting["can_decide"], waiting["is_mine"]) == (["P. Menon"], True)
    assert waiting["request"]["issuer"] == "AGENCY"  # type: ignore[index]
    assert staffed.sightline(RAO, "approve", approval_id, "--yes", "--why", "mine as the order says").code == 3
    assert staffed.sightline(MENON, "approve", approval_id, "--why", "seen with its papers").code == 2
    done = staffed.done(MENON, "approve", approval_id[:20].lower(), "--yes", "--why", "compared by telephone")
    assert "letter 12/2026" in done.err and str(waiting["request"]["key_id"]) in done.err  # type: ignore[index]
    (issuer,) = staffed.done(IYER, "issuers", "list", "--json").rows
    assert (issuer["issuer"], issuer["trusted"]) == ("AGENCY", True)
    staffed.done(MENON, "issuers", "revoke", issuer["key_id"], "--why", "the agency says that it leaked")
    assert "the agency says that it leaked" in staffed.done(IYER, "issuers", "list").out
    assert staffed.done(IYER, "issuers", "list", "--json").rows[0]["trusted"] is False


def test_a_refusal_trusts_nothing(staffed: Unit) -> None:
    assert staffed.run("lists", "create-key", "--issuer", "AGENCY", "--out", "keys").code == 0
    asked = staffed.done(RAO, "issuers", "add", "keys/AGENCY.pub", "--why", "letter as the order says").out.split()[0]
    refused = staffed.done(MENON, "approve", asked, "--refuse", "--yes", "--why", "no such letter", "--json")
    assert refused.rows == [{"approval_id": asked, "action": "issuer:enrol", "state": "refused", "done": False}]
    assert staffed.done(IYER, "issuers", "list", "--json").rows == []


def test_every_refusal_says_why_to_officer_and_journal(staffed: Unit) -> None:
    result = staffed.sightline(NAIR, *CASE)
    assert result.code == 3
    (row,) = staffed.journal(verb="refused:right")
    assert row["actor_name"] == "A. Nair"
    assert str(row["texts"]["text"]) in result.err  # type: ignore[index]
    assert staffed.sightline(IYER, "cases", "show").code == 3
    assert staffed.sightline(NAIR, "sources", "list").code == 3
    assert len(staffed.journal(verb="refused:right")) == 3


def test_text_typed_by_officers_cannot_disturb_a_terminal(staffed: Unit) -> None:
    hostile = "FIR \x1b[2J<b>12</b>\r\n\u202e2026"
    refused = staffed.sightline(RAO, *(hostile if word == "FIR 12/2026" else word for word in CASE))
    assert (refused.code, "has an invisible character: U+001B" in refused.err) == (2, True)
    staffed.done(RAO, *(hostile if word == "Cyber PS" else word for word in CASE))
    for expected in (
        staffed.done(RAO, "cases", "show"),
        staffed.done(RAO, "cases", "show", "FIR 12/2026"),
        staffed.sightline(RAO, "cases", "show", hostile + "?"),
        staffed.sightline(RAO, "authorities", "show", "\x1b[31m"),
        staffed.sightline(RAO, "officers", "revoke", "\x1b[31m", "--why", "x as the order says"),
        staffed.done(MENON, "ledger", "show", "--journal"),
    ):
        text = expected.out + expected.err
        assert all(letter.isprintable() or letter == "\n" for letter in text), repr(text)
    assert r"\x1b[2J<b>12</b>\r\n\u202e2026" in staffed.done(RAO, "cases", "show").out
    assert staffed.done(RAO, "cases", "show", "--json").rows[0]["station"] == hostile


@pytest.mark.parametrize(
    "words",
    [
        ("cases", "show", "\udcff"),
        ("authorities", "end", "\udcff", "--why", "x as the order says"),
        ("officers", "revoke", "\udcff", "--why", "x as the order says"),
        ("ledger", "show", "--thing", "\udcff"),
        ("approve", "\udcff", "--why", "x as the order says"),
        (
            "cases",
            "add",
            *("--number", "1", "--station", "\udcff", "--sections", "s"),
            "--io",
            "x",
            "--begun-on",
            "2026-01-01",
        ),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_words_that_are_no_text_are_wrong_use(staffed: Unit, words: tuple[str, ...]) -> None:
    result = staffed.sightline(RAO, *words)
    assert (result.code, "UTF-8" in result.err) == (2, True)


def test_a_checkpoint_goes_to_the_witness_and_back(staffed: Unit) -> None:
    run, done = staffed.run, staffed.done
    out = done(IYER, "ledger", "export-checkpoint", "--out", "one.note")
    vkey = out.err.split()[-1]
    assert run("officers", "create-key", "--out", "court", "--no-passphrase").code == 0
    sign = ("--key", "court", "--name", "court.example", "--last", "last.note", "--log", vkey)
    assert run("ledger", "countersign", "one.note", *sign, "--out", "one.signed").code == 0
    done(IYER, "witnesses", "add", "court.pub", "--name", "court.example", "--why", "order of the court")
    assert done(IYER, "ledger", "import-checkpoint", "one.signed").out == "court.example\n"
    size = done(IYER, "witnesses", "list", "--json").rows[0]["size"]
    done(IYER, "ledger", "export-checkpoint", "--out", "two.note", "--since", size)
    assert json.loads((staffed.folder / "two.note.proof").read_text())["old"] == size
    assert run("ledger", "countersign", "two.note", *sign, "--out", "two.signed").code == 0
    assert done(IYER, "ledger", "import-checkpoint", "two.signed").out == "court.example\n"
    old = run("ledger", "countersign", "one.note", *sign)
    assert (old.code, "rolled back" in old.err, old.out) == (3, True, "")
    assert (staffed.folder / "last.note").read_bytes() == (staffed.folder / "two.signed").read_bytes()
    assert done(IYER, "verify").code == 0


def test_a_witness_signs_nothing_that_was_rewritten(staffed: Unit) -> None:
    staffed.done(IYER, "ledger", "export-checkpoint", "--out", "one.note")
    assert staffed.run("officers", "create-key", "--out", "court", "--no-passphrase").code == 0
    sign = ("--key", "court", "--name", "court.example", "--last", "last.note")
    assert staffed.run("ledger", "countersign", "one.note", *sign, "--out", "one.signed").code == 0
    lines = (staffed.folder / "one.note").read_text().split("\n")
    lines[2] = base64.b64encode(b"\1" * 32).decode()
    (staffed.folder / "forged.note").write_text("\n".join(lines))
    forged = staffed.run("ledger", "countersign", "forged.note", *sign)
    assert (forged.code, "rewritten" in forged.err, forged.out) == (3, True, "")


def test_the_proof_of_an_entry_is_json(staffed: Unit) -> None:
    ledger_entries = json.loads(staffed.done(IYER, "ledger", "prove", "0").out)
    assert ledger_entries["entry"]["verb"] == "workspace:made"
    assert staffed.sightline(IYER, "ledger", "prove", "4000").code == 2


@pytest.mark.parametrize(
    "more",
    [
        ("--clock-offset", "2"),
        ("--clock-uncertainty", "5"),
        ("--timezone", "Mars/Olympus"),
        ("--server-name", "two words"),
        ("--trusted-hops", "-1"),
    ],
    ids=lambda more: more[0],
)
def test_a_source_says_nothing_that_nobody_measured_or_that_is_none(staffed: Unit, more: tuple[str, ...]) -> None:
    assert staffed.sightline(RAO, *SOURCE, *more).code == 2
    assert staffed.done(RAO, "sources", "list", "--json").rows == []


def test_a_seized_server_is_recorded_as_its_certificate_asks(staffed: Unit) -> None:
    words = ("sources", "add", "--kind", "seized-server", "--name", "server", "--use", "leads")
    clock = (
        "--clock-offset",
        "42.5",
        "--clock-uncertainty",
        "2",
        "--clock-measured",
        "with NTP at the seizure, S. Rao",
    )
    device = ("--device", "server", "--make", "Acme", "--model", "R7", "--serial", "7XK2J13", "--colour", "black")
    staffed.done(RAO, *words, *clock, *device, "--server-name", "BOARD.example")
    (source,) = staffed.done(RAO, "sources", "show", "server", "--json").rows
    assert source["server_name"] == "board.example"
    assert (source["clock_offset_us"], source["clock_uncertainty_s"]) == (42_500_000, 2)
    assert source["device"] == {
        "kind": "server",
        "make_and_model": "Acme R7",
        "serial_number": "7XK2J13",
        "colour": "black",
    }


def test_no_workspace_says_where_one_is_made(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGHTLINE_WORKSPACE")
    result = unit.run("whoami")
    assert (result.code, "sightline init" in result.err) == (2, True)
