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
    assert main(["lists", "create-key", "--issuer", "CELL-7", "--out", str(tmp_path / "keys")]) == 0
    return tmp_path


def sign(folder: Path, *more: str) -> int:
    key = folder / "keys/CELL-7.key"
    use = () if "--use" in more else ("--use", "leads")
    return main(["lists", "sign", str(folder / "flagged.csv"), "--key", str(key), "--valid-until", UNTIL, *use, *more])


def check(folder: Path, *more: str, name: str = "flagged.csv") -> int:
    return main(["lists", "check", str(folder / name), *more])


def trusting(folder: Path) -> tuple[str, str]:
    return "--trust", str(folder / "keys/CELL-7.pub")


def test_keys_are_the_owners_alone_and_never_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = folder / "keys/CELL-7.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    was = secret.read_text()
    assert main(["lists", "create-key", "--issuer", "CELL-7", "--out", str(folder / "keys")]) == 2
    assert secret.read_text() == was
    assert "never replaced" in capsys.readouterr().err
    assert main(["lists", "create-key", "--issuer", "../x", "--out", str(folder / "keys")]) == 2


def test_a_signed_list_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(folder) == 0
    capsys.readouterr()
    assert check(folder, *trusting(folder)) == 0
    output = capsys.readouterr().out
    for text in ("verified", "signed by CELL-7", "2: 1 url, 1 domain", "use: leads", "series: flagged"):
        assert text in output
    assert sign(folder) == 2
    assert sign(folder, "--overwrite") == 0
    assert not list(folder.glob(".*"))


def test_a_transcribed_list_is_marked_as_transcribed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    error_text = capsys.readouterr().err
    assert "line 4: junk: " in error_text
    assert "and 10 more" in error_text
    assert "30 of 32 rows" in error_text
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
def test_a_value_that_a_signature_cannot_hold_is_wrong_use(folder: Path, wrong: list[str]) -> None:
    assert sign(folder, *wrong) == 2
    assert not (folder / "flagged.csv.minisig").exists()


def test_an_untrusted_list_is_displayed_and_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, *trusting(folder)) == 3
    assert sign(folder) == 0
    (folder / "flagged.csv").write_text(ROWS + "x,y,z\n")
    capsys.readouterr()
    assert check(folder, *trusting(folder)) == 3
    out, err = capsys.readouterr()
    assert "line 4: unknown-kind" in out
    assert "altered" in err


@pytest.mark.parametrize("name", ["absent.csv", "keys", "keys/CELL-7.pub"])
def test_a_path_that_is_not_a_list_is_wrong_use(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, name=name) == 2
    assert name in capsys.readouterr().err


