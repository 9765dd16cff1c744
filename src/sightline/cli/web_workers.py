"""`sightline serve --workers N`: the process in front, and the workers that it starts by the same command."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.web.app import AppConfig


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The settings of a worker: `hosts` as in `AppConfig`; `links` are tokens by the id of a key."""

    is_tls: bool
    hosts: frozenset[str]
    links: Mapping[str, str]
    is_first: bool


def read_settings() -> WorkerSettings:
    """Read this worker's settings from standard input: one line of JSON, written by the process in front.

    A thread then waits for the end of standard input, and ends this worker with SIGTERM.
    """
    given = json.loads(sys.stdin.buffer.readline())

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True, name="parent").start()
    return WorkerSettings(given["is_tls"], frozenset(given["hosts"]), given["links"], given["is_first"])


def serve_as_worker(config: AppConfig, handle: int) -> None:
    """Answer the requests that the process in front passes on, on the listening socket with this number."""
    from sightline.web.app import create_app  # noqa: PLC0415
    from sightline.web.server import serve_app  # noqa: PLC0415

    app = create_app(config)
    serve_app(
        app,
        app.state.over.set,
        socket.socket(fileno=handle),
        log_level="warning",
        access_log=False,
        date_header=False,
        timeout_graceful_shutdown=2,
        # Only the process in front reaches the socket. It says who called, and how.
        forwarded_allow_ips="*",
    )


def serve_in_front(
    arguments: argparse.Namespace,
    config: AppConfig,
    links: Mapping[str, OfficerSession],
    **options: Any,  # noqa: ANN401  - uvicorn's own
) -> None:
    """Start the workers, and pass each request to one of them, until it is interrupted."""
    from sightline.web.server import serve_app  # noqa: PLC0415
    from sightline.web.workers.dispatcher import SessionRoutes, create_dispatcher  # noqa: PLC0415
    from sightline.web.workers.processes import WorkerProcesses  # noqa: PLC0415

    count = arguments.workers
    keys = {token: officer_session.signer.key_id for token, officer_session in links.items()}
    routes = SessionRoutes(count, {token: at % count for at, token in enumerate(links)})

    def settings(number: int) -> dict[str, object]:
        """Return what a worker is given on its standard input, by its number from 0."""
        # A link that was used is gone: a worker that is started again does not get it.
        own = {keys[token]: token for token, worker in routes.links.items() if worker == number}
        return {
            "is_tls": config.is_tls,
            "hosts": sorted(config.hosts or ()),
            "links": own,
            "is_first": number == 0,
        }

    workers = WorkerProcesses(_build_command(arguments, config), count, settings)
    try:
        app = create_dispatcher(workers, routes, is_tls=config.is_tls, hosts=config.hosts)
        serve_app(app, workers.stop, **options)
    finally:
        workers.close()


def _build_command(arguments: argparse.Namespace, config: AppConfig) -> list[str]:
    """Return the command of a worker without the number of its socket."""
    words: list[object] = [sys.executable, "-P", "-m", "sightline", "serve", "--workspace", config.workspace.folder]
    words += ["--uploads", config.upload_bytes]
    for name in ("backups", "notifications", "keys"):
        if (value := getattr(arguments, name)) is not None:
            words += [f"--{name}", value]
    return [*map(str, words), "--worker"]
