"""Routes of exercises: the scenario of this workspace, its tasks, and its grade."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import File as Upload
from fastapi import UploadFile

from sightline.casework.permissions.access import Action
from sightline.exercise.faults import FAULTS
from sightline.exercise.grade import Grade
from sightline.exercise.manifest import World
from sightline.ledger.verbs import JournalVerb
from sightline.services.exercise import status, truth_zip
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import Page, Redirect
from sightline.workspace.cache import WORK

router = PageRouter("exercise")
FAULTS_SHOWN = 12


@router.show("/exercise", Action.LEADS_VIEW, JournalVerb.VIEW_PAGE, "room:exercise")
def show_exercise(context: RequestContext) -> Page:
    """Show the scenario with its tasks, or how to begin one."""
    with context.read() as tables:
        if not status.is_exercise(tables):
            return Page("none.html", {})
        tasks = status.list_tasks(tables)
    worlds = status.list_worlds(context.officer_session.workspace)
    return Page(
        "exercise.html",
        {"tasks": tasks, "worlds": worlds, "faults": {world.folder: _list_faults(world) for world in worlds}},
    )


@router.show("/exercise/grade", Action.LEADS_VIEW, JournalVerb.VIEW_PAGE, "room:exercise")
def show_grade(context: RequestContext, world: str = "") -> Page | Redirect:
    """Compare leads and subscribers with the truth of a world beside the workspace."""
    if not world:
        return Redirect("/exercise")
    status.require_exercise(context.officer_session)
    folder = status.find_world(context.officer_session.workspace, world).folder

    def compare() -> Grade:
        return status.grade_current_leads(context.officer_session, folder)

    return _build_grade_page(
        context.get_cached(("grade", folder, status.read_truth_version(folder)), compare, WORK), world
    )


@router.act("/exercise/grade", Action.LEADS_VIEW, "room:exercise")
def grade_uploaded(context: RequestContext, truth: Annotated[UploadFile, Upload()]) -> Page:
    """Compare them with the truth in a ZIP file of a world's `world.toml` and `answers`."""
    status.require_exercise(context.officer_session)
    with TemporaryDirectory(prefix="sightline-truth-") as folder:
        truth_zip.unpack_truth(truth.file, Path(folder))
        return _build_grade_page(
            status.grade_current_leads(context.officer_session, Path(folder), is_foreign=True), truth.filename or ""
        )


def _build_grade_page(grading: Grade, world: str) -> Page:
    return Page(
        "grade.html",
        {"grade": grading, "world": world, "descriptions": {name: fault.description for name, fault in FAULTS.items()}},
    )


def _list_faults(world: World) -> list[tuple[str, float, str]]:
    """Return the faults of a world, most frequent first, each with its description."""
    shares = [(name, world.faults.get(name, fault.share), fault.description) for name, fault in FAULTS.items()]
    return sorted((share for share in shares if share[1] > 0), key=lambda one: -one[1])[:FAULTS_SHOWN]
