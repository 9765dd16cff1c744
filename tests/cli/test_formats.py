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
from sightline.stages.formats.loader import Origin, load_builtin_formats
from tests.cli.conftest import Sightline, SignedList

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    formats.add(parser.add_subparsers())
    return formats.run(parser.parse_args(["formats", *words]))


def test_the_page_of_formats_is_as_the_format_files_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--markdown") == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "reference" / "formats.md").read_text()


def test_list_tells_what_each_format_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    output = capsys.readouterr().out
    for name, item in load_builtin_formats().items():
        rests_on = "logs of the real server" if item.origin is Origin.REAL_SERVER else "the specification"
        assert f"{rests_on}: tests/samples/{name}; {item.specification}" in output
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
    with pytest.raises(UsageError, match="bnd: no such format") as error:
        run("show", "bnd")
    assert str(error.value.hint).startswith("one of these: bind")


def test_a_program_name_lists_the_formats_of_the_program() -> None:
    with pytest.raises(UsageError) as error:
        run("show", "pihole")

    assert error.value.hint is not None
    assert error.value.hint.startswith("one of these: dnsmasq, dnsmasq-dhcp, pihole-ftl; ")


def test_detect_says_the_format_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", str(SAMPLES / "squid" / "real-squid-rotated.log.gz")) == 0
    assert capsys.readouterr().out.startswith("squid: squid reads ")


def test_detect_looks_behind_an_overlong_first_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "long.log"
    log.write_bytes(b"y" * (5 << 20) + b"\n" + (SAMPLES / "squid" / "real-squid-native.log").read_bytes())
    assert run("detect", str(log)) == 0
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
    with pytest.raises(DamagedInput, match="nothing inside it can be read"):
        run("detect", str(tmp_path / "damaged.gz"))


def test_test_shows_every_frame_and_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = tmp_path / "sample.log"
    sample.write_text('192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 1\nsecret 4711\n\n')

    assert run("test", "common", str(sample)) == 1
    out, err = capsys.readouterr()
    frames = [json.loads(line) for line in out.splitlines()]
    assert frames[0]["source_ip"] == "192.0.2.7"
    assert frames[1:] == [{"line": 2, "reject": "no-pattern"}, {"line": 3, "comment": True}]
    assert err.startswith("common: 3 frames: 1 comment, 1 no-pattern, 1 record\n")
    assert "  timestamp               1 of 1   2026-10-10 to 2026-10-10 (UTC)\n" in err
    assert "  source_ip               1 of 1   999.9.9.9\n" in err
    assert "  no-pattern: 1 frame, the first is line 2\n      like xxxxxx 9999\n      the nearest pattern is " in err
    assert "192.0.2.7" not in err
    assert "secret" not in err


GUIDE = (ROOT / "docs" / "how-to" / "add_a_format.md").read_text()


def test_the_file_of_the_guide_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guide = GUIDE.split("## A whole file\n")[1]
    (tmp_path / "gateway.toml").write_text(guide.split("```toml\n")[1].split("```")[0])
    (tmp_path / "sample.log").write_text(guide.split("Reads `")[1].split("`.\n")[0] + "\n")

    assert run("test", str(tmp_path / "gateway.toml"), str(tmp_path / "sample.log")) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["host"], record["url"], record["source_port"]) == ("www.example", "//www.example/a?b", 51034)


