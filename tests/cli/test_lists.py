"""`sightline lists` by its commands: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from sightline.cli import main
from sightline.stages.scan import kernel

ROWS = "kind,value,category\ndomain,flagged.example,a\nurl,http://mail.example/a,\n"
UNTIL = "2999-12-31"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flagged.csv").write_text(ROWS)
    assert main(["lists", "keygen", "--issuer", "CELL-7", "--out", str(tmp_path / "keys")]) == 0
    return tmp_path


def sign(folder: Path, *more: str) -> int:
    key = folder / "keys/CELL-7.key"
    return main(["lists", "sign", str(folder / "flagged.csv"), "--key", str(key), "--valid-until", UNTIL, *more])


def check(folder: Path, *more: str, name: str = "flagged.csv") -> int:
    return main(["lists", "check", str(folder / name), *more])


def trusting(folder: Path) -> tuple[str, str]:
    return "--trust", str(folder / "keys/CELL-7.pub")


def test_keys_are_the_owners_alone_and_never_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = folder / "keys/CELL-7.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    was = secret.read_text()
    assert main(["lists", "keygen", "--issuer", "CELL-7", "--out", str(folder / "keys")]) == 2
    assert secret.read_text() == was
    assert "never replaced" in capsys.readouterr().err
    assert main(["lists", "keygen", "--issuer", "../x", "--out", str(folder / "keys")]) == 2


def test_a_signed_list_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(folder) == 0
    capsys.readouterr()
    assert check(folder, *trusting(folder)) == 0
    said = capsys.readouterr().out
    for text in ("verified", "signed by CELL-7", "2: 1 url, 1 domain", "use: statistics"):
        assert text in said
    assert sign(folder) == 2
    assert sign(folder, "--overwrite") == 0
    assert not list(folder.glob(".*"))


def test_a_transcribed_list_is_said_to_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    original = folder / "letter.pdf"
    original.write_bytes(b"letter")
    assert (
        sign(folder, "--transcribed-by", "Unit 3", "--original", str(original), "--version", "4", "--category", "c")
        == 0
    )
    capsys.readouterr()
    assert check(folder, "--json") == 0
    account = json.loads(capsys.readouterr().out)
    assert account["signature"]["state"].startswith("not verified")
    assert account["signature"]["origin"] == "transcribed by Unit 3, not signed by CELL-7"
    assert account["rows"] == {"url": 1, "domain": 1}


def test_rows_that_cannot_be_read_stop_a_signing_unless_allowed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "flagged.csv").write_text(ROWS + "host,com,\n" * 30)
    assert sign(folder) == 3
    said = capsys.readouterr().err
    assert "line 4: junk: " in said
    assert "and 10 more" in said
    assert "30 of 32 rows" in said
    assert not (folder / "flagged.csv.minisig").exists()
    assert sign(folder, "--allow-rejects") == 0
    capsys.readouterr()
    assert check(folder, *trusting(folder)) == 1
    capsys.readouterr()
    assert check(folder, "--json") == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 31
    assert json.loads(lines[0])["line"] == 4
    assert json.loads(lines[-1])["rejects"] == {"junk": 30}


def test_an_empty_list_is_not_signed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flagged.csv").write_text("kind,value\n")
    assert sign(folder) == 3
    assert "nothing to sign" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [["--category", "a;b"], ["--version", "\x1b[2J"], ["--valid-until", "2001-01-01"], ["--valid-until", "soon"]],
)
def test_what_a_signature_cannot_say_is_wrong_use(folder: Path, wrong: list[str]) -> None:
    assert sign(folder, *wrong) == 2
    assert not (folder / "flagged.csv.minisig").exists()


def test_a_list_that_is_not_trusted_is_shown_and_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, *trusting(folder)) == 3
    assert sign(folder) == 0
    (folder / "flagged.csv").write_text(ROWS + "x,y,z\n")
    capsys.readouterr()
    assert check(folder, *trusting(folder)) == 3
    out, err = capsys.readouterr()
    assert "line 4: unknown-kind" in out
    assert "altered" in err


@pytest.mark.parametrize("name", ["absent.csv", "keys", "keys/CELL-7.pub"])
def test_what_is_no_list_is_wrong_use(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, name=name) == 2
    assert name in capsys.readouterr().err


needs_kernel = pytest.mark.skipif(not kernel.available(), reason="the kernel is not built")


@needs_kernel
def test_a_compiled_list_carries_its_signature(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(folder) == 0
    source, out = folder / "flagged.csv", folder / "flagged.compiled"
    compiling = ["lists", "compile", str(source), "--out", str(out)]
    assert main([*compiling, *trusting(folder)]) == 0
    assert main(compiling) == 2
    was = out.read_bytes()
    assert main([*compiling, "--overwrite"]) == 0
    assert out.read_bytes() == was
    capsys.readouterr()
    assert check(folder, *trusting(folder), "--against", str(source), name="flagged.compiled") == 0
    assert "verified" in capsys.readouterr().out
    raw = bytearray(was)
    raw[-1] ^= 1
    out.write_bytes(raw)
    assert check(folder, *trusting(folder), name="flagged.compiled") == 4


@needs_kernel
def test_what_cannot_be_compiled_to_is_told_before_the_list_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder / "flagged.csv"
    for out, what in ((folder / "no" / "c", "there is no folder"), (source, "both an input and an output")):
        capsys.readouterr()
        assert main(["lists", "compile", str(source), "--out", str(out), "--overwrite"]) == 2
        assert what in capsys.readouterr().err
    assert source.read_text() == ROWS


@needs_kernel
def test_several_lists_are_compiled_into_a_folder(folder: Path) -> None:
    (folder / "b.txt").write_text("b.example\n")
    files = [str(folder / "flagged.csv"), str(folder / "b.txt")]
    assert main(["lists", "compile", *files, "--out", str(folder / "absent")]) == 2
    (folder / "out").mkdir()
    assert main(["lists", "compile", *files, "--out", str(folder / "out"), *trusting(folder)]) == 3
    assert main(["lists", "compile", *files, "--out", str(folder / "out")]) == 0
    assert {path.name for path in (folder / "out").iterdir()} == {"flagged.csv.compiled", "b.txt.compiled"}
