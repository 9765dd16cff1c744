"""Two steps: a NAT log joined with an access log, in one archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tests.stages.resolve.replies.conftest import Whole, of_bytes

NAT = (
    "Private IP,Private Port,Public IP,Public Port,Start Time,End Time\n"
    "100.64.3.9,51000,203.0.113.7,40000,05/03/2026 17:29:50,05/03/2026 17:30:40\n"
)
ACCESS = "User ID,Private IP,Start Time,End Time\n"
NAT_US = 1_772_711_990_000_000


def archive(folder: Path, *files: tuple[str, str]) -> Whole:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in files:
            made.writestr(name, text)
    return of_bytes(folder, out.getvalue())


def line(who: str, start: str, end: str) -> str:
    return f"{who},100.64.3.9,05/03/2026 {start}:00,05/03/2026 {end}:00\n"


def test_a_nat_log_and_an_access_log_name_a_line_together(tmp_path: Path) -> None:
    access = ACCESS + line("alpha-77", "08:00", "12:00") + line("alpha-78", "12:05", "22:00")
    for files in ((("nat.csv", NAT), ("access.csv", access)), (("a.csv", access), ("b.csv", NAT))):
        reply = archive(tmp_path, *files)
        assert reply.rows("ip", "port_from", "number", "start_us", "start_slack_us", "end_us", "end_slack_us") == [
            ("203.0.113.7", 40000, "alpha-78", NAT_US, 2_000_000, NAT_US + 50_000_000, 2_000_000)
        ]
        assert reply.codes == []


def test_the_time_is_what_both_have_in_common(tmp_path: Path) -> None:
    access = ACCESS + line("alpha-77", "17:30", "22:00")
    [(start_us, end_us)] = archive(tmp_path, ("n", NAT), ("a", access)).rows("start_us", "end_us")
    assert (start_us, end_us) == (NAT_US + 10_000_000, NAT_US + 50_000_000)


def test_no_partner_or_two_lines_name_nobody(tmp_path: Path) -> None:
    two = ACCESS + line("alpha-77", "08:00", "17:30") + line("alpha-78", "17:30", "22:00")
    other = ACCESS + line("alpha-77", "08:00", "12:00")
    for access in (two, other):
        reply = archive(tmp_path, ("nat.csv", NAT), ("access.csv", access))
        assert reply.rows("ip", "number", "inside_ip") == [("203.0.113.7", None, "100.64.3.9")]
    same = ACCESS + line("alpha-77", "08:00", "17:30") + line("alpha-77", "17:30", "22:00")
    assert archive(tmp_path, ("n", NAT), ("a", same)).rows("number") == [("alpha-77",)] * 2


def test_sessions_of_radius_are_an_access_log_too(tmp_path: Path) -> None:
    head = "acctsessionid,username,nasipaddress,acctstarttime,acctstoptime,framedipaddress\n"
    row = "s1,alpha-77,192.0.2.1,2026-03-05 08:00:00,2026-03-05 22:00:00,100.64.3.9\n"
    assert archive(tmp_path, ("nat.csv", NAT), ("radacct.csv", head + row)).rows("number") == [("alpha-77",)]


JUNIPER = (
    "Mar  5 {} mx1 RT_NAT: RT_SRC_NAT_PBA_{}: Subscriber {} used/maximum [1/8] blocks, allocates"
    " port block [{}] from {} in source pool p1\n"
)


def test_a_row_that_was_not_read_whole_gets_no_line(tmp_path: Path) -> None:
    access = ACCESS + line("alpha-77", "08:00", "22:00")
    good = JUNIPER.format("17:00:00", "ALLOC", "100.64.3.9", "1024-1151", "203.0.113.7")
    assert archive(tmp_path, ("nat.log", good), ("a", access)).rows("number") == [("alpha-77",)]
    for inside, ports, ip in (
        ("100.64.3.9", "16648-17151", "203.0.113.0/24"),
        ("100.64.3.9", "16648-17151", "203.0.113.0"[:-1] + "300"),
        ("100.64.3.9", "2000-1000", "203.0.113.7"),
        ("100.64.3.9", "2000-70000", "203.0.113.7"),
        ("100.64.3.0/24", "2000-2100", "203.0.113.7"),
    ):
        bad = JUNIPER.format("17:10:00", "ALLOC", inside, ports, ip)
        reply = archive(tmp_path, ("nat.log", good + bad), ("a", access))
        assert [row for row in reply.rows("number", "port_from") if row[0]] == [("alpha-77", 1024)], (ports, ip)
        assert len(reply.codes) == 1


def test_a_row_of_a_table_that_was_not_read_whole_gets_no_line(tmp_path: Path) -> None:
    access = ACCESS + line("alpha-77", "08:00", "22:00")
    for what, wrong in (("203.0.113.7", "203.0.113.0/24"), ("40000", "70000"), ("40000", "4x")):
        reply = archive(tmp_path, ("nat.csv", NAT.replace(what, wrong)), ("access.csv", access))
        assert {number for (number,) in reply.rows("number")} <= {None}, wrong


def test_an_access_log_by_itself_is_the_second_step_whatever_its_heading(tmp_path: Path) -> None:
    row = "alpha-77,100.64.3.9,05/03/2026 08:00:00,05/03/2026 22:00:00\n"
    for heading, is_step in (("Private IP", True), ("IP Address", True), ("Public IP", False), ("NAT IP", False)):
        reply = of_bytes(tmp_path, f"User ID,{heading},Start Time,End Time\n{row}")
        assert (reply.inside["ip"].to_list(), reply.rows("ip")) == (["100.64.3.9"] if is_step else [], []), heading
        assert reply.codes == ([] if is_step else [(2, "inside-address")]), heading


def test_a_row_of_an_access_log_that_repeats_an_id_is_of_that_row_too(tmp_path: Path) -> None:
    head = "Row ID,User ID,Private IP,Start Time,End Time\n"
    row = "aabbccddeeff,alpha-77,100.64.3.9,05/03/2026 08:00:00,05/03/2026 22:00:00\n"
    reply = of_bytes(tmp_path, head + row)
    assert reply.inside.select("ip", "number").rows() == [("100.64.3.9", "alpha-77")]
    assert reply.rows("ip", "inside_ip", "number", "row_id") == [(None, "100.64.3.9", None, "aabbccddeeff")]


def test_an_inside_address_of_ipv6_is_of_the_line_with_the_delegated_prefix_around_it(tmp_path: Path) -> None:
    nat = NAT.replace("100.64.3.9", "2001:db8:77:1::9")
    head = "User ID,{},Address Type,Start Time,End Time\n"
    row = "alpha-77,{},{},05/03/2026 08:00:00,05/03/2026 22:00:00\n"
    for prefix, kind, number in (
        ("2001:db8:77::/56", "Static", "alpha-77"),
        ("2001:db8:77:1::/64", "Static", "alpha-77"),
        ("2001:db8:77:1::/64", "Shared", None),
        ("2001:db8:77:1::/64", "", None),
        ("2001:db8:77:2::/64", "Static", None),
        ("2001:db8::/32", "Static", None),
        ("2001:db8:77:1::9", "", "alpha-77"),
    ):
        access = head.format("Delegated IPv6 Prefix" if "/" in prefix else "IPv6 Address") + row.format(prefix, kind)
        reply = archive(tmp_path, ("nat.csv", nat), ("access.csv", access))
        assert [one for ip, one in reply.rows("ip", "number") if ip == "203.0.113.7"] == [number], (prefix, kind)


def test_an_inside_address_that_lines_share_by_ports_names_nobody(tmp_path: Path) -> None:
    head = "User ID,Private IP,Port From,Port To,Start Time,End Time\n"
    row = "alpha-77,100.64.3.9,{},{},05/03/2026 08:00:00,05/03/2026 22:00:00\n"
    for ports, number in ((("50000", "50999"), None), (("", ""), "alpha-77")):
        reply = archive(tmp_path, ("nat.csv", NAT), ("access.csv", head + row.format(*ports)))
        assert [one for ip, one in reply.rows("ip", "number") if ip == "203.0.113.7"] == [number]
