"""`sightline-fetch` against a server on this machine: whole lists, or an error in words and nothing left behind."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sightline import cli
from tests.fetch.feed_server import DATED, HIDDEN, PASSWORD, READABLE, USER, FeedServer, feed_server

PROGRAM = Path(__file__).parents[2] / "fetch"
Fetch = Callable[..., tuple[int, str]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FeedServer]:
    with feed_server(tmp_path) as made:
        yield made


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fetch:
    monkeypatch.syspath_prepend(str(PROGRAM))
    from sightline_fetch.__main__ import main

    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    monkeypatch.chdir(tmp_path)

    def run(*words: object, ca: bool = True) -> tuple[int, str]:
        access = ["--user", USER, "--password-file", str(secret), *(["--ca", "ca.pem"] if ca else [])]
        code = main([str(word) for word in words] + access)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def rows_of(path: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The sites of a list, as Sightline reads it."""
    assert cli.main(["lists", "check", str(path), "--rows"]) == 0
    printed = capsys.readouterr()
    return {word.replace("[.]", ".") for word in (printed.out + printed.err).split() if word.endswith("[.]example")}


def test_collections_are_read_whole_page_by_page_in_their_newest_version(
    server: FeedServer, fetch: Fetch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.busy = 2
    code, error_text = fetch("taxii", f"{server.url}/taxii2/", "--out", "lists", "--page-size", 2)
    assert code == 0, error_text
    account = json.loads((tmp_path / "lists" / "fetched.json").read_text())
    files = {file["file"]: file for file in account["files"]}
    assert set(files) == {f"{READABLE}.json", f"{DATED}.json"}
    for name, one in files.items():
        assert one["sha256"] == hashlib.sha256((tmp_path / "lists" / name).read_bytes()).hexdigest()
    assert (files[f"{READABLE}.json"]["objects"], files[f"{DATED}.json"]["objects"]) == (2, 5)
    assert rows_of(tmp_path / "lists" / f"{READABLE}.json", capsys) == {"newer.example", "two.example"}
    assert len(rows_of(tmp_path / "lists" / f"{DATED}.json", capsys)) == 5
    again, _ = fetch("taxii", f"{server.url}/api1/", "--out", "again", "--collection", READABLE)
    same = [(tmp_path / folder / f"{READABLE}.json").read_bytes() for folder in ("lists", "again")]
    assert (again, same[0] == same[1]) == (0, True)
    assert not (tmp_path / "again" / f"{DATED}.json").exists()
    whole = "".join(path.read_text() for path in (tmp_path / "lists").iterdir())
    assert PASSWORD not in whole + error_text


def test_a_feed_of_misp_becomes_one_list(
    server: FeedServer, fetch: Fetch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, error_text = fetch("misp", f"{server.url}/feed", "--out", "all")
    assert code == 0, error_text
    assert rows_of(tmp_path / "all" / "events.json", capsys) == {"flagged.example", "old.example"}
    code, error_text = fetch("misp", f"{server.url}/feed/", "--out", "new", "--since", "2026-01-01")
    assert (code, "left out: 1" in error_text) == (0, True)
    assert rows_of(tmp_path / "new" / "events.json", capsys) == {"flagged.example"}


def test_a_failed_fetch_explains_the_error_and_leaves_no_folder(
    server: FeedServer, fetch: Fetch, tmp_path: Path
) -> None:
    url = f"{server.url}/api1/"
    cases: list[tuple[str, list[Any], str, str]] = [
        ("plain", ["taxii", url.replace("https", "http")], "", "verified TLS"),
        ("secret in the address", ["taxii", url.replace("//", "//u:p@")], "", "--password-file"),
        ("moved", ["taxii", url], "moved", "another server"),
        ("old", ["taxii", url], "old", "TAXII 2.1"),
        ("endless", ["taxii", url, "--page-size", 2], "endless", "does not give it"),
        ("large", ["taxii", url, "--most-bytes", 500], "", "more than"),
        ("hidden", ["taxii", url, "--collection", HIDDEN], "", "may read"),
        ("no manifest", ["misp", f"{server.url}/api1/"], "", "nothing there"),
        ("time", ["taxii", url, "--added-after", "yesterday"], "", "2026-06-01T00:00:00Z"),
    ]
    for name, words, mode, message in cases:
        server.mode = mode
        code, error_text = fetch(*words, "--out", "never")
        assert (code, message in error_text, PASSWORD in error_text) == (1, True, False), (name, error_text)
    server.mode = ""
    code, error_text = fetch("taxii", url, "--out", "never", ca=False)
    assert (code, "certificate is not valid" in error_text) == (1, True)
    (tmp_path / "password").write_text("wrong\n")
    code, error_text = fetch("taxii", url, "--out", "never")
    assert (code, "refuses this sign-in" in error_text, "wrong" in error_text) == (1, True, False)
    (tmp_path / "password").chmod(0o644)
    assert "chmod 600" in fetch("taxii", url, "--out", "never")[1]
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_the_core_never_imports_it_and_it_imports_only_the_standard_library() -> None:
    allowed = {*sys.stdlib_module_names, "sightline_fetch"}
    modules = sorted((PROGRAM / "sightline_fetch").glob("*.py"))
    assert len(modules) > 4
    for path in modules:
        assert imported(path) <= allowed, path
    for path in (PROGRAM.parent / "src" / "sightline").rglob("*.py"):
        assert "sightline_fetch" not in imported(path), path


def imported(path: Path) -> set[str]:
    """The top names of what a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
