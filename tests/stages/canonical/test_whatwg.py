"""The WHATWG URL standard's own cases, where they are at hand; what ADR 5 asks besides is taken into account."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sightline.stages.canonical import host, page
from sightline.stages.canonical.path import path_and_query

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "whatwg"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the WHATWG corpus is not at ../shared/data/whatwg")

ABSOLUTE = re.compile(r"[\0- ]*(https?|ftp|wss?):[/\\]{2}", re.IGNORECASE)
ZONE_BY_ADR_5 = {"http://[::%31]"}


def cases(name: str) -> list[dict[str, Any]]:
    if not CORPUS.is_dir():
        return []
    return [row for row in json.loads((CORPUS / name).read_text("utf-8")) if isinstance(row, dict)]


def is_name(text: str | None) -> bool:
    """The lengths and labels that ADR 5 asks for besides."""
    labels = (text or "").removesuffix(".").split(".")
    return len(".".join(labels)) <= 253 and all(0 < len(label) <= 63 for label in labels)


@pytest.mark.parametrize("case", cases("toascii.json"), ids=lambda case: ascii(case["input"])[:40])
def test_to_ascii(case: dict[str, Any]) -> None:
    found = host(case["input"].encode("utf-8", "surrogatepass"))
    wanted = case["output"] if is_name(case["output"]) else None
    assert (found and found.text) == wanted


ABSOLUTE_CASES = [case for case in cases("urltestdata.json") if ABSOLUTE.match(re.sub("[\t\r\n]", "", case["input"]))]


@pytest.mark.parametrize("case", ABSOLUTE_CASES, ids=lambda case: ascii(case["input"])[:60])
def test_url(case: dict[str, Any]) -> None:
    found = page(target=case["input"].encode("utf-8", "surrogatepass"))
    if case["input"] in ZONE_BY_ADR_5:
        assert found.host is not None
    elif case.get("failure") or not is_name(case["hostname"]):
        assert found.url is None
    else:
        decoded = path_and_query((case["pathname"] + case["search"]).encode())
        named, port = found.host, found.port if found.port_is_explicit and not found.port_is_default else ""
        assert (named and named.bracketed, str(port)) == (case["hostname"], case["port"])
        assert (found.path, found.query) == decoded


def test_enough_cases_were_tried() -> None:
    assert len(ABSOLUTE_CASES) > 300
