"""Pages and counts of a generation, beside the slow way: every lead as told, filtered and sorted in plain Python."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.errors import UsageError
from sightline.model import Ceiling
from sightline.services.artifacts.flat_leads import flatten_leads
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_index.filter import CHECKS, LeadFilter
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.lead_view import CountColumn, View
from sightline.services.lead_index.sort_orders import SORTS
from sightline.stages.leads.triage import get_level, sort_reasons
from sightline.stages.report import words
from sightline.storage.rows import Run, Segment, Source
from tests.services.lead_index.generation import Shape, generation, ground
from tests.services.leads.office import LeadOffice, new_lead_office

LEADS = 900
LEVELS = (
    ("danger", {"reported-danger"}),
    ("child", {"reported-child"}),
    ("production", {"reported-production"}),
    ("upload", {"upload", "reported-upload", "post"}),
    ("account", {"login"}),
    ("download", {"full-answers"}),
    ("browse", {"account", "deep-pages", "dwell", "repeats", "search"}),
)
STEPS = ("danger", "child", "production", "upload", "account", "unseen", "download", "browse")
INDIA = timedelta(hours=5, minutes=30)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def lead_office(tmp_path_factory: pytest.TempPathFactory) -> LeadOffice:
    made = new_lead_office(tmp_path_factory.mktemp("office"))
    generation(made, ground(made), Shape(LEADS, 300, districts=6, networks=5, in_file=400))
    return made


@pytest.fixture(scope="module")
def view(lead_office: LeadOffice) -> View:
    return LeadIndex(lead_office.office.workspace).open_view()


@pytest.fixture(scope="module")
def leads(view: View) -> list[Row]:
    return oracle(view.read)


def oracle(read: Leads) -> list[Row]:
    """All leads with what each field of a filter compares, said once more and apart."""
    rows = read.open_frame().collect().to_dicts()
    leads_by_id = {one["lead_id"]: one for one in read.to_json(read.open_frame())}
    return [_row(row, leads_by_id[row["lead_id"]]) for row in rows]


def _row(one: Row, lead: Row) -> Row:
    first = datetime.fromtimestamp(one["first_us"] // 1_000_000, UTC) + INDIA
    country = one["country"] or (one["state"] or "")[:2] or None
    if one["ceiling"] in ("relay", "automated", "statistics"):
        place = "relay"
    elif country is not None and country != "IN":
        place = "abroad"
    else:
        place = one["state"] if one["place"] != "undetermined" and one["state"] else "undetermined"
    named = f"{place}/{one['district']}" if "-" in place and one["district"] else None
    return {
        "id": one["lead_id"],
        "told": lead,
        "place": {place},
        "district": {named},
        "country": {country},
        **{name: {one[name]} for name in ("circle", "isp", "line", "ceiling", "priority", "relay")},
        "asn": {one["asn"] and str(one["asn"])},
        "indicator": {indicator["indicator_id"] for indicator in lead["indicators"]},
        "address": ip_address(one["source_ip"]),
        "day": {first.date().isoformat()},
        "hour": {f"{first.isoweekday()}T{first.hour:02}"},
        "last_day": (datetime.fromtimestamp(one["last_us"] // 1_000_000, UTC) + INDIA).date().isoformat(),
        "kept": (datetime.fromtimestamp(one["keep_until_us"] // 1_000_000, UTC) + INDIA).date().isoformat(),
        "against": len(lead["reasons_against"]),
        "reason": {_level(lead)},
        **{name: one[name] for name in ("first_us", "last_us", "visits", "sessions")},
        "serious": _serious(lead),
    }


def _level(lead: Row) -> str | None:
    """The most serious step that a lead's reasons show, or that its log cannot show."""
    rules = {reason["rule"] for reason in lead["reasons_for"]}
    carries = {each["rule"] for each in lead["reasons_ceiling"]}
    is_unseen = "dwell" in rules and {"connection", "dns-lookup"} & carries
    levels = {name for name, some in LEVELS if some & rules} | ({"unseen"} if is_unseen else set())
    return next((name for name in STEPS if name in levels), None)


def _serious(lead: Row) -> tuple[bool, int, bool]:
    """Whether a program made the visits; the step; and whether nobody can be asked."""
    level = _level(lead)
    step = len(STEPS) if level is None else STEPS.index(level)
    return lead["ceiling"] == "automated", step, lead["ceiling"] not in ("subscriber", "shared")


