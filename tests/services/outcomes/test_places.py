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

from sightline.casework.leads.outcomes import OutcomeForm, record_outcome
from sightline.casework.permissions.access import Action
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.ledger.append import encode_canonical
from sightline.ledger.verbs import Verb
from sightline.model import DatasetKind, OutcomeKind
from sightline.services.artifacts.foundations import FOUNDATIONS, VERDICT_RULES
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.artifacts.parquet_files import describe_files
from sightline.services.leads.generation_difference import compare_generations
from sightline.services.leads.rebuild import RebuildResult
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.outcomes.precision import measure_precision
from sightline.stages.resolve.model import NAMED, PARTS, SESSIONS, VERDICTS
from sightline.storage.rows import Holding, Resolving
from sightline.workspace import leases
from tests.services.leads.office import LeadOffice, Visit, new_lead_office

ALPHA = [f"203.0.{part}.9" for part in range(25)]
BETA = [f"198.51.{part}.9" for part in range(25)]
CITY = "cidr,country_code,state,district\n203.0.0.0/16,IN,KL,Thrissur\n198.51.0.0/16,IN,KL,Thrissur\n"
LINES = "cidr,asn,isp,line,circle\n203.0.0.0/16,64500,Alpha,fixed,KL\n198.51.0.0/16,64501,Beta,fixed,KL\n"


@pytest.fixture
def lead_office(tmp_path: Path) -> LeadOffice:
    """Two exhibits with a visit from each address, and two data sets that agree on Kerala everywhere; no leads yet."""
    return kerala(tmp_path, LINES)


def kerala(tmp_path: Path, lines: str) -> LeadOffice:
    lead_office = new_lead_office(tmp_path)
    lead_office.scan(
        lead_office.log("a.log", [Visit(at, ip) for at, ip in enumerate((*ALPHA, *BETA))]), lead_office.flags()
    )
    lead_office.scan(lead_office.log("b.log", [Visit(90_000, ALPHA[0], "/room/2")]), lead_office.flags())
    for name, kind, text in (("one", "city", CITY), ("two", "city", f"{CITY}\n"), ("lines", "network", lines)):
        path = lead_office.folder / f"{name}.csv"
        path.write_text(text)
        import_dataset(lead_office.office.io, DatasetRequest(path, DatasetKind(kind), date(2026, 2, 1), name))
    return lead_office


def resolve(lead_office: LeadOffice, made: RebuildResult, places: dict[str, str]) -> None:
    """Register a resolving in which each address is a line of its own, installed in that state."""
    leads = [lead for lead in lead_office.leads(by_datasets=True) if lead["source_ip"] in places]
    sessions = [
        {"session_id": lead["lead_id"], "lead_id": lead["lead_id"], "verdict": "subscriber", "part": 0, "visits": 1}
        | {"subscribers": [f"line {lead['source_ip']}"], "row_ids": []}
        for lead in leads
    ]
    named = [
        {"subscriber": f"line {one}", "number_kind": "circuit", "installation_state": state}
        for one, state in places.items()
    ]
    rests_on = {"generation": made.generation.generation_id, "notices": [], "replies": [], "verdicts": VERDICT_RULES}
    io = lead_office.office.io
    intent = leases.begin_intent(io.workspace, io.signer, io.clock())
    with io.workspace.segments.open_staging(intent.intent_id) as staging:
        frame(sessions, SESSIONS).write_parquet(staging.folder / "sessions.parquet")
        frame(sessions, PARTS).write_parquet(staging.folder / "visits.parquet")
        pl.DataFrame(schema=VERDICTS).write_parquet(staging.folder / "rows.parquet")
        pl.DataFrame(schema=FOUNDATIONS).write_parquet(staging.folder / "foundations.parquet")
        frame(named, NAMED).write_parquet(staging.folder / "subscribers.parquet")
        files = describe_files(staging.folder, intent.intent_id)
        staging.publish()
    with io.change(Action.RESOLVE, "resolving:all") as change:
        assert leases.settle_intent(change.tables, intent)
        last = change.tables[Resolving].find_last("number")
        number, inputs = (last.number + 1 if last else 1), encode_canonical(rests_on)
        by = io.officer.officer_id
        row = Resolving(number, "f" * 64, intent.intent_id, change.now_us, by, inputs, "{}", encode_canonical(files))
        change.add(Verb.SESSIONS_RESOLVED, row)


def frame(rows: Sequence[dict[str, Any]], schema: Any) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def digests(lead_office: LeadOffice, made: RebuildResult) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in lead_office.files(made)]


