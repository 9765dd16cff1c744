"""Find what an officer must know of the visitors' addresses in a log before anybody is taken for a visitor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from typing import TypeAlias

from sightline.stages.formats.misread_fields import Records, count_having
from sightline.stages.formats.program import Program
from sightline.stages.scan.options import ReadOptions

Address: TypeAlias = IPv4Address | IPv6Address

MAX_FRAMES = 200
MAX_FORWARDED = 24
"""Records with X-Forwarded-For that are looked at: a folder may hold thousands of such logs."""
MAX_PROXIES = 3
"""If more addresses connected, the log is not one that few proxies stand before."""
LOOPBACK = re.compile(rb"127\.\d|::1")
LOOPBACK_NOTE = (
    "every visitor in its first frames is the server itself (127.0.0.1 or ::1): the address is that of a program on the"
    " server, such as the Tor daemon of an onion service, and never a visitor's; what is left are accounts, times and"
    " what was sent"
)
PROXY_NOTE = (
    "most of its first frames name other clients in X-Forwarded-For, and all of these came from {addresses}. Ask who"
    " ran the server: if that is its own proxy, declare it (--trusted-proxy; in a workspace: sources set-proxies), or"
    " the proxy is taken for the visitor"
)

SOURCES = {"source", "source_ip"}
"""Fields that hold the address that connected."""

Score = Callable[[Program, ReadOptions, bytes], Records]
"""Reads a log's first frames with a program and options."""


def find_visitor_notes(program: Program, options: ReadOptions, first: bytes, score: Score) -> list[str]:
    """Return what is to be said of the visitors in a log's first frames; empty if nothing."""
    if proxies := _list_possible_proxies(program, options, first, score):
        return [PROXY_NOTE.format(addresses=" and ".join(proxies))]
    return [LOOPBACK_NOTE] if LOOPBACK.search(first) and _is_all_loopback(program, options, first) else []


def _is_all_loopback(program: Program, options: ReadOptions, first: bytes) -> bool:
    has_source = False
    for (source,) in _read_sources(program, (options,), first):
        if source is not None:
            has_source = True
            if not source.is_loopback:
                return False
    return has_source


def _list_possible_proxies(program: Program, options: ReadOptions, first: bytes, score: Score) -> list[str]:
    """Return the few addresses that connected for more other clients, if nobody says which proxies are believed."""
    fields = {rule.field for rule in program.fields}
    if options.trusted_hops or options.trusted_proxies or "forwarded" not in fields or not fields & SOURCES:
        return []
    believing = replace(options, trusted_hops=1)
    forwarded = count_having(program, "source_ip", lambda one: score(one, believing, first))
    if not forwarded or forwarded * 2 <= score(program, options, first).records:
        return []
    connected, clients, count = dict[str, None](), set[str](), 0
    for source, client in _read_sources(program, (options, believing), first):
        if source is None or client is None:
            continue
        connected.setdefault(str(source))
        clients.add(str(client))
        count += 1
        if count == MAX_FORWARDED:
            break
    is_few = len(connected) <= MAX_PROXIES and len(clients - connected.keys()) > len(connected)
    return list(connected) if is_few else []


def _read_sources(
    program: Program, options: tuple[ReadOptions, ...], first: bytes
) -> Iterator[tuple[Address | None, ...]]:
    """Yield the visitor's address of each record in the first MAX_FRAMES frames, as read under each of the options."""
    from sightline.stages.scan.reference.frame import Frame  # noqa: PLC0415  - loaded only where it is needed
    from sightline.stages.scan.reference.frames import split_frames  # noqa: PLC0415
    from sightline.stages.scan.reference.read import MemberReader  # noqa: PLC0415
    from sightline.stages.scan.reference.record import Record  # noqa: PLC0415

    readers = [MemberReader(program, one) for one in options]
    for frame in islice(split_frames([first], options[0].max_frame_bytes, program.frames), MAX_FRAMES):
        outcomes = [reader.read(frame) for reader in readers] if isinstance(frame, Frame) else []
        sources = [outcome.source_ip for outcome in outcomes if isinstance(outcome, Record)]
        if sources and len(sources) == len(readers):
            yield tuple(sources)
