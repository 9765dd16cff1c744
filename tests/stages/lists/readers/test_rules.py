"""Rules of resolvers and filter lists, and exports of known services, are rows; what lists nothing
says what to change.
"""

from __future__ import annotations

import io

import pytest

from sightline.errors import UsageError
from sightline.stages.lists.junk import load_junk_names
from sightline.stages.lists.model import RowReject
from sightline.stages.lists.readers import detect_reader, read_batches
from sightline.stages.lists.row_statements import parse_statement


def read(text: str) -> tuple[list[tuple[str, ...]], list[tuple[int, str]]]:
    """Kind, value and opinion of each row that counts, and the rejects by line, with their reasons."""
    rows: list[tuple[str, ...]] = []
    rejects: list[tuple[int, str]] = []
    for batch in read_batches(io.BytesIO(text.encode())):
        for row in batch.rows:
            statement = parse_statement(row, load_junk_names())
            if isinstance(statement, RowReject):
                rejects.append((statement.line, statement.reason))
            else:
                rows.append((str(statement[0]), statement[1], str(statement[2].opinion)))
        rejects += [(reject.line, reject.reason) for reject in batch.rejects]
    return rows, sorted(rejects)


def kind(text: str) -> str:
    return detect_reader(io.BytesIO(text.encode()))[0].name


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("address=/flagged.example/#", ["flagged.example"]),
        ("address=/Flagged.example/", ["flagged.example"]),
        ("address=/a.example/b.example/0.0.0.0 # two", ["a.example", "b.example"]),
        ("address = /flagged.example/::", ["flagged.example"]),
        ("address=/flagged.example/127.0.0.1", ["flagged.example"]),
        ("server=/flagged.example/", ["flagged.example"]),
        ("local=/*.flagged.example/", ["flagged.example"]),
    ],
)
def test_a_dnsmasq_rule_lists_its_domains(line: str, values: list[str]) -> None:
    assert kind(line + "\r\n") == "dnsmasq"
    assert read(f"# rules\n{line}\n") == ([("domain", value, "flagged") for value in values], [])


def test_a_hidden_service_in_a_rule_keeps_its_kind() -> None:
    onion = "a" * 56 + ".Onion"
    found = [
        row[1]
        for text in (f"address=/{onion}/#\n", f"||{onion}^\n")
        for batch in read_batches(io.BytesIO(text.encode()))
        for row in batch.rows
    ]

    assert found == ["onion", "onion"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("address=/flagged.example/198.51.100.7", "real server or address"),
        ("server=/flagged.example/#", "real server or address"),
        ("server=/flagged.example/192.0.2.53", "real server or address"),
        ("address=/#/0.0.0.0", "every name"),
        ("address=//", "every name"),
        ("address=/flagged.example", "not closed"),
        ("domain-needed", "lists no name"),
    ],
)
def test_a_dnsmasq_option_that_blocks_no_name_is_a_reject(line: str, says: str) -> None:
    rows, rejects = read(f"address=/first.example/#\n{line}\n")

    assert rows == [("domain", "first.example", "flagged")]
    assert [at for at, _ in rejects] == [2]
    assert says in rejects[0][1]


def test_unbound_zones_are_domains_and_data_are_hosts() -> None:
    text = """server:
    local-zone: "flagged.example." always_nxdomain
    local-zone: 'b.example' redirect
    local-data: "b.example A 0.0.0.0"
    local-data: "c.example. 3600 IN AAAA ::"
    local-zone: good.example transparent
    local-data: "d.example A 198.51.100.7"
    local-zone: "." refuse
    private-address: 10.0.0.0/8
"""
    rows, rejects = read(text)

    assert kind(text) == "unbound"
    assert rows == [
        ("domain", "flagged.example", "flagged"),
        ("domain", "b.example", "flagged"),
        ("host", "c.example", "flagged"),
    ]
    assert [line for line, _ in rejects] == [6, 7, 8, 9]


def test_adblock_rules_of_hosts_are_domains_and_conditions_are_rejects() -> None:
    text = """[Adblock Plus 2.0]
! Title: flagged
||flagged.example^
||*.b.example^$important
@@||good.example^
0.0.0.0 c.example
d.example
||e.example^$third-party
||f.example/page
f.example##.banner
/ads[0-9]/
"""
    rows, rejects = read(text)

    assert (kind(text), kind("! only a comment\n||a.example^\n")) == ("adblock", "adblock")
    assert rows == [
        ("domain", "flagged.example", "flagged"),
        ("domain", "b.example", "flagged"),
        ("domain", "good.example", "cleared"),
        ("host", "c.example", "flagged"),
        ("host", "d.example", "flagged"),
    ]
    assert [line for line, _ in rejects] == [8, 9, 10, 11]


def test_exports_of_known_services_are_read_by_their_columns() -> None:
    urlhaus = """# a dump
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"7","2026-01-02 03:04:05","http://flagged.example/a,b","online","","malware","x,y","https://service.example/7","z"
"""
    phishtank = """phish_id,url,phish_detail_url,submission_time,verified,verification_time,online,target
1,http://flagged.example/x,https://service.example/1,2026-01-02T03:04:05+00:00,yes,2026-01-02T03:04:05+00:00,yes,O
2,http://b.example/x,https://service.example/2,2026-01-02T03:04:05+00:00,no,,yes,O
"""
    misp = """uuid,event_id,category,type,value,comment,to_ids,date
u,1,Network activity,domain,flagged.example,"",1,1767322800
u,1,Network activity,ip-dst|port,203.0.113.7|443,"",1,1767322800
u,1,Other,comment,not this,"",0,1767322800
u,1,Other,mutex,abc,"",1,1767322800
"""
    domains = 'domain_name,ip_address\n"flagged.example","198.51.100.7"\n'

    assert {kind(text) for text in (urlhaus, phishtank, misp, domains)} == {"export"}
    assert read(urlhaus) == ([("url", "flagged.example/a,b", "flagged")], [])
    assert read(phishtank) == ([("url", "flagged.example/x", "flagged")], [])
    rows, rejects = read(misp)
    assert rows == [("domain", "flagged.example", "flagged"), ("ip", "203.0.113.7:443", "flagged")]
    assert [line for line, _ in rejects] == [5]
    assert read(domains) == ([("domain", "flagged.example", "flagged")], [])


@pytest.mark.parametrize("header", ["id,site,category\n1,flagged.example,x\n", "Domain;Type\nflagged.example;x\n"])
def test_a_table_of_other_columns_is_refused_with_the_columns_that_are_read(header: str) -> None:
    with pytest.raises(UsageError, match="none of them is named value") as refused:
        read(header)

    assert "kind, value, category" in str(refused.value.hint)


def test_an_absolute_owner_without_a_zone_is_not_read_below_a_zone_that_nobody_named() -> None:
    rows, rejects = read("$TTL 60\nflagged.example.rpz. CNAME .\nb.example CNAME .\n")

    assert rows == [("host", "b.example", "flagged")]
    assert rejects[0][0] == 2
    assert "$ORIGIN" in rejects[0][1]
    assert read("rpz. IN SOA a. b. 1 2 3 4 5\nflagged.example.rpz. CNAME .\n")[0] == [
        ("host", "flagged.example", "flagged")
    ]
