"""Servers that any test may ask for, and the owners of the worlds that are copied."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.copies import owned_by

pytest_plugins = ["tests.servers.fixtures"]


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    with owned_by(request):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with owned_by(item):
        return (yield)
