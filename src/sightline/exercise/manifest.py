"""Read and write `world.toml`: what a unit would know of its files, so that any product can load them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sightline.errors import DamagedInput, UsageError
from sightline.exercise.period import count_micros

NAME = "world.toml"
VERSION = 1
MOST_SESSIONS = 1_000_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source with its declarations, as `sightline sources add` takes them."""

    name: str
    kind: str
    use: str
    timezone: str | None = None
    timezone_basis: str | None = None
    clock_offset_s: float = 0.0
    clock_uncertainty_s: int = 900
    clock_measured: str | None = None
    trusted_hops: int = 0
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class ExhibitEntry:
    """A log file: its source, its format (a name, or a file of the world), and what a scan needs declared.

    `compared`: true time and offset in seconds, as `sightline exhibits set-clock` takes them, where its clock drifts.
    """

    file: str
    source: str
    format: str
    all_hits_of: str | None = None
    year: int | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    compared: tuple[str, ...] = ()
    clock_uncertainty_s: int | None = None
    clock_measured: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "compared", tuple(self.compared))

    @property
    def comparisons(self) -> tuple[tuple[int, int], ...]:
        """Return true time and offset, in microseconds, of each comparison of its clock."""
        result = []
        for comparison in self.compared:
            at, _, offset = comparison.rpartition("=")
            result.append((count_micros(datetime.fromisoformat(at)), round(float(offset) * 1_000_000)))
        return tuple(result)


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A signed flag list, with its signature beside it."""

    file: str
    use: str


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A data set, as `sightline datasets import` takes it."""

    file: str
    kind: str
    date: str
    name: str


@dataclass(frozen=True, slots=True)
class World:
    """A world: the paths of its files, and the facts about them."""

    folder: Path
    sessions: int
    seed: int
    begins: str
    ends: str
    faults: Mapping[str, float]
    issuer_key: str
    sources: tuple[SourceEntry, ...]
    exhibits: tuple[ExhibitEntry, ...]
    lists: tuple[ListEntry, ...]
    datasets: tuple[DatasetEntry, ...]


def write_manifest(world: World) -> str:
    """Return the TOML of a world, without values that are None."""
    head = {name: getattr(world, name) for name in ("sessions", "seed", "begins", "ends", "issuer_key")}
    parts = ["# A world of `sightline exercise new`: invented people and reserved addresses. Answers lie apart.\n"]
    parts.append(_format_table("[world]", {"version": VERSION} | head))
    parts.append(_format_table("[faults]", world.faults))
    for name, rows in (
        ("source", world.sources),
        ("list", world.lists),
        ("dataset", world.datasets),
        ("exhibit", world.exhibits),
    ):
        parts += [
            _format_table(f"[[{name}]]", {field.name: getattr(row, field.name) for field in fields(row)})
            for row in rows
        ]
    return "\n".join(parts)


def _format_table(title: str, values: Mapping[str, Any]) -> str:
    lines = [title, *(f"{name} = {_format_value(value)}" for name, value in values.items() if value not in {None, ()})]
    return "\n".join(lines) + "\n"


def _format_value(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_format_value, value))}]"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(value, str) else repr(value)


def read(folder: Path) -> World:
    """Read the world in a folder. Raises UsageError without one, DamagedInput for an unreadable one."""
    path = folder / NAME
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        head = content["world"]
        _require_types(head, content.get("faults", {}))
        return World(
            folder,
            head["sessions"],
            head["seed"],
            head["begins"],
            head["ends"],
            content.get("faults", {}),
            head["issuer_key"],
            _build_rows(SourceEntry, content.get("source", ())),
            _build_rows(ExhibitEntry, content.get("exhibit", ())),
            _build_rows(ListEntry, content.get("list", ())),
            _build_rows(DatasetEntry, content.get("dataset", ())),
        )
    except FileNotFoundError:
        raise UsageError(f"{folder} is not a world", hint="make one: sightline exercise create --out DIR") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise DamagedInput(f"{path}: {error}", hint="make the world again: sightline exercise create") from None


def _require_types(head: Mapping[str, Any], faults: Mapping[str, Any]) -> None:
    """Raise TypeError for a head or shares of faults of other types, ValueError for numbers that no world has."""
    for name, kind in {"sessions": int, "seed": int, "begins": str, "ends": str, "issuer_key": str}.items():
        if type(head[name]) is not kind:
            raise TypeError(f"{name} is no {kind.__name__}")
    if not 0 < head["sessions"] <= MOST_SESSIONS:
        raise ValueError("sessions is no number of a world")
    if not isinstance(faults, dict) or not all(
        type(fault) in {int, float} and 0 <= fault <= 1 for fault in faults.values()
    ):
        raise TypeError("faults are no shares")


def _build_rows(kind: type[T], rows: Iterable[dict[str, Any]]) -> tuple[T, ...]:
    hints = get_type_hints(kind)
    for row in rows:
        for name, value in row.items():
            if name in hints and not _is_of(value, hints[name]):
                raise TypeError(f"{name} of a {kind.__name__} is of another type")
    return tuple(kind(**row) for row in rows)


def _is_of(value: object, hint: Any) -> bool:  # noqa: ANN401  - a type, a union, or a literal
    """Return whether a value of TOML is of the type that a field declares."""
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        return any(_is_of(value, arg) for arg in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(_is_of(item, get_args(hint)[0]) for item in value)
    return type(value) is hint or (hint is float and type(value) is int)
