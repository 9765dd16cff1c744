"""Read tips in a zip: members by their names, in memory and within limits. Nothing is ever written to a disk.

Members without a tip's name are not even unpacked, because a report comes with the reported pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sightline.errors import SightlineError, UnknownFormat
from sightline.message_text import count_noun
from sightline.model import RejectCode, TipCode
from sightline.stages.scan.options import DecompressionLimits
from sightline.stages.scan.reference import zips
from sightline.stages.scan.reference.containers import build_inner_name
from sightline.stages.scan.reference.streams import BrokenError, Budget, ByteSource
from sightline.stages.tabular import package
from sightline.stages.tabular.table_rows import RowPlace, Unreadable
from sightline.stages.tips.kind_detection import choose_kind, is_archive
from sightline.stages.tips.model import ChosenKind, Item, TipNote, TipOptions, TipReject

ARCHIVE_LIMITS = DecompressionLimits(ratio=200, free_bytes=64 << 20, decoded_bytes=512 << 20, members=10_000, nesting=3)
_SUFFIXES = (
    b".json",
    b".jsonl",
    b".ndjson",
    b".jsonld",
    b".xml",
    b".csv",
    b".tsv",
    b".txt",
    b".xlsx",
    b".xlsm",
    b".zip",
)


def read(content: bytes, options: TipOptions, known: dict[bytes, str] | None = None) -> Iterator[Item]:
    """Yield the content of a tip. For a zip it is that of its members in the order of its directory.

    `known`: names of members read before by the digest of their bytes, to which this tip's are added: a known member is
    not read again. Raises UnknownFormat, UsageError.
    """
    if not is_archive(content) or _is_workbook(content):
        yield from _read_one(content, None, options)
        return
    result = False
    walk = _MemberWalker(options, Budget(ARCHIVE_LIMITS, len(content)), {} if known is None else known)
    for item in walk.walk_members(content, None, 1):
        result = result or not isinstance(item, TipNote) or _SAME in item.text
        yield item
    if not result:
        raise UnknownFormat("an archive in which no member is a tip", hint="docs/how-to/tips.md says what is read")


_SAME = "holds the same bytes as"


def is_tip_name(name: str) -> bool:
    """Return whether a file's name is one that tips have. Files that macOS writes beside others are none."""
    return name.lower().encode(errors="replace").endswith(_SUFFIXES) and not name.startswith(("._", ".~"))


def _is_workbook(content: bytes) -> bool:
    """Return whether a zip is an Office package: such a one names the types of its parts."""
    if b"[Content_Types].xml" not in content:
        return False
    try:
        # The words alone may be those of a workbook that is stored uncompressed in this zip.
        entries = zips.read_entries(memoryview(content), Budget(package.WORKBOOK_LIMITS, len(content)), whole=True)
        return any(name == b"[Content_Types].xml" for name, _ in entries)
    except BrokenError:
        return False


def _read_one(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    kind, reason, reader = choose_kind(content, options)
    # Read before it is reported as chosen: some tables turn out to be no tip only in reading.
    items = list(reader(content, member, options))
    yield ChosenKind(member, kind, reason)
    yield from items


class _MemberWalker:
    """The members of one zip, and of the zips in it, under one budget."""

    def __init__(self, options: TipOptions, budget: Budget, known: dict[bytes, str]) -> None:
        self._options, self._budget, self._known = options, budget, known

    def walk_members(self, content: bytes, outer: str | None, depth: int) -> Iterator[Item]:
        """Yield the content of the members, and how many were left packed."""
        others = 0
        try:
            for raw_name, source in zips.read_entries(memoryview(content), self._budget, whole=True):
                self._budget.spend_member()
                name, base = build_inner_name(outer, raw_name), raw_name.rpartition(b"/")[2]
                if base.startswith(b"._") or b"__MACOSX" in raw_name:
                    continue
                if base.lower().endswith(_SUFFIXES):
                    yield from self._read_member(name, source, depth)
                else:
                    others += 1
        except BrokenError as broken:
            yield TipReject(package.TIP_CODES[broken.code], RowPlace(outer))
        if others:
            members = count_noun(others, "member with the name", "members with names")
            yield TipNote(
                f"{outer or 'the archive'}: {members} of no tip {'was' if others == 1 else 'were'} not unpacked"
            )

    def _read_member(self, name: str, source: ByteSource | RejectCode, depth: int) -> Iterator[Item]:
        """What one member holds; one that is no tip is a reject, as its name says that it might be."""
        try:
            inner = package.read_member(source)
        except Unreadable as error:
            yield TipReject(error.code, RowPlace(name))
            return
        first = self._known.setdefault(hashlib.sha256(inner).digest(), name)
        if first != name:
            yield TipNote(f"{name} {_SAME} {first}: it is read once")
        elif is_archive(inner) and not _is_workbook(inner):
            if depth >= ARCHIVE_LIMITS.nesting:
                yield TipReject(TipCode.DECOMPRESSION_LIMIT, RowPlace(name))
            else:
                yield from self.walk_members(inner, name, depth + 1)
        else:
            yield from self._read_tip(name, inner)

    def _read_tip(self, name: str, inner: bytes) -> Iterator[Item]:
        try:
            yield from _read_one(inner, name, self._options)
        except UnknownFormat:
            yield TipReject(TipCode.UNKNOWN_MEMBER, RowPlace(name, None, None, 0, len(inner)))
        except SightlineError as error:
            raise type(error)(f"{name}: {error}", hint=error.hint) from None
