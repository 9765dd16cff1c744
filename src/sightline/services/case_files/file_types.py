"""The types of file that officers can attach to a note: papers and tables, by their ending and their content.

Pictures, films and archives are refused: content of a flagged site must not come into a workspace.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

from sightline.errors import UsageError

MOST_BYTES = 10 << 20
"""Maximum size of an attachment."""
_OFFICE = "[Content_Types].xml"
_MACROS = "vbaproject.bin"


def require_allowed(name: str, content: bytes) -> None:
    """Raise UsageError for a file that is too large or empty, or is not what the allow-list permits."""
    if not 0 < len(content) <= MOST_BYTES:
        raise UsageError(
            f"{name} has {len(content):,} bytes", hint=f"attach a file of 1 to {MOST_BYTES:,} bytes; leave others out"
        )
    is_allowed = _CHECKS.get(name.rpartition(".")[2].lower()) if "." in name else None
    if is_allowed is None:
        raise UsageError(f"{name} cannot be attached", hint=f"attach one of: {', '.join(sorted(_CHECKS))}")
    if not is_allowed(content):
        raise UsageError(f"{name} is not what its ending says", hint="save it again under the right ending")


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-")


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _is_office(content: bytes) -> bool:
    """Return whether it is a document or a workbook of Office Open XML without macros."""
    members = _list_members(content)
    return _OFFICE in members and not any(member.lower().endswith(_MACROS) for member in members)


def _is_open_document(content: bytes) -> bool:
    return {"mimetype", "content.xml"} <= _list_members(content)


def _list_members(content: bytes) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return set()


_CHECKS: Mapping[str, Callable[[bytes], bool]] = {
    "pdf": _is_pdf,
    "txt": _is_text,
    "csv": _is_text,
    "docx": _is_office,
    "xlsx": _is_office,
    "odt": _is_open_document,
    "ods": _is_open_document,
}
TYPES = tuple(_CHECKS)
"""The endings that can be attached."""
