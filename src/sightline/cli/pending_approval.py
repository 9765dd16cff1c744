"""Say that an act waits for a second officer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sightline.cli.terminal_text import escape_text

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.storage.rows import Approval


THEN_REBUILD = "what rested on it names nobody any more; then: sightline leads rebuild, sightline resolve\n"
"""Said after what leads rest on fell."""


def tell_asked(officer_session: OfficerSession, approval: Approval) -> int:
    """Print the approval that was asked for, and say who can give it."""
    from sightline.casework.permissions.approvals import list_possible_deciders  # noqa: PLC0415

    with officer_session.workspace.read() as tables:
        who = ", ".join(escape_text(officer.name) for officer in list_possible_deciders(tables, approval))
    print(f"{approval.approval_id}  asked: {approval.action}")
    sys.stderr.write(
        f"it takes another officer: {who or 'nobody can yet; sightline officers add'}\n"
        f"  sightline approve {approval.approval_id} --why TEXT\n"
    )
    return 0
