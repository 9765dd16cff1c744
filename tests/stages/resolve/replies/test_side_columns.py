"""Every column of a reply is understood, or doubts its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.stages.resolve.model import ReplyDeclarations
from tests.stages.resolve.replies.conftest import of_bytes

HEAD = "User ID,Public IP,Public Port,Start Time,End Time"
ROW = "ravi@isp.example,203.0.113.7,1024,31/07/2026 12:34:56,31/07/2026 13:34:56"


def doubted(folder: Path, heading: str, value: str) -> str | None:
    quoted = '"' + value.replace('"', '""') + '"'
    reply = of_bytes(folder, f"{HEAD},{heading}\n{ROW},{quoted}\n")
    [(found,)] = reply.rows("doubted_by")
    assert reply.rows("number") == [("ravi@isp.example",)]
    return found if found is None else str(found)


@pytest.mark.parametrize(
    "heading", ["Remarks", "Status", "Lease State", "Login Result", "Shift Officer's View", "Line Status"]
)
@pytest.mark.parametrize(
    "value",
    [
        "Login rejected", "Offered", "Declined", "previous user; current one could not be traced", "released before",
        "expired", "not allocated", "NAK", "Released", "inactive", "in-active", "active?", "Active*", "!active",
        "active, but another line", "disconnected", "no", "false", "x", "?", "2", "abandoned", "Reject",
        "Access-Reject", "moved to another customer", "as told by phone", "a\u200bctive", "\u2717", "free", "N",
        "अस्वीकृत",
    ],
)  # fmt: skip
def test_a_value_that_does_not_confirm_doubts_its_row(tmp_path: Path, heading: str, value: str) -> None:
    assert doubted(tmp_path, heading, value) == heading


@pytest.mark.parametrize("heading", ["Remarks", "Status", "Lease State", "Login Result", "Shift Officer's View"])
@pytest.mark.parametrize(
    "value",
    ["Active", "SUCCESS", "accepted", "OK", " ok. ", "bound", "ACK", "leased", "Allocated", "assigned", "static",
        "Found", "", "-", "NA", "N/A", "Active / Verified", "success, closed", "सक्रिय"],
)  # fmt: skip
def test_a_value_that_confirms_doubts_nothing(tmp_path: Path, heading: str, value: str) -> None:
    assert doubted(tmp_path, heading, value) is None


@pytest.mark.parametrize(
    ("heading", "good", "bad"),
    [
        ("Approved", "Yes", "No"),
        ("Approved (Y/N)", "Y", "N"),
        ("Error Code", "0", "5"),
        ("Error Count", "0", "1"),
        ("Non VPN", "Yes", "No"),
        ("Is Not Roaming", "Y", "N"),
        ("Roaming", "No", "Yes"),
        ("No VPN", "-", "Yes"),
        ("Data Source", "NAT log", "CRM"),
        ("Confidence", "High", "Low"),
    ],
)
def test_the_heading_decides_what_an_answer_means(tmp_path: Path, heading: str, good: str, bad: str) -> None:
    assert doubted(tmp_path, heading, good) is None
    assert doubted(tmp_path, heading, bad) == heading


def test_yes_confirms_only_where_the_heading_asks_whether_the_row_is_good(tmp_path: Path) -> None:
    assert doubted(tmp_path, "Record Found", "Yes") is None
    assert doubted(tmp_path, "Rejected", "Yes") == "Rejected"
    assert doubted(tmp_path, "Record Found", "No") == "Record Found"


@pytest.mark.parametrize(
    ("heading", "good", "bad"),
    [
        ("Sr No", "17", "released"),
        ("Uplink Volume", "1,024 MB", "rejected"),
        ("MAC Address", "00:00:5E:00:53:01", "offered"),
        ("Calling-Station-Id", "0000.5e00.5301", "previous"),
        ("NAS IP", "192.0.2.1", "declined"),
        ("Cell ID", "404-45-1234-5678", "not traced"),
        ("Session ID", "0x8f-17", "rejected-17"),
        ("APN", "net.example", "expired"),
        ("Plan", "Home Unlimited 100", "not allocated to this customer"),
        ("Circle", "Kerala", "released"),
        ("Customer Name", "Anu Invented", "previous user"),
        ("Contact No", "0000000003", "wrong number"),
        ("Terminate Cause", "User-Request", "Authentication failed"),
        ("Acct-Terminate-Cause", "Lost-Carrier", "Reject"),
        ("Protocol", "TCP", "released"),
        ("Customer Type", "Residential", "Disconnected"),
        ("IP Type", "Dynamic", "Not allocated"),
        ("State", "Kerala", "Expired"),
        ("Direction", "Outgoing", "Incoming"),
        ("Direction", "O", "terminating"),
        ("Message Type", "DHCPACK", "DHCPOFFER"),
        ("Packet-Type", "Access-Accept", "Access-Reject"),
    ],
)
def test_a_column_of_a_kind_is_understood_where_its_values_look_so(
    tmp_path: Path, heading: str, good: str, bad: str
) -> None:
    assert doubted(tmp_path, heading, good) is None
    assert doubted(tmp_path, heading, bad) == heading


def test_a_column_that_a_layout_ignores_is_checked_too(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "own"\ntitle = "own"\nsources = []\nreply = "records"\nextends = "ipdr-2013"\n'
        'required = [["ip"]]\nignored = ["Gate", "Sector"]\n[kinds]\ntoken = ["Sector"]\n[confirming]\n'
        'Gate = ["Open gate"]\n'
    )
    reply_declarations = ReplyDeclarations(str(own), "Asia/Kolkata", "dmy")
    rows = [f"{ROW},17,A", f"{ROW},Offered,A", f"{ROW},open gate,A", f"{ROW},,Rejected"]
    reply = of_bytes(tmp_path, "\n".join([f"{HEAD},Gate,Sector", *rows]) + "\n", reply_declarations)
    assert reply.rows("doubted_by") == [(None,), ("Gate",), (None,), ("Sector",)]


@pytest.mark.parametrize(
    ("heading", "value", "exclusive", "static"),
    [
        ("IP Type", "Dynamic (CGNAT)", False, False),
        ("IP Type", "CGNAT", False, None),
        ("Type of Address", "Static Public", True, True),
        ("Type of Address", "Public (no NAT)", True, None),
        ("Type of Address", "1:1 NAT", True, None),
        ("IP Type", "Shared", False, None),
        ("IP Type", "Dedicated", True, None),
        ("IP Type", "Leased line", None, True),
        ("NAT", "No", True, None),
        ("NAT", "Yes", False, None),
        ("Static/Dynamic", "Dynamic", None, False),
    ],
)
def test_the_type_of_an_address_says_whether_it_is_shared_and_whether_it_stays(
    tmp_path: Path, heading: str, value: str, exclusive: bool | None, static: bool | None
) -> None:
    reply = of_bytes(tmp_path, f"{HEAD},{heading}\n{ROW},{value}\n")
    assert reply.rows("is_exclusive", "is_static", "doubted_by") == [(exclusive, static, None)]


def test_an_address_inside_beside_a_public_one_without_ports_says_that_it_is_shared(tmp_path: Path) -> None:
    head = "User ID,Public IP,Private IP,Start Time,End Time"
    row = "ravi@isp.example,203.0.113.7,100.64.0.9,31/07/2026 12:34:56,31/07/2026 13:34:56"
    assert of_bytes(tmp_path, f"{head}\n{row}\n").rows("is_exclusive", "inside_ip") == [(False, "100.64.0.9")]


@pytest.mark.parametrize(
    ("value", "is_operator"),
    [("Franchisee (LCO)", True), ("Cable operator", True), ("ISP", True), ("Hostel Wi-Fi", True), ("Residential", None),
        ("Hotel guests", True)],
)  # fmt: skip
def test_the_type_of_a_customer_says_whether_it_is_an_operator(
    tmp_path: Path, value: str, is_operator: bool | None
) -> None:
    assert of_bytes(tmp_path, f"{HEAD},Customer Category\n{ROW},{value}\n").rows("is_operator") == [(is_operator,)]


@pytest.mark.parametrize(
    ("value", "name"), [("TCP", "tcp"), ("6", "tcp"), ("17", "udp"), ("UDP (17)", "udp"), ("IP", None), ("-", None)]
)
def test_protocols_are_read_by_name_and_number(tmp_path: Path, value: str, name: str | None) -> None:
    assert of_bytes(tmp_path, f"{HEAD},Proto\n{ROW},{value}\n").rows("protocol", "doubted_by") == [(name, None)]


@pytest.mark.parametrize(
    ("ports", "first", "last"),
    [
        *((ports, None, None) for ports in ("0-65535", "1024-65535", "1024-65534", "1-65000", "0-60000", "1-32769",
        "1-30000;30001-65000")),
        ("1024-2047", 1024, 2047), ("1-32768", 1, 32768),
    ],
)  # fmt: skip
def test_a_range_of_most_ports_says_nothing_of_ports_nor_that_one_line_has_them(
    tmp_path: Path, ports: str, first: int | None, last: int | None
) -> None:
    reply = of_bytes(tmp_path, f"{HEAD}\n{ROW.replace('1024', ports)}\n")
    assert reply.rows("port_from", "port_to", "is_exclusive") == [(first, last, None)]
    assert reply.codes == []
    shared = of_bytes(tmp_path, f"{HEAD},IP Type\n{ROW.replace('1024', ports)},CGNAT\n")
    assert shared.rows("is_exclusive") == [(False,)]


def test_an_inside_address_of_one_to_one_nat_has_the_public_one_alone(tmp_path: Path) -> None:
    head = "User ID,Public IP,Private IP,Start Time,End Time,IP Type"
    row = "ravi@isp.example,203.0.113.7,100.64.0.9,31/07/2026 12:34:56,31/07/2026 13:34:56"
    reply = of_bytes(tmp_path, f"{head}\n{row},1:1 NAT\n{row},Static Public\n")
    assert reply.rows("is_exclusive") == [(True,), (False,)]


@pytest.mark.parametrize("end", ["ongoing", "Till date", "PERMANENT", "-"])
def test_a_static_line_has_no_end(tmp_path: Path, end: str) -> None:
    head = "Circuit ID,Public IP,Start Time,End Time,Static/Dynamic"
    reply = of_bytes(tmp_path, f"{head}\nC-17,203.0.113.7,31/07/2026 12:34:56,{end},Static\n")
    assert reply.rows("end_us", "is_static", "number") == [(None, True, "C-17")]
    assert reply.codes == []


@pytest.mark.parametrize(
    "number",
    [
        "anonymous@isp.example", "Unknown user", "not traced", "Shared", "rejected", "Various", "STAFF", "NOC-2",
        "walkin", "Walk-in", "wifi-hotspot",
        "hotspot17@isp.example", "reseller", "0", "0000000000", "910000000000", "9999999999", "1234567890", "xxxxxxxx",
        "aaaa@isp.example",
        "null@null", "BRAS-TVM-01", "bng01@isp.example", "guest12", "default", "test.user", "na@isp.example",
        "98XXXXXX01", "000-000", "--?--",
        "a-4711 / a-4712", "a-4711;a-4712", "a-4711 & a-4712", '"a-4711, a-4712"', "a-4711 or a-4712", "a-4711|b",
        '"a-4711\na-4712"', "TVM-4711/TVM-4712",
        "9800000001 9800000002", "9800000001/9800000002", "a@isp.example b@isp.example",
    ],
)  # fmt: skip
def test_a_placeholder_id_names_nobody(tmp_path: Path, number: str) -> None:
    for heading in ("User ID", "Circuit ID", "Account", "Landline"):
        reply = of_bytes(tmp_path, f"{HEAD.replace('User ID', heading)}\n{ROW.replace('ravi@isp.example', number)}\n")
        assert reply.rows("number") == [(None,)]
        assert [code for _, code in reply.codes] == ["bad-number"]


@pytest.mark.parametrize(
    "number", ["user4711@isp.example", "OLT1/7", "BNG-TVM eth 0/1:4096.12", "AC 12", "TVM/KOC/00017",
    "nasrin@isp.example", "contest"]
)  # fmt: skip
def test_an_id_that_only_looks_like_nobodys_names_its_line(tmp_path: Path, number: str) -> None:
    reply = of_bytes(tmp_path, f"{HEAD.replace('User ID', 'Circuit ID')}\n{ROW.replace('ravi@isp.example', number)}\n")
    assert reply.rows("number") == [(number,)]
