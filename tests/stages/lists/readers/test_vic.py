"""A Project VIC file gives the digests of media of the flagged categories, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from sightline.errors import DamagedInput
from sightline.model import RowCode
from tests.stages.lists.readers.documents import read

MODELS = "http://models.example/ProjectVic/DataModels"
MD5, SHA1 = "A" * 32, "b" * 40


def media(**more: Any) -> dict[str, Any]:
    return {"MediaID": 1, "Category": 1, "MD5": MD5, "SHA1": SHA1, "MediaSize": 5} | more


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"@odata.context": f"{MODELS}/2.0.xml/US/$metadata#Media", "value": [media()]}, "/value/0"),
        ({"odata.metadata": f"{MODELS}/1.3.xml#Media", "value": [media(Category="1")]}, "/value/0"),
        (
            {"@odata.context": f"{MODELS}/2.0.xml/UK/$metadata#Cases", "value": [{"CaseID": "x", "Media": [media()]}]},
            "/value/0/Media/0",
        ),
    ],
)
def test_sets_and_cases_of_each_model(document: dict[str, Any], pointer: str) -> None:
    assert read(document) == (
        [
            (f"{pointer}/MD5", "file-digest", MD5, "Project VIC 1"),
            (f"{pointer}/SHA1", "file-digest", SHA1, "Project VIC 1"),
        ],
        [],
    )


def test_a_category_is_never_guessed() -> None:
    some: list[Any] = [0, None, 3, 4, True, "II", 2.0, [1]]
    found = [media(Category=category) for category in some]
    rows, rejects = read({"odata.metadata": f"{MODELS}/1.2.xml#Media", "value": found})
    assert [row[0] for row in rows] == ["/value/2/MD5", "/value/2/SHA1"]
    assert rejects == [(f"/value/{number}", RowCode.UNKNOWN_OPINION) for number in (3, 4, 5, 6, 7)]


def test_a_medium_is_read_whole_or_not_at_all() -> None:
    found = [media(MD5=None), media(MD5=None, SHA1=""), media(SHA1=MD5), media(MD5=7), 1]
    rows, rejects = read({"@odata.context": f"{MODELS}/2.0.xml/US/$metadata#Media", "value": found})
    assert [row[0] for row in rows] == ["/value/0/SHA1"]
    assert [code for _, code in rejects] == [
        RowCode.BAD_VALUE,
        RowCode.BAD_VALUE,
        RowCode.BAD_SYNTAX,
        RowCode.BAD_SYNTAX,
    ]


def test_media_above_their_model_are_not_read() -> None:
    with pytest.raises(DamagedInput, match="OData context"):
        read({"value": [media()], "@odata.context": f"{MODELS}/2.0.xml/US/$metadata#Media"})
