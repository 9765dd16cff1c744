import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sightline.model import Reject, RejectCode
from sightline.stages.lists.model import FlagList
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference import scan
from sightline.stages.scan.results import ExhibitCounts, ScanInput
from tests.stages.scan.logs import COMBINED, NOON_US, LineSink, flag_list, visit

DOMAIN = flag_list(("domain", "flagged.example"))
LOG = b"".join([visit(), b"\n", visit("http://other.example/"), b"not a line\r\n", visit("http://a.flagged.example/b")])


def scanned(
    path: Path, content: bytes, *lists: FlagList, **options: Any
) -> tuple[ExhibitCounts, list[dict[str, Any]], list[Reject]]:
    path.write_bytes(content)
    sink = LineSink()
    result = scan([ScanInput(path, COMBINED)], lists or [DOMAIN], ReadOptions(**options), sink=sink)
    return result.exhibits[0], [json.loads(line) for line in sink.lines], sink.found


def test_every_frame_is_accounted_for(tmp_path: Path) -> None:
    summary, hits, rejects = scanned(tmp_path / "a.log", LOG)
    assert (summary.frames, summary.records, summary.comments) == (5, 3, 1)
    assert (summary.hit_records, summary.hits, summary.unmatched, summary.outside_window) == (2, 2, 1, 0)
    assert summary.rejects == {RejectCode.NO_PATTERN: 1}
    assert summary.sha256 == hashlib.sha256(LOG).hexdigest()
    assert summary.size_bytes == len(LOG)
    assert [hit["line_number"] for hit in hits] == [1, 5]
    for hit in hits:
        assert LOG[hit["byte_offset"] :].startswith(hit["raw"].encode())
    assert LOG[rejects[0].byte_offset :][: rejects[0].length] == b"not a line"


def test_row_tells_the_visit(tmp_path: Path) -> None:
    _, (hit, *_), _ = scanned(
        tmp_path / "a.log", visit("http://U@Flagged.Example:80/%61?b#c"), clock_offset_us=-1_500_000
    )
    assert hit["timestamp"] == "2024-02-29T12:00:01.500000Z"
    assert hit["timestamp_original"] == "29/Feb/2024:12:00:00 +0000"
    assert hit["url"] == "http://flagged.example/a?b"
    assert (hit["host"], hit["indicator"], hit["indicator_kind"]) == ("flagged.example", "flagged.example", "domain")
    assert hit["indicator_id"] == DOMAIN.indicators[0].derive_id(DOMAIN.list_id)
    assert (hit["uncertainty_s"], hit["vouched"], hit["issuer"], hit["member"]) == (900, True, None, None)


def test_visit_outside_the_window_is_counted_and_is_no_hit(tmp_path: Path) -> None:
    straddling = flag_list(("domain", "flagged.example"), since=NOON_US - 899_000_000)
    inside = flag_list(("domain", "flagged.example"), since=NOON_US - 900_000_000)
    summary, hits, _ = scanned(tmp_path / "a.log", visit(), straddling, inside)
    assert (summary.outside_window, summary.hits, summary.hit_records) == (1, 1, 1)
    assert hits[0]["list_id"] == inside.list_id


def test_text_that_is_not_utf8_is_escaped_and_its_bytes_are_stored(tmp_path: Path) -> None:
    line = visit().replace(b"agent", b"a\xffb")
    _, (hit,), _ = scanned(tmp_path / "a.log", line)
    assert hit["user_agent"] == "a\\xffb"
    assert hit["encoding"] == "base64"


def test_shrunken_or_broken_exhibit_is_damage(tmp_path: Path) -> None:
    import gzip

    summary, _, rejects = scanned(tmp_path / "a.log.gz", gzip.compress(LOG * 99)[:-9])
    assert summary.is_damaged
    assert rejects[-1].code is RejectCode.BROKEN_STREAM
    assert summary.frames == summary.records + summary.comments + len(rejects)


def test_standard_input_is_read_behind_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOG[10:])))
    sink = LineSink()
    result = scan([ScanInput(None, COMBINED, LOG[:10])], [DOMAIN], ReadOptions(), sink=sink)
    assert result.exhibits[0].path == "-"
    assert result.exhibits[0].sha256 == hashlib.sha256(LOG).hexdigest()
    assert len(sink.lines) == 2


def test_missing_exhibit_is_the_callers_to_explain(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan([ScanInput(tmp_path / "none", COMBINED)], [DOMAIN], ReadOptions(), sink=LineSink())
