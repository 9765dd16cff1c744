"""The ISPs of a world: without faults they name exactly who visited, and every fault of theirs is
there as asked for.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sightline.errors import DamagedInput, OutputExists, UsageError
from sightline.exercise import manifest
from sightline.exercise.assessment.reply_archive import select_current_rows
from sightline.exercise.faults import ALONE, FILES, REPLIES, ROWS
from sightline.exercise.networks import NETWORKS
from sightline.exercise.oracle.replies import resolve_visits
from sightline.exercise.replies import notice_rows
from sightline.exercise.replies.archive import ArchivedReply, read_archive
from sightline.exercise.replies.line_names import compute_line_identifier, find_line_of_number
from sightline.exercise.replies.reply import ReplyFiles, write_reply
from tests.exercise.conftest import tree
from tests.exercise.notices import SECOND_US, csv_of, of_truth, reply, with_faults

Reply = Callable[..., tuple[ReplyFiles, ArchivedReply, pl.DataFrame]]
HOTSPOT = NETWORKS[-1].name
LEASES = "Meghdoot Fibre"
"""Whose table of leases has planned ends."""
OF_PORTS = ("reply-without-ports", "reply-udp")
"""Faults of replies of lines that share an address."""
TAKEN_BACK = {
    "Anvara Broadband": "rejected remark shared-type inside contact reversed echo",
    "Vayu Mobile": "rejected remark without-ports udp reversed echo",
    "Aakash Mobile": "rejected without-ports udp",
    "Jivan Mobile": "remark without-ports udp",
    "Kayal Cable": "rejected",
    "Meghdoot Fibre": "rejected remark shared-type",
}
"""Faults by which a row names a line that did not have the address, and tells it, by who can have them."""


@pytest.fixture(scope="module")
def rows(world: manifest.World) -> pl.DataFrame:
    return of_truth(world)


def with_destinations(world: manifest.World, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the address that each connection went to, and its port."""
    visits = pl.read_parquet(world.folder / "answers" / "connections.parquet")
    sites = pl.read_parquet(world.folder / "answers" / "told" / "sites.parquet").select("site", "site_ip")
    met = rows.join(visits, on=["key", "port"]).join(sites, on="site")
    met = met.filter(pl.col("true_us").is_between("from_us", "until_us")).unique("row_id", keep="first")
    return met.with_columns(destination_ip="site_ip", destination_port=pl.lit(443)).sort("row_id")