def test_a_data_set_measured_wrong_is_muted_and_nothing_else_changes(lead_office: LeadOffice) -> None:
    first = lead_office.rebuild()
    digests_before = digests(lead_office, first)
    assert "mutes" not in json.loads(first.generation.inputs_json)
    resolve(lead_office, first, dict.fromkeys(ALPHA, "Kerala"))
    assert lead_office.rebuild().was_there, "what is measured right changes no generation"
    before = {lead["lead_id"]: lead for lead in lead_office.leads(by_datasets=True)}
    assert {one["place"]["why"] for one in before.values()} == {"agreed"}
    resolve(lead_office, first, dict.fromkeys(ALPHA, "Tamil Nadu") | dict.fromkeys(BETA[:19], "Tamil Nadu"))
    second = lead_office.rebuild()
    inputs = json.loads(second.generation.inputs_json)
    assert inputs["mutes"] == [["one", "Alpha", "state"], ["two", "Alpha", "state"]]
    assert {name: value for name, value in inputs.items() if name != "mutes"} == json.loads(
        first.generation.inputs_json
    )
    assert lead_office.rebuild().was_there
    for lead in lead_office.leads(by_datasets=True):
        was = before[lead["lead_id"]]
        if lead["network"]["isp"] == "Beta":
            assert lead == was, "nineteen measurements mute nobody"
            continue
        assert (lead["place"]["state"], lead["place"]["why"]) == (None, "measured-wrong")
        assert lead | {"place": None} == was | {"place": None}
        assert lead["place"]["answers"] == was["place"]["answers"]
    with (
        open_generation(lead_office.office.workspace, 1) as old,
        open_generation(lead_office.office.workspace, 2) as new,
    ):
        causes = compare_generations(old, new).causes
    assert causes == tuple(
        f"data set {name} was measured, and names no state for Alpha any more" for name in ("one", "two")
    )
    # Resolved anew over the leads that went by it, the same is measured; and a rebuild changes nothing.
    resolve(lead_office, second, dict.fromkeys(ALPHA, "Tamil Nadu"))
    assert lead_office.rebuild().was_there
    resolve(lead_office, second, {})
    third = lead_office.rebuild()
    assert (third.generation.number, third.generation.generation_id) == (3, first.generation.generation_id)
    assert digests(lead_office, third) == digests_before, "without measurements a generation is the same bytes as ever"


def test_while_the_leads_of_a_resolving_are_gone_what_was_known_holds(lead_office: LeadOffice) -> None:
    resolve(lead_office, lead_office.rebuild(), dict.fromkeys(ALPHA, "Goa"))
    muted = lead_office.rebuild()
    with lead_office.office.workspace.read() as tables:
        small = next(
            holding.exhibit_id
            for holding in tables[Holding].select()
            if holding.path and holding.path.endswith("b.log")
        )
    lead_office.purge(small)
    assert load_inputs(lead_office.office.workspace).weights.mutes == tuple(
        map(tuple, json.loads(muted.generation.inputs_json)["mutes"])
    )
    assert any("resolve" in note for note in measure_precision(lead_office.office.workspace).notes)


def test_precision_counts_outcomes_by_what_their_leads_rest_on(lead_office: LeadOffice) -> None:
    made = lead_office.rebuild()
    leads = {lead["source_ip"]: lead["lead_id"] for lead in lead_office.leads(by_datasets=True)}
    kinds = [OutcomeKind.CONFIRMED] * 4 + [OutcomeKind.WRONG_PLACE, OutcomeKind.NO_RESULT]
    for ip, kind in zip([*ALPHA[1:6], BETA[0]], kinds, strict=True):
        record_outcome(lead_office.office.io, OutcomeForm(leads[ip], "FIR 12/2026", kind, "2026-06-01", "seen"))
    record_outcome(
        lead_office.office.io, OutcomeForm("ab" * 16, "FIR 12/2026", OutcomeKind.INNOCENT, "2026-06-01", "gone")
    )
    measured = measure_precision(lead_office.office.workspace)
    rows = {(one["of"], one["name"]): one for one in measured.precision.iter_rows(named=True)}
    source = lead_office.office.source.name
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
    assert measured.places.is_empty()
    assert any("not there any more: 1" in note for note in measured.notes)
    # From the first resolving on, outcomes measure places too; a lead that a reply measures is the reply's.
    resolve(lead_office, made, {ALPHA[5]: "Kerala"})
    places = measure_precision(lead_office.office.workspace).places
    assert places.select("dataset", "isp", "state_n", "state_right").rows() == [
        ("one", "Alpha", 5, 5),
        ("two", "Alpha", 5, 5),
    ]


def test_a_reply_overrules_every_data_set(lead_office: LeadOffice) -> None:
    first = lead_office.rebuild()
    resolve(lead_office, first, dict.fromkeys(ALPHA, "Tamil Nadu"))
    places = {lead["source_ip"]: lead["place"] for lead in lead_office.leads()}
    assert {(places[ip]["verdict"], places[ip]["state"], places[ip]["why"]) for ip in ALPHA} == {
        ("resolved", "IN-TN", None)
    }
    assert {places[ip]["verdict"] for ip in BETA} == {"agreed"}


def test_an_agreement_counts_for_a_network_once_replies_showed_that_the_two_do_not_err_alike(tmp_path: Path) -> None:
    lead_office = kerala(
        tmp_path, "cidr,asn,isp,line\n203.0.0.0/16,64500,Alpha,fixed\n198.51.0.0/16,64500,Alpha,fixed\n"
    )
    first = lead_office.rebuild()
    assert {lead["place"]["why"] for lead in lead_office.leads()} == {"not-independent"}
    resolve(lead_office, first, dict.fromkeys((*ALPHA, *BETA[:9]), "Kerala"))
    assert lead_office.rebuild().was_there, "34 places say too little"
    resolve(lead_office, first, dict.fromkeys((*ALPHA, *BETA[:10]), "Kerala"))
    second = lead_office.rebuild()
    assert json.loads(second.generation.inputs_json)["independent"] == [["one", "two", "Alpha", "state"]]
    places = {lead["source_ip"]: lead["place"] for lead in lead_office.leads(by_datasets=True)}
    assert {(place["state"], place["district"]) for place in places.values()} == {("IN-KL", None)}
    with (
        open_generation(lead_office.office.workspace, 1) as old,
        open_generation(lead_office.office.workspace, 2) as new,
    ):
        assert "measured as independent" in compare_generations(old, new).causes[0]
    # One place where both were wrong alike, and nothing is named again, there or elsewhere.
    resolve(lead_office, second, dict.fromkeys((*ALPHA, *BETA), "Kerala") | {BETA[0]: "Tamil Nadu"})
    lead_office.rebuild()
    assert {lead["place"]["why"] for lead in lead_office.leads(by_datasets=True)} == {"not-independent"}
