"""Recipients of backups, and the check of a backup that was made, on the page of backups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyrage
from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.oversight import backups
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model.progress import Progress
from sightline.storage.rows import BackupRecipient
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect
from sightline.workspace.backup_manifest import Manifest
from sightline.workspace.encryption import Identity, parse_identity

BACKUPS = "/administration/backups"
RECIPIENTS, CHECK = f"{BACKUPS}/recipients", f"{BACKUPS}/check"
Text = Annotated[str, Form(max_length=1024)]


@router.show(f"{RECIPIENTS}/new", Action.BACKUP_RECIPIENT, JournalVerb.VIEW_PAGE, "workspace:all")
def show_recipient_form(context: RequestContext) -> Page:
    """Show a new secret key, and the form to add its recipient. Nothing of the key is stored."""
    return _build_form_page(context, {})


@router.act(RECIPIENTS, Action.BACKUP_RECIPIENT, "workspace:all")
def add_recipient(context: RequestContext, recipient: Text, name: Text) -> Page | Redirect:
    """Ask another officer for a recipient of backups; the only officer of a unit adds it at once."""
    try:
        result = backups.add_recipient(context.officer_session, recipient.strip(), name)
    except UsageError as wrong:
        return _build_form_page(context, {"recipient": recipient, "name": name}, str(wrong))
    is_added = isinstance(result, BackupRecipient)
    message = "backups.recipient_alone" if is_added else "backups.recipient_asked"
    return Redirect(BACKUPS, message, {"name": name.strip()[:60]})


@router.show(f"{RECIPIENTS}/{{recipient}}/remove", Action.BACKUP, JournalVerb.VIEW_PAGE, "workspace:all")
def show_removal(context: RequestContext, recipient: str) -> Page:
    """Show the form to remove a recipient."""
    with context.read() as tables:
        row = tables[BackupRecipient].get(recipient)
    if row is None or row.removed_at_us is not None:
        raise UsageError("this is not a recipient of backups", hint="reload the list")
    return build_page(context, "backups", {"recipient": row}, template="recipient_remove.html")


@router.act(f"{RECIPIENTS}/{{recipient}}/remove", Action.BACKUP, "workspace:all")
def remove_recipient(context: RequestContext, recipient: str, why: Text) -> Redirect:
    """Encrypt no later backup to a recipient."""
    backups.remove_recipient(context.officer_session, recipient, require_reason(why, context.says("all.why")))
    return Redirect(BACKUPS, "backups.recipient_removed")


@router.act(CHECK, Action.BACKUP, "workspace:all")
def begin_check(context: RequestContext, file: Text, identity: Text) -> Redirect:
    """Begin to read every byte of a backup, with the secret key of one of its recipients."""
    path = find_backup_file(context, file)
    opened = parse_identity(identity)
    officer_session, now = context.officer_session, context.officer_session.clock()
    get_job(context.request, "backup-check").begin(now, lambda watch: _check(path, opened, watch))
    officer_session.workspace.append_to_journal(
        officer_session.officer.officer_id, JournalVerb.BACKUP_CHECK, "workspace:all", path.name, now
    )
    return Redirect(f"{BACKUPS}#checks")


def list_backup_files(context: RequestContext) -> list[str]:
    """Return the names of the backups in the server's folder, newest first."""
    folder: Path | None = context.request.app.state.config.backups
    if folder is None:
        return []
    return sorted((path.name for path in folder.glob("*.tar.age") if path.is_file()), reverse=True)


def find_backup_file(context: RequestContext, name: str) -> Path:
    """Return the path of a backup of the server's folder. Raises UsageError for any other name."""
    folder: Path | None = context.request.app.state.config.backups
    if folder is None or name not in list_backup_files(context):
        raise UsageError("there is no such backup in the folder of the web app", hint="reload the list")
    return folder / name


def _check(path: Path, identity: Identity, watch: Progress) -> tuple[str, Manifest]:
    return path.name, backups.check_backup(path, watch, None, [identity])


def _build_form_page(context: RequestContext, entered: dict[str, str], wrong: str | None = None) -> Page:
    identity = pyrage.x25519.Identity.generate()
    facts = {
        "identity": None if wrong else str(identity),
        "new": str(identity.to_public()),
        "entered": entered,
        "wrong": wrong,
    }
    return build_page(context, "backups", facts, 422 if wrong else 200, template="recipient_new.html")
