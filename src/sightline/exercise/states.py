"""The states of the world: real codes and circles, with invented districts and borders inside the real ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A state: ISO 3166-2 code, name, telecom circle, and its land, a parallelogram within the real state.

    `south` and `west` are its south-west corner in degrees, `high` and `wide` its sides. Its north edge is `lean`
    degrees east of its south edge. `districts` are invented, one for each quarter.
    """

    code: str
    name: str
    circle: str
    south: float
    west: float
    high: float
    wide: float
    lean: float
    districts: tuple[str, str, str, str]

    def locate_district(self, district: int) -> tuple[float, float]:
        """Return latitude and longitude of the middle of a district."""
        north, east = divmod(district, 2)
        return self._place_point(0.25 + 0.5 * north, 0.25 + 0.5 * east)

    @property
    def border(self) -> tuple[tuple[float, float], ...]:
        """Return latitude and longitude of the corners, from the south-west one to the east, and back to it."""
        return tuple(self._place_point(north, east) for north, east in ((0, 0), (0, 1), (1, 1), (1, 0), (0, 0)))

    def _place_point(self, north: float, east: float) -> tuple[float, float]:
        return self.south + self.high * north, self.west + self.lean * north + self.wide * east


STATES = (
    State("IN-KL", "Kerala", "Kerala", 8.6, 76.8, 3.4, 0.8, -1.4, ("Thenmukil", "Puzhavani", "Mazhavara", "Kaatunira")),
    State(
        *("IN-TN", "Tamil Nadu", "Tamil Nadu", 9.2, 77.6, 3.2, 1.9, 0.7),
        ("Velanjolai", "Neithurai", "Karumalar", "Solaivani"),
    ),
    State(
        *("IN-KA", "Karnataka", "Karnataka", 12.4, 75.3, 4.0, 1.8, 0.4),
        ("Hosanela", "Kadunadi", "Belurasi", "Mallekeri"),
    ),
    State(
        *("IN-AP", "Andhra Pradesh", "Andhra Pradesh", 13.6, 77.5, 2.6, 2.6, 0.9),
        ("Nadivanam", "Kondapela", "Velugudi", "Manchitera"),
    ),
    State("IN-GJ", "Gujarat", "Gujarat", 21.2, 70.2, 2.6, 3.2, 0.6, ("Ranvela", "Samudgar", "Khetrapura", "Mithavad")),
    State(
        *("IN-RJ", "Rajasthan", "Rajasthan", 25.0, 72.2, 3.6, 4.0, 0.2),
        ("Retangarh", "Jhilmora", "Surajwas", "Dhoranagar"),
    ),
    State("IN-PB", "Punjab", "Punjab", 29.9, 74.3, 1.9, 1.6, 0.4, ("Panjvela", "Kanakpind", "Darwaal", "Sarsogarh")),
    State("IN-OD", "Odisha", "Odisha", 19.2, 83.0, 2.6, 2.4, 1.0, ("Nilagada", "Dhanapali", "Jhumuria", "Mahanira")),
    State("IN-AS", "Assam", "Assam", 25.9, 91.0, 0.8, 3.0, 0.8, ("Nodikhat", "Pahartoli", "Kolongsora", "Dhansira")),
)
"""No border of the real land, and no district of it. Every district lies within the real state."""
