"""Of any text, kernel and oracle give the same canonical host, page and indicator, or the same reason
why it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.model import FLAGGABLE, IndicatorKind
from sightline.stages.canonical import build_page, normalise_indicator_value, parse_answer, parse_host
from tests.differential.urls import DIGESTS, FIELDS, HOSTS, NETWORKS, PATHS_AND_QUERIES, TARGETS, spoilt


@pytest.fixture(scope="module")
def kernel() -> ModuleType:
    from sightline import _kernel

    return _kernel


def agree_on_hosts(kernel: ModuleType, max_examples: int) -> None:
    @given(spoilt(HOSTS))
    def agree(raw: bytes) -> None:
        found = parse_host(raw)
        assert kernel.canonical_host(raw) == (found and found.text)
        answer = parse_answer(raw)
        assert kernel.canonical_answer(raw) == (answer and answer.text)

    many(agree, max_examples)


def agree_on_pages(kernel: ModuleType, max_examples: int) -> None:
    @given(
        st.sampled_from([None, None, b"GET", b"CONNECT", b"connect", b""]),
        st.none() | spoilt(st.one_of(TARGETS, PATHS_AND_QUERIES, FIELDS)),
        st.none() | spoilt(FIELDS),
        st.sampled_from([None, None, b"http", b"HTTPS", b"ftp", b"wss", b"gopher", b""]),
        st.sampled_from([None, None, 0, 21, 80, 443, 8443, 65535]),
    )
    def agree(
        method: bytes | None, target: bytes | None, field: bytes | None, scheme: bytes | None, port: int | None
    ) -> None:
        found = build_page(method=method, target=target, authority=field, scheme=scheme, destination_port=port)
        assert kernel.canonical_url(method, target, field, scheme, port) == found.url

    many(agree, max_examples)


def agree_on_indicators(kernel: ModuleType, max_examples: int) -> None:
    @given(st.sampled_from(FLAGGABLE), spoilt(st.one_of(FIELDS, TARGETS, NETWORKS, DIGESTS)))
    def agree(kind: IndicatorKind, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        wanted = value_or_reason(partial(normalise_indicator_value, kind, text))
        assert value_or_reason(partial(kernel.canonical_indicator, kind.value, text)) == wanted

    many(agree, max_examples)


def value_or_reason(read: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, read()
    except ValueError as error:
        return False, str(error)


def many(agree: Callable[..., None], max_examples: int) -> None:
    settings(
        max_examples=max_examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(agree)()


WAYS = [agree_on_hosts, agree_on_pages, agree_on_indicators]


@pytest.mark.parametrize("agree", WAYS)
def test_sides_agree_on_canonical_forms(agree: Callable[[ModuleType, int], None], kernel: ModuleType) -> None:
    agree(kernel, 600)


@pytest.mark.full
@pytest.mark.parametrize("agree", WAYS)
def test_sides_agree_on_many_canonical_forms(agree: Callable[[ModuleType, int], None], kernel: ModuleType) -> None:
    agree(kernel, 50_000)
