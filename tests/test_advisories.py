"""The audit of locked packages against a small made-up database: what is found, and what says that it was not done."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from scripts.advisories import FOUND, NOT_DONE, ROOT, Json, is_affected, locked, main

TODAY = date(2026, 6, 30)
ECOSYSTEMS = ("PyPI", "crates.io", "npm")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one package of each ecosystem, and our own."""
    for name in ("requirements", "rust", "frontend"):
        (tmp_path / name).mkdir()
    (tmp_path / "requirements" / "run.txt").write_text(
        "Made_Up.web[all]==1.4.0 ; python_version > '3' \\\n    --hash=sha256:00\n    # via sightline\n"
    )
    (tmp_path / "rust" / "Cargo.lock").write_text(
        'version = 4\n[[package]]\nname = "ours"\nversion = "0.1.0"\n'
        '[[package]]\nname = "made-up"\nversion = "0.26.0"\nsource = "registry+x"\n'
    )
    packages = {"": {"name": "ours"}, "node_modules/a/node_modules/@made/up": {"version": "2.0.0-rc.1"}}
    (tmp_path / "frontend" / "package-lock.json").write_text(json.dumps({"packages": packages}))
    return tmp_path


def advisory(ecosystem: str, name: str, *events: dict[str, str], **more: object) -> Json:
    kind = "SEMVER" if ecosystem != "PyPI" else "ECOSYSTEM"
    affected = {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": kind, "events": list(events)}],
    }
    return {"id": "MADE-1", "summary": "a hole", "modified": "2026-06-20T01:02:03.5Z", "affected": [affected], **more}


def carried(root: Path, *advisories: Json, without: str = "") -> Path:
    """A folder of archives as OSV makes them, of which each has these advisories and one of a stranger."""
    folder = root / "carried"
    folder.mkdir(exist_ok=True)
    for ecosystem in ECOSYSTEMS:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for number, one in enumerate([advisory(ecosystem, "stranger", {"introduced": "0"}), *advisories]):
                file.writestr(f"{number}.json", json.dumps(one))
        if ecosystem != without:
            (folder / f"{ecosystem}.zip").write_bytes(buffer.getvalue())
    return folder


def audited(root: Path, capsys: pytest.CaptureFixture[str], today: date = TODAY) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["check"], root, today)
    return code, capsys.readouterr().out.splitlines()


def fetched(root: Path, *advisories: Json, without: str = "") -> int:
    return main(["fetch", "--from", str(carried(root, *advisories, without=without))], root)


def test_every_locked_package_of_this_repository_is_seen() -> None:
    found = locked(ROOT)
    assert ("pyo3" in {name for name, _ in found["crates.io"]}, "sightline-kernel" in dict(found["crates.io"])) == (
        True,
        False,
    )
    assert {"cryptography", "obstore", "pytest"} <= {name for name, _ in found["PyPI"]}
    assert {"esbuild", "@biomejs/biome"} <= {name for name, _ in found["npm"]}
    pins = sum(
        line.count("==") and not line.startswith((" ", "#"))
        for path in (ROOT / "requirements").glob("*.txt")
        for line in set(path.read_text().splitlines())
    )
    assert 0 < len(found["PyPI"]) <= pins


def test_names_are_compared_as_each_ecosystem_does(root: Path) -> None:
    assert locked(root) == {
        "PyPI": {("made-up-web", "1.4.0")},
        "crates.io": {("made-up", "0.26.0")},
        "npm": {("@made/up", "2.0.0-rc.1")},
    }


