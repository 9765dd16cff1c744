"""The system: backups, and problems of workspace and machine."""

from __future__ import annotations

from collections import Counter

from sightline.casework.oversight import backups
from sightline.casework.oversight.backups import make_backup
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.doctor.check import Level
from sightline.services.doctor.examine import examine_workspace
from sightline.services.doctor.machine_facts import System
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.pages.administration.backup_recipients import list_backup_files
from sightline.web.pages.administration.index import build_page, read_now_us
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect

BACKUPS = "/administration/backups"
ORDER = (Level.WRONG, Level.WARNING, Level.OK)


@router.show(BACKUPS, Action.BACKUP, JournalVerb.VIEW_PAGE, "workspace:all")
def show_backups(context: RequestContext) -> Page:
    """Show every backup in the ledger, and the one that is being made."""
    with context.read() as tables:
        backup_records, called, to = backups.list_backups(tables), list_names(tables), backups.list_recipients(tables)
        asked = backups.list_asked_recipients(tables, read_now_us(context))
    folder = context.request.app.state.config.backups
    facts = {
        "made": backup_records,
        "names": called,
        "can_make": folder is not None,
        "making": get_job(context.request, "backup"),
        "files": list_backup_files(context),
        "checking": get_job(context.request, "backup-check"),
    }
    facts |= {"to": to, "asked": [(approval, called.get(approval.asked_by, "")) for approval in asked]}
    return build_page(context, "backups", facts)


@router.act(BACKUPS, Action.BACKUP, "workspace:all")
def begin_backup(context: RequestContext) -> Redirect:
    """Begin a backup in the folder that the server was started with."""
    folder = context.request.app.state.config.backups
    if folder is None:
        raise UsageError("the web app has no folder for backups")
    officer_session, now = context.officer_session, context.officer_session.clock()
    with context.read() as tables:
        if not backups.list_recipients(tables):
            raise UsageError(context.says("backups.nobody"))
    out = folder / f"sightline-{now:%Y-%m-%d-%H%M%S}.tar.age"
    get_job(context.request, "backup").begin(now, lambda watch: make_backup(officer_session, out, watch))
    return Redirect(BACKUPS)


@router.show("/administration/doctor", Action.DOCTOR, JournalVerb.VIEW_PAGE, "workspace:all")
def show_checks(context: RequestContext) -> Page:
    """Show every check, problems first."""
    checks = sorted(examine_workspace(context.officer_session, System()), key=lambda check: ORDER.index(check.level))
    return build_page(context, "doctor", {"checks": checks, "counts": Counter(check.level.value for check in checks)})
