"""Tips in a zip: members by their names, in memory and within limits; nothing is ever written to a disk.

Members whose names are none of a tip's are not even unpacked: a report comes with the reported pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

from sightline.errors import SightlineError, UnknownFormat
from sightline.records import TipCode
from sightline.stages.scan.options import Limits
from sightline.stages.scan.reference import zips
from sightline.stages.scan.reference.containers import inner_name
from sightline.stages.scan.reference.streams import BrokenError, Budget
from sightline.stages.tips import package
from sightline.stages.tips.detect import choose, is_archive
from sightline.stages.tips.model import Chosen, Item, Note, Place, TipOptions, TipReject, Unreadable

ARCHIVE_LIMITS = Limits(ratio=200, free_bytes=64 << 20, decoded_bytes=512 << 20, members=10_000, nesting=3)
_SUFFIXES = (".json", ".xml", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".zip")


def read(content: bytes, options: TipOptions) -> Iterator[Item]:
    """Yield what a tip holds: of a zip, that of its members in the order in which it lists them.

    Raises UnknownFormat, UsageError.
    """
    if not is_archive(content) or _is_workbook(content):
        yield from _one(content, None, options)
        return
    found = False
    for item in _members(content, None, Budget(ARCHIVE_LIMITS, len(content)), options):
        found = found or isinstance(item, Chosen) or (isinstance(item, TipReject) and item.code in _BROKEN)
        yield item
    if not found:
        raise UnknownFormat("an archive in which no member is a tip", hint="docs/tips.md says what is read")


_BROKEN = frozenset(package.TIP_CODES.values())


def _is_workbook(content: bytes) -> bool:
    """Whether a zip is an Office package: such a one names the types of its parts."""
    return b"[Content_Types].xml" in content


def _one(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    kind, reason, reader = choose(content, options)
    # Read before it is called chosen: some tables show only in reading that they are none of a tip.
    items = list(reader(content, member, options))
    yield Chosen(member, kind, reason)
    yield from items


def _members(content: bytes, outer: str | None, budget: Budget, options: TipOptions, depth: int = 1) -> Iterator[Item]:
    others = 0
    try:
        for raw_name, source in zips.entries(memoryview(content), budget, whole=True):
            budget.spend_member()
            name, base = inner_name(outer, raw_name), raw_name.rpartition(b"/")[2]
            if base.startswith(b"._") or b"__MACOSX" in raw_name:
                continue
            if not base.lower().endswith(tuple(suffix.encode() for suffix in _SUFFIXES)):
                others += 1
                continue
            try:
                inner = package.whole(source)
            except Unreadable as why:
                yield TipReject(why.code, Place(name))
                continue
            yield from _member(inner, name, budget, options, depth)
    except BrokenError as broken:
        yield TipReject(package.TIP_CODES[broken.code], Place(outer))
    if others:
        yield Note(f"{outer or 'the archive'}: {others:,} members with names of no tip were not unpacked")


def _member(inner: bytes, name: str, budget: Budget, options: TipOptions, depth: int) -> Iterator[Item]:
    """What one member holds; one that is no tip is a reject, as its name says that it might be."""
    if is_archive(inner) and not _is_workbook(inner):
        if depth >= ARCHIVE_LIMITS.nesting:
            yield TipReject(TipCode.DECOMPRESSION_LIMIT, Place(name))
        else:
            yield from _members(inner, name, budget, options, depth + 1)
        return
    try:
        yield from _one(inner, name, options)
    except UnknownFormat:
        yield TipReject(TipCode.UNKNOWN_MEMBER, Place(name, None, None, 0, len(inner)))
    except SightlineError as error:
        raise type(error)(f"{name}: {error}", hint=error.hint) from None
