"""The tile map: the states and territories, their current codes, and the position of each one's square."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Tile:
    """A state or union territory: its current ISO 3166-2 code, and its square, `x` to the east, `y` to the south."""

    code: str
    name: str
    x: int
    y: int
    was: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """Return the letters on the tile, for example `KL`."""
        return self.code.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Country:
    """The country whose states the map shows."""

    code: str
    name: str
    tiles: tuple[Tile, ...]


@cache
def load_country() -> Country:
    """Return the country of `tiles.toml`."""
    content = tomllib.loads(files("sightline.stages.report").joinpath("tiles.toml").read_text(encoding="utf-8"))
    tiles = (
        Tile(tile["code"], tile["name"], tile["x"], tile["y"], tuple(tile.get("was", ()))) for tile in content["tile"]
    )
    return Country(content["country"], content["name"], tuple(tiles))


@cache
def load_codes() -> Mapping[str, str]:
    """Return the current code for each current or former code."""
    return {code: tile.code for tile in load_country().tiles for code in (tile.code, *tile.was)}


def name_state(code: str) -> str:
    """Return the name of a state, or an unknown code unchanged."""
    today = load_codes().get(code, code)
    return next((tile.name for tile in load_country().tiles if tile.code == today), code)
