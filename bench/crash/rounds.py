"""One round: a process that works is killed, perhaps more than once; then it ends its work, and all is looked at."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.crash.world import Round, World, count_hits
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import IntentState
from sightline.services.scan import plan
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.rows import Exhibit, Holding, Intent, Run, Segment

GROUP_FILES = 3
"""So few logs are registered together, that a scan has several registrations to be killed in."""
MOST_KILLS = 4
OFFICER_ROUNDS = 5
"""Every so many rounds an officer's acts are killed, not a scan."""
FAULTY = 17


@dataclass
class Tally:
    """What happened in all rounds: kills by how far the work was, and whatever was wrong."""

    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def killed(self) -> int:
        """Processes that were killed while they worked."""
        return self.kills.total() - self.kills["came too late"]


def run(
    world: World, rounds: int, seed: int, report: Callable[[str], None] = lambda _: None, *, kills: int | None = None
) -> Tally:
    """Run rounds from a seed; with `kills`, end after the round in which so many processes were killed."""
    plan.GROUP_FILES = GROUP_FILES
    dice, tally = random.Random(seed), Tally()
    lasts_s = _lasts(world)
    for number in range(rounds):
        with (here := world.round(f"r{seed}_{number}")) as officer_session:
            officer_session.workspace.engine.dispose()
            if number % OFFICER_ROUNDS == OFFICER_ROUNDS - 1:
                _kill(lambda: _acts(here.officer_session()), dice.uniform(0, 0.25), "officer", tally)
            for _ in range(dice.randint(1, MOST_KILLS)):
                before = _phase(here)
                if _kill(lambda: _scan(world, here), dice.uniform(0, lasts_s), before, tally):
                    break
            _scan(world, here)
            tally.wrong += [f"round {number}: {what}" for what in _looked_at(world, here)]
        tally.rounds += 1
        if kills is not None and tally.killed >= kills:
            return tally
        report(f"{tally.rounds:,} rounds, {tally.kills.total():,} kills, {len(tally.wrong):,} wrong")
    return tally


def _lasts(world: World) -> float:
    """How long an undisturbed scan takes."""
    with (here := world.round("measured")):
        began = time.monotonic()
        _scan(world, here)
        return time.monotonic() - began


def _scan(world: World, here: Round) -> None:
    officer_session = here.officer_session()
    scan_logs(officer_session, world.request, lambda *_: None)
    officer_session.workspace.engine.dispose()


def _acts(officer_session: OfficerSession) -> None:
    """What officers do all day: changes, views, seals."""
    while True:
        with officer_session.workspace.change(officer_session.signer, officer_session.clock()) as change:
            for number in range(20):
                change.ledger.append(
                    Verb.CASE_CHANGED,
                    officer_session.signer,
                    f"case:{number}",
                    tells={"why": "a reason as the order says"},
                )
        for _ in range(5):
            officer_session.workspace.append_to_journal(
                officer_session.officer.officer_id,
                JournalVerb.VIEW_LEDGER,
                "workspace:all",
                "a look",
                officer_session.clock(),
            )
        officer_session.workspace.seal(officer_session.clock())


def _kill(work: Callable[[], None], after_s: float, phase: str, tally: Tally) -> bool:
    """Kill a process that works, unless it ends before; whether it did."""
    number = os.fork()
    if number == 0:
        code = FAULTY
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    time.sleep(after_s)
    ended, status = os.waitpid(number, os.WNOHANG)
    if not ended:
        os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
    if os.WIFSIGNALED(status):
        tally.kills[phase] += 1
        return False
    if os.WEXITSTATUS(status) != 0:
        tally.wrong.append(f"a process ended with {os.WEXITSTATUS(status)} by itself")
    tally.kills["came too late"] += 1
    return True


def _phase(here: Round) -> str:
    officer_session = here.officer_session()
    with officer_session.workspace.read() as tables:
        runs = tables[Run].count()
    officer_session.workspace.engine.dispose()
    return "scan, nothing registered before" if runs == 0 else "scan, some registered before"


def _looked_at(world: World, here: Round) -> list[str]:
    """All that is wrong with a workspace in which the scan has ended."""
    officer_session = here.officer_session()
    workspace, wrong = officer_session.workspace, []
    hits = count_hits(workspace)
    if lost := world.expected - hits:
        wrong.append(f"{lost.total():,} hits lost")
    if more := hits - world.expected:
        wrong.append(f"{more.total():,} hits doubled or from nowhere")
    report = verify_workspace(workspace, VerifyRequest(rows=True), lambda *_: None)
    wrong += [f"{finding.part}: {finding.where} {finding.what}" for finding in report.findings]
    with workspace.read() as tables:
        segment_files = {segment.file for segment in tables[Segment].select()}
        open_ = [
            intent for intent in tables[Intent].select() if intent.state in {IntentState.OPEN, IntentState.GIVEN_UP}
        ]
        counts = tables[Exhibit].count(), tables[Holding].count(), tables[Run].count()
    stray = {name.name for name in workspace.segments.names()} - segment_files
    wrong += [f"orphan {name}" for name in sorted(stray) if not name.startswith("lists/")]
    wrong += [f"intent {intent.intent_id} is still {intent.state}" for intent in open_]
    if counts != (13, 13, 13):
        wrong.append(f"exhibits, holdings, runs: {counts}, not 13 each")
    workspace.engine.dispose()
    return wrong
