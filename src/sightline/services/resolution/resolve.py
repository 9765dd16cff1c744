"""Resolve sessions to subscribers: what the replies say of every session asked about, registered as one resolution."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import polars as pl

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Interrupted
from sightline.ledger.append import encode_canonical
from sightline.ledger.verbs import Verb
from sightline.model import ResolutionVerdict
from sightline.model.progress import Progress, ignore_progress
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.foundations import derive_foundations
from sightline.services.artifacts.parquet_files import describe_files
from sightline.services.resolution.asked_visits import load_asked_visits
from sightline.services.resolution.line_facts import compute_line_facts, list_visits_of_lines
from sightline.services.resolution.named_subscribers import build_subscriber_table
from sightline.services.resolution.recalls import list_recalls, read_earlier_names
from sightline.services.resolution.resolution_inputs import (
    ReplyTables,
    ResolutionInputs,
    load_inputs,
    read_reply_tables,
)
from sightline.stages.leads.visits import PLACE_BITS
from sightline.stages.resolve.candidates import apply_narrowing, cap_candidates, intersect_candidates
from sightline.stages.resolve.corroboration import corroborate_subscribers
from sightline.stages.resolve.doubts import find_causes
from sightline.stages.resolve.form_times import doubt_by_forms
from sightline.stages.resolve.model import SESSIONS, VERDICTS
from sightline.stages.resolve.moved_bytes import doubt_idle, sum_sent
from sightline.stages.resolve.moved_clock import doubt_moved_clocks
from sightline.stages.resolve.operators import add_passed_evidence
from sightline.stages.resolve.row_verdicts import answer_visits
from sightline.stages.resolve.sessions import split_sessions, sum_parts
from sightline.storage.rows import Resolving
from sightline.workspace.staged_write import StagedWrite, open_staged_write


@dataclass(frozen=True, slots=True)
class ResolveResult:
    """A resolution, and whether it existed already."""

    resolution: Resolving
    was_there: bool

    @property
    def account(self) -> dict[str, int]:
        """Return the counts."""
        account_dict: dict[str, int] = json.loads(self.resolution.account_json)
        return account_dict


def resolve_leads(officer_session: OfficerSession, progress: Progress = ignore_progress) -> ResolveResult:
    """Return the resolution of the current inputs, made now or already there.

    Raises NotAllowed, UsageError, DamagedInput.
    """
    officer_session.require(Action.RESOLVE, "resolving:all")
    rests_on = load_inputs(officer_session.workspace)
    if rests_on.previous is not None and rests_on.is_as_before():
        return ResolveResult(rests_on.previous, was_there=True)
    progress(0, 3, 0, "read notices and replies")
    reply_tables = read_reply_tables(officer_session.workspace, rests_on)
    with open_staged_write(officer_session.workspace, officer_session.signer, officer_session.clock) as staged:
        progress(1, 3, 0, "join")
        files = _compute_files(officer_session, rests_on, reply_tables)
        progress(2, 3, 0, "write")
        for name, frame in files.items():
            frame.write_parquet(staged.folder / f"{name}.parquet")
        written = describe_files(staged.folder, staged.intent.intent_id)
        staged.publish()
        return ResolveResult(_register(officer_session, staged, rests_on, files, written), was_there=False)


def _compute_files(
    officer_session: OfficerSession, rests_on: ResolutionInputs, reply_tables: ReplyTables
) -> dict[str, pl.DataFrame]:
    """Return the files of the resolution, by name."""
    asked_visits = load_asked_visits(officer_session.workspace, rests_on, reply_tables.asked)
    sent = sum_sent(asked_visits.visits, asked_visits.pairs, asked_visits.asked.height)
    met = doubt_idle(asked_visits.asked.hstack(sent), reply_tables.met, reply_tables.answered_doubts)
    asks = asked_visits.asked, asked_visits.visits, asked_visits.pairs
    placed = asked_visits.visits.with_columns(exhibit=pl.col("place") // (1 << PLACE_BITS))
    of_replies = met, reply_tables.every_near, reply_tables.answered_doubts
    met = doubt_moved_clocks(asked_visits.asked, placed, asked_visits.pairs, of_replies)
    reply_tables = replace(reply_tables, met=met)
    verdicts, links = answer_visits(*asks, (reply_tables.met, reply_tables.answered, reply_tables.findings))
    answered_parts, whose, members = split_sessions(asked_visits.visits, verdicts, links)
    answered_rows = _assign_to_sessions(verdicts, answered_parts, whose)
    parts, rows = doubt_by_forms(answered_parts, answered_rows, reply_tables.forms, reply_tables.statements)
    session_verdicts = sum_parts(parts, asked_visits.sessions)
    sessions = apply_narrowing(session_verdicts, intersect_candidates(session_verdicts))
    named = parts.filter(pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value)
    subscriber_standings = corroborate_subscribers(
        _select_naming_rows(rows, named), reply_tables.met, reply_tables.forms, named, reply_tables.exports
    )
    subscribers = resolution_files.without_purged(
        officer_session.workspace, build_subscriber_table(subscriber_standings, named, reply_tables)
    )
    previous_resolution = (
        None if rests_on.previous is None else read_earlier_names(officer_session.workspace, rests_on.previous)
    )
    recalls = list_recalls(rests_on, previous_resolution, parts)
    named_sessions = sessions.rename({"source_ip": "ip", "source_port": "port"})
    stored_sessions = named_sessions.select(pl.col(name).cast(kind) for name, kind in SESSIONS.items())
    lines = compute_line_facts(
        officer_session.workspace, rests_on.generation, list_visits_of_lines(parts, members, asked_visits.visits)
    )
    unnamed = rows.filter(pl.col("verdict") != ResolutionVerdict.SUBSCRIBER.value)
    doubts = find_causes(reply_tables.met, reply_tables.near, reply_tables.signs).join(
        unnamed, on=["notice", "row_id"], how="semi", maintain_order="left"
    )
    visits = cap_candidates(parts)
    files = {"rows": cap_candidates(rows), "visits": visits, "sessions": stored_sessions, "doubts": doubts}
    files["foundations"] = derive_foundations(officer_session.workspace, rests_on.generation, visits)
    return files | {"subscribers": subscribers, "recalled": recalls, "lines": lines}


def _assign_to_sessions(verdicts: pl.DataFrame, parts: pl.DataFrame, whose: pl.DataFrame) -> pl.DataFrame:
    """Return answers (VERDICTS), once for each current session that has visits with it."""
    of = parts.select("session_id", "lead_id").with_row_index("part_index").join(whose, on="part_index")
    pairs = of.select("session_id", "lead_id", "answer").unique().sort("session_id", "answer")
    beside = verdicts.drop("session_id", "lead_id").join(pairs, on="answer", maintain_order="right")
    return beside.select(list(VERDICTS))


def _select_naming_rows(rows: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Return answers that name the line of a part of their session."""
    lines = named.select("session_id", pl.col("subscribers").list.first().alias("line")).unique()
    naming_rows = rows.filter(pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value)
    naming_rows = naming_rows.with_columns(pl.col("subscribers").list.first().alias("line"))
    result = naming_rows.join(lines, on=["session_id", "line"], how="semi", maintain_order="left").select(rows.columns)
    return add_passed_evidence(result, rows)


