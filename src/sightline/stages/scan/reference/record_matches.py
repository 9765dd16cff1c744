"""Find the indicators that a record matches, and the statement that applies to the visit (ADR 5 and ADR 4)."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_network
from typing import TypeAlias

from sightline.model import FLAGGABLE, IndicatorId, IndicatorKind, Opinion
from sightline.stages.canonical import (
    CanonicalPage,
    Host,
    build_page,
    find_onions,
    list_i2p_stems,
    normalise_indicator_value,
    parse_answer,
    parse_authority,
    parse_host,
)
from sightline.stages.lists.model import FlagList, Indicator, Statement
from sightline.stages.scan.reference.record import Address, Record

Key: TypeAlias = tuple[IndicatorKind, str]

STRENGTH = (Opinion.CLEARED, Opinion.DISPUTED, Opinion.FLAGGED, Opinion.SEED)


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of a record that can match an indicator, canonical."""

    page: CanonicalPage
    names: tuple[Host, ...]
    destination: Address | None
    destination_port: int | None
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndicatorMatch:
    """An indicator that a record matches, and its list."""

    flag_list: FlagList
    indicator: Indicator
    indicator_id: IndicatorId


def derive_subject(record: Record) -> Subject:
    """Return the canonical subject of a record."""
    requested_page = build_page(
        method=record.method,
        target=record.target,
        authority=record.authority,
        host_is_name=record.host_is_name,
        is_dns=record.is_dns,
        scheme=record.scheme,
        destination_port=record.destination_port,
    )
    hosts = map(parse_answer if record.is_dns else parse_host, record.names)
    names = tuple(name for name in hosts if name)
    digests = tuple(digest.decode() for digest in record.digests)
    return Subject(requested_page, names, record.destination_ip, record.destination_port, digests)


class Matcher:
    """Looks records up in lists that are held in memory.

    `all_hits_of` names, by a value in any spelling or by an id, the indicator whose own server wrote the records.
    """

    def __init__(
        self, lists: Sequence[FlagList], *, digest_key: bytes | None = None, all_hits_of: str | None = None
    ) -> None:
        self._digest_key = digest_key
        self._lists = [
            (flag_list, {(indicator.kind, indicator.value): indicator for indicator in flag_list.indicators})
            for flag_list in lists
        ]
        self._own = [find_own_indicators(flag_list, all_hits_of) if all_hits_of else [] for flag_list in lists]

    def find_matches(self, subject: Subject) -> list[IndicatorMatch]:
        """Return every indicator that the record matches, once: by list in their order, then by id."""
        met = set(list_subject_keys(subject, self._digest_key))
        requested_page = []
        for (flag_list, index), own in zip(self._lists, self._own, strict=True):
            keys_in_list = {key for key in met if key in index}
            keys_in_list |= {
                (indicator.kind, indicator.value) for indicator in own if matches_own_server(indicator, subject.page)
            }
            matches = [
                IndicatorMatch(flag_list, index[key], index[key].derive_id(flag_list.list_id)) for key in keys_in_list
            ]
            requested_page += sorted(matches, key=lambda match: match.indicator_id)
        return requested_page


def find_own_indicators(flag_list: FlagList, text: str) -> list[Indicator]:
    """Return the indicators of a list that `text` names: by a value of any kind, in any spelling, or else by an id."""
    values = set()
    for kind in FLAGGABLE:
        with contextlib.suppress(ValueError):
            values.add((kind, normalise_indicator_value(kind, text)))
    by_value = [indicator for indicator in flag_list.indicators if (indicator.kind, indicator.value) in values]
    return by_value or [
        indicator for indicator in flag_list.indicators if indicator.derive_id(flag_list.list_id) == text.lower()
    ]


def matches_own_server(indicator: Indicator, requested_page: CanonicalPage) -> bool:
    """Return whether a record in a server's own log is a visit to the indicator. Missing parts are the server's own."""
    if indicator.kind in {IndicatorKind.DIGEST, IndicatorKind.FILE_DIGEST}:
        return False
    is_page = indicator.kind in {IndicatorKind.URL, IndicatorKind.URL_PREFIX}
    if requested_page.host is None and not is_page:
        return True
    server = parse_authority(indicator.value.partition("/")[0].encode())
    if server is None:
        return False
    port = server[1] if requested_page.port is None else requested_page.port
    served = Subject(replace(requested_page, host=requested_page.host or server[0], port=port), (), None, None)
    return (indicator.kind, indicator.value) in list_subject_keys(served, None)


