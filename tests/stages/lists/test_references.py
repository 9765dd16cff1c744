"""A reference without a date vouches for nothing before the list, for the kernel and for the plain Python alike."""

from __future__ import annotations

import io
import json

import pytest

from sightline.stages.lists.junk import load_junk_names
from sightline.stages.lists.load import gather_indicators
from sightline.stages.lists.readers import read_batches
from sightline.stages.lists.references import is_dated

HEADER = "kind,value,valid_from,valid_until,listed_on,reference\n"


@pytest.mark.parametrize(
    "reference",
    [
        "report 7 of 2026-01-02",
        "letter 12 dated 2.1.2026",
        "GD 4, 02/01/2026",
        "31/12/2025",
        "12/31/2025",
        "order of 2nd January 2026",
        "January 2, 2026",
        "2-Jan-2026",
        "2Sept2026",
    ],
)
def test_a_reference_with_a_day_and_a_year_is_dated(reference: str) -> None:
    assert is_dated(reference)


@pytest.mark.parametrize(
    "reference",
    [
        "report 7",
        "letter 12/2026",
        "2026",
        "GD 4 of 30.2.2026",
        "case 1234-56-78",
        "SM 3/2026 of January",
        "99.99.2026",
        "file 12026-01-023",
        "31.12.0099",
        " " * 500 + "2026-01-02",
    ],
)
def test_a_reference_without_one_is_not(reference: str) -> None:
    assert not is_dated(reference)


def test_rows_keep_only_dated_references() -> None:
    rows = "domain,a.example,2026-01-01,,2026-06-01,report 7\ndomain,b.example,2026-01-01,,2026-06-01,of 1.6.2026\n"
    found = list(read_batches(io.BytesIO((HEADER + rows + "domain,c.example,,,,report 7\n").encode())))
    assert [row[8] for batch in found for row in batch.rows] == ["", "of 1.6.2026", ""]
    assert sum(batch.undated for batch in found) == 1, "only the row that says since when it holds"
    indicators, _ = gather_indicators(found, load_junk_names())
    assert [indicator.statements[0].has_reference for indicator in indicators] == [False, True, False]


def test_a_stix_reference_is_dated_by_its_number_or_words() -> None:
    def bundle(**reference: str) -> bytes:
        indicator = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "created": "2026-06-01T00:00:00Z",
            "modified": "2026-06-01T00:00:00Z",
            "pattern_type": "stix",
            "pattern": "[domain-name:value = 'flagged.example']",
            "valid_from": "2026-01-01T00:00:00Z",
            "external_references": [reference],
        }
        whole = {"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": [indicator]}
        return json.dumps(whole).encode()

    for reference, is_kept in (
        ({"source_name": "AGENCY"}, False),
        ({"source_name": "AGENCY", "external_id": "7 of 2026-01-02"}, True),
        ({"source_name": "AGENCY", "description": "order of 2 January 2026"}, True),
    ):
        (row,) = [row for batch in read_batches(io.BytesIO(bundle(**reference))) for row in batch.rows]
        assert bool(row[8]) is is_kept, reference
