"""The administrator sees where notifications go, what failed and what to do, and no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sightline.model import Role
from sightline.services.notifications.rounds import deliver_notifications
from sightline.services.notifications.settings import read_settings
from sightline.web.app import AppConfig, create_app
from tests.office import Office, found_office, now
from tests.services.notifications.servers import Hook, hooked, write_secret
from tests.web.conftest import Browser

HERE = "/administration/notifications"
SECRET = "a secret of twenty-one"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return found_office(tmp_path / "office")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked(Hook(status=500)) as made:
        yield made


def browser(office: Office, role: Role, file: Path | None) -> Browser:
    app = create_app(AppConfig(office.workspace, notifications=None if file is None else read_settings(file)))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.live_sessions.begin(office[role], "test"))
    return Browser(client)


def settings_file(folder: Path, hook: Hook) -> Path:
    write_secret(folder / "secret", SECRET)
    file = folder / "notifications.toml"
    url = f"http://127.0.0.1:{hook.port}/hidden-token"
    file.write_text(f'link = "https://s.example/"\n[webhook]\nurl = "{url}"\nsecret_file = "secret"\n')
    return file


def test_a_failure_appears_with_the_next_step_and_a_successful_test_clears_it(
    office: Office, hook: Hook, tmp_path: Path
) -> None:
    file = settings_file(tmp_path, hook)
    deliver_notifications(office.workspace, read_settings(file), now())
    administrator = browser(office, Role.ADMINISTRATOR, file)
    page = administrator.get(HERE).text
    assert "The server answers with an error" in page and ">500<" in page and "Look at the log of that server" in page
    assert f"http://127.0.0.1:{hook.port}" in page and "hidden-token" not in page and SECRET not in page
    assert "Notifications by mail or webhook fail" in administrator.get("/administration").text
    hook.status = 204
    assert administrator.post(f"{HERE}/test").headers["location"] == HERE
    page = administrator.get(HERE).text
    assert "The test was sent." in page and re.search(r'class="pill good">works', page)
    assert "fail" not in administrator.get("/administration").text.partition("<main")[2]


def test_without_settings_the_page_says_how_to_begin_and_nobody_tests(office: Office) -> None:
    administrator = browser(office, Role.ADMINISTRATOR, None)
    assert "sightline serve --notifications FILE" in administrator.get(HERE).text
    assert administrator.post(f"{HERE}/test").status_code == 400
    assert browser(office, Role.AUDITOR, None).post(f"{HERE}/test").status_code == 403
    assert browser(office, Role.INVESTIGATING_OFFICER, None).get(HERE).status_code == 403
