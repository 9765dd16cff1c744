"""Log formats of the workspace: one officer asks to use a format, and another approves exactly its text.

The approval is the record: it holds the text, and its ledger entry the digest. The newest approval of a name counts
for every later scan. One without text ends the use of that name (ADR 36).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approval_chain import require_chain
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.model import ApprovalState
from sightline.stages.formats.loader import Format, Origin, find_builtin_format, read_format
from sightline.storage.rows import Approval
from sightline.storage.table import Tables

MAX_BYTES = 64 << 10


def ask_to_use(officer_session: OfficerSession, text: str, seen: Mapping[str, int | str], why: str) -> Approval:
    """Ask to use the format of a TOML text. `seen`: which sample, how many lines it has, and how many are read.

    Raises UsageError for a text that is no format, a draft, or named as one of Sightline's own.
    """
    if len(text.encode()) > MAX_BYTES:
        raise UsageError("the format is too long", hint=f"a format has at most {MAX_BYTES} bytes")
    log_format = read_format(text)
    if log_format.origin is Origin.DRAFT:
        raise UsageError("the format is still a draft", hint="answer its questions first")
    if find_builtin_format(log_format.name) is not None:
        raise UsageError(
            f"{log_format.name} is the name of another format", hint=f"choose another name: own-{log_format.name}"
        )
    return _ask(officer_session, log_format.name, text, seen, why)


def ask_to_end(officer_session: OfficerSession, name: str, why: str) -> Approval:
    """Ask to use a format of the workspace no longer. Raises UsageError if it is not used."""
    with officer_session.workspace.read() as tables:
        if name not in load_formats_in_use(tables):
            raise UsageError(
                f"{name} is no format of this workspace", hint="the formats that two officers approved are used"
            )
    return _ask(officer_session, name, "", {}, why)


def _ask(officer_session: OfficerSession, name: str, text: str, seen: Mapping[str, int | str], why: str) -> Approval:
    about = name_thing("log-format", name)
    with officer_session.change(Action.FORMAT_USE, about) as change:
        request: dict[str, str | int | None] = {
            "name": name,
            "text": text,
            "text_sha256": _compute_digest(text),
            **seen,
        }
        return approvals.ask(change, Action.FORMAT_USE, about, request, why)


def load_formats_in_use(tables: Tables) -> dict[str, Format]:
    """Return the workspace's formats by name. Raises NotAllowed, DamagedInput for one that was not so approved."""
    given = tables[Approval].select(action=Action.FORMAT_USE.value, state=ApprovalState.GIVEN.value)
    result: dict[str, Format] = {}
    for approval in sorted(given, key=lambda one: (one.decided_at_us or 0, one.approval_id)):
        require_chain(tables, approval)
        request = json.loads(approval.request_json)
        result.pop(request["name"], None)
        if request["text"]:
            result[request["name"]] = _load_approved(request["text"], request["text_sha256"])
    return result


@lru_cache(maxsize=64)
def _load_approved(text: str, text_sha256: str) -> Format:
    if _compute_digest(text) != text_sha256:
        raise DamagedInput("a log format is not the text that was approved", hint="sightline verify")
    return read_format(text)


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
