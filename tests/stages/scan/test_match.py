import hashlib
import hmac
from ipaddress import ip_address
from typing import Any

import pytest

from sightline.model import IndicatorKind, ListId, Opinion
from sightline.stages.canonical import normalise_indicator_value
from sightline.stages.lists.model import FlagList, Indicator, Statement
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.record_matches import Matcher, choose_verdict, derive_subject

ANYTIME = Statement(None, None, None, Opinion.FLAGGED, None, False)
ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
KEY = b"kept apart"


def list_indicators(*indicators: tuple[str, str], list_id: str = "ab") -> FlagList:
    found = tuple(Indicator(IndicatorKind(kind), value, (ANYTIME,)) for kind, value in indicators)
    return FlagList("list.csv", ListId(list_id), None, found, ())


def meets(kind: str, value: str, record: Record, **options: Any) -> bool:
    assert kind == "digest" or normalise_indicator_value(IndicatorKind(kind), value) == value
    return bool(Matcher([list_indicators((kind, value))], **options).find_matches(derive_subject(record)))


def web(authority: bytes = b"Flagged.example", target: bytes = b"/a/b", **more: Any) -> Record:
    return Record(authority=authority, target=target, **more)


def dns(name: bytes, *names: bytes) -> Record:
    return Record(authority=name, host_is_name=True, record_kind=b"dns-query", names=list(names))


def sni(name: bytes) -> Record:
    return Record(authority=name, host_is_name=True, record_kind=b"tls")


@pytest.mark.parametrize(
    ("kind", "value", "record", "wanted"),
    [
        ("domain", "flagged.example", dns(b"A.FLAGGED.example."), True),
        ("domain", "flagged.example", dns(b"flagged.example"), True),
        ("domain", "flagged.example", dns(b"notflagged.example"), False),
        ("host", "flagged.example", dns(b"a.flagged.example"), False),
        ("host", "flagged.example", web(), True),
        ("domain", "flagged.example", Record(names=[b"x.test", b"a.flagged.example"]), True),
        ("domain", "flagged.example", Record(referrer=b"http://flagged.example/"), False),
        ("url", "flagged.example/a/b", web(), True),
        ("url", "flagged.example/a/b", web(b"flagged.example:443"), True),
        ("url", "flagged.example/a/b", web(b"flagged.example:8443"), False),
        ("url", "flagged.example/a/b", web(b"flagged.example:443", scheme=b"http"), False),
        ("url", "flagged.example:8443/a/b", web(destination_port=8443), True),
        ("url", "flagged.example:8443/a/b", web(), False),
        ("url", "flagged.example/a/b?q", web(), False),
        ("url", "flagged.example/a/b?q", web(target=b"/a/b?q#part"), True),
        ("url", "flagged.example/a/b", web(b"other.example", b"http://flagged.example/a/%62"), True),
        ("url", "flagged.example/a/b", dns(b"flagged.example"), False),
        ("url", "[2001:db8::1]:8080/", web(b"[2001:DB8:0::1]:8080", b"/"), True),
        ("url-prefix", "flagged.example/a", web(), True),
        ("url-prefix", "flagged.example/a", web(target=b"/a"), True),
        ("url-prefix", "flagged.example/a", web(target=b"/ab"), False),
        ("url-prefix", "flagged.example/a/", web(target=b"/a?q"), False),
        ("url-prefix", "flagged.example/a/", web(target=b"/a/?q"), True),
        ("url-prefix", "flagged.example/", web(), True),
        ("ip", "192.0.2.1", Record(destination_ip=ip_address("192.0.2.1")), True),
        ("ip", "192.0.2.1", Record(source_ip=ip_address("192.0.2.1")), False),
        ("ip", "192.0.2.1", web(b"0xC0.0.513", b"/"), True),
        ("ip", "192.0.2.1", Record(names=[b"192.0.2.1"]), True),
        ("ip", "192.0.2.1", sni(b"192.0.2.1"), True),
        ("ip", "192.0.2.1", dns(b"192.0.2.1"), False),
        ("ip", "2001:db8::1", dns(b"2001:db8::1"), False),
        ("ip", "0.0.0.7", dns(b"7"), False),
        ("ip", "192.0.2.1", dns(b"www.other.example", b"192.0.2.1"), True),
        ("ip", "192.0.2.1", dns(b"www.other.example", b"0xC0.0.513", b"3221225985"), False),
        ("domain", "flagged.example", dns(b"www%2Eflagged.example"), False),
        ("ip", "192.0.2.1:443", Record(destination_ip=ip_address("192.0.2.1"), destination_port=443), True),
        ("ip", "192.0.2.1:443", Record(destination_ip=ip_address("192.0.2.1")), False),
        ("ip", "[2001:db8::1]:443", web(b"[2001:db8::1]", b"/", scheme=b"https"), True),
        ("cidr", "198.51.100.0/24", Record(destination_ip=ip_address("198.51.100.255")), True),
        ("cidr", "198.51.100.0/24", Record(destination_ip=ip_address("198.51.101.0")), False),
        ("cidr", "2001:db8::/33", Record(names=[b"2001:db8:7fff::1"]), True),
        ("onion", ONION, dns(b"www." + ONION.encode()), True),
        ("onion", ONION, dns(ONION.encode() + b".gateway.test"), True),
        ("onion", ONION, dns(b"x" + ONION.encode()), False),
        ("i2p", "flagged.i2p", dns(b"www.flagged.i2p.gateway.test"), True),
        ("i2p", "flagged.i2p", dns(b"flagged.i2p.i2px"), True),
        ("i2p", "flagged.i2p", dns(b"flagged.i2px"), False),
        ("digest", hashlib.md5(b"flagged.example").hexdigest(), dns(b"flagged.example"), True),
        ("digest", hashlib.sha256(b"flagged.example/a/b").hexdigest(), web(), True),
        ("digest", hashlib.sha256(b"flagged.example").hexdigest(), dns(b"a.flagged.example"), False),
        ("file-digest", "0" * 64, web(), False),
    ],
)
def test_record_meets_what_the_page_says(kind: str, value: str, record: Record, wanted: bool) -> None:
    assert meets(kind, value, record) is wanted


