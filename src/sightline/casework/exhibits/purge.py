"""Purge: two officers destroy an exhibit's content. That it existed, and was purged, stays provable.

One transaction first destroys row keys, texts and salts, so that nothing can be read or guessed any more. Then the
files are deleted, including those of all leads made from it. If that is interrupted, no reader sees the rest, and the
next purge or `doctor` removes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sightline.casework.exhibits.exhibits import find_exhibit
from sightline.casework.exhibits.retention import RetentionTerm, compute_retention_term
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, Refused
from sightline.ledger.append import encode_canonical, name_row_thing
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.storage import erase, generations
from sightline.storage.rows import Approval, Custody, Exhibit, Hold, Holding, Run, Segment
from sightline.storage.table import Tables
from sightline.workspace import orphans
from sightline.workspace.workspace import Change

NO_EFFECTS: Mapping[str, str | int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """The result of a purge. `paths`: where the exhibit's own files were, which the workspace may not delete.

    `is_clean`: SQLite's log was emptied too. It is not if other processes read it for too long.
    """

    exhibit_id: str
    counts: dict[str, int]
    files: int
    paths: tuple[str, ...]
    is_clean: bool


def purge_exhibit(
    officer_session: OfficerSession,
    digest: str,
    why: str,
    *,
    early: bool = False,
    effects: Mapping[str, str | int] = NO_EFFECTS,
) -> PurgeResult:
    """Purge an exhibit by two officers. What an earlier purge left behind is deleted too.

    `effects`: the names that it takes away, which the second officer sees. If they changed by then, it is asked
    again.

    Raises Refused for what is on hold, or whose day is not over, unless `early`; and NotAllowed.
    """
    clock = _get_retention_term(officer_session, digest)
    exhibit_id = clock.exhibit.exhibit_id
    counts: dict[str, int] = {}
    paths: tuple[str, ...] = ()
    if clock.exhibit.purged_at_us is None:
        thing = f"exhibit:{exhibit_id}"
        with officer_session.record_refusals(JournalVerb.REFUSED_HOLD, thing):
            _require_over(clock, officer_session, early=early)
        approval = approvals.require_approval(
            officer_session, Action.PURGE, thing, _build_request(clock, early=early) | dict(effects), why
        )
        with officer_session.change(Action.PURGE, thing, JournalVerb.REFUSED_HOLD) as change:
            again = compute_retention_term(change.tables, find_exhibit(change.tables, exhibit_id))
            _require_over(again, officer_session, early=early)
            if _build_request(again, early=early) != _build_request(clock, early=early):
                raise NotAllowed(f"the exhibit {exhibit_id} changed meanwhile", hint="run this again")
            counts, paths = _erase_exhibit(change, again.exhibit, approval, why)
    files = orphans.remove_purged(officer_session.workspace)
    return PurgeResult(exhibit_id, counts, files, paths, erase.empty_log(officer_session.workspace.engine))


def _get_retention_term(officer_session: OfficerSession, digest: str) -> RetentionTerm:
    officer_session.require(Action.PURGE, "exhibit:purge")
    with officer_session.workspace.read() as tables:
        return compute_retention_term(tables, find_exhibit(tables, digest))


def _build_request(clock: RetentionTerm, *, early: bool) -> dict[str, str | int | None]:
    """Return what exactly is approved: this exhibit, with exactly these runs, on its day or before."""
    until = None if clock.keep_until_us is None else f"{to_instant(clock.keep_until_us):%Y-%m-%d}"
    return {
        "exhibit": clock.exhibit.exhibit_id,
        **clock.content.as_request(),
        "kept_until": until or "the case's outcome",
        "early": "yes" if early else "no",
    }


def _require_over(clock: RetentionTerm, officer_session: OfficerSession, *, early: bool) -> None:
    """Raise Refused for what is on hold, or must be kept longer."""
    name = f"the exhibit {clock.exhibit.exhibit_id[:12]}"
    if clock.holds:
        ids = ", ".join(f"{hold.hold_id} on {hold.thing.partition(':')[0]}" for hold in clock.holds)
        raise Refused(f"{name} is on legal hold: {ids}", hint="nothing purges it before sightline holds lift ID")
    until = clock.keep_until_us
    if not early and (until is None or to_instant(until) > officer_session.clock()):
        day = "the case's outcome" if until is None else f"{to_instant(until):%Y-%m-%d}"
        raise Refused(
            f"{name} is kept until {day} under {', '.join(clock.authorities)}",
            hint="--early asks to destroy it before, by order of a court; the second officer sees that",
        )


def _erase_exhibit(
    change: Change, exhibit: Exhibit, approval: Approval, why: str
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Destroy everything in the tables that says more about an exhibit than that it existed."""
    tables, thing = change.tables, f"exhibit:{exhibit.exhibit_id}"
    holdings = tables[Holding].select(exhibit_id=exhibit.exhibit_id)
    runs = tables[Run].select(exhibit_id=exhibit.exhibit_id)
    segments = tables[Segment].select_within("run_id", [run.run_id for run in runs])
    rows = [*_empty_related_rows(tables, exhibit, approval), *holdings, *runs]
    things = [thing, *map(name_row_thing, rows)]
    paths = tuple(dict.fromkeys(holding.path for holding in holdings if holding.path))
    counts = {
        "runs": len(runs),
        "hits": sum(run.hits for run in runs),
        "segments": len(segments),
        "generations": len(generations.list_dependent(tables, {run.run_id for run in runs})),
        "segment_bytes": sum(segment.size_bytes for segment in segments),
        "openings": erase.empty_openings(tables.connection, things),
        "journal": erase.empty_journal(tables.connection, things, paths),
    }
    approvals.use(change, approval)
    for row in rows:
        change.put(Verb.PURGE_DONE, _empty_row(row, exhibit), exhibit=exhibit.exhibit_id)
    done = replace(exhibit, purged_at_us=change.now_us)
    change.put(Verb.PURGE_DONE, done, why=why, approval=approval.approval_id, **counts)
    return counts, paths


