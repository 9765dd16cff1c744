"""Sessions: where one ends, what counts once, what blocks, what joins."""

from __future__ import annotations

import polars as pl
import pytest

from sightline.stages.enrich.address_numbers import number_addresses as addresses
from sightline.stages.leads import session_join
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.sessions import derive_facts, number_sessions
from sightline.stages.leads.visits import examine_hits, fold_visits
from tests.stages.leads.hits import Hit, at, found, frame, leads

HALF_HOUR = 1800
MICRO = 0.000001


def sizes(hits: list[Hit]) -> list[int]:
    """How many visits each lead has, in order."""
    made = leads(hits)
    return made["visits"].to_list()


def test_a_gap_of_half_an_hour_keeps_a_session_together_and_no_more() -> None:
    assert sizes([at(0), at(HALF_HOUR), at(2 * HALF_HOUR)]) == [3]
    assert sizes([at(0), at(HALF_HOUR + MICRO)]) == [1, 1]


def test_whatever_rules_saw_the_columns_stand_in_one_order() -> None:
    """Parts of a rebuild are laid under each other."""
    plain = leads([at(0), at(60)])
    busy = leads(
        [at(0, url="https://board.example/search?q=x"), at(60, method="POST", url="https://board.example/upload")]
    )
    assert plain.columns == busy.columns


def test_one_address_in_two_exhibits_is_one_session_and_the_wider_uncertainty_is_its_own() -> None:
    both = leads([at(0, exhibit=0, uncertainty_s=1), at(60, exhibit=1, uncertainty_s=900)])
    assert both["visits"].to_list() == [2]
    assert both["uncertainty_s"].to_list() == [900]


def test_ways_to_write_an_address_are_one_address() -> None:
    hits = [at(0, source_ip="203.0.113.9"), at(1, source_ip="::ffff:203.0.113.9"), at(2, source_ip="::ffff:cb00:7109")]
    assert leads(hits)["source_ip"].to_list() == ["203.0.113.9"]
    hits = [at(0, source_ip="2001:db8::7"), at(1, source_ip="2001:0DB8:0:0::7"), at(2, source_ip="2001:db8::8")]
    assert leads(hits).select("source_ip", "visits").rows() == [("2001:db8::7", 2), ("2001:db8::8", 1)]


def test_addresses_come_in_the_order_of_numbers_and_ipv4_first() -> None:
    hits = [at(0, source_ip=one) for one in ("2001:db8::1", "198.51.100.10", "198.51.100.9", "2001:db8::")]
    assert leads(hits)["source_ip"].to_list() == ["198.51.100.9", "198.51.100.10", "2001:db8::", "2001:db8::1"]


