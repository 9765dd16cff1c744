"""`sightline formats`: what each action prints, and its exit codes."""

import argparse
import bz2
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from sightline.cli import formats
from sightline.errors import DamagedInput, UnknownFormat, UsageError
from sightline.stages.formats.loader import Origin, builtin

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    formats.add(parser.add_subparsers())
    return formats.run(parser.parse_args(["formats", *words]))


def test_the_page_of_formats_is_as_the_format_files_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--markdown") == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "formats.md").read_text()


def test_list_tells_what_each_format_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    told = capsys.readouterr().out
    for name, item in builtin().items():
        rests_on = "logs of the real server" if item.origin is Origin.REAL_SERVER else "the specification"
        assert f"{rests_on}: tests/samples/{name}; {item.specification}" in told
        assert (SAMPLES / name).is_dir()


def test_list_and_show_tell_what_a_format_cannot_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    facts = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert facts["bind"]["untestable"] == ["url", "url-prefix", "file-digest"]
    assert facts["bind"]["by_request"] == []
    assert facts["combined"]["by_request"] == facts["combined"]["untestable"][:-1]
    assert facts["combined"]["untestable"][-1] == "file-digest"
    assert run("show", "bind") == 0
    assert "untestable:     url, url-prefix, file-digest" in capsys.readouterr().out
    with pytest.raises(UsageError, match="bnd: no such format"):
        run("show", "bnd")


def test_a_program_that_is_no_format_is_told_which_formats_are_its() -> None:
    with pytest.raises(UsageError) as error:
        run("show", "pihole")

    assert error.value.hint is not None
    assert error.value.hint.startswith("one of these: dnsmasq; ")


def test_detect_says_the_format_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", str(SAMPLES / "squid" / "real-squid-rotated.log.gz")) == 0
    assert capsys.readouterr().out.startswith("squid: squid reads ")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz", "bz2", "zst"])
def test_detect_and_test_see_what_match_sees(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = (SAMPLES / "combined" / "specification.log").read_bytes()
    (tmp_path / "a.log").write_bytes(log)
    packed = tmp_path / f"packed.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(tmp_path / "a.log", "a.log")
    elif kind == "bz2":
        packed.write_bytes(bz2.compress(log))
    elif kind == "zst":
        pytest.importorskip("sightline._kernel")
        # A frame of one block that is not compressed (RFC 8878).
        packed.write_bytes(b"\x28\xb5\x2f\xfd\x00\x58" + (len(log) << 3 | 1).to_bytes(3, "little") + log)
    else:
        with tarfile.open(packed, f"w:{kind[4:]}") as archive:  # type: ignore[call-overload]
            archive.add(tmp_path / "a.log", "a.log")
    assert run("detect", str(packed)) == 0
    assert capsys.readouterr().out.startswith("combined: combined reads ")
    outputs = []
    for path in (tmp_path / "a.log", packed):
        run("test", "combined", str(path), "--json")
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != ""


def test_detect_refuses_what_it_cannot_know(tmp_path: Path) -> None:
    (tmp_path / "damaged.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"garbage" * 9)

    with pytest.raises(UnknownFormat):
        run("detect", str(ROOT / "pyproject.toml"))
    with pytest.raises(UsageError, match="No such file"):
        run("detect", str(tmp_path / "absent.log"))
    with pytest.raises(UsageError, match="is a directory"):
        run("detect", str(tmp_path))
    with pytest.raises(DamagedInput, match="nothing can be read"):
        run("detect", str(tmp_path / "damaged.gz"))


def test_test_shows_every_frame_and_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = tmp_path / "sample.log"
    sample.write_text('192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 1\nsecret 4711\n\n')

    assert run("test", "common", str(sample)) == 1
    out, err = capsys.readouterr()
    frames = [json.loads(line) for line in out.splitlines()]
    assert frames[0]["source_ip"] == "192.0.2.7"
    assert frames[1:] == [{"line": 2, "reject": "no-pattern"}, {"line": 3, "comment": True}]
    assert err == "common: 3 frames: 1 comments, 1 no-pattern, 1 records\n"


def test_the_file_of_the_guide_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guide = (ROOT / "docs" / "add_a_format.md").read_text()
    (tmp_path / "gateway.toml").write_text(guide.split("```toml\n")[1].split("```")[0])
    (tmp_path / "sample.log").write_text(guide.split("Reads `")[1].split("`.\n")[0] + "\n")

    assert run("test", str(tmp_path / "gateway.toml"), str(tmp_path / "sample.log")) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["host"], record["url"], record["source_port"]) == ("www.example", "//www.example/a?b", 51034)