needs_kernel = pytest.mark.skipif(not kernel.is_kernel_available(), reason="the kernel is not built")


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
def test_an_impossible_output_is_refused_before_the_list_is_read(
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


def test_a_use_must_be_chosen_and_each_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = folder / "keys/CELL-7.key"
    words = ["lists", "sign", str(folder / "flagged.csv"), "--key", str(key), "--valid-until", UNTIL]
    assert main(words) == 2
    error_text = capsys.readouterr().err
    assert "--use leads: a visit may become a lead" in error_text
    assert "--use statistics: visits are only counted" in error_text
    assert not (folder / "flagged.csv.minisig").exists()
    assert main([*words, "--use", "statistics"]) == 0
    capsys.readouterr()
    assert check(folder, *trusting(folder)) == 0
    assert "use: statistics" in capsys.readouterr().out


def test_a_signature_names_series_and_version(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(folder) == 0
    capsys.readouterr()
    assert check(folder, "--json", *trusting(folder)) == 0
    by_default = json.loads(capsys.readouterr().out)["signature"]
    assert by_default["series"] == "flagged"
    assert by_default["version"].startswith("20")
    assert by_default["version"].endswith("Z")
    assert sign(folder, "--overwrite", "--series", "drugs", "--version", "007") == 0
    capsys.readouterr()
    assert check(folder, "--json", *trusting(folder)) == 0
    signature = json.loads(capsys.readouterr().out)["signature"]
    assert (signature["series"], signature["version"]) == ("drugs", "7")


@pytest.mark.parametrize(
    "wrong", [["--version", "1.2"], ["--version", "-1"], ["--version", "१"], ["--series", "a;b"], ["--series", ""]]
)
def test_a_version_is_a_number_and_a_series_a_name(folder: Path, wrong: list[str]) -> None:
    assert sign(folder, *wrong) == 2


def test_a_version_is_not_signed_below_the_one_that_it_replaces(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign(folder, "--version", "5") == 0
    (folder / "flagged.csv").write_text(ROWS + "host,new.example,\n")
    for lower in ("4", "5"):
        assert sign(folder, "--overwrite", "--version", lower) == 3
        assert "is not higher than version 5" in capsys.readouterr().err
    assert sign(folder, "--overwrite", "--version", "6") == 0
    # The same bytes may be signed again as the same version: their validity is extended.
    assert sign(folder, "--overwrite", "--version", "6", "--valid-until", "2999-12-30") == 0
    assert sign(folder, "--overwrite", "--version", "1", "--series", "other") == 0


@pytest.mark.parametrize(
    ("row", "delimiter"),
    [
        ("bad-site.example;forum", "semicolons"),
        ("bad-site.example,forum", "commas"),
        ("bad-site.example|forum", "bars"),
        ("domain;bad-site.example;forum", "semicolons"),
        ("domain\tbad-site.example", "tabs"),
        ("http://bad-site.example/a;forum\nhttp://bad-site.example/b;chat", "semicolons"),
        ("# exported\n\nbad-site.example; forum", "semicolons"),
    ],
)
def test_a_table_without_a_header_is_refused_with_its_delimiter(
    folder: Path, row: str, delimiter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "flagged.csv").write_text(row + "\n")
    assert sign(folder) == 2
    error_text = capsys.readouterr().err
    assert f"without a header, with {delimiter} between its columns" in error_text
    assert "put a first line above it" in error_text


@pytest.mark.parametrize("header", ["value;category", "kind;value;category"])
def test_a_semicolon_table_with_a_header_is_read(folder: Path, header: str, capsys: pytest.CaptureFixture[str]) -> None:
    kind = "domain;" if header.startswith("kind") else ""
    (folder / "flagged.csv").write_text(f"{header}\n{kind}bad-site.example;forum\n")
    assert check(folder) == 0
    output = capsys.readouterr().out
    assert "line 2: domain bad-site[.]example  opinion flagged; window [open, open); category forum" in output


@pytest.mark.parametrize("letter", [";", ",", "|", '"', "'", "=", " "])
def test_a_host_with_a_letter_of_tables_is_a_reject(
    folder: Path, letter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "flagged.csv").write_text(f"flagged.example\nbad-site.example{letter}forum\n")
    assert check(folder) == 1
    assert "line 2: bad-" in capsys.readouterr().out
    assert sign(folder) == 3


def test_check_shows_each_row_as_understood(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"http://board.example/{number};a" for number in range(29)] + ["# none", "198.51.100.0/24"]
    (folder / "flagged.csv").write_text("\n".join(rows) + "\n")
    assert check(folder, "--rows") == 0
    output = capsys.readouterr().out
    assert "line 29: url board[.]example/28;a  opinion flagged" in output
    assert "line 31: cidr 198[.]51[.]100[.]0/24" in output
    assert check(folder) == 0
    few = capsys.readouterr().out
    assert "line 20: url" in few
    assert "line 21: url" not in few
    assert "and 10 more rows" in few
    assert check(folder, "--rows", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[29]["kind"] == "cidr"
    assert lines[29]["line"] == 31
    assert len(lines) == 31


def test_a_list_of_one_column_is_not_cut(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flagged.csv").write_text("value\n\nboard.example/a,b;c\n \nflagged.example\n")
    assert check(folder) == 0
    output = capsys.readouterr().out
    assert "line 3: url board[.]example/a,b;c" in output
    assert "line 5: domain flagged[.]example" in output
