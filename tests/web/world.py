"""A room that a browser sees: served over HTTP, its officers signed in, and the browser itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.model import Role
from sightline.web.app import AppConfig, create_app
from tests.waits import wait_until
from tests.web.test_gallery import CHROMIUM
from tests.web.test_serve import free_port


@dataclass(frozen=True)
class ServedApp:
    """A room that is served, and its officers by role."""

    address: str
    app: FastAPI
    officer_sessions: Mapping[Role, OfficerSession]

    def signed_in(self, context: BrowserContext, role: Role, **looks: str) -> BrowserContext:
        """The context, with the cookie of an officer who signed in, and of a language and a theme."""
        token = self.app.state.live_sessions.begin(self.officer_sessions[role], "test")
        cookies = {"sightline": token} | looks
        context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies.items()])
        return context


@contextmanager
def served(config: AppConfig, officer_sessions: Mapping[Role, OfficerSession]) -> Iterator[ServedApp]:
    """Serve the web app on a port of its own, until the block is left."""
    port, app = free_port(), create_app(config)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the web app listens")
    yield ServedApp(f"http://127.0.0.1:{port}", app, officer_sessions)
    server.should_exit = True
    thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, which tells the name that it computes of an element for a reader of the screen."""
    flags = ["--enable-blink-features=ComputedAccessibilityInfo"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()
