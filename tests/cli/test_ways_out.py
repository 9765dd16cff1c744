"""Every way out of the command line, walked: none shows an address of the record that the journal has not as opened."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from sightline.cli import build_parser
from sightline.cli.masked_output import MASKED_COMMANDS
from sightline.model import Role
from sightline.workspace import keys
from tests.cli.test_notice import ready
from tests.cli.test_refer import Run, run, world
from tests.cli.test_resolve import draft_notice, holding, replied, send_notice
from tests.cli.unit import DAS, MENON, PILLAI, RAO, Unit, unit
from tests.services.referrals.world import World
from tests.web.units import beside, knows_sender

__all__ = ["ready", "run", "unit", "world"]
NUMBER = "919800000001"
HELD = [ip_network(one) for one in ("198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24", "2001:db8::/32")]
LIKE_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*::?[0-9A-Fa-f:.]*[0-9A-Fa-f])"
)
ELSEWHERE = "changes the record and tells an id; what it keeps is shown by list and show, which are walked"
WALKED: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "approve": ((MENON, ("approve",)), (MENON, ("approve", "--json"))),
    "authorities list": ((RAO, ("authorities", "list", "--json")),),
    "authorities show": ((RAO, ("authorities", "show", "O-7")),),
    "cases list": ((RAO, ("cases", "list")), (RAO, ("cases", "list", "--json"))),
    "cases show": ((RAO, ("cases", "show")), (RAO, ("cases", "show", "FIR-12"))),
    "datasets list": ((RAO, ("datasets", "list")), (RAO, ("datasets", "list", "--json"))),
    "doctor": ((MENON, ("doctor",)), (MENON, ("doctor", "--json"))),
    "exhibits list": ((RAO, ("exhibits", "list")), (RAO, ("exhibits", "list", "--json"))),
    "exhibits show": ((RAO, ("exhibits", "show", "{exhibit}")), (RAO, ("exhibits", "show", "{exhibit}", "--json"))),
    "holds list": ((RAO, ("holds", "list")),),
    "issuers list": ((RAO, ("issuers", "list", "--json")),),
    "leads list": tuple(
        (DAS, ("leads", "list", *more))
        for more in (
            (),
            ("--json",),
            ("--out", "l.csv"),
            ("--out", "l.jsonl"),
            ("--out", "l.parquet"),
            ("--limit", "2"),
        )
    ),
    "leads list-groups": ((DAS, ("leads", "list-groups")), (DAS, ("leads", "list-groups", "--json"))),
    "leads show": ((DAS, ("leads", "show", "{lead}")), (DAS, ("leads", "show", "{lead}", "--json"))),
    "leads explain": ((DAS, ("leads", "explain", "{lead}")), (DAS, ("leads", "explain", "{lead}", "--json"))),
    "leads purge": ((RAO, ("leads", "purge", "--closed-for", "1")),),
    "leads report": ((DAS, ("leads", "report", "--out", "r.html", "--map", "m.svg")),),
    "ledger show": tuple(
        (MENON, ("ledger", "show", *more)) for more in ((), ("--json",), ("--journal",), ("--journal", "--json"))
    ),
    "notices list": ((DAS, ("notices", "list")), (DAS, ("notices", "list", "--json"))),
    "notices show": ((DAS, ("notices", "show", "{notice}")), (DAS, ("notices", "show", "{notice}", "--json"))),
    "notices list-replies": tuple(
        (DAS, ("notices", "list-replies", *more)) for more in ((), ("--json",), ("--findings",))
    ),
    "notices draft": ((RAO, ("notices", "draft", "--case", "FIR-12", "--kind", "records", "--dry-run")),),
    "officers list": ((RAO, ("officers", "list", "--json")),),
    "operations list": ((RAO, ("operations", "list")),),
    "outcomes list": ((RAO, ("outcomes", "list", "--json")),),
    "search": ((DAS, ("search", "{address}")), (DAS, ("search", "{address}", "--json")), (DAS, ("search", "{lead}"))),
    "verify": ((MENON, ("verify",)), (MENON, ("verify", "--json"))),
    "witnesses list": ((MENON, ("witnesses", "list", "--json")),),
}
"""Each command that shows what the record holds, as typed. All others of these commands are in ACTS."""
ACTS = frozenset(
    "authorities add|authorities end|cases add|cases purge|cases report|"
    "cluster issue|cluster create-keys|cluster revoke|cluster run-scheduler|"
    "cluster run-worker|datasets import|datasets withdraw|exhibits record-custody|exhibits set-clock|"
    "exhibits export-certificate|exhibits export-bundle|exhibits export-graph|"
    "holds add|holds lift|issuers add|issuers revoke|leads rebuild|leads diff|leads flag-danger|leads assign|"
    "leads close|"
    "leads reopen|leads note|leads set-retention|ledger export-checkpoint|ledger countersign|ledger import-checkpoint|"
    "ledger prove|licensees|notices draft-all|"
    "notices export|notices remind|notices mark-sent|notices close|notices follow-up|notices import-reply|"
    "notices confirm-reply|notices withdraw-reply|"
    "officers create-key|officers add|officers rotate|officers revoke|officers set-password|operations add|"
    "operations add-leads|operations remove-leads|"
    "operations add-team|operations list-teams|operations remove-team|operations add-event|operations withdraw-event|"
    "operations close|operations report|operations show|outcomes record|outcomes withdraw|"
    "outcomes show-precision|purge|upgrade|witnesses add".split("|")
)
"""What changes the record, or leaves by two officers or for a reason; other tests have each."""
RESOLVED: tuple[tuple[str, ...], ...] = (
    ("resolve",),
    ("resolve", "--json"),
    ("resolve", "--subscribers"),
    ("resolve", "--subscribers", "--json"),
    ("resolve", "show", "{lead}"),
    ("resolve", "show", "{lead}", "--json"),
    ("resolve", "show", "{subscriber}"),
    ("resolve", "show", "{subscriber}", "--json"),
    ("resolve", "list-recalled"),
    ("resolve", "list-recalled", "--json"),
)
"""Commands that show what replies name, as an analyst types them once a reply named a line."""
REFERRED: tuple[tuple[str, ...], ...] = (
    ("referrals", "list"),
    ("referrals", "list", "--json"),
    ("referrals", "show", "{number}"),
    ("referrals", "show", "{number}", "--json"),
    ("referrals", "add-request", "--list"),
    ("forces", "list"),
    ("referrals", "recall", "--list"),
    (
        "referrals",
        "draft",
        "--to",
        "TN-CYBER",
        "--case",
        "FIR 12/2026",
        "--why",
        "their request of 3.6.2026",
        "--dry-run",
    ),
)
"""Commands of the unit that refers, as its investigating officer types them."""
CAME: tuple[tuple[str, ...], ...] = (
    ("referrals", "list-incoming"),
    ("referrals", "list-incoming", "--json"),
    ("referrals", "show-incoming", "{number}"),
    ("referrals", "show-incoming", "{number}", "--json"),
)
"""Commands of the unit that took a package."""
ACTS_ON_REPLIES = frozenset({"resolve open", "resolve purge"})
ACTS_OF_FORCES = frozenset(
    "forces add|forces add-officer|forces revoke|referrals export|referrals seal|referrals offer|referrals export-key|"
    "forces create-keys|"
    "referrals import-receipt|referrals import-outcome|referrals fetch|referrals confirm|referrals record-outcome|"
    "referrals publish|referrals collect|"
    "referrals compare create-secret|referrals compare import-secret|referrals compare export|referrals compare match|"
    "referrals deconflict create-key|referrals deconflict export|referrals deconflict match|referrals import|"
    "referrals accept|referrals record-incoming-outcome|referrals import-recall|referrals purge-incoming|"
    "referrals open|referrals answer|"
    "referrals read-recall".split("|")
)
"""What changes the record, leaves by two officers or for a reason, or is another force's own; tests have each."""


