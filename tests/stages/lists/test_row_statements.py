"""Rows become indicators or rejects as the shared vectors say; the kernel's tests read the same file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sightline.stages.lists.junk import JunkNames
from sightline.stages.lists.model import RowReject
from sightline.stages.lists.row_statements import parse_statement

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/list_rows.json").read_text("utf-8"))
NAMES = {name: frozenset(names) for name, names in VECTORS["junk"].items()}
JUNK = JunkNames(NAMES["exact"], NAMES["wildcards"], NAMES["exceptions"], NAMES["big_hosts"])


@pytest.mark.parametrize("vector", VECTORS["rows"], ids=lambda vector: " ".join(vector["row"][1:3]))
def test_a_row_is_read_as_the_vectors_say(vector: dict[str, Any]) -> None:
    read = parse_statement(tuple(vector["row"]), JUNK)
    if "code" in vector:
        assert isinstance(read, RowReject)
        assert (read.line, read.code) == (vector["row"][0], vector["code"])
        assert read.reason
    else:
        assert not isinstance(read, RowReject), read
        assert (read[0], read[1], asdict(read[2])) == (vector["kind"], vector["value"], vector["statement"])
