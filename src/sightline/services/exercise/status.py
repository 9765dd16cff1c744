"""The state of an exercise in its workspace: its world, its tasks, and its grade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, SightlineError, UsageError
from sightline.exercise import manifest
from sightline.exercise.grade import Grade
from sightline.model import NoticeKind, NoticeState, Stamp
from sightline.services.exercise import grading_process
from sightline.services.exercise.notice_round import write_results
from sightline.stages.lists.signature import read_public_key
from sightline.storage import rows
from sightline.storage.generations import list_generation_files
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

SENT = frozenset({NoticeState.SENT, NoticeState.ANSWERED_IN_PART, NoticeState.ANSWERED, NoticeState.CLOSED})


@dataclass(frozen=True, slots=True)
class ExerciseTask:
    """A task of an exercise: its name, the number done, and its page."""

    name: str
    done: int
    path: str


def is_exercise(tables: Tables) -> bool:
    """Return whether the workspace is stamped an exercise."""
    return tables[rows.Workspace].select()[0].stamp is Stamp.EXERCISE


def list_worlds(workspace: Workspace) -> list[manifest.World]:
    """Return the worlds beside a workspace whose issuer it trusts."""
    with workspace.read() as tables:
        trusted = {issuer_key.key_id for issuer_key in tables[rows.IssuerKey].select()}
    result = []
    for path in sorted(workspace.folder.resolve().parent.glob(f"*/{manifest.NAME}")):
        try:
            world = manifest.read(path.parent)
            key = (world.folder / world.issuer_key).read_text(encoding="utf-8")
            if read_public_key(key, "issuer").key_id in trusted:
                result.append(world)
        except (SightlineError, OSError, ValueError):
            # A folder beside it that is no world, or a damaged one: nobody named it.
            continue
    return result


def list_tasks(tables: Tables) -> list[ExerciseTask]:
    """Return the tasks of an exercise, in order, with how much is done."""
    notices = tables[rows.Notice].select()
    sent = [notice for notice in notices if notice.state in SENT]

    def of(kind: NoticeKind) -> int:
        return sum(notice.kind is kind for notice in sent)

    count: Callable[[type], int] = lambda row: tables[row].count()  # noqa: E731
    return [
        ExerciseTask("leads", count(rows.Generation), "/leads"),
        ExerciseTask("mark", count(rows.LeadMark), "/leads"),
        ExerciseTask("preserve", of(NoticeKind.PRESERVATION), "/notices"),
        ExerciseTask("ask", of(NoticeKind.RECORDS), "/notices"),
        ExerciseTask("read", count(rows.Reply), "/notices"),
        ExerciseTask("subscribers", of(NoticeKind.SUBSCRIBERS), "/notices"),
        ExerciseTask("resolve", count(rows.Resolving), "/leads"),
        ExerciseTask("outcome", count(rows.Outcome), "/operations"),
        ExerciseTask(
            "refer", sum(referral.sent_at_us is not None for referral in tables[rows.Referral].select()), "/referrals"
        ),
    ]


def find_world(workspace: Workspace, name: str) -> manifest.World:
    """Return the world of that name beside a workspace. Raises UsageError."""
    world = next((world for world in list_worlds(workspace) if world.folder.name == name), None)
    if world is None:
        raise UsageError("no such world lies beside this workspace", hint="put the world's folder beside the workspace")
    return world


def read_truth_version(world: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, time of change and size of each file of a world's truth: another truth has another version."""
    files = sorted(path for path in (world / manifest.NAME, *(world / "answers").glob("*")) if path.is_file())
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)


def grade_current_leads(officer_session: OfficerSession, world: Path, *, is_foreign: bool = False) -> Grade:
    """Return the grade of the current leads, and of the current resolution if there is one.

    A truth from outside (`is_foreign`) is graded in a child process first. Raises UsageError if there is nothing to
    grade, or the truth cannot be read.
    """
    require_exercise(officer_session)
    with officer_session.workspace.read() as tables:
        generation = tables[rows.Generation].find_last("number")
        is_resolved = tables[rows.Resolving].find_last("number") is not None
    if generation is None:
        raise UsageError("there are no leads yet", hint="make them first, on the page Leads")
    with TemporaryDirectory(prefix="sightline-grade-") as folder:
        leads = _fetch_files(officer_session.workspace, generation, Path(folder))
        resolutions = write_results(officer_session, Path(folder) / "resolutions.jsonl") if is_resolved else None
        if is_foreign:
            grading_process.rehearse_grading(world, leads, resolutions)
        return grading_process.grade_limited(world, leads, resolutions)


def require_exercise(officer_session: OfficerSession) -> None:
    """Raise NotAllowed in casework, before anything of a truth is read."""
    with officer_session.workspace.read() as tables:
        if not is_exercise(tables):
            raise NotAllowed("only an exercise is graded: in casework nobody has the truth", hint="look at Operations")


def _fetch_files(workspace: Workspace, generation: rows.Generation, folder: Path) -> Sequence[Path]:
    """The files of leads, and of sessions of leads that join several, wherever the store keeps them."""
    wanted = [
        file.file
        for file in list_generation_files(generation)
        if Path(file.file).name.startswith(("leads-", "sessions"))
    ]
    paths = []
    for name in sorted(wanted):
        target = folder / Path(name).name
        workspace.segments.get(name, target)
        paths.append(target)
    return paths
