"""The cases of the WHATWG URL standard and of Unicode IDNA; what ADR 5 asks besides is taken into account."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sightline.stages.canonical import build_page, parse_host
from sightline.stages.canonical.path import split_path_and_query

CORPUS = Path(__file__).parent / "corpus"
"""Files of the two standards, compressed. `LICENCES.txt` says where they are from."""

ABSOLUTE = re.compile(r"[\0- ]*(https?|ftp|wss?):[/\\]{2}", re.IGNORECASE)
ZONE_BY_ADR_5 = {"http://[::%31]"}
NOT_ASKED = {"V2", "V3", "A4_1", "A4_2", "U1"}
"""Faults of IDNA that the WHATWG rules allow: hyphens, lengths, and characters outside of letters and digits."""
FORBIDDEN = re.compile(r"[\0-\x20\x7f#%/:<>?@\[\\\]^|]|(?:^|\.)[0-9]+$")
"""What no domain has by the WHATWG rules: a forbidden code point, and a number at its end, which is an address."""


def read_text(name: str) -> str:
    return gzip.decompress((CORPUS / f"{name}.gz").read_bytes()).decode("utf-8")


def read_json_cases(name: str) -> list[dict[str, Any]]:
    return [row for row in json.loads(read_text(name)) if isinstance(row, dict)]


def url_cases() -> list[dict[str, Any]]:
    """Return the cases with an absolute URL of a web scheme."""
    cases = {case["input"]: case for case in read_json_cases("urltestdata.json")}
    return [case for case in cases.values() if ABSOLUTE.match(re.sub("[\t\r\n]", "", case["input"]))]


def idna_cases() -> list[tuple[str, str | None]]:
    """Return each name that is not in ASCII, and its ASCII form, or None if it has none."""
    cases = []
    for line in read_text("IdnaTestV2.txt").splitlines():
        columns = [part.strip() for part in line.partition("#")[0].split(";")]
        if len(columns) == 7:
            name, unicode, unicode_faults, ascii_form, ascii_faults = map(_unescaped, columns[:5])
            faults = set(re.findall(r"\w+", ascii_faults or unicode_faults)) - NOT_ASKED
            if not name.isascii():
                cases.append((name, None if faults else ascii_form or unicode or name))
    return cases


def _unescaped(text: str) -> str:
    plain = re.sub(r"\\u([0-9A-F]{4})|\\x\{([0-9A-F]+)\}", lambda hit: chr(int(hit[1] or hit[2], 16)), text)
    return "" if plain == '""' else plain


def is_name(text: str | None) -> bool:
    """The lengths and labels that ADR 5 asks for besides."""
    labels = (text or "").removesuffix(".").split(".")
    return len(".".join(labels)) <= 253 and all(0 < len(label) <= 63 for label in labels)


URL_CASES, IDNA_CASES = url_cases(), idna_cases()


@pytest.mark.parametrize("case", read_json_cases("toascii.json"), ids=lambda case: ascii(case["input"])[:40])
def test_to_ascii(case: dict[str, Any]) -> None:
    found = parse_host(case["input"].encode("utf-8", "surrogatepass"))
    wanted = case["output"] if is_name(case["output"]) else None
    assert (found and found.text) == wanted


def test_idna() -> None:
    wanted: dict[str, str | None] = {}
    for name, ascii_form in IDNA_CASES:
        text = (ascii_form or "").removesuffix(".")
        wanted[name] = None if FORBIDDEN.search(text) or not is_name(ascii_form) else text
    found = {name: parse_host(name.encode("utf-8", "surrogatepass")) for name in wanted}
    assert {name: one and one.text for name, one in found.items()} == wanted


@pytest.mark.parametrize("case", URL_CASES, ids=lambda case: ascii(case["input"])[:60])
def test_url(case: dict[str, Any]) -> None:
    page = build_page(target=case["input"].encode("utf-8", "surrogatepass"))
    if case["input"] in ZONE_BY_ADR_5:
        assert page.host is not None
    elif case.get("failure") or not is_name(case["hostname"]):
        assert page.url is None
    else:
        decoded = split_path_and_query((case["pathname"] + case["search"]).encode())
        named, port = page.host, page.port if page.port_is_explicit and not page.port_is_default else ""
        assert (named and named.bracketed, str(port)) == (case["hostname"], case["port"])
        assert (page.path, page.query) == decoded


def test_enough_cases_were_tried() -> None:
    assert len(URL_CASES) > 250
    assert len(IDNA_CASES) > 2000
