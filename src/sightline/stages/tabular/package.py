"""Unpack the parts of an Office package (ECMA-376, part 2) by name, within limits, before any of them is parsed."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from sightline.model import RejectCode, TipCode
from sightline.stages.scan.options import DecompressionLimits
from sightline.stages.scan.reference import zips
from sightline.stages.scan.reference.streams import PIECE_BYTES, BrokenError, Budget, ByteSource
from sightline.stages.tabular.markup import Handler, walk_elements
from sightline.stages.tabular.table_rows import Unreadable

WORKBOOK_LIMITS = DecompressionLimits(ratio=100, free_bytes=8 << 20, decoded_bytes=256 << 20, members=10_000)
"""A full sheet of a real workbook expands to ten or twenty times its size."""

TIP_CODES = {
    RejectCode.BROKEN_STREAM: TipCode.BROKEN_STREAM,
    RejectCode.DECOMPRESSION_LIMIT: TipCode.DECOMPRESSION_LIMIT,
    RejectCode.MEMBER_ENCRYPTED: TipCode.MEMBER_ENCRYPTED,
    RejectCode.MEMBER_UNSUPPORTED: TipCode.MEMBER_UNSUPPORTED,
}
_READ = (".xml", ".rels")


def read_member(source: ByteSource | RejectCode) -> bytes:
    """Return all bytes of a member. Raises Unreadable if it breaks or exceeds its limits."""
    if isinstance(source, RejectCode):
        raise Unreadable(TIP_CODES[source])
    pieces = []
    try:
        while piece := source.read(PIECE_BYTES):
            pieces.append(piece)
    except BrokenError as broken:
        raise Unreadable(TIP_CODES[broken.code]) from None
    return b"".join(pieces)


def read_parts(content: bytes) -> dict[str, bytes]:
    """Return the XML parts of a package by name. Pictures and macros stay packed. Raises Unreadable."""
    budget, result = Budget(WORKBOOK_LIMITS, len(content)), {}
    try:
        for raw_name, source in zips.read_entries(memoryview(content), budget, whole=True):
            budget.spend_member()
            name = raw_name.decode(errors="replace")
            if not name.lower().endswith(_READ):
                continue
            if name in result:
                raise Unreadable(TipCode.BROKEN_DOCUMENT)
            result[name] = read_member(source)
    except BrokenError as broken:
        raise Unreadable(TIP_CODES[broken.code]) from None
    return result


@dataclass(slots=True)
class Relations(Handler):
    """The relations of a part: target by id, and by the last word of the type."""

    folder: str
    by_id: dict[str, str] = field(default_factory=dict)
    by_type: dict[str, str] = field(default_factory=dict)

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
        """Store one relation."""
        if name.rpartition(":")[2] == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(self.folder, target)
            self.by_id[attributes.get("Id", "")] = posixpath.normpath(path)
            self.by_type.setdefault(attributes.get("Type", "").rpartition("/")[2], posixpath.normpath(path))


def read_relations(parts_by_name: dict[str, bytes], part: str) -> Relations:
    """Return the relations of a part (`""`: of the package itself). Raises Unreadable."""
    folder, base = posixpath.split(part)
    related = Relations(folder)
    content = parts_by_name.get(posixpath.join(folder, "_rels", f"{base}.rels"))
    if content is not None and (stop := walk_elements(content, related)):
        raise Unreadable(stop.code)
    return related


def find_workbook_part(parts_by_name: dict[str, bytes]) -> str | None:
    """Return the name of the workbook's main part, or None if the package is no workbook in XML."""
    main = read_relations(parts_by_name, "").by_type.get("officeDocument", "xl/workbook.xml")
    return main if main in parts_by_name and b"sheet" in parts_by_name[main] else None
