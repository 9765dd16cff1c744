"""The order by seriousness: steps by what logs show, and a step for what a log cannot show."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Seriousness
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.triage import describe_triage, sort_by_seriousness
from sightline.stages.report.lead_account import SENT

DAY_US = 86_400_000_000


def lead(name: str, ceiling: str, **counts: int) -> dict[str, object]:
    """A lead of an address of its own."""
    at = {"first_us": 0, "last_us": 9_000_000, "keep_until_us": 400 * DAY_US}
    return {
        "lead_id": name,
        "priority": "normal",
        "ceiling": ceiling,
        "hi": 0,
        "lo": sum(name.encode()),
        **at,
        **counts,
    }


def test_a_stay_in_a_log_without_requests_comes_before_what_another_log_shows_to_be_a_download() -> None:
    """A log that shows requests shows that nothing was sent; a tunnel rules out nothing. One tunnel is no stay."""
    leads = [
        lead("browsed", "subscriber", n_dwell=1),
        lead("tunnel, once", "connection-only", n_connection=1),
        lead("names, stayed", "resolution-only", n_dns_lookup=7, n_dwell=1),
        lead("fetched", "subscriber", n_full_answers=2, n_dwell=1),
        lead("tunnels of a program", "automated", n_connection=9, n_dwell=1),
        lead("tunnels, stayed", "connection-only", n_connection=9, n_dwell=1, n_full_answers=4),
        lead("logged in", "shared", n_login=1),
        lead("sent", "relay", n_upload=1),
        lead("reported: urgent", "relay", n_reported_danger=1),
        lead("reported: child", "shared", n_reported_child=1, n_upload=2),
        lead("reported: streamed", "shared", n_reported_production=1),
    ]
    names = sorted({name for one in leads for name in one if name.startswith("n_")})
    rows = [dict.fromkeys(names, 0) | one for one in leads]
    found = sort_by_seriousness(pl.LazyFrame(rows)).collect()
    assert found["lead_id"].to_list() == [
        "reported: urgent",
        "reported: child",
        "reported: streamed",
        "sent",
        "logged in",
        "names, stayed",
        "tunnels, stayed",
        "fetched",
        "browsed",
        "tunnel, once",
        "tunnels of a program",
    ]
    words = {row["lead_id"]: describe_triage(row) for row in found.iter_rows(named=True)}
    assert words["tunnels, stayed"] == "stayed where the log does not show what was sent"
    assert words["fetched"] == "downloaded"
    assert words["tunnel, once"] == "nothing shown"


def test_the_sheet_knows_every_rule_of_something_sent() -> None:
    of_step = {rule.id for rule in RULES.values() if rule.seriousness is Seriousness.SENT}
    assert of_step == SENT