def test_blocks_of_ports_part_the_visits_of_an_address() -> None:
    ports = (1024, 1535, 1536, None, 40_000)
    seen = fold_visits(examine_hits(frame([at(second, source_port=port) for second, port in enumerate(ports)]), []))
    parted = derive_facts(number_sessions(seen, pl.col("port") // 512), seen)
    assert parted.select("source_port", "visits").rows() == [(None, 1), (1024, 2), (1536, 1), (40_000, 1)]


def test_copies_count_once_and_say_where_else_they_stood() -> None:
    copied = leads([at(0, exhibit=1), at(0, exhibit=0), at(1, exhibit=1)])
    assert copied.select("visits", "hits", "n_copied_frames", "n_replayed_frames").row(0) == (2, 2, 1, 0)
    assert copied["first_at"].item() >> 40 == 0, "the first place of a copy is that of the first exhibit"
    again = leads([at(0, byte_offset=7), at(0, byte_offset=900), at(0, byte_offset=900, status=404)])
    assert again.select("visits", "hits").row(0) == (2, 2)


def test_two_lists_that_flag_one_frame_are_one_visit_with_two_hits_on_two_indicators() -> None:
    one = leads([at(0, indicator_id="aa", byte_offset=0), at(0, indicator_id="bb", byte_offset=0)])
    assert one.select("visits", "hits", pl.col("indicators").list.len()).row(0) == (1, 2, 2)
    copied = leads([at(0, indicator_id=name, byte_offset=0, exhibit=ex) for name in "ab" for ex in (0, 1)])
    assert copied.select("visits", "hits", pl.col("indicators").list.len()).row(0) == (1, 2, 2)
    turned = leads([at(0, indicator_id="bb", byte_offset=0), at(0, indicator_id="aa", byte_offset=0)])
    assert turned["indicators"].to_list() == one["indicators"].to_list()


@pytest.mark.parametrize("opinion", ["cleared", "disputed"])
def test_a_value_cleared_by_one_issuer_blocks_the_visit_for_all(opinion: str) -> None:
    flagged, cleared = {"indicator_id": "aa"}, {"indicator_id": "bb", "opinion": opinion}
    assert not len(leads([at(0, **flagged, byte_offset=0), at(0, **cleared, byte_offset=0, vouched=False)]))
    # A copy of the frame elsewhere is the same visit.
    assert not len(leads([at(0, **flagged, exhibit=0), at(0, **cleared, exhibit=1)]))
    lead = leads([at(0, **flagged), at(1, **flagged, byte_offset=9), at(1, **cleared, byte_offset=9)])
    assert lead.select("visits", "blocked").row(0) == (1, 1)
    assert RULES["blocked"].describe(lead.row(0, named=True)).startswith("1 visit more")


def test_a_later_listed_visit_forms_no_lead_and_appears_beside_one() -> None:
    assert not len(leads([at(0, vouched=False)]))
    lead = leads([at(0, vouched=False), at(HALF_HOUR), at(2 * HALF_HOUR, vouched=False), at(4 * HALF_HOUR + 1)])
    assert lead.select("visits", "later").rows() == [(1, 2), (1, 0)]
    assert RULES["listed-later"].describe(lead.row(0, named=True)).startswith("2 visits more")
    # Of one frame that two lists have, one of them only later, the hit counts, and the later list is no indicator.
    both = leads([at(0, byte_offset=0), at(0, byte_offset=0, indicator_id="bb", vouched=False)])
    assert both.select("visits", "hits", pl.col("indicators").list.len()).row(0) == (1, 1, 1)


def test_a_seed_of_one_is_no_seed_where_another_flags_it() -> None:
    seed = {"indicator_id": "bb", "opinion": "seed", "byte_offset": 0}
    assert leads([at(0, byte_offset=0), at(0, **seed)])["n_seed_only"].item() == 0
    assert leads([at(0, byte_offset=0, vouched=False), at(0, **seed)])["n_seed_only"].item() == 1


def test_agents_and_sites_that_are_absent_are_not_counted() -> None:
    made = leads([at(0), at(1, user_agent=None, host=None, url=None, record_kind="dns-query")])
    assert made["agents"].item() == 1


def test_an_account_joins_sessions_within_its_source() -> None:
    day = 86_400.0
    joined = leads([at(0, user="amina"), at(day, user="amina", source_ip="203.0.113.8")])
    assert joined.select("sessions", "visits", "joined_by", "source_ip").row(0) == (2, 2, "account", "198.51.100.7")
    assert joined["n_repeats"].item() == 1
    apart = leads([at(0, user="amina"), at(day, user="amina", source=1)])
    assert apart["sessions"].to_list() == [1, 1]


def test_a_session_with_two_accounts_or_of_two_sources_joins_nothing() -> None:
    day = 86_400.0
    mixed = [at(0, user="amina"), at(1, user="bashir"), at(day, user="amina"), at(2 * day, user="bashir")]
    assert [row["sessions"] for row in leads(mixed).iter_rows(named=True)] == [1, 1, 1]
    sources = [at(0, user="amina"), at(1, user="amina", source=1), at(day, user="amina")]
    assert leads(sources)["sessions"].to_list() == [1, 1]
    # The account is of the source that names it, not of the one whose records come first.
    named = found([at(0), at(1, user="amina", source=1)])
    assert named.select("user", "source").row(0) == ("amina", 1)


def test_an_assignment_joins_and_what_both_touch_is_one() -> None:
    hits = [at(0, user="amina"), at(4000, user="amina", source_ip="203.0.113.8"), at(8000, source_ip="203.0.113.8")]
    made = found(hits).with_columns(
        pl.when(pl.col("source_ip") == "203.0.113.8").then(pl.lit("line 7")).alias("assignment")
    )
    assert session_join.group_sessions(made)["group"].n_unique() == 1
    assert session_join.group_sessions(made.filter(pl.col("user").is_not_null()))["group"].n_unique() == 1
    apart = session_join.group_sessions(made.filter((pl.col("first_us") - pl.col("first_us").min()) != 4_000_000_000))
    assert apart["group"].n_unique() == 2


def test_a_lead_carries_no_further_than_the_best_of_its_sessions() -> None:
    """The port of a session behind a relay and a line without a port make no subscriber together."""
    day = 86_400.0
    hits = [at(0, user="amina", source_port=None), at(day, user="amina", source_ip="203.0.113.8")]
    made = found(hits).with_columns(pl.when(pl.col("source_ip") == "203.0.113.8").then(pl.lit("yes")).alias("relay"))
    from sightline.stages.leads.verdicts import judge_sessions

    grouped = session_join.group_sessions(made)
    alone = judge_sessions(grouped.with_columns(pl.lit(1, pl.UInt32).alias("sessions")))
    assert alone.sort("first_us")["ceiling"].to_list() == ["shared", "relay"]
    lead = judge_sessions(session_join.join_sessions(grouped.with_columns(alone["rank"])))
    assert lead.select("ceiling", "source_ip", "relay").row(0) == ("shared", "198.51.100.7", None)
    # And where the later session carries further, its address is the one shown; times and id are of the whole.
    turned = made.with_columns(pl.col("relay").reverse())
    grouped = session_join.group_sessions(turned)
    alone = judge_sessions(grouped.with_columns(pl.lit(1, pl.UInt32).alias("sessions")))
    lead = judge_sessions(session_join.join_sessions(grouped.with_columns(alone["rank"])))
    assert lead.select("ceiling", "source_ip", "source_port").row(0) == ("subscriber", "203.0.113.8", 40_000)
    assert lead["first_us"].item() == made["first_us"].min()
    assert lead["lead_id"].item() == made.sort("first_us")["lead_id"][0]


def test_times_before_1970_and_far_ahead_are_times() -> None:
    hits = [at(-2_000_000_000, vouched=False), at(-2_000_000_000), at(10_000_000_000)]
    assert leads(hits)["visits"].to_list() == [1, 1]


def test_two_hundred_thousand_visits_behind_one_address_are_sessions_in_little_time() -> None:
    count = 200_000
    one = frame([at(0)])
    many = pl.concat([one] * count).with_columns(
        (pl.col("timestamp") + pl.duration(seconds=1801 * pl.int_range(count))).alias("timestamp"),
        pl.int_range(count).alias("byte_offset"),
    )
    seen = fold_visits(examine_hits(many, []))
    facts = derive_facts(number_sessions(seen), seen)
    assert len(facts) == count
    assert facts["visits"].unique().to_list() == [1]
    assert len(addresses(many["source_ip"])) == 1


def test_sessions_of_several_parts_can_be_put_together_whatever_each_saw() -> None:
    plain, upload = leads([at(0)]), leads([at(0, method="POST", url="https://board.example/upload")])
    assert upload["n_upload"].item() == 1
    assert plain.columns == upload.columns
