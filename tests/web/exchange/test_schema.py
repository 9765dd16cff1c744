"""The API holds to its own OpenAPI, whatever is sent to it: schemathesis, in this process."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.exchange.conftest import Exchange

OPERATIONS = (
    "GET /api/v1/health",
    "GET /api/v1/referrals",
    "GET /api/v1/referrals/{referral_id}",
    "GET /api/v1/referrals/{referral_id}/package",
    "POST /api/v1/referrals/{referral_id}/receipt",
    "POST /api/v1/referrals/{referral_id}/outcomes",
    "GET /api/v1/recalls",
    "GET /api/v1/recalls/{recall_id}",
    "POST /api/v1/recalls/{recall_id}/receipt",
    "POST /api/v1/requests",
    "POST /api/v1/deconfliction/{period}/{what}",
    "GET /api/v1/deconfliction/{period}/{what}",
)


def test_all_operations_are_tried(shared_exchange: Exchange) -> None:
    paths = shared_exchange.client().get("/api/v1/openapi.json").json()["paths"]
    assert sorted(OPERATIONS) == sorted(f"{method.upper()} {path}" for path, each in paths.items() for method in each)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_api_is_as_it_says(shared_exchange: Exchange, operation: str) -> None:
    method, path = operation.split()
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", shared_exchange.client().app)
    headers = {"Authorization": f"Bearer {shared_exchange.tokens['KA-CYBER']}"}

    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def holds(case: schemathesis.Case[Any]) -> None:
        # What a note must be, or a day that is in no calendar, no schema tells: it is refused for what it says.
        answer = case.call_and_validate(
            headers=headers, excluded_checks=[positive_data_acceptance] if method == "POST" else None
        )
        assert answer.status_code < 500

    holds()