def walked(tmp_path: Path, sightline: Sightline) -> tuple[Path, Path]:
    """The log of the guide and the draft of it with the guide's answers, both made by following it."""
    log, mine = tmp_path / "gateway.log", tmp_path / "mine.toml"
    log.write_text(GUIDE.split("```text\n")[1].split("```")[0])
    drafted = sightline("formats", "draft", log)
    assert drafted.code == 0
    assert drafted.err.startswith("a draft that takes apart 3 of 3 lines")
    lines = [
        line.split(" # FILL IN: ")[0] for line in drafted.out.decode().splitlines() if "# FILL IN: " not in line[:11]
    ]
    for answer in GUIDE.split("```toml\n")[1].split("```")[0].splitlines():
        key = answer.split(" = ")[0]
        there = [number for number, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{key} = ")]
        lines = [*lines[: there[0]], answer, *lines[there[0] + 1 :]] if there else [*lines, answer]
    mine.write_text("\n".join(lines))
    return log, mine


def test_the_ten_minutes_of_the_guide_end_with_hits(
    tmp_path: Path, sightline: Sightline, signed_list: SignedList
) -> None:
    log, mine = walked(tmp_path, sightline)

    detected = sightline("formats", "detect", log)
    assert detected.code == 3
    assert "sightline formats draft LOG > mine.toml" in detected.err
    tested = sightline("formats", "test", mine, log)
    assert tested.code == 0
    assert "times without a zone: 3; assumed here, but match asks: declare it: --timezone" in tested.err
    assert 'still a draft: when what it shows is right, write origin = "specification"' in tested.err
    refused = sightline("match", log, "--format", mine, "--timezone", "+05:30", *signed_list.words)
    assert (refused.code, refused.out) == (3, b"")
    assert f"{mine} is still a draft" in refused.err
    mine.write_text(mine.read_text().replace('origin = "draft"', 'origin = "specification"'))
    found = sightline("match", log, "--format", mine, "--timezone", "+05:30", *signed_list.words)
    assert found.code == 0
    hit = json.loads(found.out)
    assert (hit["source_ip"], hit["source_port"], hit["line_number"]) == ("192.0.2.9", 51035, 2)
    assert (hit["url"], hit["timestamp"]) == ("//board.example/rooms", "2026-10-10T08:25:37.000000Z")


def test_a_draft_says_which_lines_still_ask(tmp_path: Path, sightline: Sightline) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-10-10T13:55:36Z a=192.0.2.7 b=www.example c=1\n" * 3)
    (tmp_path / "mine.toml").write_bytes(sightline("formats", "draft", log).out)

    tested = sightline("formats", "test", tmp_path / "mine.toml", log)

    assert tested.code == 1
    assert "nothing under [fields] gives source_ip: say which piece holds it" in tested.err
    assert "still a draft: lines 11, 17, 19 of" in tested.err


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is empty"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"\xc3\n" * 9, "no line of text"),
        (b"[{}]", "JSON array"),
    ],
)
def test_a_file_that_is_not_a_log_of_lines_gets_no_draft(
    content: bytes, expected: str, tmp_path: Path, sightline: Sightline
) -> None:
    (tmp_path / "a.log").write_bytes(content)

    ran = sightline("formats", "draft", tmp_path / "a.log")

    assert (ran.code, ran.out) == (3, b"")
    assert expected in ran.err
    assert "give a log of lines" in ran.err or expected in ("it is empty", "UTF-16", "JSON array")


def test_a_field_that_no_line_has_is_reported_with_similar_fields(tmp_path: Path, sightline: Sightline) -> None:
    (tmp_path / "a.log").write_text("when=1791620736 srcip=192.0.2.7 srcport=51034 hostname=www.example\n")
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\ntitle = "t"\nspecification = "s"\norigin = "specification"\nby = "keyvalue"\n'
        'record_kind = "flow"\n'
        '[fields]\ntimestamp = { from = "when", layouts = "%s" }\nsource_port = "srcport"\nsource = "srcip"\n'
        'host = "hostnam"\n'
    )

    tested = sightline("formats", "test", tmp_path / "mine.toml", tmp_path / "a.log")

    assert tested.code == 0
    assert 'host               in none   no line has "hostnam"; near it: hostname' in tested.err
    assert "source_port        in none   source below it says the port too: write source_ip" in tested.err


def test_two_formats_in_one_log_are_both_named(tmp_path: Path, sightline: Sightline, signed_list: SignedList) -> None:
    common = '192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET http://flagged.example/ HTTP/1.1" 200 1'
    log = tmp_path / "mixed.log"
    squid = "1791619200.150 97 192.0.2.7 TCP_MISS/200 8187 GET http://flagged.example/ - HIER_DIRECT/203.0.113.80 -"
    log.write_text(f"{common}\n{squid}\n" * 6 + "Traceback 4711\n")

    for ran in (sightline("formats", "detect", log), sightline("match", log, *signed_list.words)):
        assert (ran.code, ran.out) == (3, b"")
        assert "common reads 6 of 13 frames; squid reads 6 of 13 frames; " in ran.err
        assert "common and squid may both be in it" in ran.err
        assert "match --format common, then match --format squid" in ran.err
        assert "4711" not in ran.err
        assert "like" not in ran.err
    hits = {}
    for name in ("common", "squid"):
        ran = sightline("match", log, "--format", name, "--max-rejects", "100", *signed_list.words)
        hits[name] = [json.loads(line)["line_number"] for line in ran.out.splitlines()]
        assert ran.code == 0
        assert "reads only 46 % of these frames" in ran.err
    assert sorted(hits["common"] + hits["squid"]) == list(range(1, 13))
