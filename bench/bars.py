"""What is measured against what is wanted (the bars of `docs/explanation/performance.md`), as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure and its bar: at most, or at least, so much."""

    number: str
    what: str
    measured: float
    wanted: float
    unit: str
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    @property
    def verdict(self) -> str:
        """`reached`, or `missed by N %`."""
        if self.is_reached:
            return "reached"
        off = self.wanted / self.measured if self.at_least else self.measured / self.wanted
        return f"missed by {(off - 1) * 100:.0f} %"

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table: bar, what, measured, wanted, verdict."""
        bound = "at least" if self.at_least else "at most"
        measured, wanted = figure(self.measured, self.unit), figure(self.wanted, self.unit)
        return (self.number, self.what, measured, f"{bound} {wanted}", self.verdict)


@dataclass(frozen=True, slots=True)
class Race:
    """Who took how long over the same bytes; `note` says what else the reader must know."""

    title: str
    note: str
    size_bytes: int
    seconds: dict[str, float]

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """Rows: who, seconds, MB/s, times Sightline's time."""
        own = self.seconds["Sightline"]
        return [
            (who, f"{took:.2f} s", f"{self.size_bytes / took / 1e6:,.0f} MB/s", f"{took / own:.2f}")
            for who, took in self.seconds.items()
        ]


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured."""

    races: tuple[Race, ...] = ()
    bars: tuple[Bar, ...] = ()

    def __add__(self, more: Report) -> Report:
        return Report(self.races + more.races, self.bars + more.bars)


def figure(value: float, unit: str) -> str:
    """`1.27 times`, `12.3 bytes`, `118 ms`."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"
