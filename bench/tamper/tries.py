"""Tries: alter, verify, and see that it was found and named; then put everything back."""

from __future__ import annotations

import contextlib
import io
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.tamper import alterations
from bench.tamper.alterations import RARE, Altered
from bench.tamper.world import World, copied
from sightline.engines.verifying.verify import VerifyRequest, verify_workspace
from sightline.errors import SightlineError
from sightline.record.evidence import verify_sightline


@dataclass
class Tally:
    """How many tries of which kind, and what was not found, or not named."""

    tries: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def run(world: World, tries: int, seed: int, told: Callable[[str], None] = lambda _: None) -> Tally:
    """Alter so often, from a seed: mostly single bytes of columns, files and bundles."""
    dice, tally = random.Random(seed), Tally()
    for number in range(tries):
        kind = dice.choices(["column", "file", "bundle", "rare"], [55, 15, 15, 15])[0]
        tally.tries[kind] += 1
        missed = _bundle(world, dice) if kind == "bundle" else _record(world, dice, kind)
        if missed:
            tally.missed.append(f"try {number}: {missed}")
        told(f"{number + 1:,} tries, {len(tally.missed):,} missed")
    return tally


def sweep(world: World, seed: int) -> Tally:
    """Every column of every sealed table once, where it has a row."""
    dice, tally = random.Random(seed), Tally()
    for column in alterations.columns():
        tally.tries[".".join(column)] += 1
        try:
            done = alterations.flip_a_column(world, dice, column)
        except LookupError:
            tally.missed.append(f"{column}: no row to alter")
            continue
        tally.missed += filter(None, [_verdict(world, done)])
    return tally


def _record(world: World, dice: random.Random, kind: str) -> str | None:
    usual = {"column": alterations.flip_a_column, "file": alterations.flip_a_file}
    return _verdict(world, usual.get(kind, dice.choice(RARE))(world, dice))


def _verdict(world: World, done: Altered) -> str | None:
    """What was missed; None if it was found and named."""
    world.workspace.engine.dispose()
    try:
        found = verify_workspace(world.workspace, VerifyRequest(), lambda *_: None).findings
        said = [f"{one.part} {one.where} {one.what}" for one in found]
    except SightlineError as why:
        said = [str(why)]
    finally:
        world.workspace.engine.dispose()
        world.restore()
    if not said:
        return f"{done.what}: NOT FOUND"
    if not any(name in one for name in done.names for one in said):
        return f"{done.what}: found, but its place {done.names} is not named in {said[:3]}"
    return None


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