def test_no_database_is_no_pass(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(root, capsys) == (
        NOT_DONE,
        [f"audit: NOT DONE for {ecosystem}, no database" for ecosystem in ECOSYSTEMS],
    )


def test_all_checked_and_nothing_found(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetched(root, advisory("PyPI", "made-up.web", {"introduced": "0"}, {"fixed": "1.4.0"})) == 0
    code, lines = audited(root, capsys)
    assert code == 0
    assert lines[0] == "audit: PyPI: 1 locked packages, no known hole in the database of 2026-06-20"
    assert len(lines) == 3
    assert "stranger" not in (root / "requirements" / "advisories.json").read_text()


@pytest.mark.parametrize(
    ("ecosystem", "name", "version"),
    [
        ("PyPI", "made_up-WEB", "made-up-web 1.4.0"),
        ("crates.io", "made-up", "made-up 0.26.0"),
        ("npm", "@made/up", "@made/up 2.0.0-rc.1"),
    ],
)
def test_a_hole_is_found(
    root: Path, capsys: pytest.CaptureFixture[str], ecosystem: str, name: str, version: str
) -> None:
    same = advisory(ecosystem, name, {"introduced": "0"}, id="SAME-2", aliases=["MADE-1"])
    fetched(root, advisory(ecosystem, name, {"introduced": "0"}, aliases=["SAME-2"]), same)
    code, lines = audited(root, capsys)
    assert code == FOUND
    assert [line for line in lines if "HOLE" in line] == [f"audit: HOLE in {version} ({ecosystem}): MADE-1 a hole"]


def test_withdrawn_harmless_and_foreign_advisories_are_ignored(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tells = advisory("crates.io", "made-up", {"introduced": "0"})
    tells["affected"][0]["database_specific"] = {"informational": "unmaintained"}
    withdrawn = advisory("crates.io", "made-up", {"introduced": "0"}, withdrawn="2026-06-21T00:00:00Z")
    fetched(root, tells, withdrawn, advisory("Go", "made-up", {"introduced": "0"}))
    assert audited(root, capsys)[0] == 0
    tells["affected"][0]["database_specific"] = {"informational": "unsound"}
    fetched(root, tells)
    assert audited(root, capsys)[0] == FOUND


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (date(2026, 7, 20), None),
        (date(2026, 7, 21), "its database of 2026-06-20 is 31 days old (at most 30)"),
        (date(2026, 6, 10), "its database is of 2026-06-20, which is to come"),
    ],
)
def test_an_old_database_is_no_pass(
    root: Path, capsys: pytest.CaptureFixture[str], today: date, says: str | None
) -> None:
    fetched(root)
    code, lines = audited(root, capsys, today)
    assert code == (NOT_DONE if says else 0)
    assert not says or lines == [f"audit: NOT DONE for {ecosystem}, {says}" for ecosystem in ECOSYSTEMS]


def test_a_hole_in_an_old_database_is_a_hole(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetched(root, advisory("npm", "@made/up", {"introduced": "2.0.0-alpha"}))
    code, lines = audited(root, capsys, date(2027, 1, 1))
    assert code == FOUND
    assert len(lines) == 4


def test_a_package_that_came_after_the_database_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetched(root)
    (root / "requirements" / "dev.txt").write_text("later==3\nMade-up-web==1.5.0\n")
    code, lines = audited(root, capsys)
    assert code == NOT_DONE
    assert lines[0] == (
        "audit: NOT DONE for PyPI, its database of 2026-06-20 was made without later==3, made-up-web==1.5.0"
    )
    assert "no known hole" in lines[1]


def test_one_ecosystem_out_of_reach_is_named_and_keeps_its_day(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (carried(root, without="npm") / "crates.io.zip").write_bytes(b"no archive")
    for _ in range(2):
        assert main(["fetch", "--from", str(root / "carried")], root) == NOT_DONE
        code, lines = audited(root, capsys)
        (root / "carried" / "npm.zip").unlink(missing_ok=True)
        assert code == NOT_DONE
        assert "audit: NOT DONE for crates.io, no database" in lines


@pytest.mark.parametrize("spoiled", ["{", "[]", '{"PyPI": {}, "npm": [], "crates.io": {"as_of": "soon"}}'])
def test_a_database_that_cannot_be_read_is_no_pass(
    root: Path, capsys: pytest.CaptureFixture[str], spoiled: str
) -> None:
    (root / "requirements" / "advisories.json").write_text(spoiled)
    code, lines = audited(root, capsys)
    assert (code, len(lines)) == (NOT_DONE, 3)
    assert all("NOT DONE" in line for line in lines)


def test_an_empty_archive_or_lock_file_is_no_pass(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetched(root)
    (root / "rust" / "Cargo.lock").write_text("version = 4\n")
    assert audited(root, capsys) == (
        NOT_DONE,
        [
            "audit: PyPI: 1 locked packages, no known hole in the database of 2026-06-20",
            "audit: NOT DONE for crates.io, no locked package was found",
            "audit: npm: 1 locked packages, no known hole in the database of 2026-06-20",
        ],
    )
    with zipfile.ZipFile(root / "carried" / "PyPI.zip", "w"):
        pass
    (root / "requirements" / "advisories.json").unlink()
    assert main(["fetch", "--from", str(root / "carried")], root) == NOT_DONE
    assert audited(root, capsys)[1][0] == "audit: NOT DONE for PyPI, no database"


FROM_TO = [{"introduced": "1.0.0"}, {"fixed": "1.2.0"}]
AGAIN = [*FROM_TO, {"introduced": "2.0.0"}, {"last_affected": "2.3.0"}]


@pytest.mark.parametrize(
    ("ecosystem", "version", "events", "is_one"),
    [
        *((one, "0.9.9", FROM_TO, False) for one in ECOSYSTEMS),
        *((one, "1.0.0", FROM_TO, True) for one in ECOSYSTEMS),
        *((one, "1.1.10", FROM_TO, True) for one in ECOSYSTEMS),
        *((one, "1.2.0", FROM_TO, False) for one in ECOSYSTEMS),
        *((one, "1.10.0", FROM_TO, False) for one in ECOSYSTEMS),
        *((one, "1.5.0", AGAIN, False) for one in ECOSYSTEMS),
        *((one, "2.3.0", AGAIN[::-1], True) for one in ECOSYSTEMS),
        *((one, "2.3.1", AGAIN, False) for one in ECOSYSTEMS),
        *((one, "0.0.1", [{"introduced": "0"}], True) for one in ECOSYSTEMS),
        *((one, "3.0.0", [{"introduced": "0"}, {"limit": "2.0.0"}], False) for one in ECOSYSTEMS),
        *((one, "1.0.0", [{"introduced": "0"}, {"limit": "2.0.0"}], True) for one in ECOSYSTEMS),
        ("npm", "1.2.0-rc.2", FROM_TO, True),
        ("npm", "1.2.0-rc.2", [{"introduced": "0"}, {"fixed": "1.2.0-rc.10"}], True),
        ("npm", "1.2.0-rc.10", [{"introduced": "0"}, {"fixed": "1.2.0-rc.2"}], False),
        ("npm", "1.2.0-1", [{"introduced": "0"}, {"fixed": "1.2.0-alpha"}], True),
        ("crates.io", "1.2.0+build.7", FROM_TO, False),
        ("crates.io", "0.0.0-dev", [{"introduced": "0"}], True),
        ("crates.io", "1.0.0-alpha", [{"introduced": "0.0.0-0"}, {"fixed": "1.0.0"}], True),
        ("PyPI", "1.2rc1", FROM_TO, True),
        ("PyPI", "1.2.post1", FROM_TO, False),
        ("PyPI", "1!0.1", FROM_TO, False),
        ("PyPI", "1.1", [{"introduced": "0"}, {"fixed": "of old"}], True),
        ("npm", "1.1.1", [{"introduced": "x.y"}], True),
    ],
)
def test_ranges_are_read_as_their_ecosystem_orders_versions(
    ecosystem: str, version: str, events: list[dict[str, str]], is_one: bool
) -> None:
    assert is_affected(ecosystem, version, {"ranges": [{"type": "SEMVER", "events": events}]}) == is_one


def test_listed_versions_count_beside_ranges_and_commits_do_not() -> None:
    commits = {"type": "GIT", "events": [{"introduced": "0"}]}
    assert is_affected("PyPI", "1.4", {"ranges": [commits], "versions": ["1.3", "1.4"]})
    assert not is_affected("PyPI", "1.5", {"ranges": [commits], "versions": ["1.3", "1.4"]})
    assert is_affected("PyPI", "1.5", {"ranges": [commits]})
    assert is_affected("PyPI", "1.5", {})
