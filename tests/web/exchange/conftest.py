"""An exchange in this process, with two forces that have tokens, and a unit that published to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sightline.services.referrals import transport
from sightline.web.exchange.app import create_exchange_app
from sightline.web.exchange.limits import ExchangeLimits
from sightline.web.exchange.token_store import Store
from tests.copies import copied
from tests.services.referrals.world import World, new_world


@dataclass
class Clocks:
    """Seconds that go on by what a test adds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Exchange:
    world: World
    folder: Path
    tokens: dict[str, str]
    clock: Clocks = field(default_factory=Clocks)

    def client(self, code: str | None = "KA-CYBER", **limits: int) -> TestClient:
        """A client that speaks as a force; with generous limits unless a test says otherwise."""
        wide = {"per_minute": 1_000_000, "failed_per_minute": 1_000_000} | limits
        app = create_exchange_app(self.folder, self.world.clock, ExchangeLimits(**wide), self.clock)
        headers = {} if code is None else {"Authorization": f"Bearer {self.tokens.get(code, code)}"}
        return TestClient(app, base_url="https://exchange.example", headers=headers, raise_server_exceptions=False)


def new_exchange(folder: Path) -> Exchange:
    return copied("exchange", _make_world, folder)


def _make_world(folder: Path) -> Exchange:
    world, own = new_world(folder), folder / "exchange"
    store = Store(own)
    store.prepare()
    tokens = {code: store.create_token(code, 30, world.clock())[1] for code in ("KA-CYBER", "KL-CYBER")}
    world.approved()
    world.approved(force="KL-CYBER")
    assert transport.publish_referrals(world.io, own).written == ["KA-CYBER 1", "KL-CYBER 1"]
    return Exchange(world, own, tokens)


@pytest.fixture
def served(tmp_path: Path) -> Exchange:
    return new_exchange(tmp_path)


@pytest.fixture(scope="module")
def shared_exchange(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """One for tests that leave it as it is."""
    return new_exchange(tmp_path_factory.mktemp("exchange"))
