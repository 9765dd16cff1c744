"""Hit rows and identities are, byte for byte, those of the golden vectors."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sightline.model import HIT_COLUMNS, ExhibitId, Hit, IndicatorKind, Opinion, RecordKind, Reject, RejectCode
from sightline.stages.lists.model import compute_indicator_id
from sightline.stages.scan.hit_rows import CSV_HEADER, HitRows, format_hit_csv, format_hit_jsonl, reject_jsonl
from sightline.stages.scan.reference.exhibit import ExhibitBytes

VECTORS = Path(__file__).parents[2] / "vectors"
IDENTITIES = json.loads((VECTORS / "identities.json").read_text("utf-8"))
ROWS = json.loads((VECTORS / "hit_rows.json").read_text("utf-8"))


def hit(case: dict[str, Any]) -> Hit:
    given = case["hit"]
    enums = {
        "record_kind": RecordKind(given["record_kind"]),
        "indicator_kind": IndicatorKind(given["indicator_kind"]),
        "opinion": Opinion(given["opinion"]),
    }
    return Hit(**{**given, **enums, "raw": base64.b64decode(given["raw"])})


@pytest.mark.parametrize("case", ROWS["rows"], ids=lambda case: case["why"])
def test_row_has_its_golden_bytes(case: dict[str, Any]) -> None:
    assert format_hit_jsonl(hit(case)) == case["jsonl"].encode()
    assert format_hit_csv(hit(case)) == case["csv"].encode()
    assert list(json.loads(case["jsonl"])) == list(HIT_COLUMNS) == ROWS["columns"]


def test_csv_header_names_the_columns() -> None:
    assert (",".join(ROWS["columns"]) + "\n").encode() == CSV_HEADER


def test_table_holds_what_the_lines_hold() -> None:
    hits = [hit(case) for case in ROWS["rows"]]
    table = HitRows(hits).to_frame()
    assert table.columns == list(HIT_COLUMNS)
    assert table["raw"].to_list() == [one.raw for one in hits]
    assert table["timestamp"].dt.epoch("us").to_list() == [one.timestamp_us for one in hits]
    text_columns = [name for name in HIT_COLUMNS if name not in {"timestamp", "raw"}]
    hits_json = [json.loads(line) for line in HitRows(hits).to_jsonl().splitlines()]
    assert table.select(text_columns).rows() == [tuple(row[name] for name in text_columns) for row in hits_json]


def test_reject_line_tells_the_place_and_never_the_bytes() -> None:
    reject = Reject(RejectCode.BAD_TIME, ExhibitId("ab"), "in\nner.log", 7, 9)
    wanted = b'{"code":"bad-time","exhibit":"ab","member":"in\\nner.log","byte_offset":7,"length":9}\n'
    assert reject_jsonl(reject) == wanted


@pytest.mark.parametrize("case", IDENTITIES["indicators"], ids=lambda case: case["kind"])
def test_indicator_has_its_golden_id(case: dict[str, Any]) -> None:
    assert compute_indicator_id(case["list_id"], IndicatorKind(case["kind"]), case["value"]) == case["id"]


@pytest.mark.parametrize("case", IDENTITIES["exhibits"])
def test_exhibit_has_its_golden_id(case: dict[str, Any]) -> None:
    assert ExhibitBytes(base64.b64decode(case["bytes_base64"]), shrank=False).id == case["id"]


@pytest.mark.parametrize("case", IDENTITIES["canonical_json"])
def test_canonical_json_has_its_golden_text(case: dict[str, Any]) -> None:
    text = json.dumps(case["value"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert text == case["text"]
    assert hashlib.sha256(text.encode()).hexdigest() == case["sha256"]