def _register(
    officer_session: OfficerSession,
    staged: StagedWrite,
    rests_on: ResolutionInputs,
    made: dict[str, pl.DataFrame],
    written: list[dict[str, object]],
) -> Resolving:
    account = _build_account(made)
    with officer_session.change(Action.RESOLVE, "resolving:all") as change:
        staged.settle(change.tables, "the resolution paused for so long that its files were removed; run it again")
        last = change.tables[Resolving].find_last("number")
        if (last and last.number) != (rests_on.previous and rests_on.previous.number):
            raise Interrupted("another officer resolved meanwhile; run it again")
        row = Resolving(
            1 if last is None else last.number + 1,
            rests_on.derive_resolving_id(),
            staged.intent.intent_id,
            change.now_us,
            officer_session.officer.officer_id,
            encode_canonical(rests_on.gather_inputs()),
            encode_canonical(account),
            encode_canonical(written),
        )
        change.add(Verb.SESSIONS_RESOLVED, row, sessions=account["sessions"], recalled=account["recalled"])
    return row


def _build_account(made: dict[str, pl.DataFrame]) -> dict[str, int]:
    """Count sessions by verdict, subscribers by how well they are corroborated, and recalls."""
    sessions, subscribers = made["sessions"], made["subscribers"]
    verdict = dict(sessions.group_by("verdict").len().iter_rows())
    stands = dict(subscribers.group_by("standing").len().iter_rows())
    counts = {"sessions": len(sessions), "subscribers": len(subscribers), "recalled": len(made["recalled"])}
    return counts | {str(name): int(count) for name, count in (*verdict.items(), *stands.items())}
