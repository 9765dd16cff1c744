"""Assign ports of mobile lines that share an address without stated blocks, computable in both directions.

64 lines share an address; a line's *slot* is its position among them. One network gives each line a block of 1,000
ports, another block every six hours. The other gives every single port to another line after some minutes: ports come
in *rows* of 64, a row's ports rotate over its lines, and each row has a pace of its own. In some areas it overloads
ports: the holder of a port depends on the site of the connection.
"""

from __future__ import annotations

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.networks import NAT, NETWORKS, REUSING_AREA
from sightline.exercise.period import HOUR_US

BY_CONNECTION, BY_BLOCK = (NETWORKS.index(network) for network in NAT)
"""The network that logs every connection with its destination, and the one that logs blocks of ports and none."""
SHARERS = 64
FIRST_PORT = 1024
BLOCK, BLOCK_US = 1000, 6 * HOUR_US
ROWS = 1000
SECOND_US = 1_000_000
TURN = 29
"""How far a port, or a block, moves at each turn; odd, so that it reaches all lines."""
BY_SITE = 17
"""How far an overloaded port moves from one site to the next."""


def compute_port(dice: Dice, at: str, *on: str, index: str = "index") -> pl.Expr:
    """Return the port from which a line behind such an address connects at that time to `site`.

    The line is `network`, `area`, `index`.

    The same value of `on` for the same purpose, at a time of the same turn, gives the same port.
    """
    slot = pl.col(index) % SHARERS
    row = dice.draw_below(ROWS, "row of ports", *on)
    single = (
        FIRST_PORT + SHARERS * row + _wrap_around(slot + TURN * number_turn(at, row) + row + _shift_by_site("site"))
    )
    block = (
        FIRST_PORT
        + BLOCK * _wrap_around(slot + TURN * compute_block_turn(at))
        + dice.draw_below(BLOCK, "port of a block", *on)
    )
    return pl.when(pl.col("network") == BY_CONNECTION).then(single).otherwise(block)


def _shift_by_site(site: str) -> pl.Expr:
    """Return how far the ports of an address that overloads them have gone on at a site; null is none."""
    is_reused = pl.col("area") >= REUSING_AREA
    return pl.when(is_reused).then(BY_SITE * pl.col(site).fill_null(0)).otherwise(0)


def compute_port_row(port: str) -> pl.Expr:
    """Return the row of a single port."""
    return (pl.col(port) - FIRST_PORT) // SHARERS


def compute_pace_us(row: pl.Expr) -> pl.Expr:
    """Return how long a line keeps a port of that row: 4 to 16 minutes."""
    return (240 + row % 13 * 60) * SECOND_US


def number_turn(at: str, row: pl.Expr) -> pl.Expr:
    """Return the number of the turn of a row's ports at that time."""
    return (pl.col(at) + row * 7 * SECOND_US) // compute_pace_us(row)


def turn_begins(number: str, row: pl.Expr) -> pl.Expr:
    """Return when a turn begins."""
    return pl.col(number) * compute_pace_us(row) - row * 7 * SECOND_US


def compute_slot_of_port(port: str, number: str, site: str) -> pl.Expr:
    """Return the slot of the line that had a single port in a turn, for connections to a site. Needs `area`."""
    row = compute_port_row(port)
    return _wrap_around(pl.col(port) - FIRST_PORT - SHARERS * row - TURN * pl.col(number) - row - _shift_by_site(site))


def compute_port_end(dice: Dice, at: str, *on: str) -> pl.Expr:
    """Return when the port that `compute_port` returns for these moves to another line."""
    row = dice.draw_below(ROWS, "row of ports", *on)
    single = turn_begins_after(at, row)
    block = (compute_block_turn(at) + 1) * BLOCK_US - pl.col("area") * HOUR_US
    return pl.when(pl.col("network") == BY_CONNECTION).then(single).otherwise(block)


def turn_begins_after(at: str, row: pl.Expr) -> pl.Expr:
    """Return when the turn after that of an instant begins."""
    return (number_turn(at, row) + 1) * compute_pace_us(row) - row * 7 * SECOND_US


def compute_next_slot() -> pl.Expr:
    """Return the slot of the line that gets, in the next turn, the ports of the line `index`.

    Needs an area without overloading.
    """
    return _wrap_around(pl.col("index") % SHARERS - TURN)


def compute_block_turn(at: str) -> pl.Expr:
    """Return the number of the turn of blocks. Each lease of an address is a whole number of them. Needs `area`."""
    return (pl.col(at) + pl.col("area") * HOUR_US) // BLOCK_US


def compute_block_begin(number: str) -> pl.Expr:
    """Return when a turn of blocks begins."""
    return pl.col(number) * BLOCK_US - pl.col("area") * HOUR_US


def compute_port_block(port: str) -> pl.Expr:
    """Return the number of a port's block."""
    return (pl.col(port) - FIRST_PORT) // BLOCK


def compute_slot_of_block(block: str, number: str) -> pl.Expr:
    """Return the slot of the line that had a block in a turn."""
    return _wrap_around(pl.col(block) - TURN * pl.col(number))


def _wrap_around(place: pl.Expr) -> pl.Expr:
    # The remainder in Polars has the sign of the dividend.
    return (place % SHARERS + SHARERS) % SHARERS
