"""Formats from the lines of nginx and Apache that say what each piece of a log is."""

import json
import re

import pytest

from sightline.errors import UsageError
from sightline.stages.formats.draft.apache_logformat import draft_apache_format
from sightline.stages.formats.draft.nginx_log_format import draft_nginx_format
from sightline.stages.formats.loader import load_builtin_formats, read_format

from .oracle_reader import SAMPLES
from .test_squid_logformat import read

MAIN = """log_format main '$remote_addr - $remote_user [$time_local] "$request" '
  '$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" '
  '$server_name $host rt=$request_time uct="$upstream_connect_time" $upstream_addr';"""
OBJECTS = (
    'log_format j escape=json \'{"t":"$time_iso8601","who":{"ip":"$remote_addr"},"site":"$host","s":$status,'
    '"what":"$request_method $request_uri","uri":"$request_uri","rt":$request_time}\';'
)


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        ("combined/real-nginx-combined.log", draft_nginx_format("combined", "own")),
        ("combined/real-apache-combined.log", draft_apache_format("combined", "own")),
        ("vhost-combined/real-apache-vhost.log", draft_apache_format("vhost_combined", "own")),
        ("common/real-apache-common.log", draft_apache_format("common", "own")),
    ],
)
def test_the_lines_that_servers_have_themselves_read_their_own_logs(sample: str, wanted: str) -> None:
    log = (SAMPLES / sample).read_bytes()
    built_in = read(load_builtin_formats()[sample.partition("/")[0]].program, log)
    assert read(read_format(wanted).program, log) == built_in
    assert sum("reject" not in one for one in built_in) > 20


def test_a_log_format_of_nginx_says_what_each_piece_is() -> None:
    text = draft_nginx_format(MAIN, "own")
    log = (
        b'192.0.2.7 - a [b] c [10/Oct/2026:13:55:36 +0530] "GET /a HTTP/1.1" 200 5 "-" "x \\x22q\\x22" "203.0.113.9"'
        b' default.example shop.example rt=0.120 uct="0.1, 0.2" 198.51.100.1:80, 198.51.100.2:80\n'
    )
    (record,) = read(read_format(text).program, log)
    fields = ("timestamp", "source_ip", "user", "host", "url", "status", "bytes", "user_agent")
    assert [record[key] for key in fields] == [
        "2026-10-10T08:25:36.000000Z",
        "192.0.2.7",
        "a [b] c",
        "shop.example",
        "//shop.example/a",
        200,
        5,
        'x "q"',
    ]
    duration = read_format(text).times.duration
    assert duration is not None
    found = re.search(duration.patterns[0], log.decode())
    assert found is not None
    assert found[1] == "0.120"


def test_objects_of_nginx_are_read_by_their_keys() -> None:
    row = {"t": "2026-10-10T13:55:36+05:30", "who": {"ip": "192.0.2.7"}, "site": "shop.example", "s": 200}
    log = json.dumps(row | {"what": "GET /a", "uri": "/a?b", "rt": 0.1}).encode() + b"\n"
    (record,) = read(read_format(draft_nginx_format(OBJECTS, "own")).program, log)
    assert (record["source_ip"], record["url"], record["status"]) == ("192.0.2.7", "//shop.example/a?b", 200)
    assert record["timestamp"] == "2026-10-10T08:25:36.000000Z"


def test_a_logformat_of_apache_says_what_each_piece_is() -> None:
    line = r'LogFormat "%{%Y-%m-%d %H:%M:%S %z}t %{c}a %a %{Host}i %m \"%U%q\" %>s %D" own'
    log = b'2026-10-10 13:55:36 +0530 198.51.100.1 192.0.2.7 shop.example GET "/a?b=1" 200 1200\n'
    text = draft_apache_format(line, "own")
    (record,) = read(read_format(text).program, log)
    assert (record["source_ip"], record["url"], record["method"]) == ("192.0.2.7", "//shop.example/a?b=1", "GET")
    assert record["timestamp"] == "2026-10-10T08:25:36.000000Z"
    assert 'time_is = "start"' in text


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("$remote_addr $request $time_local", "a request without quotes around it"),
        ('[$time_local] "$request"', "no address of a client"),
        ('$remote_addr "$request"', "no time"),
        ("$remote_addr [$time_local]", "neither a request nor a site"),
        ("$remote_addr$time_local", "two variables with nothing between them"),
        ("$remote_addr [$time_local] $http_user_agent $host", "a text with spaces, and fields behind it"),
        ("log_format x escape=none '$remote_addr [$time_local] \"$request\"'", "escape=none"),
        ("log_format x escape=json '{$remote_addr'", "no JSON object"),
    ],
)
def test_an_unusable_nginx_format_is_refused(line: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        draft_nginx_format(line, "own")
