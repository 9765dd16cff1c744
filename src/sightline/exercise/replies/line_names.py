"""The ISPs' names for lines: texts that convert back to the line's number (`networks.compute_line_number`)."""

from __future__ import annotations

import polars as pl

from sightline.exercise.networks import NETWORKS

INDEXES = 1 << 40
AREAS = 64
MOBILE = tuple(place for place, one in enumerate(NETWORKS) if one.line == "mobile")
"""Networks that identify a line by its MSISDN."""
FIRST_MSISDN, STATES_EACH, LINES_EACH = 6_000_000_000, 12, 62_000_000
"""Of ten digits; each network and state has a range of its own."""
CIRCUITS = {2: "MGF", 3: "TRB"}
"""Networks that identify a line by its circuit, and the prefix of that."""


def get_identifier_kind(network: int) -> str:
    """Return the kind of identifier that a network uses for its lines."""
    return "msisdn" if network in MOBILE else "circuit" if network in CIRCUITS else "user-id"


def compute_line_identifier(line: str) -> pl.Expr:
    """Return the identifier of a line."""
    network, area, index = _split_line(line)
    compact = (_find_place(network) * STATES_EACH + area) * LINES_EACH + index
    mobile = pl.concat_str(pl.lit("91"), (FIRST_MSISDN + compact).cast(pl.String))
    tail = pl.concat_str(area.cast(pl.String).str.zfill(2), index.cast(pl.String).str.zfill(8))
    expression = pl.concat_str(pl.lit("u"), network.cast(pl.String), tail, pl.lit("@isp.example"))
    for place, prefix in CIRCUITS.items():
        expression = pl.when(network == place).then(pl.concat_str(pl.lit(prefix), tail)).otherwise(expression)
    return pl.when(network.is_in(MOBILE)).then(mobile).otherwise(expression)


def find_line_of_number(number: pl.Expr) -> pl.Expr:
    """Return the line of an identifier, or null. Spaces, dashes, case and a `+` are ignored."""
    text = number.str.to_lowercase().str.replace_all(r"[\s+\-]", "")
    compact = text.str.extract(r"^(?:91|0)?([6-9]\d{9})$").cast(pl.Int64) - FIRST_MSISDN
    ranges = compact // LINES_EACH
    places = pl.lit(pl.Series(MOBILE, dtype=pl.Int64)).gather((ranges // STATES_EACH).clip(0, len(MOBILE) - 1))
    mobile = pl.when(ranges < STATES_EACH * len(MOBILE)).then(
        (places * AREAS + ranges % STATES_EACH) * INDEXES + compact % LINES_EACH
    )
    user = (
        text.str.extract(r"^u(\d)\d{10}@isp\.example$", 1).cast(pl.Int64),
        text.str.extract(r"^u\d(\d{2})\d{8}@isp\.example$", 1).cast(pl.Int64),
        text.str.extract(r"^u\d\d{2}(\d{8})@isp\.example$", 1).cast(pl.Int64),
    )
    conditions = [mobile, (user[0] * AREAS + user[1]) * INDEXES + user[2]]
    for place, prefix in CIRCUITS.items():
        area = text.str.extract(rf"^{prefix.lower()}(\d{{2}})\d{{8}}$", 1).cast(pl.Int64)
        index = text.str.extract(rf"^{prefix.lower()}\d{{2}}(\d{{8}})$", 1).cast(pl.Int64)
        conditions.append((place * AREAS + area) * INDEXES + index)
    return pl.coalesce(conditions)


def compute_network_of_line(line: str) -> pl.Expr:
    """Return the position of a line's network."""
    return _split_line(line)[0]


def compute_area_of_line(line: str) -> pl.Expr:
    """Return the area of a line in its network."""
    return _split_line(line)[1]


def _split_line(line: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    expression = pl.col(line)
    return expression // INDEXES // AREAS, expression // INDEXES % AREAS, expression % INDEXES


def _find_place(network: pl.Expr) -> pl.Expr:
    """The place of a network among those of MOBILE."""
    return network.replace_strict({place: at for at, place in enumerate(MOBILE)}, default=0, return_dtype=pl.Int64)
