"""Generate the sites of the world, and the lists' statements about each: windows, late listings, changed opinions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.period import Period, count_micros

SERVERS = tuple(
    "board forum gallery chat lounge arcade salon attic cellar depot annex ward desk hall store yard".split()
)
"""Sites whose own servers were seized: positions of sites, in this order."""
FLOWS = range(len(SERVERS), len(SERVERS) + 2)
"""Sites that are flagged by their address."""
ROOMS = 40
SITE_BASE = 198 << 24 | 18 << 16
"""198.18.0.0/16: every site has an address of its own there."""

KINDS = {"domain": 0.5, "host": 0.15, "url-prefix": 0.1, "url": 0.05, "ip": 0.05, "none": 0.15}
STANDINGS = {"open": 0.55, "window": 0.2, "late": 0.1, "late-reference": 0.05, "cleared": 0.05, "disputed": 0.05}


@dataclass(frozen=True, slots=True)
class SiteStatement:
    """A row of a list about a site. Times are bare dates, so whole days in UTC; None is left out."""

    site: int
    kind: str
    value: str
    valid_from: str | None
    valid_until: str | None
    listed_on: str | None
    opinion: str
    reference: str | None


@dataclass(frozen=True)
class Sites:
    """Every site: `site`, `host`, `kind` of its indicator, `standing`, and `key`, its address's number."""

    table: pl.DataFrame

    def __len__(self) -> int:
        return self.table.height


def build_sites(dice: Dice, sessions: int) -> Sites:
    """Return the sites of a world of that size: forty, and one more for every thousand sessions, at most 4,000."""
    count = min(4000, 40 + sessions // 1000)
    drawn = pl.select(site=pl.int_range(0, count, dtype=pl.Int64)).with_columns(
        dice.choose_position(KINDS, "kind of site", "site").alias("kind"),
        dice.choose_position(STANDINGS, "standing of site", "site").alias("standing"),
    )
    kinds, standings = list(KINDS), list(STANDINGS)
    is_server = pl.col("site") < len(SERVERS)
    names = [f"{name}.example" for name in SERVERS]
    names += [f"site{number}.example" for number in range(len(SERVERS), count)]
    return Sites(
        drawn.with_columns(
            pl.Series("host", names),
            # Two are flagged by address, so that flows are never without a hit.
            pl.when(is_server).then(0).when(pl.col("site") < FLOWS.stop).then(4).otherwise("kind").alias("kind"),
            # Of seized servers two have a window; the others were always flagged.
            pl.when(is_server).then((pl.col("site") % 6 == 2).cast(pl.Int64)).otherwise("standing").alias("standing"),
            (pl.col("site") + SITE_BASE + 10).alias("key"),
        ).with_columns(
            pl.lit(pl.Series(kinds)).gather("kind").alias("kind"),
            pl.lit(pl.Series(standings)).gather("standing").alias("standing"),
        )
    )


def list_statements(world_sites: Sites, when: Period) -> list[SiteStatement]:
    """Return the statements of the lists for leads, in the order of sites."""
    rows: list[SiteStatement] = []
    for site in world_sites.table.iter_rows(named=True):
        rows += _state_site(site["site"], site["host"], site["key"], site["kind"], site["standing"], when)
    return rows


def _state_site(site: int, host: str, key: int, kind: str, statement_kind: str, when: Period) -> list[SiteStatement]:
    if kind == "none":
        return []
    value = {"url-prefix": f"{host}/room", "url": f"{host}/room/1", "ip": _format_address(key)}.get(kind, host)

    def day(part: float) -> str:
        return f"{when.find_midnight(part):%Y-%m-%d}"

    def statement(
        since: str | None, until: str | None, listed: str, opinion: str = "flagged", reference: str | None = None
    ) -> SiteStatement:
        return SiteStatement(site, kind, value, since, until, listed, opinion, reference)

    before = f"{when.begins - timedelta(days=20):%Y-%m-%d}"
    spread = 0.3 + site % 7 * 0.05
    match statement_kind:
        case "window":
            return [statement(day(spread - 0.2), day(spread + 0.4), before)]
        case "late":
            return [statement(before, None, day(spread))]
        case "late-reference":
            return [statement(before, None, day(spread), "flagged", f"AGENCY/{site}/2026 of {before}")]
        case "cleared" | "disputed":
            return [statement(None, None, before), statement(day(spread), None, before, statement_kind)]
        case _:
            return [statement(None, None, before, "seed" if site % 11 == 7 else "flagged")]


def build_windows(rows: list[SiteStatement]) -> pl.DataFrame:
    """Return the statements with half-open windows in microseconds; null is open. A bare last day counts whole."""
    return pl.DataFrame(
        {
            "site": [statement.site for statement in rows],
            "kind": [statement.kind for statement in rows],
            "from_us": [_parse_midnight(statement.valid_from) for statement in rows],
            "until_us": [_parse_midnight(statement.valid_until, 1) for statement in rows],
            "listed_us": [_parse_midnight(statement.listed_on) for statement in rows],
            "opinion": [statement.opinion for statement in rows],
            "referenced": [statement.reference is not None and statement.valid_from is not None for statement in rows],
        },
        schema_overrides=dict.fromkeys(("site", "from_us", "until_us", "listed_us"), pl.Int64),
    )


def _parse_midnight(day: str | None, more_days: int = 0) -> int | None:
    from datetime import UTC, datetime  # noqa: PLC0415

    if day is None:
        return None
    return count_micros(datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=more_days))


def _format_address(key: int) -> str:
    return ".".join(str(key >> shift & 255) for shift in (24, 16, 8, 0))


def list_text(rows: list[SiteStatement]) -> str:
    """Return the CSV of a flag list."""
    lines = ["kind,value,valid_from,valid_until,listed_on,opinion,reference"]
    for statement in rows:
        texts = (
            statement.kind,
            statement.value,
            statement.valid_from,
            statement.valid_until,
            statement.listed_on,
            statement.opinion,
            statement.reference,
        )
        lines.append(",".join(text or "" for text in texts))
    return "\n".join(lines) + "\n"


def build_blocked_text(world_sites: Sites) -> str:
    """Return the CSV of a list that may be used only for statistics: sites that no list for leads has."""
    names = world_sites.table.filter(pl.col("kind") == "none")["host"].to_list()
    return "kind,value\n" + "".join(f"domain,{name}\n" for name in names[::2] or ["nobody.example"])
