"""Intents and their leases: what declares files of the segment store before they are written (see `open_staged_write`).

A process that dies leaves an intent whose lease expires. The next process sweeps the files of that intent.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from sightline.errors import StoreUnreachable
from sightline.ledger.append import Signer
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import IntentState
from sightline.storage.database import run_transaction
from sightline.storage.rows import Intent
from sightline.storage.table import Table, Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Workspace

LEASE = timedelta(minutes=2)
RENEW_S = 20.0
"""How often a scan renews its lease."""


def begin_intent(workspace: Workspace, signer: Signer, now: datetime) -> Intent:
    """Create an intent. Its id is the prefix for the segment files."""
    until = to_microseconds(now + LEASE)
    intent = Intent(make_id(now), signer.officer_id, name_this_process(), to_microseconds(now), until, IntentState.OPEN)
    with run_transaction(workspace.engine, writes=True) as connection:
        Tables(connection)[Intent].add(intent)
    return intent


def renew_lease(workspace: Workspace, intent: Intent, now: datetime) -> None:
    """Extend the lease. An unreachable store does no harm now, because registering checks the lease."""
    try:
        with run_transaction(workspace.engine, writes=True) as connection:
            until = to_microseconds(now + LEASE)
            _open_intents(connection).change([intent.intent_id], {"state": IntentState.OPEN}, lease_until_us=until)
    except StoreUnreachable:
        return


def settle_intent(tables: Tables, intent: Intent) -> bool:
    """Mark an intent as registered, in the same transaction. Return False if it was swept meanwhile."""
    return tables[Intent].change([intent.intent_id], {"state": IntentState.OPEN}, state=IntentState.REGISTERED)


def give_up(workspace: Workspace, intent: Intent) -> None:
    """End one's own intent without a result and remove its files."""
    if mark_given_up(workspace, intent):
        _clear_intent(workspace, intent)


def mark_given_up(workspace: Workspace, intent: Intent) -> bool:
    """Mark an intent as given up. Return False if it was registered or swept meanwhile."""
    with run_transaction(workspace.engine, writes=True) as connection:
        return _open_intents(connection).change(
            [intent.intent_id], {"state": IntentState.OPEN}, state=IntentState.GIVEN_UP
        )


def sweep_intents(workspace: Workspace, now: datetime) -> list[Intent]:
    """Remove the files of intents that never ended and return these intents."""
    with workspace.read() as tables:
        intents = list_expired(tables, to_microseconds(now))
    return [intent for intent in intents if _sweep_intent(workspace, intent, now)]


def list_expired(tables: Tables, now_us: int) -> list[Intent]:
    """Return the expired intents, which can no longer end."""
    unended = [intent for state in (IntentState.OPEN, IntentState.GIVEN_UP) for intent in _list_in_state(tables, state)]
    return [intent for intent in unended if intent.state is IntentState.GIVEN_UP or _is_over(intent, now_us)]


def _sweep_intent(workspace: Workspace, intent: Intent, now: datetime) -> bool:
    log = workspace.log_signer()
    if intent.state is IntentState.OPEN:
        with workspace.change(log, now) as change:
            expecting = {"state": IntentState.OPEN, "lease_until_us": intent.lease_until_us}
            if not change.tables[Intent].change([intent.intent_id], expecting, state=IntentState.GIVEN_UP):
                return False
            change.ledger.append(Verb.SCAN_SWEPT, log, f"intent:{intent.intent_id}")
    _clear_intent(workspace, intent)
    return True


def _clear_intent(workspace: Workspace, intent: Intent) -> None:
    workspace.segments.clear(intent.intent_id)
    with run_transaction(workspace.engine, writes=True) as connection:
        _open_intents(connection).put(replace(intent, state=IntentState.SWEPT))


def _list_in_state(tables: Tables, state: IntentState) -> list[Intent]:
    return tables[Intent].select(state=state.value)


def _open_intents(connection: Connection) -> Table[Intent]:
    return Tables(connection)[Intent]


def _is_over(intent: Intent, now_us: int) -> bool:
    return intent.lease_until_us < now_us or is_dead(intent.process)


def name_this_process() -> str:
    """Return the identity of this process: the machine since its start, the process number, and the process's start."""
    return f"{_name_place()}:{os.getpid()}:{_find_start_time(os.getpid())}"


def is_dead(process: str) -> bool:
    """Return whether a process of this machine has ended. Unknown (False) for other machines and before a restart."""
    place, number, started = process.rsplit(":", 2)
    return place == _name_place() != "" and _find_start_time(int(number)) != started


def _name_place() -> str:
    """Return what two processes share that can see each other: a start of the system, and a namespace of numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{Path('/proc/self/ns/pid').readlink().name.strip('pid:[]')}"
    except OSError:
        return ""


def _find_start_time(number: int) -> str:
    """When a process began, in ticks since the machine did; empty for one that is not there, or where /proc is not."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, *_, started = stat.rpartition(")")[2].split()[:20]
    # A killed process that its parent has not waited for still has its number.
    return "" if state in "ZX" else started
