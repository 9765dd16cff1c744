"""Authorities and sources: terms that the law allows, kinds that cover, clocks that somebody measured."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sightline.casework import decisions
from sightline.casework.cases import cases, live_authorities
from sightline.casework.input_checks import name_thing, parse_instant, require_visible, require_words
from sightline.casework.permissions import approvals
from sightline.errors import NotAllowed, UsageError
from sightline.evidence import verify_sightline
from sightline.ledger import two_officers
from sightline.ledger.canonical import THING
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import LIVE_KINDS, AuthorityKind, Role, SourceKind
from sightline.storage import rows
from tests.casework.conftest import Staff
from tests.casework.permissions.test_access import other_authority, other_case, other_source

IO = Role.INVESTIGATING_OFFICER
DAY = timedelta(days=1) // timedelta(microseconds=1)


def test_actor_and_time_are_those_of_the_session_whatever_the_row_says(shared_staff: Staff) -> None:
    forged = replace(other_case(shared_staff), opened_by="SOMEBODY ELSE", opened_at_us=1)
    opened = cases.open_case(shared_staff[IO], forged)
    assert opened.opened_by == shared_staff[IO].officer.officer_id
    assert opened.opened_at_us > 1
    forged_authority = replace(other_authority(shared_staff), added_by="SOMEBODY ELSE", added_at_us=1)
    assert cases.add_authority(shared_staff[IO], forged_authority).added_by == opened.opened_by


def test_a_matter_an_authority_and_a_source_are_there_once(shared_staff: Staff) -> None:
    officer_session = shared_staff[IO]
    case = cases.open_case(officer_session, other_case(shared_staff))
    with pytest.raises(UsageError, match=r"is the case \w+ already"):
        cases.open_case(officer_session, replace(other_case(shared_staff), number=case.number))
    authority = cases.add_authority(officer_session, other_authority(shared_staff))
    with pytest.raises(UsageError, match="of this case is there"):
        cases.add_authority(officer_session, replace(other_authority(shared_staff), number=authority.number))
    source = cases.add_source(officer_session, other_source(shared_staff))
    with pytest.raises(UsageError, match="already"):
        cases.add_source(officer_session, replace(other_source(shared_staff), name=source.name))


@pytest.mark.parametrize(("kind", "source_kind"), list(itertools.product(AuthorityKind, SourceKind)), ids=str)
def test_an_authority_covers_the_kinds_of_source_that_its_law_names(
    shared_staff: Staff, kind: AuthorityKind, source_kind: SourceKind
) -> None:
    source = replace(other_source(shared_staff), kind=source_kind)
    at = other_authority(shared_staff).valid_from_us + DAY
    authority = replace(other_authority(shared_staff), kind=kind)
    if source_kind in cases.COVERS[kind]:
        cases.require_in_force(authority, source, at)
    else:
        with pytest.raises(NotAllowed, match="cannot cover"):
            cases.require_in_force(authority, source, at)


def test_a_live_feed_needs_an_authority_for_live_feeds_which_reads_nothing_else() -> None:
    covering = {kind for kind, covers in cases.COVERS.items() if SourceKind.LIVE_FEED in covers}
    assert covering == LIVE_KINDS == two_officers.LIVE_KINDS == verify_sightline.LIVE
    assert all(cases.COVERS[kind] == {SourceKind.LIVE_FEED} for kind in LIVE_KINDS)
    assert not cases.COVERS[AuthorityKind.INTERCEPTION]


def test_an_authority_holds_from_its_first_instant_to_before_its_last(shared_staff: Staff) -> None:
    authority, source = other_authority(shared_staff), other_source(shared_staff)
    since = authority.valid_from_us
    bound = replace(authority, valid_until_us=since + DAY)
    for at in (since, since + DAY - 1):
        cases.require_in_force(bound, source, at)
    for at, why in ((since - 1, "in force only from"), (since + DAY, "was in force until")):
        with pytest.raises(NotAllowed, match=why):
            cases.require_in_force(bound, source, at)


def test_an_ended_authority_covers_nothing(shared_staff: Staff) -> None:
    officer_session, source = shared_staff[IO], other_source(shared_staff)
    authority = cases.add_authority(officer_session, other_authority(shared_staff))
    ended = cases.end_authority(officer_session, authority.number, "recalled by the court")
    with pytest.raises(NotAllowed, match=r"ended on .*recalled by the court"):
        cases.require_in_force(ended, source, shared_staff.clock().microsecond + ended.valid_from_us)
    with pytest.raises(UsageError, match="ended already"):
        cases.end_authority(officer_session, authority.authority_id, "again")


def test_its_scope_binds_sources_and_categories(shared_staff: Staff) -> None:
    officer_session = shared_staff[IO]
    mine, other = (cases.add_source(officer_session, other_source(shared_staff)) for _ in range(2))
    bound = replace(
        other_authority(shared_staff),
        sources_json=cases.encode_bounds([mine.source_id]),
        categories_json=cases.encode_bounds(["csam"]),
    )
    cases.require_in_force(bound, mine, bound.valid_from_us)
    with pytest.raises(NotAllowed, match="for other sources"):
        cases.require_in_force(bound, other, bound.valid_from_us)
    cases.require_category(bound, "csam", "list.csv")
    for category in ("fraud", None):
        with pytest.raises(NotAllowed, match="for lists of csam"):
            cases.require_category(bound, category, "list.csv")


def test_a_scope_that_its_kind_cannot_cover_is_refused_and_in_the_journal(shared_staff: Staff) -> None:
    officer_session = shared_staff[IO]
    feed = cases.add_source(officer_session, replace(other_source(shared_staff), kind=SourceKind.LIVE_FEED))
    bound = replace(other_authority(shared_staff), sources_json=cases.encode_bounds([feed.source_id]))

    def tried() -> None:
        with pytest.raises(NotAllowed, match="cannot cover"):
            cases.add_authority(officer_session, bound)

    (row,) = shared_staff.seen(tried)
    assert row.verb == JournalVerb.REFUSED_AUTHORITY
    with shared_staff.office.workspace.read() as tables:
        assert tables[rows.Authority].get(bound.authority_id) is None


def _live(staff: Staff, days: int | None, *feeds: str) -> rows.Authority:
    authority = other_authority(staff)
    until = None if days is None else authority.valid_from_us + days * DAY
    kind, bound = AuthorityKind.LIVE_FEED, cases.encode_bounds(list(feeds))
    return replace(authority, kind=kind, valid_until_us=until, sources_json=bound)


@pytest.mark.parametrize("days", [None, 61])
def test_an_authority_for_a_live_feed_ends_within_sixty_days_and_names_its_feed(
    shared_staff: Staff, days: int | None
) -> None:
    source = replace(other_source(shared_staff), kind=SourceKind.LIVE_FEED)
    feed = cases.add_source(shared_staff[IO], source).source_id
    with pytest.raises(UsageError, match="sixty days"):
        live_authorities.ask(shared_staff[IO], _live(shared_staff, days, feed))
    with pytest.raises(UsageError, match="names the feeds"):
        live_authorities.ask(shared_staff[IO], _live(shared_staff, 60))
    with pytest.raises(UsageError, match="takes two officers"):
        cases.add_authority(shared_staff[IO], _live(shared_staff, 60, feed))


def test_an_authority_for_a_live_feed_is_there_once_another_officer_approves(shared_staff: Staff) -> None:
    feed = cases.add_source(shared_staff[IO], replace(other_source(shared_staff), kind=SourceKind.LIVE_FEED))
    wanted = _live(shared_staff, 60, feed.source_id)
    asked = live_authorities.ask(shared_staff[IO], wanted)
    with shared_staff.office.workspace.read() as tables:
        assert tables[rows.Authority].get(wanted.authority_id) is None
    with pytest.raises(NotAllowed, match="may not: approval:decide"):
        decisions.decide(shared_staff[IO], asked.approval_id, give=True, why="read the whole order")
    with shared_staff.office.workspace.read() as tables:
        second = shared_staff[approvals.list_possible_deciders(tables, asked)[0].role]
    (question,) = (
        question for question in decisions.list_questions(second) if question.approval.approval_id == asked.approval_id
    )
    assert question.meanings["sources_json"] == feed.name
    decisions.decide(second, asked.approval_id, give=True, why="read the whole order")
    with shared_staff.office.workspace.read() as tables:
        authority = tables[rows.Authority].get(wanted.authority_id)
    assert authority is not None
    assert replace(authority, added_at_us=0, added_by="") == replace(wanted, added_at_us=0, added_by="")


def test_nobody_records_a_direction_to_intercept_alone_any_more(shared_staff: Staff) -> None:
    with pytest.raises(UsageError, match="recorded as an authority for a live feed"):
        cases.add_authority(shared_staff[IO], replace(other_authority(shared_staff), kind=AuthorityKind.INTERCEPTION))


def test_a_term_that_ends_before_it_begins_is_none(shared_staff: Staff) -> None:
    authority = other_authority(shared_staff)
    with pytest.raises(UsageError, match="before it begins"):
        cases.add_authority(shared_staff[IO], replace(authority, valid_until_us=authority.valid_from_us))


@pytest.mark.parametrize(("offset_us", "uncertainty_s"), [(1, 900), (0, 899)])
def test_a_clock_is_set_right_only_by_a_measurement(shared_staff: Staff, offset_us: int, uncertainty_s: int) -> None:
    clock = replace(other_source(shared_staff), clock_offset_us=offset_us)
    source = replace(clock, clock_uncertainty_s=uncertainty_s)
    with pytest.raises(UsageError, match="needs a measurement"):
        cases.add_source(shared_staff[IO], source)
    measured = replace(source, clock_measured="compared with NTP at the seizure")
    assert cases.add_source(shared_staff[IO], measured).clock_measured == "compared with NTP at the seizure"


@pytest.mark.parametrize(
    ("text", "zone", "is_end", "expected"),
    [
        ("2026-06-05", "UTC", False, datetime(2026, 6, 5, tzinfo=UTC)),
        ("2026-06-05", "Asia/Kolkata", False, datetime(2026, 6, 4, 18, 30, tzinfo=UTC)),
        ("2026-12-31", "Asia/Kolkata", True, datetime(2026, 12, 31, 18, 30, tzinfo=UTC)),
        ("2026-12-31", "+05:30", True, datetime(2026, 12, 31, 18, 30, tzinfo=UTC)),
        ("2026-06-05T18:00:00+05:30", "Asia/Kolkata", True, datetime(2026, 6, 5, 12, 30, tzinfo=UTC)),
        ("2026-03-29", "Europe/London", True, datetime(2026, 3, 29, 23, tzinfo=UTC)),
        ("2026-03-29", "Asia/Beirut", False, datetime(2026, 3, 28, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_where_its_zone_says(text: str, zone: str, is_end: bool, expected: datetime) -> None:
    assert parse_instant(text, "--until", zone, is_end=is_end) == to_microseconds(expected)


@pytest.mark.parametrize("text", ["31.12.2026", "2026-02-30", "2026-06-05T18:00", "", "1969-01-01"])
def test_a_text_that_is_not_a_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_instant(text, "--until", "UTC")


@pytest.mark.parametrize("named", ["01K5Z3", "s.94 order 7/2026", "\x1b[2J", "ഹർജി", "", "x" * 200])
def test_whatever_is_typed_has_a_name_that_an_entry_can_hold(named: str) -> None:
    assert THING.fullmatch(name_thing("authority", named))


@pytest.mark.parametrize("text", ["", "  ", "\udcff", "x" * 501])
def test_texts_that_the_record_cannot_keep_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        require_words(text, "--why")


@pytest.mark.parametrize(
    "text", ["FIR \u202e12/2026", "FIR\u200b 12/2026", "FIR\x1b[2J 12", "FIR 12\n13", "FIR\u2066 1"]
)
def test_a_number_that_does_not_read_as_what_it_is_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="has an invisible character"):
        require_visible(text, "--number")
    for plain in ("FIR 12/2026", "എഫ്ഐആർ 12", "क्र\u200dम 7"):
        require_visible(plain, "--number")
