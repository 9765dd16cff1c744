"""A world as it is written: the same bytes from the same seed, faults as they were asked for, files as declared."""

import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sightline.errors import OutputExists, UsageError
from sightline.exercise import manifest, world_logs
from sightline.exercise.addresses import format_address as address_of
from sightline.exercise.channels import CHANNELS
from sightline.exercise.dice import Dice
from sightline.exercise.networks import NetworkPlan
from sightline.exercise.period import DAY_US, choose_period
from sightline.exercise.relays import Relays
from sightline.exercise.visits import STRANGERS
from sightline.exercise.world import create_world
from sightline.model.progress import ignore_progress
from sightline.stages.canonical import AddressClass, get_address_class, parse_address
from sightline.stages.lists import signature
from tests.exercise.conftest import SEED, SESSIONS, tree

Make = Callable[..., manifest.World]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(world: manifest.World, make: Make) -> None:
    first, again = tree(world.folder), tree(make("again", SESSIONS, SEED).folder)
    assert first == again
    other = tree(make("other", SESSIONS, SEED + 1).folder)
    assert [name for name in first if first[name] == other.get(name) and name.startswith(("logs", "lists"))] == []


def test_bytes_do_not_hang_on_how_the_work_is_cut(
    world: manifest.World, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world_logs, "CHUNK", 401)
    cut = tree(make("cut", SESSIONS, SEED).folder)
    assert {name: raw for name, raw in tree(world.folder).items() if "records/" not in name} == {
        name: raw for name, raw in cut.items() if "records/" not in name
    }


def test_the_manifest_is_read_as_it_was_written(world: manifest.World) -> None:
    assert manifest.read(world.folder) == world


def test_a_world_names_reserved_addresses_only(world: manifest.World) -> None:
    seen = pl.read_parquet(world.folder / "answers" / "records" / "*.parquet")["ip"].unique().to_list()
    classes = {get_address_class(address) for text in seen if (address := parse_address(text)) is not None}
    assert len(seen) > 100
    assert classes <= {AddressClass.DOCUMENTATION, AddressClass.RESERVED, AddressClass.SHARED}
    assert {str(parse_address(text)) for text in seen} == set(seen)


def test_faults_have_the_share_that_was_asked_for(make: Make) -> None:
    world = make("tor", 2000, tor=0.5, nat=0.0, clock_backwards=0.2)
    truth = pl.read_parquet(world.folder / "answers" / "truth.parquet").unique("session")
    assert abs((truth["origin"] == "tor").mean() - 0.5) < 0.04  # type: ignore[operator]
    assert not (truth["origin"] == "nat").any()
    assert abs(len(truth.filter(pl.col("log") == "clock-backwards")) / len(truth) - 0.2) < 0.04


def test_every_fault_can_happen(make: Make) -> None:
    from sightline.exercise.faults import LOGS, ORIGINS, TOLD_APART, VISITS

    alike = dict.fromkeys(ORIGINS, 1 / len(ORIGINS) - 1e-9) | dict.fromkeys(LOGS, 1 / len(LOGS) - 1e-9)
    world = make("all", 1000, **{name.replace("-", "_"): share for name, share in alike.items()})
    truth = pl.read_parquet(world.folder / "answers" / "truth.parquet")
    assert set(VISITS) - set(TOLD_APART) <= {*truth["origin"].unique(), *truth["log"].drop_nulls().unique()}


def test_a_line_gets_an_address_within_minutes_of_another(make: Make) -> None:
    world = make("reassigned", 300, reassigned=1.0, nat=0, nat_blocks=0, **OTHERS)
    truth = pl.read_parquet(world.folder / "answers" / "truth.parquet")
    known = truth.filter(pl.col("log").is_null(), ~pl.col("ip").str.starts_with("100."))
    lines = known.group_by("session", "ip").agg(pl.col("subscriber").n_unique(), _gap_s())
    assert (lines["subscriber"] == 2).mean() > 0.8  # type: ignore[operator]
    assert lines["gap_s"].max() < 1800  # type: ignore[operator]


def test_a_port_goes_to_another_line_within_a_session(make: Make) -> None:
    world = make("reallocated", 300, reallocated=1.0)
    visits = pl.read_parquet(world.folder / "answers" / "truth.parquet").filter(pl.col("log").is_null())
    lines = visits.group_by("session", "ip", "port").agg(pl.col("subscriber").n_unique(), _gap_s())
    assert (lines["subscriber"] == 2).mean() > 0.7  # type: ignore[operator]
    assert lines["gap_s"].max() < 1800  # type: ignore[operator]


def test_a_mobile_line_gets_another_address_within_a_session(make: Make) -> None:
    truth = pl.read_parquet(make("handover", 300, handover=1.0).folder / "answers" / "truth.parquet")
    known = truth.filter(pl.col("log").is_null(), pl.col("origin") == "handover")
    sessions = known.group_by("session").agg(pl.col("ip", "subscriber").n_unique(), _gap_s())
    assert sessions["subscriber"].max() == 1
    assert (sessions["ip"] == 2).mean() > 0.9  # type: ignore[operator]
    assert sessions["gap_s"].max() < 1800  # type: ignore[operator]


