"""The web app as a user opens it: the command, the link that serves once, and who may not be let in so."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from sightline.cli import main
from sightline.ledger.append import Signer
from sightline.ledger.instants import to_microseconds
from sightline.model import Role, Stamp
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.web.templates import STATIC
from sightline.workspace import keys
from sightline.workspace.workspace import open_workspace
from tests.cli.conftest import environment
from tests.office import found_office, now
from tests.waits import HUNG_S, wait_until


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def serve(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "sightline", "serve", *map(str, words)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def office_with_key(folder: Path, stamp: Stamp) -> tuple[Path, Path]:
    office = found_office(folder / "office", stamp=stamp)
    (folder / "keys").mkdir()
    keys.write_private(
        folder / "keys" / "rao", office.officer_sessions[Role.INVESTIGATING_OFFICER].signer.private, None
    )
    public = office.officer_sessions[Role.INVESTIGATING_OFFICER].signer.private.public_key()
    (folder / "keys" / "rao.pub").write_text(keys.format_public_key(public, "rao"), encoding="utf-8")
    return office.workspace.folder, folder / "keys"


@pytest.mark.skipif(not (STATIC / "app.css").is_file(), reason="the web app's scripts and styles are not built")
def test_a_link_signs_in_once(tmp_path: Path) -> None:
    workspace, folder = office_with_key(tmp_path, Stamp.EXERCISE)
    with serve("--workspace", workspace, "--keys", folder, "--port", free_port()) as app_server:
        try:
            assert app_server.stdout is not None
            link = app_server.stdout.readline().split()[0]
            jar = urllib.request.HTTPCookieProcessor(CookieJar())
            opened = urllib.request.build_opener(jar)
            page = reached(opened, link)
            assert "investigating officer" in page and "EXERCISE" in page
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(link)
        finally:
            app_server.terminate()


@pytest.mark.skipif(not (STATIC / "app.css").is_file(), reason="the web app's scripts and styles are not built")
def test_the_server_stops_and_without_a_fault_while_a_page_is_open(tmp_path: Path) -> None:
    workspace, folder = office_with_key(tmp_path, Stamp.EXERCISE)
    with serve("--workspace", workspace, "--keys", folder, "--port", free_port()) as app_server:
        try:
            assert app_server.stdout is not None
            link = app_server.stdout.readline().split()[0]
            opened = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            reached(opened, link)
            with opened.open(link.partition("/sign-in")[0] + "/live/events") as live:
                assert live.readline().startswith(b"data:")
                app_server.send_signal(signal.SIGINT)
                # The page stays open: a server that waited for it would never end.
                _, error_text = app_server.communicate(timeout=HUNG_S)
        finally:
            app_server.kill()
    assert (app_server.returncode, "Traceback" in error_text) == (0, False)


def test_links_are_printed_by_role_whatever_the_keys_are_called(tmp_path: Path) -> None:
    workspace, folder = office_with_key(tmp_path, Stamp.EXERCISE)
    office = open_workspace(workspace)
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        with office.change(office.log_signer(), now()) as change:
            private, at = keys.make_signing_key(), to_microseconds(now())
            officer = rows.Officer(make_id(now()), f"An {role}", "", "Demo", role, at, "test")
            signer = Signer(officer.officer_id, private)
            change.tables[rows.Officer].add(officer)
            officer_key = rows.OfficerKey(signer.key_id, officer.officer_id, signer.public, at, "test")
            change.tables[rows.OfficerKey].add(officer_key)
        keys.write_private(folder / f"a-{role}", private, None)
    with serve("--workspace", workspace, "--keys", folder, "--port", free_port()) as app_server:
        try:
            assert app_server.stdout is not None
            addresses = [app_server.stdout.readline().rpartition(", ")[2].strip() for _ in range(3)]
        finally:
            app_server.terminate()
    assert addresses == ["investigating-officer", "supervisor", "auditor"]


def reached(opened: urllib.request.OpenerDirector, link: str) -> str:
    """The page behind a link, once the web app listens."""
    where = urlsplit(link)
    wait_until(lambda: listens(str(where.hostname), int(where.port or 0)), "the web app listens")
    text: str = opened.open(link).read().decode()
    return text


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), HUNG_S).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--keys", "KEYS"], 3, "is for an exercise on this machine"),
        (["--host", "192.0.2.1"], 3, "without TLS they could read everything"),
        (["--trusted-proxy", "*"], 2, "* is no address of a proxy"),
        (["--certificate", "x.pem"], 2, "TLS takes --certificate and --certificate-key"),
    ],
)
def test_an_unsafe_serve_option_is_refused(
    tmp_path: Path,
    words: list[str],
    code: int,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sightline.cli.serve._serve", lambda *_: pytest.fail("it serves"))
    workspace, folder = office_with_key(tmp_path, Stamp.CASEWORK)
    given = [str(folder) if word == "KEYS" else word for word in words]
    try:
        found = main(["serve", "--workspace", str(workspace), "--port", str(free_port()), *given])
    except SystemExit as wrong_use:
        found = int(wrong_use.code or 0)
    assert found == code
    assert expected in capsys.readouterr().err


@pytest.mark.skipif(not (STATIC / "app.css").is_file(), reason="the web app's scripts and styles are not built")
def test_a_new_folder_is_set_up_and_then_served_at_the_same_address(tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    with serve("--set-up", "--workspace", folder, "--port", free_port()) as app_server:
        try:
            assert app_server.stdout is not None
            link, code = (app_server.stdout.readline().split()[1] for _ in range(2))
            opened = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            assert "Set-up code" in reached(opened, link)
            page = send(opened, link, {"code": code})
            fields = {"unit": "Cyber PS", "officer": "A. Nair", "role": "administrator", "name": "a.nair"}
            fields |= {"password": WORDS, "again": WORDS}
            fields |= {"form_token": found(r'name="form_token" value="([^"]+)"', page)}
            key_id = found(r'id="key-id">([^<]+)<', send(opened, f"{link}/workspace", fields))
            # The set-up ends and the web app begins: a browser that comes meanwhile is asked to wait, or waits.
            wait_until(lambda: answers_sign_in(opened, link), "the web app answers")
            printed = "".join(app_server.stdout.readline() for _ in range(4))
            assert key_id in printed and str(folder) in printed
        finally:
            app_server.terminate()
            _, error_text = app_server.communicate(timeout=HUNG_S)
    assert "Traceback" not in error_text
    for hidden in (code, WORDS):
        assert hidden not in error_text + printed


def answers_sign_in(opened: urllib.request.OpenerDirector, link: str) -> bool:
    try:
        page: bytes = opened.open(link.replace("/set-up", "/sign-in"), timeout=HUNG_S).read()
    except urllib.error.HTTPError as wait:
        assert wait.code == 503 and wait.headers["refresh"] == "1"
        return False
    assert b'action="/sign-in"' in page
    return True


WORDS = "four words make it"


def send(opened: urllib.request.OpenerDirector, address: str, fields: dict[str, str]) -> str:
    text: str = opened.open(address, urlencode(fields).encode(), timeout=HUNG_S).read().decode()
    return text


def found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match, page
    return match[1]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        ([], 2, "no folder for the new workspace was named"),
        (["--workspace", "FULL"], 2, "is not empty"),
        (["--workspace", "BELOW_A_FILE"], 2, "cannot be written: Not a directory"),
        (["--workspace", "NEW", "--keys", "FULL"], 2, "--set-up and --keys exclude each other"),
        (["--workspace", "NEW", "--host", "192.0.2.1"], 3, "without TLS they could read everything"),
    ],
)
def test_an_unsafe_set_up_is_refused(
    tmp_path: Path,
    words: list[str],
    code: int,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sightline.cli.serve.set_up_in_browser", lambda *_: pytest.fail("it serves"))
    monkeypatch.delenv("SIGHTLINE_WORKSPACE", raising=False)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("ours", encoding="utf-8")
    places = {
        "FULL": str(tmp_path / "full"),
        "NEW": str(tmp_path / "new"),
        "BELOW_A_FILE": str(tmp_path / "full" / "letter.txt" / "unit"),
    }
    exit_code = main(["serve", "--set-up", "--port", str(free_port()), *(places.get(word, word) for word in words)])
    assert (exit_code, expected in capsys.readouterr().err) == (code, True)
    assert not (tmp_path / "new").exists()
