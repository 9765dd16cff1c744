"""What replies say of places, from a registered resolving on: which verdicts another rebuild changes, and no others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.casework.access import Action
from sightline.casework.datasets import DatasetRequest, import_dataset
from sightline.casework.outcomes import Found, record
from sightline.services.leads.difference import difference
from sightline.services.leads.rebuild_inputs import ground
from sightline.services.artifacts.lead_files import opened
from sightline.services.leads.rebuild import Rebuilt
from sightline.services.outcomes.precision import measure
from sightline.services.artifacts.parquet_files import described
from sightline.services.artifacts.foundations import FOUNDATIONS, VERDICT_RULES
from sightline.workspace import leases
from sightline.ledger.append import canonical
from sightline.ledger.verbs import Verb
from sightline.storage.rows import Holding, Resolving
from sightline.model import DatasetKind, OutcomeKind
from sightline.stages.resolve.model import NAMED, PARTS, SESSIONS, VERDICTS
from tests.services.leads.office import Desk, Visit, new_desk

ALPHA = [f"203.0.{part}.9" for part in range(25)]
BETA = [f"198.51.{part}.9" for part in range(25)]
CITY = "cidr,country_code,state,district\n203.0.0.0/16,IN,KL,Thrissur\n198.51.0.0/16,IN,KL,Thrissur\n"
LINES = "cidr,asn,isp,line,circle\n203.0.0.0/16,64500,Alpha,fixed,KL\n198.51.0.0/16,64501,Beta,fixed,KL\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two exhibits with a visit from each address, and two data sets that agree on Kerala everywhere; no leads yet."""
    return kerala(tmp_path, LINES)


def kerala(tmp_path: Path, lines: str) -> Desk:
    desk = new_desk(tmp_path)
    desk.scan(desk.log("a.log", [Visit(at, ip) for at, ip in enumerate((*ALPHA, *BETA))]), desk.flags())
    desk.scan(desk.log("b.log", [Visit(90_000, ALPHA[0], "/room/2")]), desk.flags())
    for name, kind, text in (("one", "city", CITY), ("two", "city", f"{CITY}\n"), ("lines", "network", lines)):
        path = desk.folder / f"{name}.csv"
        path.write_text(text)
        import_dataset(desk.office.io, DatasetRequest(path, DatasetKind(kind), date(2026, 2, 1), name))
    return desk


def resolve(desk: Desk, made: Rebuilt, places: dict[str, str]) -> None:
    """Register a resolving in which each address is a line of its own, installed in that state."""
    leads = [one for one in desk.leads(by_datasets=True) if one["source_ip"] in places]
    sessions = [
        {"session_id": one["lead_id"], "lead_id": one["lead_id"], "verdict": "subscriber", "part": 0, "visits": 1}
        | {"subscribers": [f"line {one['source_ip']}"], "row_ids": []}
        for one in leads
    ]
    named = [
        {"subscriber": f"line {one}", "number_kind": "circuit", "installation_state": state}
        for one, state in places.items()
    ]
    rests_on = {"generation": made.generation.generation_id, "notices": [], "replies": [], "verdicts": VERDICT_RULES}
    io = desk.office.io
    intent = leases.begin(io.workspace, io.signer, io.clock())
    with io.workspace.segments.staging(intent.intent_id) as staging:
        frame(sessions, SESSIONS).write_parquet(staging.folder / "sessions.parquet")
        frame(sessions, PARTS).write_parquet(staging.folder / "visits.parquet")
        pl.DataFrame(schema=VERDICTS).write_parquet(staging.folder / "rows.parquet")
        pl.DataFrame(schema=FOUNDATIONS).write_parquet(staging.folder / "foundations.parquet")
        frame(named, NAMED).write_parquet(staging.folder / "subscribers.parquet")
        files = described(staging.folder, intent.intent_id)
        staging.publish()
    with io.change(Action.RESOLVE, "resolving:all") as change:
        assert leases.settle(change.shelves, intent)
        last = change.shelves[Resolving].last("number")
        number, inputs = (last.number + 1 if last else 1), canonical(rests_on)
        by = io.officer.officer_id
        row = Resolving(number, "f" * 64, intent.intent_id, change.now_us, by, inputs, "{}", canonical(files))
        change.add(Verb.SESSIONS_RESOLVED, row)


def frame(rows: Sequence[dict[str, Any]], schema: Any) -> pl.DataFrame:
    return pl.DataFrame([{name: one.get(name) for name in schema} for one in rows], schema=schema)


def digests(desk: Desk, made: Rebuilt) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in desk.files(made)]


def test_what_is_measured_wrong_speaks_no_more_and_nothing_else_changes(desk: Desk) -> None:
    first = desk.rebuild()
    kept = digests(desk, first)
    assert "mutes" not in json.loads(first.generation.inputs_json)
    resolve(desk, first, dict.fromkeys(ALPHA, "Kerala"))
    assert desk.rebuild().was_there, "what is measured right changes no generation"
    before = {one["lead_id"]: one for one in desk.leads(by_datasets=True)}
    assert {one["place"]["why"] for one in before.values()} == {"agreed"}
    resolve(desk, first, dict.fromkeys(ALPHA, "Tamil Nadu") | dict.fromkeys(BETA[:19], "Tamil Nadu"))
    second = desk.rebuild()
    inputs = json.loads(second.generation.inputs_json)
    assert inputs["mutes"] == [["one", "Alpha", "state"], ["two", "Alpha", "state"]]
    assert {name: value for name, value in inputs.items() if name != "mutes"} == json.loads(
        first.generation.inputs_json
    )
    assert desk.rebuild().was_there
    for one in desk.leads(by_datasets=True):
        was = before[one["lead_id"]]
        if one["network"]["isp"] == "Beta":
            assert one == was, "nineteen measurements mute nobody"
            continue
        assert (one["place"]["state"], one["place"]["why"]) == (None, "measured-wrong")
        assert one | {"place": None} == was | {"place": None}
        assert one["place"]["answers"] == was["place"]["answers"]
    with opened(desk.office.workspace, 1) as old, opened(desk.office.workspace, 2) as new:
        causes = difference(old, new).causes
    assert causes == tuple(
        f"data set {name} was measured, and names no state for Alpha any more" for name in ("one", "two")
    )
    # Resolved anew over the leads that went by it, the same is measured; and a rebuild changes nothing.
    resolve(desk, second, dict.fromkeys(ALPHA, "Tamil Nadu"))
    assert desk.rebuild().was_there
    resolve(desk, second, {})
    third = desk.rebuild()
    assert (third.generation.number, third.generation.generation_id) == (3, first.generation.generation_id)
    assert digests(desk, third) == kept, "without measurements a generation is the same bytes as ever"


