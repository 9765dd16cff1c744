"""The options that choose leads, and the expression that they make."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sightline.model import Ceiling

if TYPE_CHECKING:
    import polars as pl

BANDS = ("urgent", "high", "normal", "low")
QUERY = (
    "ceiling",
    "priority",
    "state",
    "circle",
    "place",
    "address",
    "relay",
    "status",
    "assigned_to",
    "limit",
    "generation",
)
"""The options that say which leads."""


def add_filters(here: argparse.ArgumentParser) -> None:
    """The options that choose leads."""
    which = here.add_argument_group("which leads (default: all)")
    which.add_argument(
        "--ceiling", action="append", choices=[ceiling.value for ceiling in Ceiling], help="may be repeated"
    )
    which.add_argument("--priority", action="append", choices=BANDS, help="may be repeated")
    which.add_argument(
        "--state",
        action="append",
        metavar="CODE",
        help="ISO 3166-2, as IN-KL, or an Indian state by name; may be repeated",
    )
    which.add_argument("--circle", metavar="NAME", help="a telecom circle")
    which.add_argument("--place", choices=("agreed", "undetermined", "resolved"), help="how well the place is known")
    which.add_argument("--address", metavar="IP", help="one source address")
    which.add_argument("--relay", choices=("yes", "no", "unknown"), help="whether the address was a relay then")


def build_filter_expression(arguments: argparse.Namespace) -> pl.Expr:
    """Return the expression that is true for chosen leads. Raises UsageError for no address, state or circle."""
    import polars as pl  # noqa: PLC0415

    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.stages.canonical.address import parse_address  # noqa: PLC0415

    condition = pl.lit(True)
    for column in ("ceiling", "priority"):
        values = getattr(arguments, column)
        if values:
            condition &= pl.col(column).is_in(values)
    if arguments.state:
        condition &= pl.col("state").is_in([_parse_state(text) for text in arguments.state])
    if arguments.circle is not None:
        condition &= pl.col("circle") == require_circle(arguments.circle)
    for column in ("place", "relay"):
        value = getattr(arguments, column)
        if value is not None:
            condition &= pl.col(column) == value
    if arguments.address is not None:
        ip = parse_address(arguments.address)
        if ip is None:
            raise UsageError(f"--address {arguments.address}: no address", hint="as 203.0.113.7 or 2001:db8::7")
        condition &= pl.col("source_ip") == str(ip)
    return condition


def build_query(arguments: argparse.Namespace) -> str:
    """Return the filter of leads as the query string of a page; empty for all."""
    values = ((name, getattr(arguments, name, None)) for name in QUERY)
    return urlencode([(name, value) for name, value in values if value], doseq=True)


def _parse_state(text: str) -> str:
    """Today's code of a state, by any code or name of an Indian one; codes of other countries as they are."""
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.stages.enrich.india import find_state_code  # noqa: PLC0415

    code = text.strip().upper()
    if re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}", code) and not code.startswith("IN-"):
        return code
    if (known := find_state_code(text)) is None:
        raise UsageError(
            f"--state {text}: no state", hint="give an ISO 3166-2 code such as IN-KL, or a name such as Kerala"
        )
    return known


def require_circle(text: str) -> str:
    """A telecom circle by any of its names or licence codes. Raises UsageError."""
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.stages.enrich.india import find_telecom_circle, list_circles  # noqa: PLC0415

    if (known := find_telecom_circle(text)) is None:
        raise UsageError(f"--circle {text}: no telecom circle", hint=", ".join(list_circles()))
    return known
