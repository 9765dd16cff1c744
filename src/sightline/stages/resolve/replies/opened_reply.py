"""Open a reply: its files as parts, and everything that must be known before its rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from sightline.errors import Refused, SightlineError, UnknownFormat, UsageError
from sightline.message_text import MAX_CHARS, escape_unprintable
from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyBatch, ReplyDeclarations
from sightline.stages.resolve.replies import file_places, reply_layouts, reply_source
from sightline.stages.resolve.replies.holders import Holders
from sightline.stages.resolve.replies.log_parts import LogPart, RequestsPart
from sightline.stages.resolve.replies.lookup_sheets import LookupSheet
from sightline.stages.resolve.replies.member_parts import open_member, read_holders_of_member
from sightline.stages.resolve.replies.neighbouring_files import (
    DOUBTABLE,
    doubt_letters,
    doubt_version,
    find_versions,
    lists_equipment,
    read_letter_lines,
)
from sightline.stages.resolve.replies.reply_parts import ReplyPart, offset_rows
from sightline.stages.resolve.replies.reply_source import ReplyMember
from sightline.stages.resolve.replies.step_parts import as_second_step, join_two_steps
from sightline.stages.resolve.replies.table_part import TablePart


@dataclass(frozen=True, slots=True)
class OpenedReply:
    """A reply after its head was read."""

    layout: str
    layout_reason: str
    parts: Sequence[ReplyPart]
    size: int | None

    def read_batches(self, watch: Callable[[int, int | None], object]) -> Iterator[ReplyBatch]:
        """Yield all rows in order. Those of a second file or sheet continue the numbers of the first."""
        done, before = 0, 0
        for part in self.parts:
            rows = 0
            for batch, last, size in read_ahead(part.read_batches()):
                done, rows = done + size, last
                watch(done, self.size)
                yield offset_rows(batch, before) if before else batch
            before += rows


def read_ahead(batches: Iterator[tuple[ReplyBatch, int, int]]) -> Iterator[tuple[ReplyBatch, int, int]]:
    """Yield the same items, reading the next one while the current one is used."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (result := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield result


def open_reply(path: Path, kind: NoticeKind, declared: ReplyDeclarations) -> OpenedReply:
    """Open the reply to a notice of that kind and read its head.

    Raises UnknownFormat, TimeUndeclared, Refused, DamagedInput, UsageError, before a row is read.
    """
    layouts = reply_layouts.choose_layouts(declared.layout, kind)
    found_members = reply_source.read_members(path, declared.password)
    members = [replace(found_member, title=f"{path.name} {found_member.name or ''}") for found_member in found_members]
    parts: list[ReplyPart] = []
    logged: dict[str, list[tuple[ReplyMember, LogPart]]] = {}
    named: set[str | None] = set()
    beside = _OtherFiles(kind, declared)
    versions = find_versions(members)
    for member in members:
        try:
            if member.unread is not None:
                raise Refused(f"{member.label}: {member.unread}", hint=reply_source.ADVICE)
            result = open_member(member, layouts, declared.choose_for_table(member.name), named)
        except SightlineError as error:
            if member.name is None:
                raise
            if not beside.takes(member, error):
                raise _with_member_name(error, member.name) from None
            continue
        for part in result:
            if isinstance(part, LogPart):
                logged.setdefault(part.layout, []).append((member, part))
            else:
                parts.append(_name_place(doubt_version(part, member.name, versions), member.name))
    _require_tables(declared, named | {member.name for member in members})
    parts += [_join_logs(ones) for ones in logged.values()]
    beside.check(parts)
    holders = beside.holders
    parts = [
        replace(reply_part, holders=[*reply_part.holders, *holders])
        if isinstance(reply_part, TablePart)
        else reply_part
        for reply_part in parts
    ]
    parts = [doubt_letters(as_second_step(part), beside.letters, declared.licensee) for part in join_two_steps(parts)]
    sizes = [member.size for member in members]
    size = None if None in sizes else sum(size or 0 for size in sizes)
    names = ", ".join(dict.fromkeys(part.layout for part in parts))
    return OpenedReply(names, "; ".join(dict.fromkeys(part.layout_reason for part in parts)), parts, size)


@dataclass(slots=True)
class _OtherFiles:
    """The files of an archive that have no records: `holders` of customers, and `letters` by name.

    A letter is its lines; None of a document that is not read. `first_error`: why the first of them has no records.
    """

    kind: NoticeKind
    declared: ReplyDeclarations
    holders: list[Holders | LookupSheet] = field(default_factory=list)
    letters: dict[str, list[str] | None] = field(default_factory=dict)
    first_error: SightlineError | None = None

    def takes(self, member: ReplyMember, error: SightlineError) -> bool:
        """Return whether a member that has no records is one that may lie beside them, and keep what it says."""
        if member.unread is not None:
            self._keep(member, None, error)
            return True
        if self.kind is NoticeKind.RECORDS and (customers := read_holders_of_member(member, self.declared)) is not None:
            self.holders.append(customers)
            return True
        if not isinstance(error, UnknownFormat):
            return False
        if lists_equipment(member):
            return True
        lines = read_letter_lines(member)
        if lines is not None:
            self._keep(member, lines, error)
        return lines is not None

    def _keep(self, member: ReplyMember, lines: list[str] | None, error: SightlineError) -> None:
        name = member.name or ""
        self.letters[name] = lines
        self.first_error = self.first_error or _with_member_name(error, name)

    def check(self, parts: Sequence[ReplyPart]) -> None:
        """Raise the first error where there are no records, or where a document may say something of a raw log."""
        if not parts:
            hint = "docs/reference/replies.md says which are read"
            raise self.first_error or UnknownFormat("no file of it has headings of records", hint=hint)
        is_doubtable = all(isinstance(part, DOUBTABLE) for part in parts)
        if self.first_error is not None and None in self.letters.values() and not is_doubtable:
            raise self.first_error


def _join_logs(ones: Sequence[tuple[ReplyMember, LogPart]]) -> LogPart:
    """Return the logs of one layout, each a member, as one part."""
    first = ones[0][1]
    is_inside = any(part.is_mostly_inside for _, part in ones)
    return LogPart(
        first.layout, first.layout_reason, [member for member, _ in ones], first.rules, first.forms, is_inside
    )


def _name_place(part: ReplyPart, name: str | None) -> ReplyPart:
    """Return the part with what the name of its file says about the part of the network."""
    if name is None or not isinstance(part, TablePart | RequestsPart):
        return part
    return replace(part, place=file_places.read_place(name))


def _require_tables(declared: ReplyDeclarations, names: Set[str | None]) -> None:
    """Raise UsageError where an order of dates is declared of a table that the reply does not have."""
    for name, _ in declared.table_orders:
        if name not in names:
            there = ", ".join(sorted(name for name in names if name)) or "it is one table without a name"
            raise UsageError(f"the reply has no table {name!r}", hint=f"its sheets and files: {there}")


def _with_member_name(error: SightlineError, member: str) -> SightlineError:
    what, excerpt = str(error), escape_unprintable(member)
    is_named = excerpt in what or what.startswith(excerpt[: MAX_CHARS // 2])
    return type(error)(what if is_named else f"{member}: {what}", hint=error.hint, details=error.details)