def _empty_related_rows(tables: Tables, exhibit: Exhibit, approval: Approval) -> list[Any]:
    """Return custody steps, lifted holds and other approvals of an exhibit, which hold officers' texts about it."""
    thing = f"exhibit:{exhibit.exhibit_id}"
    others = [
        asked_approval
        for asked_approval in tables[Approval].select(thing=thing)
        if asked_approval.approval_id != approval.approval_id
    ]
    # The approval of a whole log names its files.
    logs = tables[Approval].select(action=Action.SCAN_WHOLE_LOG.value)
    others += [log for log in logs if exhibit.exhibit_id in _list_file_digests(log)]
    return [*tables[Custody].select(exhibit_id=exhibit.exhibit_id), *tables[Hold].select(thing=thing), *others]


def _list_file_digests(approval: Approval) -> list[str]:
    """Return the digests of the files that the approval of a whole log names."""
    return [file_name["sha256"] for file_name in json.loads(approval.request_json).get("files", [])]


def _empty_row(row: Any, exhibit: Exhibit) -> Any:  # noqa: ANN401  - any of those rows
    """Return the row without its content. Its commitment is made again, so that it needs no trust."""
    if isinstance(row, Run):
        return replace(row, row_key=None, manifest_json="", account_json="{}")
    if isinstance(row, Holding):
        return replace(row, path="")
    if isinstance(row, Custody):
        return replace(row, person="", how="", place="", why="")
    if isinstance(row, Hold):
        return replace(row, why="", lifted_why="")
    if row.action == Action.SCAN_WHOLE_LOG:
        # The approval covers other files too: only the name is removed, and it still says which bytes were approved.
        request = json.loads(row.request_json)
        files = [file | ({"name": ""} if file["sha256"] == exhibit.exhibit_id else {}) for file in request["files"]]
        return replace(row, request_json=encode_canonical(request | {"files": files}))
    return replace(row, request_json="{}", why="", decided_why="")
