"""`match` says where the address that connected is no visitor's: the server's own, or that of a proxy before it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Sightline, SignedList

LINE = '{source} - - [10/Oct/2026:13:55:36 +0000] "GET http://www.flagged.example/ HTTP/1.1" 200 5 "-" "a"\n'


@pytest.mark.parametrize(
    ("sources", "is_noted"),
    [
        (("127.0.0.1", "127.0.0.1"), True),
        (("::1", "127.0.0.53"), True),
        (("127.0.0.1", "192.0.2.7"), False),
        (("-", "-"), False),
    ],
    ids=("IPv4", "both", "a visitor among them", "no address at all"),
)
def test_a_log_of_the_server_s_own_address_alone_is_called_one(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, sources: tuple[str, ...], is_noted: bool
) -> None:
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(source=source) for source in sources))

    ran = sightline("match", path, *signed_list.words, "--format", "combined", "--max-rejects", "100", "--json")

    reason = json.loads(ran.err)["exhibits"][0]["format_reason"]
    assert ("Tor daemon of an onion service" in reason) == is_noted, ran.err


FORWARDED = (
    '{source} - - [10/Oct/2026:13:55:36 +0000] "GET http://www.flagged.example/ HTTP/1.1" 200 5 "-" "a" "{client}"\n'
)


def clients(number: int) -> list[str]:
    """Return addresses of different clients."""
    return [f"198.51.100.{last}" for last in range(number)]


@pytest.mark.parametrize(
    ("pairs", "more", "named"),
    [
        ([("192.0.2.10", client) for client in clients(9)], (), "from 192.0.2.10. "),
        ([("127.0.0.1", client) for client in clients(9)], (), "from 127.0.0.1. "),
        ([(f"192.0.2.{1 + at % 2}", client) for at, client in enumerate(clients(9))], (), "192.0.2.1 and 192.0.2.2"),
        ([("192.0.2.10", client) for client in clients(9)], ("--trusted-proxy", "192.0.2.10"), None),
        ([("192.0.2.10", client) for client in clients(9)], ("--trusted-hops", "1"), None),
        ([("192.0.2.10", "-"), ("192.0.2.10", "-"), *[("192.0.2.10", client) for client in clients(2)]], (), None),
        ([(f"192.0.2.{at}", client) for at, client in enumerate(clients(9))], (), None),
        ([("192.0.2.10", "198.51.100.1")] * 9, (), None),
    ],
    ids=(
        "a proxy",
        "a proxy on the server itself",
        "two proxies",
        "the proxy is named already",
        "the hops are named already",
        "half of the lines name another client",
        "as many addresses connected",
        "one client behind one address, as a home with a proxy has",
    ),
)
def test_a_log_behind_a_proxy_that_nobody_named_is_called_one(
    sightline: Sightline,
    signed_list: SignedList,
    tmp_path: Path,
    pairs: list[tuple[str, str]],
    more: tuple[str, ...],
    named: str | None,
) -> None:
    path = tmp_path / "access.log"
    path.write_text("".join(FORWARDED.format(source=source, client=client) for source, client in pairs))

    ran = sightline("match", path, *signed_list.words, "--format", "combined", "--json", *more)

    reason = json.loads(ran.err)["exhibits"][0]["format_reason"]
    assert ("X-Forwarded-For" in reason) == (named is not None), ran.err
    assert named is None or named in reason
    assert "Tor daemon" not in reason or named is None


MARKED = (
    "<190>{count}: {mark}Oct 10 13:55:36.272: %SEC-6-IPACCESSLOGP: list 177 permitted tcp 192.0.2.7(55250)"
    " -> 203.0.113.80(443), 1 packet\n"
)


@pytest.mark.parametrize(
    ("marks", "count"), [("*.", "2 of its first 2 lines"), ("* ", "1 of its first 2 lines"), ("  ", "")]
)
def test_times_that_a_router_marks_as_unsure_are_counted(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, marks: str, count: str
) -> None:
    path = tmp_path / "router.log"
    path.write_text("".join(MARKED.format(count=at, mark=mark.strip()) for at, mark in enumerate(marks)))

    ran = sightline("match", path, *signed_list.words, "--timezone", "UTC", "--year", "2026", "--json")

    reason = json.loads(ran.err)["exhibits"][0]["format_reason"]
    assert (f"{count} have a star or a dot" in reason) if count else ("star" not in reason), ran.err
