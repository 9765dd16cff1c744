"""Each layout reads its samples, and says of every row what it is or why it is not read."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import reply_layouts
from tests.stages.resolve.replies.conftest import IST, REPLIES, SAMPLES, of_bytes, whole

NOON_US = 1_785_481_496_000_000
"""31 July 2026, 12:34:56 IST."""


@pytest.mark.parametrize("one", sorted(REPLIES.iterdir()), ids=lambda one: one.name)
def test_a_sample_is_of_the_layout_of_its_folder(one: Path) -> None:
    kind = NoticeKind.SUBSCRIBERS if one.name == "subscriber-form" else NoticeKind.RECORDS
    for path in sorted(one.iterdir()):
        if path.name != "ORIGIN.md":
            assert whole(path, kind=kind).layout == one.name


def test_every_layout_has_a_name_sources_and_a_sample() -> None:
    for builtin_layout in reply_layouts.load_builtin_layouts():
        content = tomllib.loads(
            files(reply_layouts.__package__).joinpath("layouts", f"{builtin_layout.name}.toml").read_text()
        )
        assert content["sources"]
        assert (REPLIES / builtin_layout.name).is_dir() or builtin_layout.name in {"nat-syslog", "radius-detail"}


def test_ipdr_of_the_circular_in_two_columns_with_preamble_headings_again_and_totals() -> None:
    reply = whole(REPLIES / "ipdr-2013" / "circular.csv", ReplyDeclarations(date_order="dmy"))  # the headings say IST
    assert reply.rows("row", "ip", "start_us", "number", "number_kind") == [
        (3, "203.0.113.7", NOON_US, "919100000001", "msisdn"),
        (4, "2001:db8::7", 1_785_522_600_000_000, "cafe@isp.example", "user-id"),
        (5, "203.0.113.7", None, None, None),
        (7, "203.0.113.7", NOON_US, None, None),
    ]
    assert reply.codes == [(5, "bad-time"), (7, "mangled-number")]


def test_ipdr_with_destinations_keeps_the_public_side_and_the_id_of_the_notices_row() -> None:
    reply = whole(REPLIES / "ipdr-2021" / "vendor.csv")
    assert reply.rows("ip", "port_from", "inside_ip", "destination_ip", "destination_port", "number", "row_id") == [
        ("203.0.113.12", 1024, "100.64.0.7", "198.51.100.80", 443, "ravi", "0123456789ab"),
        ("203.0.113.12", 1025, "100.64.0.8", "198.51.100.80", 443, "S-2", "0123456789ac"),
        ("203.0.113.13", None, None, None, None, None, "0123456789ad"),
        (None, 1024, "100.64.0.9", "198.51.100.80", 443, None, "0123456789ae"),
    ]
    assert reply.rows("says") == [("assigned",), ("assigned",), ("no-records",), ("assigned",)]
    assert reply.codes == [(5, "inside-address")]


@pytest.mark.parametrize(
    "name",
    ["ipdr/specification", "ipdr/vendor", "ipdr/nat", "ipdr-destinations/specification", "ipdr-destinations/vendor"],
)
def test_an_ipdr_log_is_read_as_a_reply(name: str) -> None:
    assert whole(SAMPLES / f"{name}.log").assigned.height >= 2


def test_port_blocks_and_what_is_wrong_with_them() -> None:
    reply = whole(REPLIES / "nat-blocks" / "blocks.csv")
    assert reply.rows("port_from", "port_to", "start_us", "end_us") == [
        (1024, 1535, NOON_US, NOON_US + 3_600_000_000),
        (1536, 2047, NOON_US, None),
        (None, None, NOON_US, NOON_US + 3_600_000_000),
        (None, None, NOON_US, NOON_US + 3_600_000_000),
        (2048, 2559, NOON_US, NOON_US - 56_000_000),
    ]
    assert reply.rows("number")[2:] == [(None,), (None,), ("910000000005",)]
    assert reply.codes == [(4, "mangled-number"), (5, "bad-port"), (6, "ends-before-start")]


def test_deterministic_ports_are_reckoned_by_rfc_7422() -> None:
    reply = whole(REPLIES / "nat-deterministic" / "parameters.csv")
    assert reply.rows("inside_ip", "ip", "port_from", "port_to") == [
        ("100.64.0.0", "203.0.113.8", 1024, 17151),
        ("100.64.0.3", "203.0.113.8", 49408, 65535),
        ("100.64.0.4", "203.0.113.9", 1024, 17151),
    ]
    assert reply.codes == [(9, "outside-prefix")]


def test_an_unreadable_inside_address_of_a_deterministic_nat_may_be_any(tmp_path: Path) -> None:
    text = (REPLIES / "nat-deterministic" / "parameters.csv").read_text().replace("100.64.0.3", "100.64.0.333")
    reply = of_bytes(tmp_path, text)
    assert reply.rows("row", "ip", "number")[1] == (7, None, None)
    assert reply.codes == [(7, "bad-address"), (9, "outside-prefix")]


def test_syslog_of_nats_is_paired_into_intervals() -> None:
    juniper = whole(SAMPLES / "juniper-cgn" / "specification.log")
    assert juniper.layout == "nat-syslog"
    assert juniper.rows("port_from", "port_to", "start_us", "end_us", "seen_us") == [
        (1024, 1151, NOON_US, NOON_US + 2_000_000, None),
        (48640, 48895, NOON_US + 3_123_000, None, None),
        (1152, 1279, NOON_US + 4_000_000, None, NOON_US + 6_000_000),
        (1152, 1279, None, NOON_US + 5_000_000, None),
        (48640, 48895, NOON_US + (5 * 3600 + 1800 + 9) * 1_000_000, None, None),  # its line says that it is in UTC
    ]
    assert juniper.codes == [(6, "without-start"), *((row, "no-pattern") for row in (9, *range(11, 17)))]
    cisco = whole(SAMPLES / "cisco-cgn" / "specification.log")
    assert cisco.rows("inside_ip", "port_from", "port_to", "destination_port") == [
        ("100.64.0.7", 1024, 1535, None),
        ("100.64.0.7", 50000, 50000, 443),
        ("2001:db8::7", 2048, 2559, None),
        ("100.64.0.7", 1024, 1535, None),
        ("100.64.0.8", 1536, 2047, None),
    ]
    a10 = whole(SAMPLES / "a10-cgn" / "specification.log")
    assert a10.rows("port_from", "port_to", "destination_ip", "end_us") == [
        (22016, 22271, None, NOON_US + 3_000_000),
        (48856, 48856, "198.51.100.80", NOON_US + 2_000_000),
        (4711, 4711, "198.51.100.80", None),
        (1, 1, "198.51.100.80", None),
    ]
    assert a10.codes == [(7, "no-pattern"), (8, "bad-address")]


def test_a_log_that_runs_into_another_year_is_rejected_from_there_on(tmp_path: Path) -> None:
    line = (
        "{} mx1 RT_NAT: RT_SRC_NAT_PBA_{}: Subscriber 100.64.0.7 used/maximum [1/8] blocks, allocates port block "
        "[1024-1151] from 203.0.113.12 in source pool p1\n"
    )
    reply = of_bytes(tmp_path, line.format("Dec 31 23:59:00", "ALLOC") + line.format("Jan  1 00:10:00", "RELEASE"))
    assert reply.rows("end_us") == [(None,)]
    assert reply.codes == [(2, "time-without-year")]


@pytest.mark.parametrize("zone", ["local", "utc"])
def test_radius_of_a_real_server_is_paired_by_session(zone: str) -> None:
    declared = IST if zone == "local" else ReplyDeclarations()
    reply = whole(SAMPLES / "radius-detail" / f"real-freeradius-{zone}-accounting.log", declared)
    assert reply.rows("row", "ip", "start_us", "end_us", "number")[:5] == [
        (1, "192.0.2.10", 1_780_000_000_000_000, 1_780_001_200_000_000, "ravi@isp.example"),
        (1, "2001:db8::/64", 1_780_000_000_000_000, 1_780_001_200_000_000, "ravi@isp.example"),
        (34, "192.0.2.11", 1_780_003_600_000_000, 1_780_004_800_000_000, 'quote"back\\slash@isp.example'),
        (34, "2001:db8:1::/64", 1_780_003_600_000_000, 1_780_004_800_000_000, 'quote"back\\slash@isp.example'),
        (67, "2001:db8:c::12", 1_780_007_200_000_000, 1_780_008_400_000_000, "रवि@isp.example"),
    ]
    assert reply.rejects.is_empty()


def test_radius_without_stop_keeps_the_last_sign_of_life_and_without_start_what_it_lasted(tmp_path: Path) -> None:
    def block(status: str, session: str, at: str, more: str = "") -> str:
        head = (
            f'Fri Jul 31 {at} 2026\n\tUser-Name = "ravi"\n\tAcct-Status-Type = {status}\n'
            f'\tAcct-Session-Id = "{session}"\n'
        )
        return f'{head}\tEvent-Timestamp = "Jul 31 2026 {at} IST"\n\tFramed-IP-Address = 203.0.113.7\n{more}\n'

    text = block("Start", "a", "12:34:56") + block("Interim-Update", "a", "12:44:56") + block("Stop", "b", "12:34:57")
    reply = of_bytes(
        tmp_path, text + block("Stop", "c", "13:34:56", "\tAcct-Session-Time = 3600\n"), ReplyDeclarations()
    )
    assert reply.rows("row", "start_us", "end_us", "seen_us") == [
        (1, NOON_US, None, NOON_US + 600_000_000),
        (15, None, NOON_US + 1_000_000, None),
        (22, NOON_US, NOON_US + 3_600_000_000, None),
    ]
    assert reply.codes == [(15, "without-start")]


def test_radius_of_a_nas_that_counts_anew_is_of_two_sessions(tmp_path: Path) -> None:
    """One session id, address and NAS: the stop of another line is not the stop of the first one."""
    block = (
        'Sun Mar  1 {at} 2026\n\tAcct-Status-Type = {act}\n\tAcct-Session-Id = "1"\n\tNAS-IP-Address = 192.0.2.1\n'
        "\tFramed-IP-Address = 203.0.113.7\n{more}\n"
    )
    of = '\tUser-Name = "{0}"\n'.format
    events = [
        ("10:00:00", "Start", of("ravi@isp.example")),
        ("11:00:00", "Interim-Update", ""),
        ("12:00:00", "Interim-Update", of("asha@isp.example")),
        ("13:00:00", "Stop", of("asha@isp.example")),
    ]
    reply = of_bytes(tmp_path, "".join(block.format(at=at, act=act, more=more) for at, act, more in events))
    hours = {name: (us - 1_772_323_200_000_000) / 3_600_000_000 for name, us in reply.rows("number", "start_us")}
    assert hours == {"ravi@isp.example": 4.5, "asha@isp.example": 6.5}
    assert [end is None for (end,) in reply.rows("end_us")] == [True, False]


PREFIXES = [("2001:db8:1:2::/64",), ("2001:db8:8000::/56",), ("2001:db8:9000::/56",)]


def test_a_radius_session_is_an_assignment_of_each_address_and_prefix(tmp_path: Path) -> None:
    block = (
        'Sun Mar  1 {at} 2026\n\tUser-Name = "ravi"\n\tAcct-Status-Type = {act}\n\tAcct-Session-Id = "1"\n{given}'
        "\tFramed-IPv6-Prefix = 2001:DB8:1:2::/64\n\tDelegated-IPv6-Prefix = 2001:db8:8000::/56\n"
        "\tDelegated-IPv6-Prefix += 2001:db8:9000::/56\n\n"
    )
    for given, first in (("\tFramed-IP-Address = 203.0.113.7\n", [("203.0.113.7",)]), ("", [])):
        events = [
            block.format(at=at, act=act, given=given) for at, act in (("10:00:00", "Start"), ("11:00:00", "Stop"))
        ]
        reply = of_bytes(tmp_path, "".join(events))
        assert sorted(reply.rows("ip")) == sorted([*first, *PREFIXES])
        assert {*reply.rows("row", "number", "start_us", "end_us")} == {
            (1, "ravi", 1_772_339_400_000_000, 1_772_343_000_000_000)
        }
        assert reply.rejects.is_empty()


def test_tables_of_radius_have_addresses_and_prefixes_too(tmp_path: Path) -> None:
    head = "acctsessionid,username,framedipaddress,framedipv6prefix,delegatedipv6prefix,acctstarttime,acctstoptime"
    rows = [
        "1,ravi,203.0.113.7,2001:db8:1:2::/64,2001:db8:8000::/56,2026-03-01T10:00:00Z,2026-03-01T11:00:00Z",
        "2,asha,,2001:db8:1:3::/64,,2026-03-01T10:00:00Z,nonsense",
        "3,noor,,,,2026-03-01T10:00:00Z,2026-03-01T11:00:00Z",
        "4,zoya,0.0.0.0,,,2026-03-01T10:00:00Z,2026-03-01T11:00:00Z",
    ]
    reply = of_bytes(tmp_path, "\n".join((head, *rows)), ReplyDeclarations())
    assert reply.rows("row", "ip", "number") == [
        (2, "203.0.113.7", "ravi"),
        (2, "2001:db8:1:2::/64", "ravi"),
        (2, "2001:db8:8000::/56", "ravi"),
        (3, "2001:db8:1:3::/64", None),
    ]
    assert reply.codes == [(3, "bad-time"), (4, "missing-field"), (5, "address-of-no-line")]
    head = "Event Time,Acct-Status-Type,Acct-Session-Id,User-Name,Framed-IPv6-Prefix,Framed-IP-Address"
    events = [
        "2026-03-01T10:00:00Z,Start,1,ravi,2001:db8:1:2::/64,203.0.113.7",
        "2026-03-01T11:00:00Z,Stop,1,ravi,2001:db8:1:2::/64,203.0.113.7",
        "2026-03-01T11:00:00Z,Stop,2,asha,,0.0.0.0",
    ]
    reply = of_bytes(tmp_path, "\n".join((head, *events)), ReplyDeclarations())
    assert sorted(reply.rows("row", "ip", "number")) == [
        (2, "2001:db8:1:2::/64", "ravi"),
        (2, "203.0.113.7", "ravi"),
    ]
    assert reply.codes == [(4, "missing-field")]


def test_the_session_of_a_request_that_its_remark_takes_back_is_in_doubt(tmp_path: Path) -> None:
    head = "Event Time,Acct-Status-Type,Acct-Session-Id,User-Name,Framed-IP-Address,Remarks"
    rows = [
        f"2026-03-01T{hour}:00:00Z,{act},{who},user-{who},203.0.113.{who},{state}"
        for who, state in (("1", "ok"), ("2", "unverified"))
        for hour, act in (("10", "Start"), ("11", "Stop"))
    ]
    reply = of_bytes(tmp_path, "\n".join([head, *rows]), ReplyDeclarations())
    assert reply.rows("ip", "number", "doubted_by") == [
        ("203.0.113.1", "user-1", None),
        ("203.0.113.2", "user-2", "Remarks"),
    ]


@pytest.mark.parametrize(
    ("fault", "code", "stands"),
    [
        ({"at": "2026-13-01T10:00:00Z"}, "bad-time", [("203.0.113.7", None, False)] * 2),
        ({"ip": "203.0.113"}, "bad-address", [(None, None, True), ("203.0.113.7", None, False)]),
        ({"user": "9.1E+11"}, "mangled-number", [("203.0.113.7", None, True)]),
        ({"id": ""}, "missing-field", [("203.0.113.7", None, True), ("203.0.113.7", None, False)]),
        ({"ip": "10.0.0.1"}, "inside-address", [("203.0.113.7", None, False)]),
    ],
    ids=str,
)
def test_an_unreadable_start_event_gives_a_row_that_names_nobody(
    tmp_path: Path, fault: dict[str, str], code: str, stands: list[tuple[str | None, str | None, bool]]
) -> None:
    """An address, a number, and whether it began then."""
    usual = {"at": "2026-03-01T10:00:00Z", "act": "Start", "id": "1", "user": "ravi", "ip": "203.0.113.7"}
    rows = [usual | fault, usual | {"at": "2026-03-01T11:00:00Z", "act": "Stop"}]
    head = "Event Time,Acct-Status-Type,Acct-Session-Id,User-Name,Framed-IP-Address"
    reply = of_bytes(tmp_path, "\n".join([head, *(",".join(row.values()) for row in rows)]), ReplyDeclarations())
    began = [start == 1_772_359_200_000_000 for (start,) in reply.rows("start_us")]
    found = [(ip, number, is_then) for (ip, number), is_then in zip(reply.rows("ip", "number"), began, strict=True)]
    assert sorted(found, key=str) == sorted([(ip, number, is_then) for ip, number, is_then in stands], key=str)
    assert code in [one for _, one in reply.codes]


def test_radius_tables_of_sessions_and_of_requests() -> None:
    sessions = whole(REPLIES / "radius-csv" / "radacct.csv", ReplyDeclarations())
    assert sessions.rows("end_us", "seen_us", "number") == [
        (1_785_483_000_000_000, None, "ravi@isp.example"),
        (None, 1_785_484_800_000_000, "asha@isp.example"),
    ]
    requests = whole(REPLIES / "radius-events" / "requests.csv", ReplyDeclarations())
    assert requests.rows("row", "ip", "end_us") == [
        (2, "203.0.113.7", 1_785_502_800_000_000),
        (4, "203.0.113.8", None),
        (6, "203.0.113.9", 1_785_502_800_000_000),
        (7, "203.0.113.10", 1_785_502_800_000_000),
    ]
    assert requests.rows("start_us", "number")[3] == (None, None)
    assert requests.codes == [(7, "without-start")]


def test_leases() -> None:
    kea = whole(REPLIES / "dhcp-leases" / "kea.csv", ReplyDeclarations())
    assert kea.rows("start_us", "end_us") == [(1_785_480_000_000_000, 1_785_483_600_000_000)]
    plain = whole(REPLIES / "dhcp-leases" / "plain.csv")
    assert plain.rows("start_slack_us", "end_slack_us", "number") == [
        (60_000_000, 60_000_000, "olt1/1/7"),
        (60_000_000, 0, "olt1/1/8"),
    ]
    isc = whole(REPLIES / "dhcpd-leases" / "dhcpd.leases", ReplyDeclarations())
    assert isc.rows("row", "start_us", "end_us", "number") == [
        (4, NOON_US, NOON_US + 3_600_000_000, "olt1/1/7"),
        (14, NOON_US, None, None),
    ]
    assert isc.codes == [(25, "no-pattern")]


def test_no_records_is_an_answer_by_row(tmp_path: Path) -> None:
    assert whole(REPLIES / "no-records" / "letter.txt").rows("row", "row_id", "says") == [
        (4, "0123456789ab", "no-records"),
        (5, "0123456789ac", "no-records"),
    ]
    for kind in (NoticeKind.RECORDS, NoticeKind.SUBSCRIBERS):
        assert of_bytes(tmp_path, "No data available.\n", ReplyDeclarations(), kind).rows("row_id", "says") == [
            (None, "no-records")
        ]


def test_forms_keep_names_and_addresses_as_they_stand() -> None:
    reply = whole(REPLIES / "subscriber-form" / "forms.csv", kind=NoticeKind.SUBSCRIBERS)
    found = reply.subscribers.select("number", "number_kind", "name", "installation_address", "msisdn").rows()
    assert found == [
        ("910000000001", "msisdn", "आशा अन्वेषित", "१, बनावटी मार्ग, नागपुर", "910000000001"),
        ("olt1/1/7", "circuit", "അനു സാങ്കല്പികം", "2, കൃത്രിമ റോഡ്, കൊച്ചി", None),
        ("ravi@isp.example", "user-id", "Anu Invented", "3 Made-up Road", None),
    ]
    assert reply.codes == [(5, "mangled-number")]
    assert reply.rows("row", "number", "says") == [(6, "910000000009", "no-records")]


@pytest.mark.parametrize(
    "head",
    [
        "Subscriber ID,B4 IPv6 Address,Public IP,Public Port Start,Public Port End,Start Time,End Time",
        "UserName,CPE IPv6 Address,Translated IPv4 Address,Start Port,End Port,Start Time,End Time",
        "Subscriber,Softwire Initiator IPv6,NAT Pool IPv4,Port Block Start,Port Block End,Allocation Time,Release Time",
        "User ID,Tunnel Source,External IPv4,Port Range Start,Port Range End,Start Time,End Time",
        "User ID,CLAT IPv6 Address,PLAT IPv4 Address,Block Start Port,Block End Port,Start Time,End Time",
        "Login,Softwire Address,Outside IP Address,First Port,Last Port,Session Start,Session End",
        "User,Source IPv6 Address,Global IPv4,Low Port,High Port,Start,End",
    ],
)
def test_blocks_of_ds_lite_and_nat64_in_the_headings_of_their_makers(tmp_path: Path, head: str) -> None:
    row = "alpha-77,2001:db8:77::1,203.0.113.7,40000,40127,05/03/2026 17:00:00,05/03/2026 19:00:00"
    reply = of_bytes(tmp_path, f"{head}\n{row}\n")
    facts = reply.rows("ip", "port_from", "port_to", "inside_ip", "number", "doubted_by")
    assert facts == [("203.0.113.7", 40000, 40127, "2001:db8:77::1", "alpha-77", None)]


def test_the_private_address_in_a_softwire_is_a_host_behind_the_line(tmp_path: Path) -> None:
    head = "Softwire Address,Private IPv4,Internal Port,External IPv4,External Port,Start Time,End Time"
    row = "2001:db8:77::1,192.168.1.5,{},203.0.113.7,40000,05/03/2026 17:00:00,05/03/2026 19:00:00"
    reply = of_bytes(tmp_path, f"{head}\n{row.format(5000)}\n")
    assert reply.rows("ip", "port_from", "inside_ip", "number") == [("203.0.113.7", 40000, "2001:db8:77::1", None)]
    assert of_bytes(tmp_path, f"{head}\n{row.format(70000)}\n").codes == [(2, "bad-port")]


def test_a_destination_of_nat64_is_the_ipv4_address_within(tmp_path: Path) -> None:
    head = (
        "User ID,IPv6 Source Address,IPv4 Source Address,IPv4 Source Port,IPv6 Destination Address,Destination Port,"
        "Start Time,End Time"
    )
    row = "alpha-77,2001:db8:77::1,203.0.113.7,40000,{},443,05/03/2026 17:00:00,05/03/2026 19:00:00"
    for six, found in (
        ("64:ff9b::c000:250", "192.0.2.80"),
        ("64:ff9b:0:0:0:0:192.0.2.80", "192.0.2.80"),
        ("2001:db8:64::c000:250", "2001:db8:64::c000:250"),
        ("64:ff9b:1::c000:250", "64:ff9b:1::c000:250"),
    ):
        reply = of_bytes(tmp_path, f"{head}\n{row.format(six)}\n")
        assert reply.rows("destination_ip", "destination_port") == [(found, 443)]


def test_a_log_of_the_draft_for_nat_logging_is_paired(tmp_path: Path) -> None:
    line = (
        '<134>1 2026-03-05T{}:00:00.000+05:30 aftr1 NAT 1 {} [{} SSUBIX="0" {}IATYP="IPv4" ISADDR="192.168.1.2"'
        ' ISPORT="5000" XATYP="IPv4" XSADDR="203.0.113.7" XSPORT="40000" PROTO="6"]\n'
    )
    for six, inside in (('SV6ENC="2001:db8:77::1" ', "2001:db8:77::1"), ("", "192.168.1.2")):
        lines = line.format("17", "APMADD", "apmadd", six) + line.format("19", "APMDEL", "apmdel", six)
        reply = of_bytes(tmp_path, lines)
        [(ip, port, inner, start, end)] = reply.rows("ip", "port_from", "inside_ip", "start_us", "end_us")
        assert (ip, port, inner, end - start) == ("203.0.113.7", 40000, inside, 7_200_000_000)
        assert reply.codes == []


def test_a_day_of_activation_is_the_begin_of_a_permanent_address_alone(tmp_path: Path) -> None:
    head = "Circuit ID,IP Address,IP Type,Activation Date,Deactivation Date\n"
    reply = of_bytes(tmp_path, head + "TVM-1,203.0.113.7,Static,01/03/2026,\nTVM-2,203.0.113.8,Dynamic,01/03/2026,\n")
    day = 86_400_000_000
    assert reply.rows("is_static", "start_slack_us", "end_us", "doubted_by") == [
        (True, day, None, None),
        (False, day, None, "Activation Date"),
    ]


def test_the_length_of_a_prefix_may_have_a_column_of_its_own(tmp_path: Path) -> None:
    head = "User ID,Delegated Prefix,Prefix Length,Start Time,End Time\n"
    for prefix, length, ip in (
        ("2001:db8:77::", "56", "2001:db8:77::/56"),
        ("2001:db8:77::", "/56", "2001:db8:77::/56"),
        ("2001:db8:77::/56", "56", "2001:db8:77::/56"),
        ("2001:db8:77::/56", "", "2001:db8:77::/56"),
        ("2001:db8:77::/56", "64", None),
    ):
        reply = of_bytes(tmp_path, f"{head}alpha-77,{prefix},{length},05/03/2026 17:00:00,05/03/2026 19:00:00\n")
        assert reply.rows("ip") == [(ip,)], (prefix, length)
