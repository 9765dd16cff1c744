"""A visit before a row was listed counts only by a dated reference, in plain and in compiled lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Sightline

HEADER = "kind,value,valid_from,valid_until,listed_on,reference\n"
LINE = '198.51.100.7 - - [05/Mar/2026:12:00:00 +0000] "GET http://flagged.example/ HTTP/1.1" 200 512 "-" "-"\n'


@pytest.mark.parametrize(("reference", "is_vouched"), [("report 7", False), ("report 7 of 2026-01-02", True)])
def test_a_visit_before_the_listing_counts_only_by_a_dated_reference(
    tmp_path: Path, sightline: Sightline, reference: str, *, is_vouched: bool
) -> None:
    flags, log = tmp_path / "flagged.csv", tmp_path / "access.log"
    flags.write_text(f"{HEADER}domain,flagged.example,2026-01-01,,2026-06-01,{reference}\n")
    log.write_text(LINE)
    assert sightline("lists", "create-key", "--issuer", "AGENCY", "--out", tmp_path).code == 0
    under = ("--key", tmp_path / "AGENCY.key", "--valid-until", "2099-01-01", "--use", "leads")
    signed = sightline("lists", "sign", flags, *under)
    assert signed.code == 0
    assert ("a reference without a date" in signed.err) is not is_vouched
    checked = sightline("lists", "check", flags, "--json")
    assert json.loads(checked.out.splitlines()[-1])["undated_references"] == int(not is_vouched)
    compiled = tmp_path / "flagged.sightls"
    made = sightline("lists", "compile", flags, "--trust", tmp_path / "AGENCY.pub", "--out", compiled)
    assert made.code == 0, made.err
    for path in (flags, compiled):
        found = sightline("match", log, "--list", path, "--trust", tmp_path / "AGENCY.pub")
        (hit,) = map(json.loads, found.out.splitlines())
        assert hit["vouched"] is is_vouched, path