def holds(lead_filter: LeadFilter, row: Row) -> bool:
    for name in CHECKS:
        value = getattr(lead_filter, name)
        if not value:
            continue
        if name == "address":
            found = any(row["address"] in ip_network(one) for one in value if _version(one) == row["address"].version)
        elif name == "since":
            found = row["last_day"] >= value[0]
        elif name == "until":
            found = min(row["day"]) <= value[0]
        elif name == "keep_until":
            found = row["kept"] < value[0]
        else:
            found = bool({one or "-" for one in row[name]} & set(value))
        if not found:
            return False
    return True


def _version(prefix: str) -> int:
    return ip_network(prefix).version


def draw_filter(dice: random.Random, leads: list[Row]) -> LeadFilter:
    """A filter by some fields, of values that leads have, or that none has."""
    fields: dict[str, tuple[str, ...]] = {}
    of_leads = "place district circle country isp asn line ceiling priority reason relay indicator day hour".split()
    for name in dice.sample([*of_leads, "address", "since", "until", "keep_until"], dice.randint(0, 3)):
        some = dice.choices(leads, k=dice.randint(1, 4))
        if name in of_leads:
            values = [one or "-" for row in some for one in row[name]]
            fields[name] = tuple(value for value in values if value != "-" or name not in ("district", "indicator"))
        elif name == "address":
            version = {4: (32, 29, 24, 16), 6: (128, 120, 112, 64)}
            fields[name] = tuple(f"{row['address']}/{dice.choice(version[row['address'].version])}" for row in some)
        else:
            fields[name] = (min(some[0]["day"]) if name != "keep_until" else some[0]["kept"],)
    if fields.get("since", ("",)) > fields.get("until", ("9",)):
        fields["since"], fields["until"] = fields["until"], fields["since"]
    return LeadFilter(**fields)


def order_of(name: str) -> Any:
    """The key by which the oracle sorts."""
    ladders: dict[str, list[Any]] = {
        "reason": [*STEPS, None],
        "priority": list(words.BANDS),
        "ceiling": [ceiling.value for ceiling in reversed(Ceiling)],
    }

    def one(row: Row, column: str) -> Any:
        if column in ladders:
            return ladders[column].index(min(row[column]))
        if column == "keep_until":
            return row["kept"]
        if column == "address":
            address = row["address"]
            return int(address) + (0xFFFF << 32 if address.version == 4 else 0)
        value = row[column]
        if isinstance(value, set):
            (text,) = value
            return (text is None, text or "")
        return value

    return lambda row: (*(one(row, column) for column in SORTS[name]), row["id"])


def walked(view: View, lead_filter: LeadFilter, sort: str, limit: int) -> list[str]:
    """The ids of all pages, forward; each page is found again from the one behind it."""
    ids: list[str] = []
    page = view.read_page(lead_filter, sort, limit=limit)
    while True:
        assert page.passed == len(ids)
        ids += [lead.lead_id for lead in page.leads]
        if page.after is None:
            assert len(ids) == page.total
            return ids
        onward = view.read_page(lead_filter, sort, after=page.after, limit=limit)
        assert onward.before is not None
        assert view.read_page(lead_filter, sort, before=onward.before, limit=limit) == page
        page = onward


@pytest.mark.parametrize("seed", range(40))
def test_filters_choose_and_count_what_the_slow_way_does(view: View, leads: list[Row], seed: int) -> None:
    lead_filter = draw_filter(random.Random(seed), leads)
    assert LeadFilter.parse(lead_filter.query) == lead_filter
    wanted = [row for row in leads if holds(lead_filter, row)]
    assert view.count_leads(lead_filter) == len(wanted)
    for by in CountColumn:
        if by in (CountColumn.SOURCE, CountColumn.ISSUER):
            continue
        counts = {count.key: count.leads for count in view.count_values(lead_filter, by)}
        assert counts == Counter(min(row[by], key=str) for row in wanted), by
    funnel = view.count_funnel(lead_filter)
    assert funnel.visits == sum(row["visits"] for row in wanted)
    assert funnel.sessions == sum(row["sessions"] for row in wanted)
    assert funnel.subscriber == sum(row["ceiling"] == {"subscriber"} for row in wanted)


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_pages_forward_and_back_have_each_lead_once_in_order(view: View, leads: list[Row], sort: str) -> None:
    dice = random.Random(sort)
    for _ in range(2):
        lead_filter = draw_filter(dice, leads)
        wanted = sorted((row for row in leads if holds(lead_filter, row)), key=order_of(sort.removeprefix("-")))
        ids = [row["id"] for row in (reversed(wanted) if sort.startswith("-") else wanted)]
        assert walked(view, lead_filter, sort, 230) == ids


