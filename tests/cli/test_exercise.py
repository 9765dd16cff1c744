"""`sightline exercise` as its user runs it."""

import json
from pathlib import Path

from tests.cli.conftest import Ran, Sightline

BENCHMARK = (
    "sessions subscribers_named wrong_subscribers resolvable resolved ceilings_too_high ceilings_too_low "
    "places_nameable"
    " places_named places_wrong by_fault traceless naive seconds peak_bytes"
).split()


def test_a_world_is_made_once_and_says_what_next(sightline: Sightline, tmp_path: Path) -> None:
    made = sightline("exercise", "create", "--out", tmp_path / "world", "--sessions", 200, "--fault", "tor=0.9")
    assert made.code == 0
    assert "sightline exercise run" in made.err
    assert (tmp_path / "world" / "world.toml").is_file()
    again = sightline("exercise", "create", "--out", tmp_path / "world", "--sessions", 200)
    assert (again.code, "not empty" in again.err) == (2, True)


def test_faults_are_listed_and_wrong_ones_refused(sightline: Sightline, tmp_path: Path) -> None:
    listed = sightline("exercise", "create", "--faults")
    assert listed.code == 0
    assert b"residential-proxy" in listed.out
    for fault in ("rain=0.1", "tor=2", "tor"):
        refused = sightline("exercise", "create", "--out", tmp_path / "world", "--fault", fault)
        assert refused.code == 2
    assert not (tmp_path / "world").exists()
    assert sightline("exercise", "create").code == 2


def test_the_benchmark_makes_runs_and_grades(sightline: Sightline, tmp_path: Path) -> None:
    ran = sightline("exercise", "benchmark", "--sessions", 100, "--seed", 3, "--json", "--keep", tmp_path / "kept")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert set(BENCHMARK) <= set(found)
    assert found["sessions"] > 50
    assert found["naive"]["wrong_subscribers"] > found["wrong_subscribers"]
    leads = sorted((tmp_path / "kept" / "workspace" / "segments").rglob("leads-*.parquet"))
    graded = sightline("exercise", "grade", tmp_path / "kept" / "world", "--leads", *leads)
    assert graded.code == 0
    assert b"SPREADSHEET" in graded.out
    assert b"WITHOUT A TRACE" in graded.out


def test_a_run_leaves_the_keys_of_three_and_a_force_that_waits(sightline: Sightline, tmp_path: Path) -> None:
    sightline("exercise", "create", "--out", tmp_path / "world", "--sessions", 100, "--seed", 5)
    run = ("exercise", "run", tmp_path / "world", "--workspace", tmp_path / "ps", "--quiet")
    done = sightline(*run)
    assert done.code == 0 and "sightline serve" in done.err, done.err
    (tmp_path / "ps.key").rename(tmp_path / "officer")
    assert "ps-superintendent.key exists already" in sightline(*run).err

    def act(who: str, *words: object) -> Ran:
        made = sightline(*words, "--workspace", tmp_path / "ps", "--key", tmp_path / who)
        assert made.code == 0, made.err
        return made

    (asked,) = map(json.loads, act("ps-partner.key", "referrals", "add-request", "--list", "--json").out.splitlines())
    new = (
        "referrals",
        "draft",
        "--request",
        asked["request_id"],
        "--case",
        "FIR 1/2026",
        "--why",
        "asked as the order says",
        "--json",
    )
    drafted = json.loads(act("officer", *new).out)
    (waits,) = map(json.loads, act("ps-superintendent.key", "approve", "--json").out.splitlines())
    act("ps-superintendent.key", "approve", waits["approval_id"], "--yes", "--why", "compared as the order says")
    act("officer", "refer", "seal", drafted["number"], "--out", tmp_path / "one.age")
    act("officer", "refer", "key", "--out", tmp_path / "unit.pub")
    keys = ("--identity", tmp_path / "ps-force" / "KA-CYBER.age", "--trust", tmp_path / "unit.pub")
    assert "whole: signature" in sightline("referrals", "open", tmp_path / "one.age", *keys).err


def test_a_folder_that_is_not_a_world_is_refused(sightline: Sightline, tmp_path: Path) -> None:
    assert sightline("exercise", "run", tmp_path, "--workspace", tmp_path / "workspace").code == 2
    assert sightline("exercise", "grade", tmp_path, "--leads", tmp_path / "leads.jsonl").code == 2


def test_an_isp_answers_a_notice_in_files_that_say_what_to_declare(sightline: Sightline, tmp_path: Path) -> None:
    world = tmp_path / "world"
    assert sightline("exercise", "create", "--out", world, "--sessions", 100, "--fault", "reply-dst=0").code == 0
    (tmp_path / "rows.csv").write_text(
        "row_id,address,port,destination,destination_port,from_utc,until_utc,uncertainty_s\n"
        "00000000000a,243.0.0.0,,,,2026-04-01T00:00:00Z,2026-04-01T00:30:00Z,900\n"
    )
    asked = ("exercise", "answer", world, "--notice", tmp_path / "rows.csv", "--licensee", "Tarang Business")
    ran = sightline(*asked, "--out", tmp_path / "reply", "--json")
    assert ran.code == 0, ran.err
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows[0]["timezone"] == "Asia/Kolkata"
    assert "243.0.0.0" in Path(rows[0]["path"]).read_text()
    assert sightline(*asked, "--out", tmp_path / "reply").code == 2