def leaves(here: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    """Yield each command and verb."""
    groups = [action for action in here._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield name
    for group in groups:
        for word, inner in group.choices.items():
            yield from leaves(inner, f"{name} {word}".strip())


def addresses_in(text: str) -> list[str]:
    """The addresses of the world that stand in a text whole."""
    found = []
    for one in LIKE_ADDRESS.findall(text):
        try:
            spelled = ip_address(one.strip("."))
        except ValueError:
            continue
        if any(spelled in network for network in HELD if network.version == spelled.version):
            found.append(one)
    return found


def test_the_table_has_every_command_that_shows_the_record() -> None:
    typed = {" ".join(words) for words in (*RESOLVED, *REFERRED, *CAME)}
    known = set(WALKED) | ACTS | ACTS_ON_REPLIES | ACTS_OF_FORCES
    of_groups = {
        name for command in MASKED_COMMANDS for name in leaves(build_parser(command), "") if name.split()[0] == command
    }
    of_groups -= {name for name in of_groups if any(one == name or one.startswith(f"{name} ") for one in typed)}
    missing = {name for name in of_groups if not any(name == one or name.startswith(f"{one} ") for one in known)}
    assert not missing, f"walk these, or say in ACTS that they are no way out: {sorted(missing)}"


def test_no_command_shows_an_address_that_was_not_opened(ready: Unit) -> None:
    ready.done(RAO, "notices", "draft", "--case", "FIR-12", "--kind", "preservation")
    lead = ready.whole(DAS, "leads", "list", "--json", "--limit", "1").rows[0]
    notice = ready.done(RAO, "notices", "list", "--json").rows[0]
    exhibit = ready.done(RAO, "exhibits", "list", "--json").rows[0]
    known = {
        "lead": str(lead["lead_id"]),
        "address": str(lead["source_ip"]),
        "notice": str(notice["notice_id"]),
        "exhibit": str(exhibit["sha256"]),
    }
    assert addresses_in(known["address"])
    ready.done(RAO, "leads", "flag-danger", known["lead"], "--why", f"the line at {known['address']} is in danger")
    opened = len(ready.journal(verb="view:address"))
    before = set(ready.folder.rglob("*"))
    outputs: dict[str, list[str]] = {}
    for each in WALKED.values():
        for who, words in each:
            result = ready.sightline(who, *(word.format(**known) for word in words))
            # `doctor` says 4 where the disk of this machine is not encrypted.
            assert result.code in ({0, 4} if words[0] == "doctor" else {0}), (words, result.err)
            if found := addresses_in(result.out + result.err):
                outputs[" ".join(words)] = found
    written = [
        path for path in set(ready.folder.rglob("*")) - before if path.name in {"l.csv", "l.jsonl", "r.html", "m.svg"}
    ]
    assert len(written) == 4
    for path in written:
        if found := addresses_in(path.read_text(encoding="utf-8")):
            outputs[path.name] = found
    assert not outputs
    assert len(ready.journal(verb="view:address")) == opened
    assert PILLAI


def test_no_command_about_replies_shows_an_address(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    rows = send_notice(ready, notice)
    assert replied(ready, notice, [holding(rows[0], NUMBER)]).code == 0
    ready.done(DAS, "resolve", "--quiet")
    (named,) = ready.done(DAS, "resolve", "--subscribers", "--json").rows
    lead = next(
        row for row in ready.whole(DAS, "leads", "list", "--json").rows if row["source_ip"] == rows[0]["address"]
    )
    known = {"lead": str(lead["lead_id"]), "subscriber": str(named["subscriber"])}
    outputs = {}
    for words in RESOLVED:
        result = ready.done(DAS, *(word.format(**known) for word in words))
        if found := addresses_in(result.out + result.err):
            outputs[" ".join(words)] = found
    assert not outputs
    seen = ready.done(DAS, "resolve", "show", known["lead"], "--show-addresses", "--why", "FIR 12/2026: compared").out
    assert addresses_in(seen), "what is looked for stands there, where it is opened"


def test_no_command_about_referrals_shows_an_address(world: World, run: Run, tmp_path: Path) -> None:
    number, units = world.approved().number, beside(world, tmp_path / "receiver")
    knows_sender(units)
    investigating = Role.INVESTIGATING_OFFICER
    keys.write_private(tmp_path / "there", units.receiver[investigating].signer.private, None)
    own = ("--workspace", units.receiver.workspace.folder, "--key", tmp_path / "there")
    run(investigating, *REFERRED[-1][:-1])
    for row in run(Role.SUPERINTENDENT, "approve", "--json").rows:
        run(Role.SUPERINTENDENT, "approve", row["approval_id"], "--yes", "--why", "seen with its papers")
    run(investigating, "referrals", "seal", "TN-CYBER 1", "--out", "one.age")
    run(None, "referrals", "import", "one.age", *own)
    outputs = {}
    for words, who, more, named in (
        *((words, investigating, (), number) for words in REFERRED),
        *((words, None, own, "TN-CYBER 1") for words in CAME),
    ):
        result = run(who, *(word.format(number=named) for word in words), *more)
        if found := addresses_in(result.out + result.err):
            outputs[" ".join(words)] = found
    assert not outputs
    listed = run(None, "referrals", "show-incoming", "TN-CYBER 1", *own).out.splitlines()
    lead = next(line.split()[0] for line in listed if "198.51.100.x" in line)
    whole = ("referrals", "show-incoming", "TN-CYBER 1", "--lead", lead, "--why", "a notice to the ISP")
    assert addresses_in(run(None, *whole, *own).out), "what is looked for stands there, where it is opened"


@pytest.mark.parametrize(
    "words", [("leads", "show", "203.0.113.77"), ("notices", "show", "2001:DB8::77"), ("search", " ")]
)
def test_a_refusal_names_no_address(ready: Unit, words: tuple[str, ...]) -> None:
    result = ready.sightline(DAS, *words)
    assert result.code == 2
    assert not addresses_in(result.err.splitlines()[0])