def test_keyed_digest_is_met_under_its_key_only() -> None:
    value = hmac.new(KEY, b"flagged.example", hashlib.sha256).hexdigest()
    assert meets("digest", value, web(), digest_key=KEY)
    assert not meets("digest", value, web(), digest_key=b"another")
    assert not meets("digest", value, web())


@pytest.mark.parametrize(
    ("kind", "value", "record", "wanted"),
    [
        ("domain", "flagged.example", Record(target=b"/x"), True),
        ("domain", "flagged.example", web(b"a.flagged.example"), True),
        ("domain", "flagged.example", web(b"other.example"), False),
        ("domain", "flagged.example", web(b"not a host"), True),
        ("cidr", "198.51.100.0/24", Record(), True),
        ("url", "flagged.example:8443/a", Record(target=b"/a"), True),
        ("url", "flagged.example:8443/a", Record(target=b"/a", destination_port=80), False),
        ("url", "flagged.example/a", Record(target=b"/b"), False),
        ("url-prefix", "flagged.example/a", Record(target=b"/a/b?q"), True),
        ("url-prefix", "flagged.example/a", web(b"other.example", b"/a/b"), False),
        ("digest", "0" * 64, Record(), False),
    ],
)
def test_records_of_a_server_are_visits_to_what_it_is(kind: str, value: str, record: Record, wanted: bool) -> None:
    assert meets(kind, value, record, all_hits_of=value) is wanted


def test_server_may_be_named_by_id_or_in_any_spelling() -> None:
    indicators = list_indicators(("domain", "flagged.example"))
    for text in ("FLAGGED.example.", indicators.indicators[0].derive_id(indicators.list_id)):
        assert Matcher([indicators], all_hits_of=text).find_matches(derive_subject(Record()))


def test_meetings_come_by_list_then_id_and_once_each() -> None:
    kinds = [("domain", "flagged.example"), ("host", "flagged.example"), ("url-prefix", "flagged.example/")]
    lists = [list_indicators(*kinds, list_id=name) for name in ("bb", "aa")]
    matches = Matcher(lists).find_matches(derive_subject(web()))
    assert [match.flag_list.list_id for match in matches] == ["bb"] * 3 + ["aa"] * 3
    assert [one.indicator_id for one in matches[:3]] == sorted(one.indicator_id for one in matches[:3])


def make_statement(
    opinion: Opinion = Opinion.FLAGGED,
    *,
    since: int | None = None,
    until: int | None = None,
    listed_on: int | None = None,
    reference: bool = False,
) -> Statement:
    return Statement(since, until, listed_on, opinion, None, reference)


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ([make_statement(since=90, until=111)], (0, True)),
        ([make_statement(since=91)], None),
        ([make_statement(until=110)], None),
        ([make_statement(listed_on=110)], (0, True)),
        ([make_statement(listed_on=111)], (0, False)),
        ([make_statement(since=1, listed_on=111, reference=True)], (0, True)),
        ([make_statement(listed_on=111, reference=True)], (0, False)),
        (
            [
                make_statement(Opinion.SEED),
                make_statement(),
                make_statement(Opinion.DISPUTED),
                make_statement(Opinion.CLEARED),
            ],
            (3, True),
        ),
        ([make_statement(Opinion.CLEARED, until=50), make_statement()], (1, True)),
        ([make_statement(), make_statement(Opinion.CLEARED, until=91)], (1, True)),
        ([make_statement(), make_statement(Opinion.CLEARED, until=90)], (0, True)),
        ([make_statement(), make_statement(Opinion.DISPUTED, since=110)], (1, True)),
        ([make_statement(), make_statement(Opinion.DISPUTED, since=111)], (0, True)),
        ([make_statement(Opinion.SEED, since=91), make_statement()], (1, True)),
        ([make_statement(listed_on=111), make_statement(since=1), make_statement()], (1, True)),
        ([], None),
    ],
)
def test_strongest_statement_that_covers_the_visit_speaks(
    statements: list[Any] | list[Statement], wanted: tuple[int, bool] | None
) -> None:
    spoken = choose_verdict(statements, 100, 10)
    assert (spoken and (statements.index(spoken[0]), spoken[1])) == wanted