def test_leads_on_a_page_equal_those_of_the_command_line(view: View, leads: list[Row]) -> None:
    page = view.read_page(LeadFilter(isp=("Network 3 of the demo",)), "last", limit=40)
    lead_by_id = {row["id"]: row["told"] for row in leads}
    whole = view.read_leads(page.rows)
    assert len(page.leads) == len(whole) == 40
    assert [lead_by_id[lead.lead_id] for lead in page.leads] == list(whole)


def test_the_strongest_rule_of_a_row_is_that_of_the_whole_lead(view: View, leads: list[Row]) -> None:
    page = view.read_page(LeadFilter(), "first", limit=450)
    by_id = {row["id"]: sort_reasons(row["told"]["reasons_for"]) for row in leads}
    strongest = view.find_strongest_rules(page)
    assert strongest
    for lead in page.leads:
        first = next((reason["rule"] for reason in by_id[lead.lead_id]), None)
        assert strongest.get(lead.lead_id) == (first if first and get_level(first) == lead.reason else None)


def test_the_day_until_which_records_are_kept_is_the_day_in_india_everywhere(view: View, leads: list[Row]) -> None:
    days = {row["id"]: row["kept"] for row in leads}
    assert {row["id"]: row["told"]["keep_until"] for row in leads} == days
    flat = flatten_leads(view.read, view.read.open_frame()).select("lead_id", "keep_until").collect()
    assert {lead_id: day.isoformat() for lead_id, day in flat.iter_rows()} == days


def test_a_lead_in_brief_says_what_the_whole_one_says(view: View, leads: list[Row]) -> None:
    briefs = {
        brief.lead_id: brief
        for sort in ("first", "-first")
        for brief in view.read_page(LeadFilter(), sort, limit=450).leads
    }
    assert len(briefs) == LEADS
    assert {brief.place.value for brief in briefs.values()} == {"state", "undetermined", "relay", "abroad"}
    for row in leads:
        one, lead = briefs[row["id"]], row["told"]
        assert (one.priority, one.ceiling, one.visits) == (lead["priority"], lead["ceiling"], lead["visits"])
        assert (one.source_ip, one.isp, one.candidates) == (
            lead["source_ip"],
            lead["network"]["isp"],
            lead["candidates"],
        )
        assert one.first_us == row["first_us"] and one.keep_until.isoformat() == row["kept"]
        assert {one.state or one.place.value} == row["place"] and one.circle == lead["place"]["circle"]
        assert one.district == (lead["place"]["district"] if one.state else None) and {one.country} == row["country"]
        assert one.is_by_reply == (lead["place"]["verdict"] == "resolved")


@pytest.fixture(scope="module")
def rests(view: View, lead_office: LeadOffice) -> list[tuple[str, set[str], set[str]]]:
    """Id, sources and issuers of each lead, from its row and from whose list each indicator is."""
    with lead_office.office.workspace.read() as tables:
        names = {source.source_id: source.name for source in tables[Source].select()}
        of_exhibit = {run.exhibit_id: names[run.source_id] for run in tables[Run].select()}
    lists = _issuers(lead_office)
    found = []
    for row in view.read.open_frame().collect().to_dicts():
        places = [value for name, value in row.items() if name == "first_at" or name.startswith("at_")]
        sources = {of_exhibit[view.read.places[place >> 40][0]] for place in places if place is not None}
        issuers = {lists[view.read.indicators[key][0]] for key in row["indicators"]}
        found.append((row["lead_id"], sources, issuers))
    return found


def _issuers(lead_office: LeadOffice) -> dict[str, str]:
    """Whose list each indicator is of, from the hits on it."""
    workspace = lead_office.office.workspace
    with workspace.read() as tables:
        files = [Path(workspace.segments.where) / segment.file for segment in tables[Segment].select()]
    hits = pl.concat(pl.read_parquet(path, columns=["indicator_id", "issuer"]) for path in files)
    return dict(hits.iter_rows())


