"""What must hold of any bytes."""

from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.model import FLAGGABLE, IndicatorKind
from sightline.stages.canonical import build_page, normalise_indicator_value, parse_authority, parse_host
from tests.counted_work import count_patterns, grows_too_fast

PIECES = [b"http://", b"https:\\\\", b"/", b"\\", b".", b"..", b"%2e", b"%41", b"%%354", b"%", b"?", b"#", b"@", b":"]
PIECES += [b":80", b"a.example", b"[::1]", b"192.0.2.1", b"xn--", b"\xc3\xbc", b"\xc2\xad", b"\t", b" ", b"0x7f"]
TARGETS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=12).map(b"".join)


@settings(max_examples=1000, deadline=None)
@given(TARGETS, TARGETS)
def test_the_canonical_form_of_a_url_is_itself(target: bytes, field: bytes) -> None:
    page = build_page(target=target, authority=field)
    if page.path is not None:
        again = build_page(target=page.path_and_query.encode())
        assert again.path_and_query == page.path_and_query
    if page.scheme and page.host and page.url:
        assert build_page(target=page.url.encode()).url == page.url


@settings(max_examples=1000, deadline=None)
@given(TARGETS)
def test_the_canonical_form_of_a_host_is_itself(raw: bytes) -> None:
    found = parse_host(raw)
    assert found is None or parse_host(found.text.encode()) == found
    pair = parse_authority(raw)
    assert pair is None or parse_authority(pair[0].bracketed.encode()) == (pair[0], None)


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(FLAGGABLE), TARGETS.map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_the_canonical_value_of_an_indicator_is_itself(kind: IndicatorKind, text: str) -> None:
    try:
        value = normalise_indicator_value(kind, text)
    except ValueError:
        return
    assert normalise_indicator_value(kind, value) == value


@pytest.mark.parametrize("piece", [b"/..", b"/a/../", b"%", b"%%35", b"\t", b"\xc3\xa9", b"@", b"[", b":", b"a.", b"1"])
@pytest.mark.parametrize("start", [b"", b"/", b"http://", b"http://a.example/?"])
def test_work_grows_with_the_target_and_no_faster(start: bytes, piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    count_patterns(
        monkeypatch, [import_module(f"sightline.stages.canonical.{name}") for name in ("host", "page", "path")]
    )

    def read(target: str) -> None:
        build_page(target=target.encode("latin-1"), authority=target.encode("latin-1"))

    assert not grows_too_fast(read, lambda times: (start + piece * times).decode("latin-1"), 1_000)