def test_behind_an_operator_s_line_is_somebody_of_no_network(make: Make) -> None:
    truth = pl.read_parquet(make("resale", 300, resale=1.0).folder / "answers" / "truth.parquet")
    whose = truth.filter(pl.col("origin") == "resale")["subscriber"]
    assert len(whose) > 100
    assert (whose >= STRANGERS).all()
    others = pl.read_parquet(make("none", 900, resale=0.0).folder / "answers" / "truth.parquet")
    assert set(others.filter(pl.col("subscriber") >= STRANGERS)["origin"]) <= {"residential-proxy"}


def test_exits_at_home_have_another_address_each_day_and_some_are_tested_late(world: manifest.World) -> None:
    dice = Dice(SEED)
    relays = Relays(dice, NetworkPlan(dice, SESSIONS), choose_period(SESSIONS, SEED))
    home = relays.at_home
    assert (home["until_us"] - home["from_us"]).unique().to_list() == [DAY_US]
    late = home["listed_us"] - home["from_us"]
    assert 0.3 < (late > 0).mean() < 0.7  # type: ignore[operator]
    text = "".join(path.read_text() for path in (world.folder / "datasets").glob("exit-list-*.txt"))
    named = {line.split()[1] for line in text.splitlines() if line.startswith("ExitAddress")}
    addresses = home.select(address_of("key").alias("ip"))["ip"]
    assert 0.5 < addresses.is_in(sorted(named)).mean() <= 1  # type: ignore[operator]


def test_the_times_of_every_log_hold_the_true_instant_within_what_is_declared(make: Make) -> None:
    """Also of a clock that drifts, and of a log that writes the end."""
    folder = make("clocks", 1200, clock_drift=0.3, log_end=0.3).folder / "answers"
    true = pl.read_parquet(folder / "visits.parquet")
    read = pl.read_parquet(folder / "oracle-visits.parquet").join(true, on=["channel", "file", "row"])
    for log in ("clock-drift", "log-end"):
        some = read.filter(pl.col("log") == log)
        assert some.height > 100
        assert some.select((pl.col("true_us").is_between("from_us", "until_us")).all()).item(), log
        # Of a combined line nobody knows whether its time is the end: it may have begun a minute before.
        assert some.select((pl.col("until_us") - pl.col("from_us")).min()).item() <= 65_000_000
    late = read.filter(pl.col("log") == "log-end").select((pl.col("at_us") - pl.col("true_us")).max()).item()
    assert late > 120_000_000


OTHERS = dict.fromkeys(
    "shared_wifi vpn tor hosting open_proxy residential_proxy crawler monitor agency prefetch pop_under"
    " inside_address".split(),
    0.0,
)


def _gap_s() -> pl.Expr:
    return ((pl.col("first_true_us").max() - pl.col("last_true_us").min()) / 1e6).alias("gap_s")


def test_a_clock_runs_backwards_and_logs_break_off(make: Make) -> None:
    world = make("damaged", 300, clock_backwards=0.3, truncated=0.3)
    logs = world.folder / "logs"
    records = pl.read_parquet(world.folder / "answers" / "records" / "*.parquet")
    backwards = next(place for place, one in enumerate(CHANNELS) if one.fault == "clock-backwards")
    times = records.filter(pl.col("channel") == backwards).sort("row")["local_us"]
    assert times.diff().min() < -1_000_000_000  # type: ignore[operator]
    assert not (logs / "truncated" / "access.log").read_bytes().endswith(b"\n")
    with pytest.raises(EOFError):
        gzip.decompress((logs / "truncated" / "access.log.1.gz").read_bytes())


def test_records_are_counted_as_they_stand_in_their_files(world: manifest.World) -> None:
    records = pl.read_parquet(world.folder / "answers" / "records" / "*.parquet")
    noted = {(place, file): count for place, file, count in records.group_by("channel", "file").len().iter_rows()}
    sources = [source.name for source in world.sources]
    for place, name in enumerate(sources):
        files = [
            exhibit.file
            for exhibit in world.exhibits
            if exhibit.source == name and not exhibit.file.endswith("copy.log")
        ]
        lines = [_lines(world.folder / file) for file in files]
        assert lines == [count for (where, _), count in sorted(noted.items()) if where == place], name


def _lines(path: Path) -> int:
    raw = path.read_bytes()
    text = zlib.decompressobj(31).decompress(raw) if path.suffix == ".gz" else raw
    return len(re.findall(rb"^[^#\n][^\n]*\n", text, re.MULTILINE))


def test_lists_are_signed_by_the_key_that_lies_beside(world: manifest.World) -> None:
    public = signature.read_public_key((world.folder / world.issuer_key).read_text(), "EXERCISE")
    for list_ in world.lists:
        path = world.folder / list_.file
        signed = signature.read_signature(path.with_name(f"{path.name}.minisig").read_text())
        with path.open("rb") as stream:
            signature.verify_signature(signed, signature.hash_stream(stream), public)


def test_wrong_use_is_reported(tmp_path: Path) -> None:
    for sessions, faults in ((1, {}), (1000, {"rain": 0.1}), (1000, {"tor": 2.0}), (1000, {"tor": 0.7, "vpn": 0.7})):
        with pytest.raises(UsageError):
            create_world(tmp_path / "world", sessions, 1, faults, ignore_progress)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(OutputExists):
        create_world(tmp_path / "full", 1000, 1, {}, ignore_progress)


def test_a_world_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_world(tmp_path / "world", 200, 1, {}, stopped)
    assert list(tmp_path.iterdir()) == []
