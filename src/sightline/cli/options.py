"""Options that several commands have, said in the same words."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_times(reading: argparse._ArgumentGroup) -> None:
    """Options that declare what times do not say themselves."""
    reading.add_argument("--timezone", metavar="ZONE", help="zone of times that name none: Area/City or +05:30")
    reading.add_argument("--year", type=int, metavar="Y", help="year of times that name none: of a log, of its first")
    reading.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="order of dates like 03/04/2019")
    reading.add_argument(
        "--clock-uncertainty",
        type=parse_seconds,
        default=900.0,
        metavar="S",
        help="how far off the clock may still be, seconds (default 900: a clock nobody measured)",
    )


def add_year_at_end(reading: argparse._ArgumentGroup) -> None:
    """The other way to declare the year of a log."""
    reading.add_argument(
        "--year-at-end", type=int, metavar="Y", help="instead of --year: the year of each log's last time"
    )


def add_results(here: argparse.ArgumentParser, out: str) -> argparse._ArgumentGroup:
    """Options that say where results go; `out` says what of. Gives their group, for what a command has besides."""
    results = here.add_argument_group("results")
    results.add_argument("--out", default="-", metavar="FILE", help=f"{out}; - is stdout (default)")
    results.add_argument(
        "--rejects", type=Path, metavar="FILE", help="frames that could not be read, as JSON lines, never their bytes"
    )
    results.add_argument("--summary", type=Path, metavar="FILE", help="the account of all frames, as JSON")
    results.add_argument(
        "--json", action="store_true", help="the account as JSON on standard error, nothing else there"
    )
    results.add_argument(
        "--max-rejects", type=parse_percent, default=1.0, metavar="P", help="exit 1 above P percent rejects (default 1)"
    )
    results.add_argument("--overwrite", action="store_true", help="replace outputs that are there already")
    results.add_argument("--quiet", action="store_true", help="no progress bar and no account on standard error")
    return results


def parse_seconds(text: str) -> float:
    """Seconds, within three centuries."""
    number = float(text)
    if not abs(number) < 1e10:
        raise ValueError(text)
    return number


def parse_hops(text: str) -> int:
    """Return a number of proxies, from 0 to 1,000."""
    number = int(text)
    if not 0 <= number <= 1000:
        raise ValueError(text)
    return number


def parse_percent(text: str) -> float:
    """A share in percent, with or without its sign."""
    share = float(text.removesuffix("%"))
    if not 0 <= share <= 100:
        raise ValueError(text)
    return share


def name_option(field: str) -> str:
    """The option in which a field of a case, an authority or a source is said."""
    return "--from" if field == "since" else f"--{field.replace('_', '-')}"


def add_met(here: argparse.ArgumentParser) -> None:
    """The option of commands that say who could be one person."""
    here.add_argument(
        "--met",
        type=Path,
        metavar="FILE",
        help="key ids of officers, one a line, that somebody outside the unit compared face to face",
    )
