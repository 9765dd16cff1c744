"""The states of the world: real codes and circles on invented land, squares of four degrees in rows of three."""

from __future__ import annotations

from dataclasses import dataclass

SIDE_DEGREES = 4.0


@dataclass(frozen=True, slots=True)
class State:
    """A state: ISO 3166-2 code, name, telecom circle, and the south-west corner of its square."""

    code: str
    name: str
    circle: str
    south: float
    west: float

    @property
    def districts(self) -> tuple[str, ...]:
        """Return the names of its four districts, one for each quarter of the square."""
        return tuple(f"{self.name} District {number}" for number in range(1, 5))

    def point(self, district: int) -> tuple[float, float]:
        """Return latitude and longitude of the middle of a district."""
        north, east = divmod(district, 2)
        return self.south + SIDE_DEGREES * (0.25 + 0.5 * north), self.west + SIDE_DEGREES * (0.25 + 0.5 * east)


_NAMES = (
    ("IN-KL", "Kerala", "Kerala"),
    ("IN-TN", "Tamil Nadu", "Tamil Nadu"),
    ("IN-KA", "Karnataka", "Karnataka"),
    ("IN-AP", "Andhra Pradesh", "Andhra Pradesh"),
    ("IN-GJ", "Gujarat", "Gujarat"),
    ("IN-RJ", "Rajasthan", "Rajasthan"),
    ("IN-PB", "Punjab", "Punjab"),
    ("IN-OD", "Odisha", "Odisha"),
    ("IN-AS", "Assam", "Assam"),
)

STATES = tuple(
    State(code, name, circle, 8.0 + SIDE_DEGREES * (place // 3), 72.0 + SIDE_DEGREES * (place % 3))
    for place, (code, name, circle) in enumerate(_NAMES)
)
"""Schematic: no border of the real land."""
