"""Exercise through real HTTP: what it teaches, what it grades, and that casework is never graded."""

import io
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sightline.engines.exercising.running import Ran, run_world
from sightline.exercise.world import new
from sightline.records import Role, Stamp
from sightline.web.house import House, create_app
from tests.office import found_office
from tests.web.conftest import Browser, SignIn


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("exercise")
    new(folder / "world", 100, 3, {}, lambda *_: None)
    return run_world(folder / "world", folder / "workspace", lambda *_: None)


@pytest.fixture
def browser(ran: Ran) -> Browser:
    app = create_app(House(ran.desk.workspace, clock=ran.desk.clock))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.seats.begin(ran.desk, "test"))
    return Browser(client)


def truth_of(ran: Ran, *, only: str = "") -> bytes:
    world, made = ran.desk.workspace.folder.parent / "world", io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for path in sorted(world.rglob("*")):
            name = path.relative_to(world).as_posix()
            if path.is_file() and (name == "world.toml" or name.startswith("answers/")) and only in name:
                packed.write(path, f"outer/{name}")
        packed.writestr("../../evil.json", "{}")
        packed.writestr("outer/answers/../../evil.json", "{}")
    return made.getvalue()


def test_an_exercise_names_its_world_its_tasks_and_hints(browser: Browser) -> None:
    page = browser.get("/exercise").text
    assert "/exercise/grade?world=world" in page and ">100<" in page
    assert page.count("<details>") >= 8 and 'aria-current="step"' in page


def test_it_is_graded_beside_the_truth_that_lies_beside_the_workspace(browser: Browser) -> None:
    page = browser.get("/exercise/grade?world=world")
    assert page.status_code == 200 and "Beside a spreadsheet" in page.text and "Nothing was resolved yet" in page.text
    assert browser.get("/exercise/grade?world=../world").status_code == 400


def test_the_same_grade_comes_of_the_truth_in_a_file_and_nothing_else_of_it_is_written(
    browser: Browser, ran: Ran
) -> None:
    fields = {"form_token": browser.token()}
    files = {"truth": ("truth.zip", truth_of(ran))}
    answer = browser.client.post("/exercise/grade", data=fields, files=files)
    assert answer.status_code == 200
    beside = browser.get("/exercise/grade?world=world").text
    assert answer.text.split("<main")[1].split("<table")[1:] == beside.split("<main")[1].split("<table")[1:]
    assert not list(Path("/tmp").glob("evil.json"))


@pytest.mark.parametrize("packed", [b"no zip", b""])
def test_what_is_no_truth_is_refused_in_words(browser: Browser, packed: bytes) -> None:
    fields = {"form_token": browser.token()}
    answer = browser.client.post("/exercise/grade", data=fields, files={"truth": ("t.zip", packed)})
    assert answer.status_code == 400 and "no ZIP file" in answer.text


def test_a_truth_without_answers_is_refused_in_words(browser: Browser, ran: Ran) -> None:
    fields = {"form_token": browser.token()}
    files = {"truth": ("t.zip", truth_of(ran, only="world.toml"))}
    assert browser.client.post("/exercise/grade", data=fields, files=files).status_code == 400


def test_casework_is_taught_how_to_begin_one_and_is_never_graded(tmp_path: Path, ran: Ran) -> None:
    office = found_office(tmp_path / "casework", stamp=Stamp.CASEWORK)
    app = create_app(House(office.workspace))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.seats.begin(office[Role.ANALYST], "test"))
    browser = Browser(client)
    assert "sightline exercise new" in browser.get("/exercise").text
    fields = {"form_token": browser.token()}
    answer = client.post("/exercise/grade", data=fields, files={"truth": ("t.zip", truth_of(ran))})
    assert answer.status_code == 403


def test_who_sees_no_lead_sees_no_grade(signed_in: SignIn) -> None:
    assert signed_in(Role.ADMINISTRATOR).get("/exercise").status_code == 403
