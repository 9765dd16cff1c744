"""Content in the clear lies in a folder of the workspace that only its user reads, and no killed process leaves it."""

import os
import signal
import stat
from pathlib import Path

import sightline.web
from tests.office import found_office


def test_files_of_a_killed_process_are_removed_and_those_in_use_stay(tmp_path: Path) -> None:
    workspace = found_office(tmp_path / "workspace").workspace
    child = os.fork()
    if child == 0:
        with workspace.open_scratch() as folder:
            (folder / "rows.csv").write_text("lines of people")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = (workspace.folder / "scratch").iterdir()
    assert (left / "rows.csv").is_file() and stat.S_IMODE(left.stat().st_mode) == 0o700
    with workspace.open_scratch() as mine:
        assert not left.exists()
        assert workspace.sweep_scratch() == 0 and mine.is_dir()
    assert not list((workspace.folder / "scratch").iterdir())


def test_pages_put_nothing_into_the_system_s_temporary_folder() -> None:
    web = Path(sightline.web.__file__).parent
    found = {str(path.relative_to(web)) for path in web.rglob("*.py") if "tempfile" in path.read_text("utf-8")}
    # The truth of an exercise is of invented people, and sockets of workers are no content.
    assert found == {"pages/exercise/routes.py", "workers/processes.py"}