@pytest.mark.parametrize(("field", "at"), [("source", 1), ("issuer", 2)])
def test_a_lead_rests_on_every_source_it_cites_and_every_list_that_names_what_it_met(
    view: View, rests: list[tuple[str, set[str], set[str]]], field: str, at: int
) -> None:
    counts = {count.key: count.leads for count in view.count_values(LeadFilter(), CountColumn(field))}
    assert len(counts) == 2
    assert counts == Counter(name for row in rests for name in row[at])
    assert any(len(row[at]) == 2 for row in rests)
    for name in counts:
        wanted = {row[0] for row in rests if name in row[at]}
        page = view.read_page(LeadFilter(**{field: (str(name),)}), limit=500)
        assert page.total == len(wanted)
        assert {lead.lead_id for lead in page.leads} <= wanted


def test_status_and_assignee_are_what_the_caller_says(view: View, leads: list[Row]) -> None:
    mine = [row["id"] for row in leads[::7]]
    among = {"assignee": view.select_ids([*mine, "0" * 32]), "status": view.select_ids(mine[:5], others=True)}
    assert view.count_leads(LeadFilter(assignee=("me",)), among) == len(mine)
    lead_filter = LeadFilter(assignee=("me",), status=("new",), ceiling=("subscriber",))
    wanted = [row for row in leads[::7][5:] if row["ceiling"] == {"subscriber"}]
    assert view.count_leads(lead_filter, among) == len(wanted)
    assert {lead.lead_id for lead in view.read_page(lead_filter, among=among).leads} <= {row["id"] for row in wanted}
    with pytest.raises(ValueError, match="assignee"):
        view.count_leads(LeadFilter(assignee=("me",)))


def test_a_key_of_a_lead_that_is_gone_still_says_where_to_go_on(view: View, leads: list[Row]) -> None:
    for sort in ("first", "-first", "isp", "-address", "priority"):
        first = view.read_page(LeadFilter(), sort, limit=30)
        assert first.after is not None
        *values, lead_id = first.after.rsplit("~", len(SORTS[sort.removeprefix("-")]))
        step = -1 if sort.startswith("-") else 1
        gone = "~".join([*values, f"{int(lead_id, 16) + step:032x}"])
        assert view.read_page(LeadFilter(), sort, after=gone, limit=30) == view.read_page(
            LeadFilter(), sort, after=first.after, limit=30
        )


def test_a_key_beyond_the_end_gives_the_last_page_and_one_of_another_sort_is_refused(view: View) -> None:
    last = view.read_page(LeadFilter(), "first", after=f"{(1 << 62)}~{'f' * 32}", limit=10)
    assert last.after is None
    assert last.passed == LEADS - 10
    first = view.read_page(LeadFilter(), "first", before=f"0~{'0' * 32}", limit=10)
    assert (first.passed, first.before) == (0, None)
    for sort, key in (("priority", last.before), ("first", "x~y"), ("first", f"x~{'0' * 32}"), ("first", "")):
        with pytest.raises(UsageError):
            view.read_page(LeadFilter(), sort, after=key)
    with pytest.raises(UsageError, match="not a field to sort by"):
        view.read_page(LeadFilter(), "name")


def test_no_leads_are_an_empty_page(view: View) -> None:
    none = LeadFilter(isp=("Nobody",))
    page = view.read_page(none)
    assert (page.leads, page.total, page.passed, page.before, page.after) == ((), 0, 0, None, None)
    assert view.count_values(none, CountColumn.PLACE) == ()


def test_a_single_lead_has_all_its_reasons_however_its_file_is_divided(tmp_path: Path) -> None:
    made = new_lead_office(tmp_path)
    generation(made, ground(made), Shape(2_000, 600, in_file=1_000))
    read = LeadIndex(made.office.workspace).open_view().read
    for path in read.files["leads"]:
        # As files of real size are: in many groups of rows.
        pl.read_parquet(path).write_parquet(path, row_group_size=40)
    for _ in range(3):
        view = LeadIndex(made.office.workspace).open_view()
        single_leads = [view.read_leads([row])[0] for row in range(0, 2_000, 293)]
        assert single_leads == [view.read.find_lead(single_lead["lead_id"]) for single_lead in single_leads]
