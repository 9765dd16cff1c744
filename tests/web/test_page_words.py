"""What pages say where an address, a filter or a stored text is not as usual: in words, on the page itself."""

from __future__ import annotations

import re

import pytest

from sightline.model import Role
from sightline.web.templates import get_environment
from tests.web.conftest import SignIn


@pytest.mark.parametrize("path", ["/ledger?since=never", "/ledger/journal?until=32", "/map?place=nowhere"])
def test_a_wrong_filter_is_named_on_its_own_page(signed_in: SignIn, path: str) -> None:
    role = Role.ANALYST if path.startswith("/map") else Role.AUDITOR
    answer = signed_in(role).get(path)
    alert = re.search(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
    assert answer.status_code == 400 and alert, answer.text[:300]
    assert re.search("not a date|nowhere", alert[1])
    assert 'aria-current="page"' in answer.text, "the page itself, with its navigation"


def test_json_in_the_ledger_is_displayed_in_words() -> None:
    template = get_environment().from_string("{{ text | ledger_text }}")
    texts = {
        '{"clock_offset_us":1500000,"is_whole":true}': "clock offset in microseconds 1,500,000, whole yes",
        '{"made_at_us":1772303400000000}': "made at 28 Feb 2026, 18:30:00 UTC",
        '["a","b","c","d","e","f","g"]': "a; b; c; d; e; and 2 more",
        "[]": "none",
        "a text": "a text",
        "operations room": "web app",
        "leads:view: allowed for the role of supervisor": "see leads: allowed for the role of supervisor",
        "issuer:list: allowed for the role of investigating-officer": (
            "see issuers of lists: allowed for the role of investigating officer"
        ),
        "{broken": "{broken",
    }
    assert {text: template.render(text=text, language="en") for text in texts} == texts
    option = get_environment().from_string("{{ value | fact_value('reports') }}")
    assert [option.render(value=value, language="en") for value in ([], ["a", "b"], {"is_whole": True})] == [
        "none",
        "a; b",
        "whole yes",
    ]
