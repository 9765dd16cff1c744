"""What other files of a reply say about the rows of one: other versions of it, and letters beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sightline.errors import SightlineError
from sightline.model import NoticeKind
from sightline.stages.resolve.replies import (
    address_values,
    column_kinds,
    delimited,
    file_versions,
    reply_layouts,
    reply_source,
    surrounding_lines,
)
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.log_parts import RequestsPart
from sightline.stages.resolve.replies.reply_parts import ReplyPart
from sightline.stages.resolve.replies.reply_source import ReplyMember
from sightline.stages.resolve.replies.table_part import TablePart


def find_versions(members: Sequence[ReplyMember]) -> Mapping[str, str]:
    """Return of each member that is a version of another the other's name. One with the same bytes says nothing new."""
    by_name = {member.name: member for member in members if member.name is not None and not member.is_workbook}
    versions = file_versions.find_versions(by_name)
    digests: dict[str, str] = {}
    for name in versions:
        with reply_source.map_unpack_errors(by_name[name].label), by_name[name].open() as stream:
            digest = hashlib.sha256()
            for piece in delimited.read_chunks(stream):
                digest.update(piece)
            digests[name] = digest.hexdigest()
    return {one: other for one, other in versions.items() if len({*digests.values()}) > 1}


def doubt_version(part: ReplyPart, name: str | None, versions: Mapping[str, str]) -> ReplyPart:
    """Return the part with all of its rows in doubt if it is one version of several: which of them holds?"""
    other = versions.get(name or "")
    if other is None or not isinstance(part, TablePart | RequestsPart):
        return part
    return replace(part, doubt=part.doubt or f"{name}, {other}")


_MOST_OF_A_LETTER = 64 << 10
"""The largest letter beside the tables of an archive, in bytes."""


def read_letter_lines(member: ReplyMember) -> list[str] | None:
    """Return the lines of a short text without addresses, such as a covering letter; None for any other file."""
    if member.is_workbook or member.is_page or (member.size or 0) > _MOST_OF_A_LETTER:
        return None
    try:
        _, text = delimited.decode_member(member, delimited.HEAD_BYTES)
    except SightlineError:
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    has_addresses = any(
        True for line in lines for _ in address_values.find_endpoints(line[: surrounding_lines.MOST_LETTERS])
    )
    return None if has_addresses or not lines or "\0" in text else lines


DOUBTABLE = TablePart | RequestsPart
_OF_EQUIPMENT = frozenset({"id", "place", "number", "token"})
_SUREST_OF_EQUIPMENT = frozenset({"id", "place"})


def lists_equipment(member: ReplyMember) -> bool:
    """Return whether a file beside the tables lists cells, towers and the like.

    Its columns then say nothing of lines or times.
    """
    if member.is_workbook or member.is_page or surrounding_lines.is_denying(member.name or ""):
        return False
    member, text = delimited.decode_member(member, delimited.HEAD_BYTES)
    any_layout = reply_layouts.choose_layouts("ipdr-2013", NoticeKind.RECORDS)[0]
    for separator in delimited.find_separators(text):
        rows = delimited.read_head_rows(text, separator, 1)
        headings = [row for row in rows[0] if row.strip()] if rows else []
        kinds = [column_kinds.find_column_kind(any_layout, heading) for heading in headings]
        is_fact = any(reduce_heading(heading) in any_layout.fields for heading in headings)
        is_placed = [heading for heading in headings if reduce_heading(heading) in {"address", "location"}]
        kinds = ["place" if one in is_placed else kind for one, kind in zip(headings, kinds, strict=True)]
        if len(kinds) > 1 and not is_fact and _SUREST_OF_EQUIPMENT <= {*kinds} <= _OF_EQUIPMENT:
            return not any(
                True
                for line in text.splitlines()
                for _ in address_values.find_endpoints(line[: surrounding_lines.MOST_LETTERS])
            )
    return False


def doubt_letters(part: ReplyPart, letters: Mapping[str, Sequence[str] | None], licensee: str) -> ReplyPart:
    """Return the part with all of its rows in doubt if a letter beside it has a line that may say something of them.

    So does a document that is not read, such as a PDF (None): an officer reads it, and says that it changes nothing.
    """
    if not isinstance(part, DOUBTABLE):
        return part
    telling = [
        name
        for name, lines in letters.items()
        if lines is None or not all(surrounding_lines.says_nothing(line, licensee) for line in lines)
    ]
    return replace(part, doubt=part.doubt or telling[0]) if telling else part
