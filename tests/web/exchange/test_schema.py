"""The API holds to its own OpenAPI, whatever is sent to it: schemathesis, in this process."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

import schemathesis
from hypothesis import HealthCheck, settings

from tests.web.exchange.conftest import Exchange, new_exchange

SERVED: list[Exchange] = []


def served() -> Exchange:
    """Made once, when the first operation is tried."""
    if not SERVED:
        SERVED.append(new_exchange(Path(mkdtemp(prefix="exchange-"))))
    return SERVED[0]


def loaded() -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", served().client().app)


schema = schemathesis.pytest.from_fixture("api")


import pytest  # noqa: E402


@pytest.fixture(scope="module")
def api() -> schemathesis.schemas.BaseSchema:
    return loaded()


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_is_as_it_says(case: schemathesis.Case) -> None:
    headers = {"Authorization": f"Bearer {served().tokens['KA-CYBER']}"}
    case.call_and_validate(headers=headers)