def list_subject_keys(subject: Subject, digest_key: bytes | None) -> Iterator[Key]:
    """Return kind and canonical value of every indicator that the subject would match (the table of ADR 5)."""
    if subject.page.host is not None:
        yield from _list_host_keys(subject.page.host, subject.page.port, digest_key)
    for name in subject.names:
        yield from _list_host_keys(name, None, digest_key)
    if subject.destination is not None:
        yield from _list_address_keys(subject.destination, subject.destination_port)
    yield from _list_page_keys(subject.page, digest_key)
    yield from ((IndicatorKind.FILE_DIGEST, digest) for digest in subject.digests)


def _list_host_keys(named: Host, port: int | None, digest_key: bytes | None) -> Iterator[Key]:
    if named.address is not None:
        yield from _list_address_keys(named.address, port)
    else:
        yield IndicatorKind.HOST, named.text
        yield from ((IndicatorKind.DOMAIN, suffix) for suffix in _list_suffixes(named.text))
        yield from ((IndicatorKind.ONION, name) for name in find_onions(named.text))
        yield from (
            (IndicatorKind.I2P, suffix) for stem in list_i2p_stems(named.text) for suffix in _list_suffixes(stem)
        )
    yield from _list_digest_keys(named.text, digest_key)


def _list_suffixes(name: str) -> Iterator[str]:
    """A name and every name above it."""
    labels = name.split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))


def _list_address_keys(address: Address, port: int | None) -> Iterator[Key]:
    yield IndicatorKind.IP, str(address)
    if port is not None:
        yield IndicatorKind.IP, f"{Host(str(address), address).bracketed}:{port}"
    yield from ((IndicatorKind.CIDR, network) for network in _list_networks(address))


# A log has few distinct addresses, and each has up to 129 networks to look up.
@lru_cache(1024)
def _list_networks(address: Address) -> tuple[str, ...]:
    return tuple(str(ip_network((address, bits), strict=False)) for bits in range(address.max_prefixlen + 1))


def _list_page_keys(requested_page: CanonicalPage, digest_key: bytes | None) -> Iterator[Key]:
    for with_port in (False, True):
        value = requested_page.choose_key(with_port=with_port)
        if value is None:
            continue
        yield IndicatorKind.URL, value
        start = value.removesuffix(requested_page.path_and_query)
        yield from ((IndicatorKind.URL_PREFIX, start + path) for path in _list_path_prefixes(requested_page.path or ""))
        yield from _list_digest_keys(value, digest_key)


def _list_path_prefixes(path: str) -> Iterator[str]:
    """The path, and what of it ends before or behind one of its slashes: `/a/b` gives `/a/b`, `/`, `/a`, `/a/`."""
    yield path
    for place, letter in enumerate(path):
        if letter == "/":
            yield path[: place + 1]
            if place:
                yield path[:place]


def _list_digest_keys(text: str, digest_key: bytes | None) -> Iterator[Key]:
    raw = text.encode()
    yield IndicatorKind.DIGEST, hashlib.md5(raw, usedforsecurity=False).hexdigest()
    yield IndicatorKind.DIGEST, hashlib.sha256(raw).hexdigest()
    if digest_key is not None:
        yield IndicatorKind.DIGEST, hmac.new(digest_key, raw, hashlib.sha256).hexdigest()


def choose_verdict(
    statements: Sequence[Statement], timestamp_us: int, uncertainty_us: int, before_us: int = 0, after_us: int = 0
) -> tuple[Statement, bool] | None:
    """Return the statement that applies to a visit and whether it is vouched, or None if none covers the visit.

    The visit is within the uncertainty of its time, and within the extra time before and after that (half-open).
    """
    known_by_us = timestamp_us + uncertainty_us
    first_us, last_us = timestamp_us - uncertainty_us - before_us, known_by_us + max(after_us - 1, 0)
    covering = [
        (statement, _is_vouched(statement, known_by_us))
        for statement in statements
        if _covers_time(statement, first_us, last_us)
    ]
    return min(
        covering,
        key=lambda requested_page: (STRENGTH.index(requested_page[0].opinion), not requested_page[1]),
        default=None,
    )


def _covers_time(statement: Statement, first_us: int, last_us: int) -> bool:
    """Return whether it speaks for a time: what flags for all of it, what clears or disputes for any part of it."""
    is_blocking = statement.opinion in {Opinion.CLEARED, Opinion.DISPUTED}
    begun_by, ended_from = (last_us, first_us) if is_blocking else (first_us, last_us)
    begins = statement.valid_from_us is None or statement.valid_from_us <= begun_by
    return begins and (statement.valid_until_us is None or ended_from < statement.valid_until_us)


def _is_vouched(statement: Statement, last_us: int) -> bool:
    """Return whether the issuer listed it before the visit, or says since when and by which reference it holds."""
    if statement.listed_on_us is None or statement.listed_on_us <= last_us:
        return True
    return statement.valid_from_us is not None and statement.has_reference