def test_while_the_leads_of_a_resolving_are_gone_what_was_known_holds(desk: Desk) -> None:
    resolve(desk, desk.rebuild(), dict.fromkeys(ALPHA, "Goa"))
    muted = desk.rebuild()
    with desk.office.workspace.reading() as shelves:
        small = next(one.exhibit_id for one in shelves[Holding].where() if one.path and one.path.endswith("b.log"))
    desk.purge(small)
    assert ground(desk.office.workspace).weights.mutes == tuple(
        map(tuple, json.loads(muted.generation.inputs_json)["mutes"])
    )
    assert any("resolve" in note for note in measure(desk.office.workspace).notes)


def test_precision_counts_outcomes_by_what_their_leads_rest_on(desk: Desk) -> None:
    made = desk.rebuild()
    leads = {one["source_ip"]: one["lead_id"] for one in desk.leads(by_datasets=True)}
    kinds = [OutcomeKind.CONFIRMED] * 4 + [OutcomeKind.WRONG_PLACE, OutcomeKind.NO_RESULT]
    for ip, kind in zip([*ALPHA[1:6], BETA[0]], kinds, strict=True):
        record(desk.office.io, Found(leads[ip], "FIR 12/2026", kind, "2026-06-01", "seen"))
    record(desk.office.io, Found("ab" * 16, "FIR 12/2026", OutcomeKind.INNOCENT, "2026-06-01", "gone"))
    told = measure(desk.office.workspace)
    rows = {(one["of"], one["name"]): one for one in told.precision.iter_rows(named=True)}
    source = desk.office.source.name
    assert list(rows) == [
        ("all", "outcomes"),
        ("source", source),
        ("list", "AGENCY"),
        ("isp", "Alpha"),
        ("isp", "Beta"),
        ("dataset", "one"),
        ("dataset", "two"),
    ]
    assert [rows[key]["judged"] for key in rows] == [6, 5, 5, 5, 0, 5, 5]
    assert rows["isp", "Alpha"]["precision"] == 0.8
    assert (rows["isp", "Beta"]["no_result"], rows["isp", "Beta"]["precision"]) == (1, None)
    assert told.places.is_empty()
    assert any("not there any more: 1" in note for note in told.notes)
    # From the first resolving on, outcomes measure places too; a lead that a reply measures is the reply's.
    resolve(desk, made, {ALPHA[5]: "Kerala"})
    places = measure(desk.office.workspace).places
    assert places.select("dataset", "isp", "state_n", "state_right").rows() == [
        ("one", "Alpha", 5, 5),
        ("two", "Alpha", 5, 5),
    ]


def test_a_reply_overrules_every_data_set(desk: Desk) -> None:
    first = desk.rebuild()
    resolve(desk, first, dict.fromkeys(ALPHA, "Tamil Nadu"))
    places = {one["source_ip"]: one["place"] for one in desk.leads()}
    assert {(places[ip]["verdict"], places[ip]["state"], places[ip]["why"]) for ip in ALPHA} == {
        ("resolved", "IN-TN", None)
    }
    assert {places[ip]["verdict"] for ip in BETA} == {"agreed"}


def test_an_agreement_counts_for_a_network_once_replies_showed_that_the_two_do_not_err_alike(tmp_path: Path) -> None:
    desk = kerala(tmp_path, "cidr,asn,isp,line\n203.0.0.0/16,64500,Alpha,fixed\n198.51.0.0/16,64500,Alpha,fixed\n")
    first = desk.rebuild()
    assert {one["place"]["why"] for one in desk.leads()} == {"not-independent"}
    resolve(desk, first, dict.fromkeys((*ALPHA, *BETA[:9]), "Kerala"))
    assert desk.rebuild().was_there, "34 places say too little"
    resolve(desk, first, dict.fromkeys((*ALPHA, *BETA[:10]), "Kerala"))
    second = desk.rebuild()
    assert json.loads(second.generation.inputs_json)["independent"] == [["one", "two", "Alpha", "state"]]
    places = {one["source_ip"]: one["place"] for one in desk.leads(by_datasets=True)}
    assert {(one["state"], one["district"]) for one in places.values()} == {("IN-KL", None)}
    with opened(desk.office.workspace, 1) as old, opened(desk.office.workspace, 2) as new:
        assert "measured as independent" in difference(old, new).causes[0]
    # One place where both were wrong alike, and nothing is named again, there or elsewhere.
    resolve(desk, second, dict.fromkeys((*ALPHA, *BETA), "Kerala") | {BETA[0]: "Tamil Nadu"})
    desk.rebuild()
    assert {one["place"]["why"] for one in desk.leads(by_datasets=True)} == {"not-independent"}
