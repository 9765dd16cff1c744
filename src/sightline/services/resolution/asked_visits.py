"""Current visits that notices asked about, with the rows that ask. A row whose visits moved is not used."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace

import polars as pl

from sightline.services.artifacts.lead_files import open_generation
from sightline.services.leads.generation_writer import open_segments
from sightline.services.leads.rebuild_inputs import RebuildInputs as GroundOfLeads
from sightline.services.leads.rebuild_inputs import load_inputs as ground_of_leads
from sightline.services.notices.plan import load_read_context
from sightline.services.notices.selection import read_sessions_at
from sightline.services.notices.session_visits import SEEN, read_connections, read_visits
from sightline.services.resolution.resolution_inputs import ResolutionInputs
from sightline.stages.resolve.coverage import find_covered
from sightline.stages.resolve.questions import choose_request_key
from sightline.stages.resolve.row_verdicts import NETWORK
from sightline.storage.rows import Generation, Licensee
from sightline.workspace.workspace import Workspace

FACTS = "session_id lead_id source_ip source_port first_us last_us ceiling candidates".split()
"""Facts of a session that a resolution uses."""


@dataclass(frozen=True, slots=True)
class AskedVisits:
    """What notices ask about, as of now.

    `sessions`: FACTS and `licensee_id` of sessions with a visit that a row asks about. `visits`: all visits of these,
    SEEN with `session_id lead_id licensee_id ip asks`. `asked`: the rows that ask about one of them, with NETWORK.
    `pairs`: `visit` and `row`, positions in both.
    """

    sessions: pl.DataFrame
    visits: pl.DataFrame
    asked: pl.DataFrame
    pairs: pl.DataFrame


def load_asked_visits(workspace: Workspace, rests_on: ResolutionInputs, questions: pl.DataFrame) -> AskedVisits:
    """Return what the rows (ASKED, `notice`, `licensee_id`) ask about now.

    A row asks about a visit if it is the same connection, within the row's time, of a session that has what the row
    asks by. No row asks about a visit that does not carry (a connection, a lookup) or whose time is not proven, even
    within the row's time.
    """
    sessions, visits = _load_current_visits(workspace, rests_on.generation, questions.select(source_ip="ip").unique())
    session_rows = sessions.select("session", "session_id", "lead_id", "ip", "isp", choose_request_key().alias("asks"))
    seen = visits.join(session_rows, on="session", maintain_order="left")
    askable = seen.with_columns(asks=pl.when(pl.col("is_timed") & pl.col("carries")).then("asks"))
    pairs = _filter_by_network(find_covered(askable, questions), seen, questions, _list_networks(workspace))
    whose = seen.select("session_id").with_row_index("visit").join(pairs, on="visit")
    by = questions.select("licensee_id", is_first=pl.col("through").is_null()).with_row_index("row")
    licensees = whose.join(by, on="row").filter("is_first").unique("session_id", keep="last", maintain_order=True)
    beside = licensees.select("session_id", "licensee_id")
    visit_rows = seen.with_row_index("visit").join(beside, on="session_id", maintain_order="left").with_row_index("now")
    rows = _with_network(questions, whose, sessions).with_row_index("row")
    used = rows.join(pairs, on="row", how="semi", maintain_order="left").with_row_index("used")
    places = pairs.join(visit_rows.select("visit", "now"), on="visit").join(used.select("row", "used"), on="row")
    facts = sessions.rename({"ip": "source_ip"}).select(FACTS).join(beside, on="session_id")
    return AskedVisits(
        facts.sort("session_id"),
        visit_rows.drop("visit", "now", "session", "isp"),
        used.drop("row", "used"),
        places.select(visit="now", row="used").sort("visit", "row"),
    )


def _list_networks(workspace: Workspace) -> dict[str, str]:
    """Return the name of each licensee's network, without case, by its id."""
    with workspace.read() as tables:
        return {licensee.licensee_id: licensee.name.casefold() for licensee in tables[Licensee].select()}


def _filter_by_network(
    pairs: pl.DataFrame, seen: pl.DataFrame, questions: pl.DataFrame, networks: dict[str, str]
) -> pl.DataFrame:
    """Return pairs whose row asks an operator, or the licensee of the network that now has the address."""
    names = {isp: isp.casefold() for isp in seen["isp"].drop_nulls().unique()}
    isp = seen.select(pl.col("isp").replace_strict(names, default=None, return_dtype=pl.String)).to_series()
    whom = questions.select(
        pl.col("licensee_id").replace_strict(networks, default=None, return_dtype=pl.String)
    ).to_series()
    is_of_network = (isp[pairs["visit"]] == whom[pairs["row"]]).fill_null(value=False)
    # An operator is asked about its own line, whichever network has the address.
    return pairs.filter(is_of_network | questions["through"].is_not_null()[pairs["row"]])


def _load_current_visits(
    workspace: Workspace, generation: Generation, addresses: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the sessions of a generation at these addresses, and all their visits (SEEN)."""
    frames = [pl.DataFrame(schema=SEEN)]
    with open_generation(workspace, generation.number) as leads, ExitStack() as stack:
        sessions = read_sessions_at(leads, addresses)
        if sessions.is_empty():
            return sessions, frames[0]
        stands = find_remaining_inputs(workspace, generation)
        segments = open_segments(workspace, stands, stack)
        read_context, ordinals = load_read_context(workspace, stands, segments, stack)
        read_context.wanted = addresses
        connections = read_connections(segments, ordinals, addresses)
        frames += [
            visits for _, visits in read_visits(segments, read_context, sessions, None, connections, lambda _: None)
        ]
    return sessions, pl.concat(frames)


def find_remaining_inputs(workspace: Workspace, generation: Generation) -> GroundOfLeads:
    """Return the inputs of a generation, as far as they still exist."""
    inputs = json.loads(generation.inputs_json)
    runs, sets = {run for run, _ in inputs["runs"]}, set(inputs["datasets"])
    stands = ground_of_leads(workspace)
    return replace(
        stands,
        current_runs=tuple(current_run for current_run in stands.current_runs if current_run.run.run_id in runs),
        datasets=tuple(dataset for dataset in stands.datasets if dataset.dataset_id in sets),
    )


def _with_network(questions: pl.DataFrame, whose: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with NETWORK of their sessions. Of several, the one that makes the least of an answer."""
    facts = whose.select("session_id", "row").unique().join(sessions.select("session_id", *NETWORK), on="session_id")
    stated = facts.group_by("row").agg(
        pl.when(pl.col("nat_shared").any())
        .then(pl.lit(value=True))
        .when(pl.col("nat_shared").is_not_null().all())
        .then(pl.lit(value=False))
        .alias("nat_shared"),
        pl.col("nat_reuses", "nat_operator").any(),
        pl.when(pl.col("nat_delegated").is_not_null().all()).then(pl.col("nat_delegated").max()),
        *(
            pl.when(pl.col(name).is_not_null().all() & (pl.col(name).n_unique() == 1)).then(pl.col(name).first())
            for name in ("nat_ports", "nat_base")
        ),
    )
    rows = questions.with_row_index("row").join(stated, on="row", how="left", maintain_order="left")
    # A statement about an operator's address concerns the line that the ISP names, not one that the operator names.
    of_first = pl.when(pl.col("through").is_null()).then("nat_operator")
    networks = rows.drop("row").with_columns(of_first.alias("nat_operator"))
    return networks.with_columns(pl.col(name).cast(kind) for name, kind in NETWORK.items())
