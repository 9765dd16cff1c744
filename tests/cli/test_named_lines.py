"""What is told of a named line rests on its own visits: never on what another line did at the same address."""

from __future__ import annotations

import pytest

from tests.cli import test_notice
from tests.cli.test_notice import ready
from tests.cli.test_resolve import ASHA, HEAD, RAVI, draft_notice, local, replied, send_notice
from tests.cli.unit import DAS, Unit, unit
from tests.services.leads.office import Visit

__all__ = ["ready", "unit"]

VISITS = [
    Visit(0, port=40_000),
    Visit(30, port=40_000, page="/room/2"),
    Visit(90, port=41_000, page="/search.php?keywords=x"),
    Visit(95, port=41_000, page="/room/9"),
]


@pytest.fixture(autouse=True)
def visits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world of `ready` has these visits."""
    monkeypatch.setattr(test_notice, "VISITS", VISITS)


def test_the_sheet_of_one_line_does_not_include_searches_of_another(ready: Unit) -> None:
    notice = draft_notice(ready, "Alpha Mobile")
    rows = send_notice(ready, notice)
    assert [(row["port"], row["protocol"]) for row in rows] == [("40000", "tcp"), ("41000", "tcp")]
    lines = [
        (
            f"{who},{row['address']},{row['port']},{row['port']},{local(row['from_utc'], -60)},"
            f"{local(row['until_utc'], 60)}"
        )
        for who, row in zip((RAVI, ASHA), rows, strict=True)
    ]
    came = replied(ready, notice, lines, head=HEAD)
    assert came.code == 0, came.err
    (summary,) = ready.done(DAS, "resolve", "--json").rows
    assert summary["verdict"] == "candidates"
    parts = summary["visits"]
    visits = [(part["visits"], part["subscribers"][0]["number"]) for part in parts]  # type: ignore[attr-defined]
    assert visits == [(2, RAVI), (2, ASHA)]

    lead = str(summary["lead_id"])
    whole = ready.done(DAS, "leads", "show", lead, "--json").rows[0]
    assert "search" in rules(whole)
    lines_of_parts = [part["subscribers"][0] for part in parts]  # type: ignore[attr-defined]
    by_number = {line["number"]: line["subscriber"] for line in lines_of_parts}
    own = {
        number: ready.done(DAS, "leads", "explain", lead, "--line", line[:8], "--json").rows[0]
        for number, line in by_number.items()
    }
    assert "search" in rules(own[ASHA]) and "search" not in rules(own[RAVI])
    assert (own[RAVI]["visits"], own[ASHA]["visits"]) == (2, 2)
    assert (own[RAVI]["first_seen"], own[ASHA]["last_seen"]) == (whole["first_seen"], whole["last_seen"])
    sheet = ready.done(DAS, "leads", "explain", lead, "--line", by_number[RAVI][:8]).out
    assert "search" not in sheet.partition("What this does not prove")[0]
    output = ready.done(DAS, "leads", "explain", lead).out
    assert "2 of 4 visits" in output and "leads explain" in output
    by_visit = output.partition("Visit by visit, what replies say")[2]
    named = [line.split(",")[0].strip() for line in by_visit.splitlines() if ": subscriber " in line]
    assert named == ["2 visits"] * 2
    assert all(line[:8] in by_visit for line in by_number.values())
    assert ready.sightline(DAS, "leads", "explain", lead, "--line", "ffffffff").code == 2


class Connection(Visit):
    """A connection: nothing says which page was asked for."""

    def line(self) -> str:
        return super().line().replace("\tGET\t", "\tCONNECT\t")


def test_a_connection_among_named_pages_is_no_visit_of_the_line(ready_with_a_connection: Unit) -> None:
    ready = ready_with_a_connection
    notice = draft_notice(ready, "Alpha Mobile")
    (row,) = send_notice(ready, notice)
    came = replied(
        ready, notice, [f"{RAVI},{row['address']},40000,40999,2026-03-01 10:00:00,2026-03-01 20:00:00"], head=HEAD
    )
    assert came.code == 0, came.err
    (summary,) = ready.done(DAS, "resolve", "--json").rows
    parts = summary["visits"]
    assert isinstance(parts, list)
    verdicts = [(part["visits"], part["verdict"], [reason["code"] for reason in part["reasons"]]) for part in parts]
    page, connection = (1, "subscriber", ["covered", "without-certificate"]), (1, "none", ["not-asked"])
    assert verdicts == [page, connection, page]
    assert (summary["verdict"], summary["visits_named"]) == ("candidates", 2)
    line = parts[0]["subscribers"][0]["subscriber"]
    (own,) = ready.done(DAS, "leads", "explain", summary["lead_id"], "--line", line[:8], "--json").rows
    assert own["visits"] == 2


@pytest.fixture
def ready_with_a_connection(visits: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Unit:
    among = [Visit(0, port=40_000), Connection(10, port=40_000), Visit(20, port=40_000, page="/room/2")]
    monkeypatch.setattr(test_notice, "VISITS", among)
    found = request.getfixturevalue("ready")
    assert isinstance(found, Unit)
    return found


def rules(part: dict[str, object]) -> set[str]:
    return {reason["rule"] for reason in part["reasons_for"]}  # type: ignore[attr-defined]
