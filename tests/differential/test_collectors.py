"""Lines that collectors of logs keep in JSON objects are read alike by kernel and oracle."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.stages.formats.loader import read_format
from sightline.stages.scan.options import ReadOptions
from tests.differential.logs import FORMATS
from tests.differential.sides import Case, assert_sides_agree
from tests.differential.test_found import LINE, require_line_is_read

LONG_LINE = LINE.replace("/\\u00e4", "/" + "a" * 16384)
COLLECTED = {
    "Wazuh": (f'{{"timestamp":"x","agent":{{"id":"1"}},"location":"/var/log/a","full_log":"{LINE}"}}', 1),
    "Wazuh without its place": (f'{{"timestamp":"x","full_log":"{LINE}"}}', 0),
    "GELF": (f'{{"version":"1.1","host":"gw","short_message":"{LINE}","level":6,"_x":1e9}}', 1),
    "GELF with a whole message": (f'{{"version":"1.1","host":"a","short_message":"x","full_message":"{LINE}"}}', 1),
    "GELF with a version that is a number": (f'{{"version":1.1,"host":"gw","short_message":"{LINE}"}}', 0),
    "Splunk": (f'{{"preview":false,"offset":0,"result":{{"_time":"x","_raw":"{LINE}"}}}}', 1),
    "Splunk, the result alone": (f'{{"_time":"x","_raw":"{LINE}","url":"y"}}', 1),
    "Google": (f'{{"logName":"a","insertId":"b","textPayload":"{LINE}\\n"}}', 1),
    "Loki": (f'{{"labels":{{"a":"b"}},"line":"{LINE}","timestamp":"x"}}', 1),
    "Loki without labels": (f'{{"labels":"a","line":"{LINE}","timestamp":"x"}}', 0),
    "fluentd": (f'{{"log":"{LINE}","kubernetes":{{"pod":["a",1,true,null]}},"n":-1.5e3}} \t', 1),
    "fluentd with an escape in its key": (f'{{"l\\u006fg":"{LINE}\\r\\n"}}', 1),
    "fluentd, a piece": (f'{{"log":"{LINE}","partial_message":"true"}}', 0),
    "Fluent Bit, a piece": (f'{{"log":"{LINE}","logtag":"P"}}', 0),
    "as long as a piece": (f'{{"log":"{LONG_LINE}","tag":"a"}}', 0),
    "as long as a piece, with its end": (f'{{"log":"{LONG_LINE}\\n","tag":"a"}}', 1),
    "two lines": (f'{{"log":"{LINE}\\n{LINE}"}}', 0),
    "a shipper": (f'{{"@timestamp":"x","host":{{"name":"a"}},"source":"/var/log/a","message":"{LINE}"}}', 1),
    "a shipper that read the line itself": (f'{{"@timestamp":"x","source":{{"ip":"a"}},"message":"{LINE}"}}', 0),
    "a program that says more": (f'{{"@timestamp":"x","url":"/","message":"{LINE}"}}', 0),
    "an index": (f'{{"_index":"a","_id":"b","_source":{{"@timestamp":"x","message":"{LINE}"}}}}', 1),
    "an index in an index": (f'{{"_index":"a","_source":{{"_index":"a","_source":{{"log":"{LINE}"}}}}}}', 0),
    "the later of two": (f'{{"log":"x","log":"{LINE}"}}', 1),
    "the later is no text": (f'{{"log":"{LINE}","log":null}}', 0),
    "half a surrogate pair": (f'{{"log":"{LINE}","x":{{"\\ud800":1}}}}', 0),
    "half a surrogate pair in a value that counts no more": (f'{{"log":"\\ud800","log":"{LINE}"}}', 0),
    "no number": (f'{{"log":"{LINE}","x":01}}', 0),
    "NaN": (f'{{"log":"{LINE}","x":NaN}}', 0),
    "something behind it": (f'{{"log":"{LINE}"}}x', 0),
    "a comma too much": (f'{{"log":"{LINE}",}}', 0),
    "a hundred levels": (f'{{"log":"{LINE}","x":{"[" * 99}{"]" * 99}}}', 1),
    "a level more": (f'{{"log":"{LINE}","x":{"[" * 100}{"]" * 100}}}', 0),
    "a number of many digits": (f'{{"log":"{LINE}","x":{"9" * 5000}}}', 1),
    "an empty text": ('{"log":""}', 0),
}


@pytest.mark.parametrize("name", COLLECTED)
def test_both_sides_read_the_line_that_a_collector_keeps(name: str, tmp_path: Path) -> None:
    require_line_is_read(*COLLECTED[name], tmp_path)


OBJECT = {"log": "http.log.access", "remote_ip": "192.0.2.7", "host": "www.flagged.example", "uri": "/"}


@pytest.mark.parametrize(("keeps", "records"), [(lambda text: {"log": text}, 1), (lambda text: {"other": text}, 0)])
def test_a_format_of_objects_takes_the_object_that_a_collector_keeps(
    keeps: Callable[[str], dict[str, str]], records: int, tmp_path: Path
) -> None:
    program = read_format(
        'name = "x"\ntitle = "x"\nspecification = "x"\norigin = "specification"\nby = "json"\n'
        'record_kind = "http-request"\notherwise = "record"\nrequired = ["timestamp", "source_ip"]\n'
        '[paths]\ntime = "t"\nclient = "remote_ip"\nhost = "host"\n'
        '[fields]\ntimestamp = { from = "time", layouts = "%s" }\nsource_ip = "client"\nhost = "host"\n'
    ).program
    inside = json.dumps(OBJECT | {"t": 1_791_617_136}, separators=(",", ":"))
    lines = "".join(f"{line}\n" for line in (inside, json.dumps(keeps(inside))))
    case = Case((lines.encode(),), program, (("domain,flagged.example,,,,,,",),), ReadOptions())

    result = assert_sides_agree(case, tmp_path)

    assert len(result.hits) == 1 + records


def test_an_object_with_blanks_behind_its_colons_has_no_header_of_syslog(tmp_path: Path) -> None:
    name = "pino-http"
    sample = (Path(__file__).parents[1] / "samples" / name / "specification.log").read_text(encoding="utf-8")
    whole = [json.loads(line) for line in sample.splitlines() if line.startswith("{") and line.endswith("}")]
    lines = "".join(f"{json.dumps(row)}\n" for row in whole)

    result = assert_sides_agree(
        Case((lines.encode(),), FORMATS[name].program, (("domain,flagged.example,,,,,,",),), ReadOptions()), tmp_path
    )

    assert not [reject for reject in result.rejects if b"not-json" in reject]
    assert result.hits
