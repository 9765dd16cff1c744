"""Whether a line, a file or a sheet names a company that is not the licensee."""

from __future__ import annotations

import pytest

from sightline.stages.resolve.replies.company_names import names_other_company
from sightline.stages.resolve.replies.list_names import has_unknown_word
from sightline.stages.resolve.replies.surrounding_lines import list_words, says_nothing


@pytest.mark.parametrize(
    ("licensee", "line"),
    [
        ("Alpha", "Delta Alpha Infocomm Limited"),
        ("Alpha Mobile", "ALPHAMOBILE LTD"),
        ("ABCN", "Alpha Beta Circuit Nigam Limited"),
        ("Alpha Beta Circuit Nigam", "ABCN Kerala Telecom Circle"),
        ("ACT Fibernet", "Alpha Convergence Technologies Limited"),
        ("Alpha Mobile", "Nodal Office, Alpha Mobile Limited"),
        ("", "Delta Telecom Limited"),
    ],
)
def test_a_letterhead_of_the_licensee(licensee: str, line: str) -> None:
    assert says_nothing(line, licensee)
    assert not names_other_company(list_words(line), list_words(licensee))


@pytest.mark.parametrize(
    ("line", "is_name"),
    [("Delta Telecom Limited", True), ("Name of ISP: Delta Net", False), ("Reply of Delta Broadband to police", True)],
)
def test_a_letterhead_of_another_company(line: str, is_name: bool) -> None:
    assert not says_nothing(line, "Alpha Mobile")
    assert names_other_company(list_words(line), list_words("Alpha Mobile")) is is_name


@pytest.mark.parametrize(
    ("name", "is_unknown"),
    [
        ("Sheet1 (2)", False),
        ("Export Worksheet", False),
        ("Logs (IST)", False),
        ("CR 112-26", False),
        ("IPDR_Details", False),
        ("Alpha", False),
        ("Delta", True),
        ("Option 2", True),
        ("Hand typed", True),
    ],
)
def test_names_of_sheets_have_known_words(name: str, is_unknown: bool) -> None:
    assert has_unknown_word(list_words(name), ["alpha", "mobile"]) is is_unknown
