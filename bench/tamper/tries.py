"""Tries: alter, verify, and see that it was found and named; then put everything back."""

from __future__ import annotations

import contextlib
import io
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bench.tamper import alterations
from bench.tamper.alterations import RARE, Alteration, Altered
from bench.tamper.world import World, copied
from sightline.errors import SightlineError
from sightline.evidence import verify_sightline
from sightline.services.verification.verify import VerifyRequest, verify_workspace

Column: TypeAlias = tuple[str, str]


@dataclass
class Tally:
    """How many tries of which kind, and what was not found, or not named."""

    tries: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def run(world: World, tries: int, seed: int, told: Callable[[str], None] = lambda _: None) -> Tally:
    """Alter so often, from a seed: mostly single bytes of columns, files and bundles."""
    dice, tally = random.Random(seed), Tally()
    for number in range(tries):
        kind = dice.choices(["column", "file", "bundle", "rare", "definition"], [48, 15, 12, 15, 10])[0]
        tally.tries[kind] += 1
        missed = _bundle(world, dice) if kind == "bundle" else _record(world, dice, kind)
        if missed:
            tally.missed.append(f"try {number}: {missed}")
        told(f"{number + 1:,} tries, {len(tally.missed):,} missed")
    return tally


def sweep(world: World, seed: int) -> Tally:
    """Every column of every sealed table once, where it has a row; then every trigger, index and table's definition.

    Rows of several tables are altered together, and of each must be said what only its own alteration explains, or a
    name that no other of them has. Where that is not so, and in tables that all proofs rest on, it is tried alone.
    """
    dice, tally = random.Random(seed), Tally()
    rounds, alone, seen = defaultdict[int, list[Column]](list), list[Column](), Counter[str]()
    for column in alterations.columns():
        tally.tries[".".join(column)] += 1
        place = seen[column[0]]
        seen[column[0]] += 1
        (alone if column[0] in alterations.BASE_TABLES else rounds[place]).append(column)
    for together in rounds.values():
        alone += _not_told_apart(world, dice, together, tally)
    for column in alone:
        if done := _flipped(world, dice, column, tally):
            tally.missed += filter(None, [_verdict(world, done)])
    for definition in alterations.definitions(world):
        tally.tries[" ".join(definition[:2])] += 1
        tally.missed += filter(None, [_verdict(world, alterations.alter_a_definition(world, dice, definition))])
    return tally


def _not_told_apart(world: World, dice: random.Random, together: list[Column], tally: Tally) -> list[Column]:
    """Alter a column of each of several tables at once; those of them of which nothing is said that is theirs alone."""
    tried = {column: done for column in together if (done := _flipped(world, dice, column, tally))}
    said, told = _verify(world), Counter(name for done in tried.values() for name in set(done.names))
    return [
        column
        for column, done in tried.items()
        if not any(one.startswith(done.alone) for one in said if done.alone)
        and not any(name in one for name in done.names if told[name] == 1 for one in said)
    ]


def _flipped(world: World, dice: random.Random, column: Column, tally: Tally) -> Altered | None:
    try:
        return alterations.flip_a_column(world, dice, column)
    except LookupError:
        tally.missed.append(f"{column}: no row to alter")
        return None


def _record(world: World, dice: random.Random, kind: str) -> str | None:
    usual: dict[str, Alteration] = {
        "column": alterations.flip_a_column,
        "file": alterations.flip_a_file,
        "definition": alterations.alter_a_definition,
    }
    return _verdict(world, usual.get(kind, dice.choice(RARE))(world, dice))


def _verdict(world: World, done: Altered) -> str | None:
    """What was missed; None if it was found and named."""
    said = _verify(world)
    if not said:
        return f"{done.what}: NOT FOUND"
    if not any(name in one for name in done.names for one in said):
        return f"{done.what}: found, but its place {done.names} is not named in {said[:3]}"
    return None


def _verify(world: World) -> list[str]:
    """What a verification says of a world that was altered; then all is put back."""
    world.workspace.engine.dispose()
    try:
        found = verify_workspace(world.workspace, VerifyRequest(), lambda *_: None).findings
        return [f"{one.part} {one.where} {one.what}" for one in found]
    except SightlineError as why:
        return [str(why)]
    finally:
        world.workspace.engine.dispose()
        world.restore()


def _bundle(world: World, dice: random.Random) -> str | None:
    with tempfile.TemporaryDirectory(prefix="sightline-tamper-") as folder:
        path = copied(dice.choice(world.bundles), Path(folder))
        done = alterations.flip_a_bundle(path, dice)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = verify_sightline.main([str(path)])
    if code != 4:
        return f"{done}: NOT FOUND"
    return None if "NOT PROVED: " in said.getvalue() else f"{done}: found, but nothing is named"
