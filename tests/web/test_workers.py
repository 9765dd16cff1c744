"""Several worker processes behind one port: whose session is where, what a worker's end means, and what is believed."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from sightline.casework.people.web_sessions import compute_session_id
from sightline.model import Role, Stamp
from sightline.storage.rows import WebSession
from sightline.web.templates import STATIC
from sightline.web.workers.dispatcher import SessionRoutes
from sightline.web.workers.worker_connection import _format_request_head, _parse_response_head
from sightline.workspace import keys
from sightline.workspace.workspace import open_workspace
from tests.office import found_office
from tests.waits import HUNG_S, wait_until
from tests.web.test_serve import free_port, reached, serve

ROLES = (Role.INVESTIGATING_OFFICER, Role.ANALYST, Role.AUDITOR)


class Browser:
    """A browser with an own session. Redirects are followed."""

    def __init__(self, link: str) -> None:
        self._opened = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._at, self.link = link.partition("/sign-in")[0], link
        reached(self._opened, link)

    def is_signed_in(self) -> bool:
        """Whether its session is open."""
        with self._opened.open(self._at + "/") as answer:
            return "/sign-in" not in str(answer.url)

    def read_events(self) -> bytes:
        """The first line of the live page's events."""
        with self._opened.open(self._at + "/live/events") as live:
            line: bytes = live.readline()
            return line


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace of an exercise, with unlocked keys of three officers beside it."""
    office = found_office(tmp_path / "office", stamp=Stamp.EXERCISE)
    (tmp_path / "keys").mkdir()
    for role in ROLES:
        keys.write_private(tmp_path / "keys" / str(role), office.officer_sessions[role].signer.private, None)
    return office.workspace.folder


@pytest.fixture
def served(workspace: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The process in front of two workers, and a link for each officer."""
    folder = workspace.parent / "keys"
    with serve("--workspace", workspace, "--keys", folder, "--port", free_port(), "--workers", 2) as front:
        try:
            assert front.stdout is not None
            yield front, [front.stdout.readline().split()[0] for _ in ROLES]
        finally:
            front.kill()


def workers_of(front: subprocess.Popen[str]) -> list[int]:
    text = Path(f"/proc/{front.pid}/task/{front.pid}/children").read_text("ascii")
    return [int(part) for part in text.split()]


def are_gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.skipif(not (STATIC / "app.css").is_file(), reason="the web app's scripts and styles are not built")
def test_a_killed_worker_ends_its_own_sessions_and_is_started_again(
    served: tuple[subprocess.Popen[str], list[str]], workspace: Path
) -> None:
    front, links = served
    browsers = [Browser(link) for link in links]
    assert all(browser.is_signed_in() for browser in browsers) and browsers[0].read_events().startswith(b"data:")
    first, second = workers_of(front)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: first not in workers_of(front) and len(workers_of(front)) == 2, "it is started again")
    # Links go to the workers in turn.
    wait_until(lambda: not browsers[0].is_signed_in(), "the keys of the killed worker are gone")
    assert [browser.is_signed_in() for browser in browsers] == [False, True, False]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(links[0])
    pids = workers_of(front)
    assert second in pids
    front.send_signal(signal.SIGINT)
    _, error_text = front.communicate(timeout=HUNG_S)
    assert (front.returncode, "Traceback" in error_text) == (0, False)
    wait_until(lambda: are_gone(pids), "the workers end with the process in front")
    with open_workspace(workspace).read() as tables:
        ends = [web_session.ended_why for web_session in tables[WebSession].select()]
    assert sorted(map(str, ends)) == ["None", "None", "the web app was closed"]


@pytest.mark.skipif(not (STATIC / "app.css").is_file(), reason="the web app's scripts and styles are not built")
def test_workers_end_when_the_process_in_front_is_killed(served: tuple[subprocess.Popen[str], list[str]]) -> None:
    front, links = served
    Browser(links[0])
    pids = workers_of(front)
    front.kill()
    wait_until(lambda: are_gone(pids), "the workers end")


def scope(path: str, *, cookie: str = "", **headers: str) -> dict[str, object]:
    given = headers | ({"cookie": f"sightline={cookie}"} if cookie else {})
    lines = [(name.encode().replace(b"_", b"-"), value.encode()) for name, value in given.items()]
    about = {"method": "GET", "scheme": "https", "raw_path": path.encode(), "query_string": b"a=1"}
    return {"type": "http", "path": path, "headers": lines, "client": ("192.0.2.7", 4), **about}


def cookie(text: str) -> list[tuple[bytes, bytes]]:
    return [(b"set-cookie", text.encode())]


def test_a_session_stays_with_the_worker_that_began_it() -> None:
    routes = SessionRoutes(2, {"once": 1})
    assert routes.choose_worker(scope("/sign-in/link/once")) == 1
    routes.learn(scope("/sign-in/link/once"), 1, cookie("sightline=abc; HttpOnly; Path=/"))
    assert routes.find_known(scope("/", cookie="abc")) == compute_session_id("abc")
    assert routes.choose_worker(scope("/leads", cookie="abc")) == 1
    assert routes.choose_worker(scope("/sign-in/link/once")) == 0, "used: it is a link of nobody"
    assert routes.choose_worker(scope("/sign-in")) == 0, "the worker with fewest sessions"
    assert routes.find_known(scope("/", cookie="made-up")) is None
    routes.learn(scope("/x", cookie="abc"), 1, cookie("theme=dark; Path=/"))
    assert routes.choose_worker(scope("/leads", cookie="abc")) == 1, "another cookie ends nothing"
    routes.learn(scope("/sign-out", cookie="abc"), 1, cookie('sightline=""; Max-Age=0; Path=/'))
    assert routes.find_known(scope("/", cookie="abc")) is None
    routes.learn(scope("/sign-in"), 1, cookie("__Host-sightline=def; Path=/"))
    routes.forget(1)
    assert routes.find_known(scope("/", cookie="def")) is None


def test_a_worker_learns_the_caller_only_from_the_process_in_front() -> None:
    asked = scope("/leads", x_forwarded_for="198.51.100.9", x_forwarded_proto="http", forwarded="for=x", accept="*/*")
    lines = _format_request_head(asked).split(b"\r\n")
    assert lines[0] == b"GET /leads?a=1 HTTP/1.0"
    assert sorted(lines[1:-2]) == [b"accept: */*", b"x-forwarded-for: 192.0.2.7", b"x-forwarded-proto: https"]
    status, headers = _parse_response_head(b"HTTP/1.1 303 See Other\r\nLocation: /\r\nConnection: close\r\n\r\n")
    assert (status, headers) == (303, [(b"location", b"/")])