@pytest.fixture
def replied(world: manifest.World, rows: pl.DataFrame, tmp_path: Path) -> Reply:
    """Answers rows under these faults, and says what an ideal reader makes of them beside who visited."""

    def found(
        licensee: str = "Anvara Broadband", most: int = 80, **shares: float
    ) -> tuple[ReplyFiles, ArchivedReply, pl.DataFrame]:
        folder = with_faults(world, tmp_path / "-".join(shares) / licensee, **shares)
        mine = rows.filter(pl.col("licensee") == licensee)
        if licensee == "Jivan Mobile":
            mine = with_destinations(world, mine)
        mine = mine.gather_every(max(1, mine.height // most)).head(most)
        truth, one = reply(folder, licensee, mine, folder / "out")
        notice = one.asked.join(mine.select("row_id", "subscriber"), on="row_id", maintain_order="left")
        notice = notice.with_row_index("at").with_columns(
            notice=pl.lit(0, pl.Int64), at_us=pl.col("from_us") + SECOND_US
        )
        visits = notice.with_columns(is_unshared=pl.col("port").is_null(), protocol=pl.lit("tcp"))
        resolved = resolve_visits(visits, notice, select_current_rows(one, 0))
        resolved = resolved.join(notice.select("at", "subscriber", "row_id"), on="at")
        return truth, one, resolved.with_columns(line=find_line_of_number(pl.col("number")))

    return found


@pytest.mark.parametrize("licensee", [network.name for network in NETWORKS if network.name != HOTSPOT])
def test_without_faults_the_line_that_visited_is_named_and_no_other(replied: Reply, licensee: str) -> None:
    truth, one, resolved = replied(licensee, 10_000)
    named = resolved.filter(pl.col("verdict") == "subscriber")
    assert (named["line"] == named["subscriber"]).all()
    # Leases that are renewed have rows that would be others' if their times were mistyped.
    assert named.height > (0.9 if licensee == LEASES else 0.97) * resolved.height > 20
    assert all(file.certified and not file.partial and file.corrects is None for file in truth.files)
    assert one.faults["faults"].list.len().sum() == 0


def test_leases_that_all_last_as_long_as_planned_name_nobody(replied: Reply) -> None:
    _, one, resolved = replied(LEASES, reply_scheduled_ends=1.0)
    assert one.faults["faults"].list.contains("reply-scheduled-ends").all()
    assert not (resolved["verdict"] == "subscriber").any()
    made = one.rows.join(resolved.select(made_for="row_id", whose="subscriber"), on="made_for")
    assert (made.with_columns(line=find_line_of_number(pl.col("number")))["line"] != made["whose"]).all()


def test_the_same_notice_gives_the_same_bytes_from_its_csv_too(
    world: manifest.World, rows: pl.DataFrame, tmp_path: Path
) -> None:
    mine = rows.filter(pl.col("licensee") == "Jivan Mobile")
    csv_of(mine).write_csv(tmp_path / "rows.csv")
    folder = with_faults(world, tmp_path / "world", reply_shifted=0.3, reply_partial=1.0)
    write_reply(folder, "Jivan Mobile", "records", mine, tmp_path / "first")
    write_reply(
        folder, "Jivan Mobile", "records", notice_rows.read_notice_rows(tmp_path / "rows.csv"), tmp_path / "second"
    )
    assert tree(tmp_path / "first") == tree(tmp_path / "second") != {}
    assert len(list(read_archive(folder / "answers", "records"))) == 1


def test_a_number_is_a_line_s_and_can_be_turned_back(rows: pl.DataFrame) -> None:
    texts = rows.select(compute_line_identifier("subscriber").alias("number"), "subscriber", "licensee")
    assert texts.select((find_line_of_number(pl.col("number")) == pl.col("subscriber")).all()).item()
    assert texts.filter(pl.col("licensee") == "Jivan Mobile")["number"].str.contains(r"^91[6-9]\d{9}$").all()
    others = pl.DataFrame({"number": ["", "nobody", "9100", "91999999999999", None]})
    assert others.select(find_line_of_number(pl.col("number"))).to_series().null_count() == others.height


@pytest.mark.parametrize("fault", ROWS)
def test_a_fault_of_rows_has_the_share_that_was_asked_for(replied: Reply, fault: str) -> None:
    licensee = "Vayu Mobile" if fault in OF_PORTS else "Anvara Broadband"
    _, one, _ = replied(licensee, most=400, **{fault.replace("-", "_"): 0.5})
    has = one.faults["faults"].list.contains(fault)
    # Only days up to the twelfth can be taken for months.
    assert abs(has.mean() - (0.5 if fault != "reply-day-month" else 0.15)) < 0.12  # type: ignore[operator]
    assert not one.faults["faults"].list.set_difference([fault]).list.len().sum()


def test_a_traceless_fault_names_a_wrong_line(replied: Reply) -> None:
    for fault in ("reply_number_digit", "reply_wrong_line", "reply_same_wrong"):
        _, _, resolved = replied(most=40, **{fault: 1.0})
        named = resolved.filter(pl.col("verdict") == "subscriber")
        assert named.height > 20, fault
        assert not (named["line"] == named["subscriber"]).fill_null(value=False).any(), fault
    assert named.group_by("subscriber").agg(pl.col("line").n_unique())["line"].max() == 1
    assert all(REPLIES[fault].traceless for fault in ("reply-number-digit", "reply-wrong-line", "reply-same-wrong"))


def test_a_fault_with_a_trace_names_nobody_or_the_right_subscriber(replied: Reply) -> None:
    silent = ("reply_wrong_day", "reply_missing", "reply_none", "reply_overlap", "reply_lost_stop")
    for fault in (*silent, "reply_one_digit", "reply_shifted", "reply_day_month"):
        # Where all addresses are mistyped, one answers for another: only the row ids, where they are repeated, tell.
        licensee = "Tarang Business" if fault == "reply_one_digit" else "Anvara Broadband"
        _, _, resolved = replied(licensee, most=40, **{fault: 1.0})
        named = resolved.filter(pl.col("verdict") == "subscriber")
        assert (named["line"] == named["subscriber"]).all(), fault
        assert named.height < 40, fault
    for fault in ("reply_extra", "reply_duplicated", "reply_reformatted"):
        _, _, resolved = replied(most=40, **{fault: 1.0})
        assert (resolved["line"] == resolved["subscriber"]).all(), fault


@pytest.mark.parametrize(
    ("licensee", "fault"), [(licensee, fault) for licensee, some in TAKEN_BACK.items() for fault in some.split()]
)
def test_a_row_that_takes_itself_back_names_nobody_wrong(replied: Reply, licensee: str, fault: str) -> None:
    _, one, resolved = replied(licensee, most=40, **{f"reply_{fault.replace('-', '_')}": 1.0})
    assert one.faults["faults"].list.contains(f"reply-{fault}").all()
    named = resolved.filter(pl.col("verdict") == "subscriber")
    assert (named["line"] == named["subscriber"]).all()
    # Beside the line of the other protocol stands the right one in half of the rows.
    assert (named.height > 5) == (fault == "udp")
    made = one.rows.join(resolved.select(made_for="row_id", whose="subscriber"), on="made_for")
    made = made.with_columns(line=find_line_of_number(pl.col("number")))
    if fault != "reversed":
        assert (made["line"] != made["whose"]).fill_null(value=True).sum() > 5, "no row names another"


def test_faults_are_seen_in_what_is_written(replied: Reply) -> None:
    _, plain, _ = replied()
    wanted = set(plain.asked["ip"])
    assert set(plain.rows["ip"]) == wanted
    _, one, _ = replied(reply_extra=1.0)
    assert set(one.rows["ip"]) - wanted
    _, one, _ = replied(reply_duplicated=1.0)
    assert one.rows.height == 2 * plain.rows.height
    _, one, _ = replied(reply_lost_stop=1.0)
    assert one.rows["end_us"].null_count() == one.rows["seen_us"].null_count() == one.rows.height
    _, one, _ = replied("Kayal Cable", reply_lost_stop=1.0)
    assert (one.rows["end_us"].null_count(), one.rows["seen_us"].null_count()) == (one.rows.height, 0)
    truth, one, _ = replied(reply_none=1.0)
    assert [file.layout for file in truth.files] == ["no-records"]
    assert set(one.rows["says"]) == {"no-records"}
    truth, one, _ = replied(reply_missing=1.0)
    assert (truth.files, one.rows.height) == ((), 0)
    truth, _, _ = replied(reply_reformatted=1.0)
    assert truth.files[0].path.read_text().count("::ffff:") > 20


@pytest.mark.parametrize("fault", [*FILES, *ALONE])
def test_a_fault_of_a_whole_reply_is_declared(replied: Reply, fault: str) -> None:
    truth, one, resolved = replied(**{fault.replace("-", "_"): 1.0})
    has = one.faults["faults"].list.contains(fault)
    files = truth.files
    named = resolved.filter(pl.col("verdict") == "subscriber")
    match fault:
        case "reply-twelve-hours" | "reply-scheduled-ends":
            # Not in a file of day-long leases of RADIUS.
            assert not has.any()
        case "reply-one-instant" | "reply-milliseconds":
            assert named.height == 0
        case "reply-zone-column":
            assert "Time Zone" in files[0].path.read_text()
        case "reply-recycled":
            return
        case "reply-partial":
            assert [file.partial for file in files] == [True, False]
        case "reply-corrected":
            assert [file.corrects for file in files] == [None, 0]
            assert files[0].path.read_bytes() != files[1].path.read_bytes()
        case "reply-uncertified":
            assert [file.certified for file in files] == [False]
        case "reply-dst":
            assert [file.timezone for file in files] == ["Australia/Sydney"]
        case _:
            return
    assert has.all() or fault in {"reply-dst", "reply-twelve-hours", "reply-scheduled-ends"}
    assert (resolved["line"] == resolved["subscriber"]).fill_null(value=True).all()


@pytest.mark.parametrize("fault", ["reply-one-instant", "reply-milliseconds"])
@pytest.mark.parametrize("licensee", ["Anvara Broadband", "Vayu Mobile"])
def test_a_file_that_does_not_mean_what_it_says_names_nobody(replied: Reply, licensee: str, fault: str) -> None:
    _, one, resolved = replied(licensee, **{fault.replace("-", "_"): 1.0})
    assert one.faults["faults"].list.contains(fault).all()
    assert not (resolved["verdict"] == "subscriber").any()


def test_a_clock_of_twelve_hours_names_nobody(replied: Reply) -> None:
    _, one, resolved = replied("Jivan Mobile", 400, reply_twelve_hours=1.0)
    assert one.faults["faults"].list.contains("reply-twelve-hours").all()
    assert not (resolved["verdict"] == "subscriber").any()


def test_an_export_is_given_twice(world: manifest.World, rows: pl.DataFrame, tmp_path: Path) -> None:
    folder = with_faults(world, tmp_path / "world", reply_same_export=1.0)
    mine = rows.filter(pl.col("licensee") == "Anvara Broadband").head(60)
    _, first = reply(folder, "Anvara Broadband", mine.head(30), tmp_path / "first")
    _, second = reply(folder, "Anvara Broadband", mine.tail(30), tmp_path / "second")
    what = "ip start_us end_us number".split()
    again = second.rows.join(first.rows.filter(pl.col("says") == "assigned"), on=what, how="semi")
    assert again.height >= first.rows.filter(pl.col("says") == "assigned").height


def test_a_form_says_since_when_a_recycled_number_is_its_holders(
    world: manifest.World, rows: pl.DataFrame, tmp_path: Path
) -> None:
    some = rows.filter(pl.col("licensee") == "Vayu Mobile").select(
        "row_id", compute_line_identifier("subscriber").alias("number")
    )
    folder = with_faults(world, tmp_path / "world", reply_recycled=0.5)
    write_reply(folder, "Vayu Mobile", "subscribers", some.unique("number", keep="first"), tmp_path / "out")
    one = next(iter(read_archive(folder / "answers", "subscribers")))
    within = one.rows["valid_from_us"] > 1_767_225_600_000_000  # this year
    assert 0.2 < within.mean() < 0.8  # type: ignore[operator]
    assert within.sum() == one.faults["faults"].list.contains("reply-recycled").sum()
    assert (tmp_path / "out" / "forms.csv").read_text().count("2019-04-01") == one.rows.height - within.sum()


def test_a_local_time_that_came_twice_is_wide(
    replied: Reply, rows: pl.DataFrame, world: manifest.World, tmp_path: Path
) -> None:
    fold_us = 1_775_318_400_000_000
    mine = rows.filter(pl.col("licensee") == HOTSPOT).head(1)
    if mine.is_empty():
        mine = rows.head(1).with_columns(ip=pl.lit("247.0.0.5"))
    at = mine.with_columns(from_us=pl.lit(fold_us + 60_000_000), until_us=pl.lit(fold_us + 61_000_000))
    _, one = reply(with_faults(world, tmp_path / "fold", reply_dst=0.001), HOTSPOT, at, tmp_path / "out")
    assert one.rows["start_slack_us"].max() == 3_601_000_000
    assert one.faults["faults"].to_list() == [["reply-dst"]]
    _, one = reply(with_faults(world, tmp_path / "none"), HOTSPOT, at, tmp_path / "again")
    assert one.rows["start_slack_us"].max() == 1_000_000


def test_by_destination_several_remain_and_the_visitor_is_one_of_them(
    world: manifest.World, rows: pl.DataFrame, tmp_path: Path
) -> None:
    mine = with_destinations(world, rows.filter(pl.col("licensee") == "Jivan Mobile"))
    by_site = mine.with_columns(port=pl.lit(None, pl.Int64))
    _, one = reply(with_faults(world, tmp_path / "world"), "Jivan Mobile", by_site, tmp_path / "out")
    lines = one.rows.with_columns(line=find_line_of_number(pl.col("number"))).group_by("made_for").agg("line")
    found = by_site.join(lines, left_on="row_id", right_on="made_for")
    assert found.height == by_site.height > 20
    assert found.select(pl.col("line").list.contains(pl.col("subscriber")).all()).item()
    assert found["line"].list.n_unique().min() > 1  # type: ignore[operator]


def test_forms_say_who_a_number_is(world: manifest.World, rows: pl.DataFrame, tmp_path: Path) -> None:
    def read_form(licensee: str, **shares: float) -> pl.DataFrame:
        some = rows.filter(pl.col("licensee") == licensee).head(30)
        numbers = some.select("row_id", compute_line_identifier("subscriber").alias("number")).unique(
            "number", keep="first"
        )
        folder = with_faults(world, tmp_path / f"{licensee}-{len(shares)}", **shares)
        result = write_reply(folder, licensee, "subscribers", numbers, folder / "out")
        assert [file.layout for file in result.files] == ["subscriber-form"]
        one = next(iter(read_archive(folder / "answers", "subscribers")))
        assert one.rows["number"].to_list() == numbers["number"].sort().to_list()
        return one.rows

    fixed, mobile = read_form("Kayal Cable"), read_form("Vayu Mobile")
    assert fixed["installation_address"].null_count() == 0 == mobile["imsi"].null_count()
    assert set(fixed["installation_state"]) == {"Kerala"}
    assert 0 < (fixed["installation_address"] != fixed["billing_address"]).sum() < fixed.height
    assert read_form("Kayal Cable", reply_billing_address=1.0)["installation_address"].null_count() == fixed.height


def test_wrong_use_is_reported(world: manifest.World, rows: pl.DataFrame, tmp_path: Path) -> None:
    folder = with_faults(world, tmp_path / "world")
    with pytest.raises(UsageError, match="no ISP"):
        write_reply(folder, "Nobody", "records", rows, tmp_path / "out")
    with pytest.raises(UsageError, match="lack"):
        write_reply(folder, "Kayal Cable", "records", rows.drop("from_us"), tmp_path / "out")
    with pytest.raises(OutputExists):
        write_reply(folder, "Kayal Cable", "records", rows, folder)
    with pytest.raises(UsageError):
        notice_rows.read_notice_rows(tmp_path / "missing.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(DamagedInput):
        notice_rows.read_notice_rows(tmp_path / "empty.csv")
