"""Tries: alter, verify, and see that it was found and named; then put everything back."""

from __future__ import annotations

import contextlib
import io
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.tamper import alterations
from bench.tamper.alterations import RARE, Altered
from bench.tamper.world import World, copied
from sightline.errors import SightlineError
from sightline.evidence import verify_sightline
from sightline.services.verification.verify import VerifyRequest, verify_workspace


@dataclass
class Tally:
    """How many tries of which kind, and what was not found, or not named."""

    tries: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


TOGETHER = 8
"""So many alterations of different places are verified together at most."""


@dataclass(frozen=True)
class Try:
    """One alteration: its kind, a seed that decides all of it, and what it alters, where that is known before."""

    kind: str
    seed: int
    thing: Any = None

    @property
    def place(self) -> tuple[str, str] | None:
        """What no other try of a batch may alter; None for a try that is verified alone."""
        if self.kind == "column" and self.thing[0] in alterations.SEALED_ROWS:
            return self.kind, self.thing[0]
        if self.kind == "file" and "segments" in self.thing.parts:
            return self.kind, str(self.thing)
        if self.kind == "definition" and self.thing[0] != "table":
            return self.kind, self.thing[1]
        return None

    def fits(self, batch: list[Try]) -> bool:
        """Return whether it can be verified with a batch: of the same kind, and of another place."""
        places = {other.place for other in batch}
        return len(batch) < TOGETHER and self.kind == batch[0].kind and self.place not in places

    def alter(self, world: World) -> Altered | str:
        """Make the alteration; the reason if there is nothing to alter."""
        dice = random.Random(self.seed)
        usual: dict[str, Callable[[World, random.Random, Any], Altered]] = {
            "column": alterations.flip_a_column,
            "file": alterations.flip_a_file,
            "definition": alterations.alter_a_definition,
        }
        try:
            return usual[self.kind](world, dice, self.thing) if self.kind in usual else dice.choice(RARE)(world, dice)
        except LookupError:
            return f"{self.thing}: no row to alter"


def run(world: World, tries: int, seed: int, report: Callable[[str], None] = lambda _: None) -> Tally:
    """Alter so often, from a seed: mostly single bytes of columns, files and bundles."""
    dice, tally = random.Random(seed), Tally()
    kinds = Counter(dice.choices(["column", "file", "bundle", "rare", "definition"], [48, 15, 12, 15, 10], k=tries))
    tally.tries += kinds
    all_of: dict[str, Sequence[Any]] = {"column": alterations.columns(), "file": alterations.files(world)}
    all_of["definition"] = alterations.definitions(world)
    done = 0
    for kind, number in kinds.items():
        known = all_of.get(kind)
        tries_of = [Try(kind, dice.getrandbits(64), dice.choice(known) if known else None) for _ in range(number)]
        for batch in _batches(tries_of):
            tally.missed += find_missed(world, batch)
            done += len(batch)
            report(f"{done:,} tries, {len(tally.missed):,} missed")
    return tally


def sweep(world: World, seed: int) -> Tally:
    """Every column of every sealed table once, where it has a row; then every trigger, index and table's definition."""
    dice, tally = random.Random(seed), Tally()
    tally.tries.update(".".join(column) for column in alterations.columns())
    tally.tries.update(" ".join(definition[:2]) for definition in alterations.definitions(world))
    things: list[tuple[str, Any]] = [("column", column) for column in alterations.columns()]
    things += [("definition", definition) for definition in alterations.definitions(world)]
    for batch in _batches([Try(kind, dice.getrandbits(64), one) for kind, one in things]):
        tally.missed += find_missed(world, batch)
    return tally


def _batches(tries: list[Try]) -> Iterator[list[Try]]:
    """Tries that can be verified together: of different places, none of which all proofs rest on."""
    batches: list[list[Try]] = []
    for attempt in tries:
        if attempt.place is None:
            yield [attempt]
            continue
        fits = (each for each in batches if attempt.fits(each))
        if (batch := next(fits, None)) is None:
            batches.append(batch := [])
        batch.append(attempt)
        if len(batch) == TOGETHER:
            batches.remove(batch)
            yield batch
    yield from batches


def find_missed(world: World, batch: list[Try]) -> list[str]:
    """What of a batch is not found and named.

    Of each alteration must be said what nothing but this one explains. Where that is not so, exactly this alteration,
    by its own seed, is made again alone.
    """
    if len(batch) > 1:
        tried = [(attempt, done) for attempt in batch if isinstance(done := attempt.alter(world), Altered)]
        output = _verify(world)
        found = [one for one, done in tried if any(_is_of(line, one, done) for line in output)]
        batch = [attempt for attempt in batch if attempt not in found]
    return [missed for attempt in batch if (missed := _missed_alone(world, attempt))]


def _is_of(line: str, one: Try, done: Altered) -> bool:
    """Whether nothing but this alteration explains a finding: no other try of the batch alters that file or thing."""
    return done.names[0] in line if one.kind == "file" else bool(done.alone) and line.startswith(done.alone)


def _missed_alone(world: World, one: Try) -> str | None:
    if one.kind == "bundle":
        return _bundle(world, random.Random(one.seed))
    done = one.alter(world)
    return done if isinstance(done, str) else _verdict(world, done)


def _verdict(world: World, done: Altered) -> str | None:
    """What was missed; None if it was found and named."""
    output = _verify(world)
    if not output:
        return f"{done.what}: NOT FOUND"
    if not any(name in one for name in done.names for one in output):
        return f"{done.what}: found, but its place {done.names} is not named in {output[:3]}"
    return None


def _verify(world: World) -> list[str]:
    """What a verification says of a world that was altered; then all is put back."""
    world.workspace.engine.dispose()
    try:
        findings = verify_workspace(world.workspace, VerifyRequest(), lambda *_: None).findings
        return [f"{finding.part} {finding.where} {finding.what}" for finding in findings]
    except SightlineError as why:
        return [str(why)]
    finally:
        world.workspace.engine.dispose()
        world.restore()


def _bundle(world: World, dice: random.Random) -> str | None:
    with tempfile.TemporaryDirectory(prefix="sightline-tamper-") as folder:
        path = copied(dice.choice(world.bundles), Path(folder))
        done = alterations.flip_a_bundle(path, dice)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = verify_sightline.main([str(path)])
    if code != 4:
        return f"{done}: NOT FOUND"
    return None if "NOT PROVED: " in output.getvalue() else f"{done}: found, but nothing is named"
