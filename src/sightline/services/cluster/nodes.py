"""The processes of a cluster: a scheduler, which assigns tasks, and workers, which read exhibits."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sightline.errors import StoreUnreachable, UsageError
from sightline.services.cluster import dask_settings, exhibit_task
from sightline.services.cluster.addresses import ClusterAddress
from sightline.services.cluster.dask_security import build_security
from sightline.services.cluster.exhibit_task import TaskPlace
from sightline.stages.scan import kernel

Tell = Callable[[str], object]
CONNECT_S = 60


def run_scheduler(address: ClusterAddress, keys: Path | None, tell: Tell) -> None:
    """Run a scheduler until SIGTERM or SIGINT."""
    dask_settings.apply_settings()
    from distributed import Scheduler  # noqa: PLC0415

    class QuietScheduler(Scheduler):  # type: ignore[misc]
        """A scheduler without Dask's web server."""

        start_http_server = _start_no_http_server

    async def start() -> Any:  # noqa: ANN401  - distributed: no types
        """Return the scheduler once it listens. Raises UsageError if the port is taken."""
        protection = build_security(address, keys, "scheduler")
        try:
            return await QuietScheduler(host=str(address), security=protection, dashboard=False)
        except OSError as error:
            raise UsageError(
                f"the scheduler cannot listen at {address}: {error.strerror or error}", hint="choose another port"
            ) from None

    asyncio.run(_run_until_stopped(start, lambda: tell(f"scheduler listens at {address}")))


def run_worker(address: ClusterAddress, keys: Path | None, place: TaskPlace, tell: Tell) -> None:
    """Run a worker until SIGTERM or SIGINT, or until the scheduler is gone. Raises StoreUnreachable then."""
    dask_settings.apply_settings()
    if not kernel.is_kernel_available():
        raise UsageError("a worker needs the kernel, and it was not built", hint="make build")
    from distributed import Worker  # noqa: PLC0415

    class QuietWorker(Worker):  # type: ignore[misc]
        """A worker without Dask's web server."""

        start_http_server = _start_no_http_server

    exhibit_task.set_task_place(place)

    async def start() -> Any:  # noqa: ANN401  - distributed: no types
        """Return the worker once the scheduler accepted it."""
        try:
            return await QuietWorker(
                str(address),
                nthreads=1,
                name=place.name,
                security=build_security(address, keys, "worker"),
                resources={exhibit_task.identify_build(): 1},
                local_directory=scratch,
                memory_limit=0,
                death_timeout=CONNECT_S,
                dashboard=False,
            )
        except (OSError, TimeoutError) as error:
            raise StoreUnreachable(
                f"the scheduler at {address} does not answer: {error or 'time is up'}", hint="start it, then this again"
            ) from None

    with TemporaryDirectory(prefix="sightline-worker-") as scratch:
        is_stopped = asyncio.run(_run_until_stopped(start, lambda: tell(f"worker {place.name} is ready at {address}")))
    if not is_stopped:
        raise StoreUnreachable(f"the scheduler at {address} is gone", hint="start it, then this again")


def _start_no_http_server(*_: object, **__: object) -> None:
    """Start no web server: it would not be encrypted."""


async def _run_until_stopped(start: Callable[[], Awaitable[Any]], ready: Callable[[], object]) -> bool:
    """Run a node. Return whether a signal stopped it; otherwise it ended by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    node = await start()
    ready()
    stopping, ending = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(node.finished())
    await asyncio.wait([stopping, ending], return_when=asyncio.FIRST_COMPLETED)
    is_stopped = stopping.done()
    for task in (stopping, ending):
        task.cancel()
    await node.close()
    return is_stopped
