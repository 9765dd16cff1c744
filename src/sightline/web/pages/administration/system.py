"""The system itself: data sets and their dates, backups, and what is wrong with workspace and machine."""

from __future__ import annotations

from collections import Counter

from sightline.casework import backups, datasets
from sightline.casework.access import Action
from sightline.casework.backups import back_up
from sightline.casework.roster import names
from sightline.services.doctor.check import Level
from sightline.services.doctor.examine import examine
from sightline.services.doctor.system import System
from sightline.errors import UsageError
from sightline.ledger.verbs import Seen
from sightline.web.responses import Moved, Page
from sightline.web.background_job import job_of
from sightline.web.pages.administration.index import now_us, page, room
from sightline.web.context import Visit

BACKUPS = "/administration/backups"
ORDER = (Level.WRONG, Level.WARNING, Level.OK)


@room.page("/administration/datasets", Action.DATASET_LIST, Seen.VIEW_ROOM, "dataset:all")
def sets(visit: Visit) -> Page:
    """Every data set with its day, and until when it may speak."""
    with visit.reading() as shelves:
        found = datasets.standing(shelves, now_us(visit))
    return page(visit, "datasets", {"sets": found, "over": sum(one.is_newest and one.is_over for one in found)})


@room.page(BACKUPS, Action.BACKUP, Seen.VIEW_ROOM, "workspace:all")
def standing(visit: Visit) -> Page:
    """Every backup that the ledger tells of, and the one that is being made."""
    with visit.reading() as shelves:
        made, called, to = backups.told(shelves), names(shelves), backups.recipients(shelves)
    folder = visit.request.app.state.house.backups
    facts = {"made": made, "names": called, "can_make": folder is not None, "making": job_of(visit.request, "backup")}
    facts["to"] = to
    return page(visit, "backups", facts)


@room.act(BACKUPS, Action.BACKUP, "workspace:all")
def make(visit: Visit) -> Moved:
    """Begin a backup, in the folder that whoever runs the room chose."""
    folder = visit.request.app.state.house.backups
    if folder is None:
        raise UsageError("this room has no folder for backups")
    desk, now = visit.desk, visit.desk.clock()
    with visit.reading() as shelves:
        if not backups.recipients(shelves):
            raise UsageError(visit.says("backups.nobody"))
    out = folder / f"sightline-{now:%Y-%m-%d-%H%M%S}.tar.age"
    job_of(visit.request, "backup").begin(now, lambda told: back_up(desk, out, told))
    return Moved(BACKUPS, "backups.begun")


@room.page("/administration/doctor", Action.DOCTOR, Seen.VIEW_ROOM, "workspace:all")
def doctor(visit: Visit) -> Page:
    """Every check, what is wrong first."""
    found = sorted(examine(visit.desk, System()), key=lambda one: ORDER.index(one.level))
    return page(visit, "doctor", {"checks": found, "counts": Counter(one.level.value for one in found)})
