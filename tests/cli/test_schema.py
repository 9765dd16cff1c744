"""The published JSON schemas, held to the code and to what the command really writes."""

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sightline.model import (
    FLAGGABLE,
    HIT_COLUMNS,
    DnsAction,
    IndicatorKind,
    Likeness,
    Opinion,
    RecordKind,
    RejectCode,
    SkipReason,
)
from sightline.stages.lists.diff import Aspect, ChangeKind
from tests.cli.conftest import Sightline, SignedList
from tests.cli.test_match import LOG, line

SCHEMAS = Path(__file__).parent.parent.parent / "docs" / "schema"


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


SUMMARY = schema("summary")["properties"]
DIFFERENCE = schema("list_diff")["oneOf"][0]["properties"]


def test_the_columns_are_those_of_the_code() -> None:
    assert tuple(schema("hit")["properties"]) == HIT_COLUMNS


@pytest.mark.parametrize(
    ("enum", "published"),
    [
        (RecordKind, schema("hit")["properties"]["record_kind"]["enum"]),
        (DnsAction, schema("hit")["properties"]["dns_action"]["enum"]),
        (IndicatorKind, schema("hit")["properties"]["indicator_kind"]["enum"]),
        (Opinion, schema("hit")["properties"]["opinion"]["enum"]),
        (RejectCode, schema("reject")["properties"]["code"]["enum"]),
        (FLAGGABLE, DIFFERENCE["indicator_kind"]["enum"]),
        (Opinion, schema("list_diff")["$defs"]["statement"]["properties"]["opinion"]["enum"]),
        ([kind for kind in ChangeKind if kind is not ChangeKind.SAME], DIFFERENCE["change"]["enum"]),
        (Aspect, DIFFERENCE["differs"]["items"]["enum"]),
        (list(Likeness)[:2], SUMMARY["copies"]["items"]["properties"]["likeness"]["enum"]),
        (list(Likeness)[2:], SUMMARY["alike"]["items"]["properties"]["likeness"]["enum"]),
        (SkipReason, SUMMARY["left_out"]["items"]["properties"]["why"]["enum"]),
        (
            RejectCode,
            schema("summary")["properties"]["exhibits"]["items"]["properties"]["rejects"]["propertyNames"]["enum"],
        ),
    ],
)
def test_every_value_of_an_enum_is_published(enum: Iterable[StrEnum], published: list[str | None]) -> None:
    assert [value for value in published if value is not None] == [member.value for member in enum]


def test_written_files_follow_the_published_schemas(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(LOG + b"no such line\n" + line("http://flagged.example/\xff"))
    hits, rejects, summary = (tmp_path / name for name in ("hits.jsonl", "rejects.jsonl", "summary.json"))
    words = ("--out", hits, "--rejects", rejects, "--summary", summary, "--max-rejects", "50", "--format", "combined")
    assert sightline("match", log, *signed_list.words, *words).code == 0
    for name, path in (("hit", hits), ("reject", rejects)):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines
        for text in lines:
            jsonschema.validate(json.loads(text), schema(name))
    jsonschema.validate(json.loads(summary.read_text(encoding="utf-8")), schema("summary"))


def test_differences_of_lists_are_as_published(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("kind,value,opinion\ndomain,flagged.example,cleared\nhost,new.example,\n")
    lines = sightline("lists", "diff", signed_list.path, new, "--json").out.splitlines()
    found = [json.loads(text) for text in lines]
    assert {one.get("change") for one in found} == {"added", "removed", "changed", None}
    for one in found:
        jsonschema.validate(one, schema("list_diff"))
