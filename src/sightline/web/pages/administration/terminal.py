"""Tasks that stay at the terminal, each with its reason and the exact commands to paste there."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from sightline.casework.oversight import backups
from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page


@dataclass(frozen=True, slots=True)
class TerminalTask:
    """A task by its name in the messages, and its commands in order. Words in capitals are to be replaced."""

    name: str
    commands: tuple[str, ...]


@router.show("/administration/terminal", Action.DOCTOR, JournalVerb.VIEW_PAGE, "workspace:all")
def show_terminal_tasks(context: RequestContext) -> Page:
    """Show the tasks that no page does, with commands that name this workspace and its newest backup."""
    with context.read() as tables:
        backup_records = backups.list_backups(tables)
    digest = backup_records[0].digest if backup_records else None
    tasks = list_terminal_tasks(str(context.officer_session.workspace.folder), digest)
    return build_page(context, "terminal", {"tasks": tasks, "has_backup": digest is not None})


def list_terminal_tasks(folder: str, digest: str | None) -> list[TerminalTask]:
    """Return the tasks. `folder`: of this workspace; `digest`: of its newest backup, if there is one."""
    here, known = shlex.quote(folder), f" --digest {digest}" if digest else ""
    return [
        TerminalTask(
            "restore",
            (
                f"sightline restore BACKUP --check --identity IDENTITY{known}",
                f"sightline restore BACKUP --identity IDENTITY{known} --out NEW-FOLDER --key KEY",
                "sightline verify --workspace NEW-FOLDER --key KEY",
            ),
        ),
        TerminalTask(
            "upgrade",
            (
                f"sightline backup --workspace {here} --key KEY --out BACKUP",
                f"sightline upgrade {here}",
            ),
        ),
        TerminalTask(
            "key",
            (
                "sightline officers create-key --out NEW-KEY",
                f"sightline officers rotate --new NEW-KEY.pub --workspace {here} --key KEY",
            ),
        ),
        TerminalTask(
            "witness",
            (
                f'sightline witnesses add VERIFIER-KEY --why "REASON" --workspace {here} --key KEY',
                f"sightline witnesses list --workspace {here} --key KEY",
            ),
        ),
        TerminalTask(
            "dataset",
            (f"sightline datasets import FILE --kind city --date 2026-06-01 --workspace {here} --key KEY",),
        ),
    ]
