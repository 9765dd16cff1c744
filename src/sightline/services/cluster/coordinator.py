"""The coordinator's side: send tasks, a few ahead of the workers, and yield their results as they come."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sightline.errors import DamagedInput, NotAllowed, SightlineError, StoreUnreachable
from sightline.services.cluster import dask_settings, exhibit_task
from sightline.services.cluster.addresses import ClusterAddress
from sightline.services.cluster.dask_security import build_security
from sightline.services.cluster.exhibit_task import TaskResult
from sightline.waits import report_wait

AHEAD = 2
"""Tasks for each worker that the scheduler has: one is read, and the next waits."""
WORKERS_S = 60.0
"""How long a scan waits for a worker that it can use."""
TICK_S = 1.0


@dataclass(slots=True)
class Cluster:
    """A connection to a scheduler."""

    address: ClusterAddress
    client: Any
    _waiting: deque[tuple[int, Callable[[], str]]] = field(default_factory=deque)
    _ended: queue.SimpleQueue[tuple[int, Any]] = field(default_factory=queue.SimpleQueue)
    _sent: dict[int, Any] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _lock: Any = field(default_factory=Lock)
    _is_over: bool = False
    _begun: dict[int, datetime] = field(default_factory=dict)
    _clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _alone_since_s: float | None = None
    _work: Callable[[str], str] = exhibit_task.read_exhibits
    _left: int = 0

    def run_tasks(
        self,
        tasks: Sequence[tuple[str, Callable[[], str]]],
        clock: Callable[[], datetime],
        tick: Callable[[], object],
        work: Callable[[str], str] = exhibit_task.read_exhibits,
    ) -> Iterator[tuple[int, TaskResult]]:
        """Send tasks in order. Yield each one's number and result, as they come.

        A task is a name for messages, and what makes its text: only the texts of those that were sent are in memory.
        `work` is the function that a worker calls with the text. A task is counted once, however often it ran. Raises
        StoreUnreachable if the scheduler or all workers are gone.
        """
        self._names.clear()
        for name, text in tasks:
            self.add(name, text)
        self._clock, self._work = clock, work
        next_look_s = 0.0
        while self._left:
            if time.monotonic() >= next_look_s:
                self._look()
                next_look_s = time.monotonic() + TICK_S
            try:
                number, future = self._ended.get(timeout=TICK_S)
            except queue.Empty:
                tick()
                continue
            result = self._take(number, future, tick)
            self._left -= 1
            tick()
            yield number, result

    def add(self, name: str, text: Callable[[], str]) -> int:
        """Add a task to those whose results are awaited, and return its number."""
        with self._lock:
            number = len(self._names)
            self._names[number] = name
            self._waiting.append((number, text))
            self._left += 1
        return number

    def find_sending_time(self, number: int) -> datetime:
        """Return when a task was sent."""
        return self._begun[number]

    def _look(self) -> None:
        """Send tasks to new workers. Raises StoreUnreachable or NotAllowed if there is no usable worker for a while."""
        if self.client.status != "running":
            raise self._build_lost_error()
        usable, now_s = self.count_usable(), time.monotonic()
        for _ in range(max(0, AHEAD * usable - len(self._sent))):
            self._send_next()
        if usable:
            self._alone_since_s = None
        elif self._alone_since_s is None:
            self._alone_since_s = now_s
            report_wait(f"waiting for a worker at {self.address}", WORKERS_S)
        elif now_s - self._alone_since_s > WORKERS_S:
            raise self._build_no_worker_error()

    def count_usable(self) -> int:
        """Return the number of workers of the same build."""
        return sum(
            exhibit_task.identify_build() in worker.get("resources", {}) for worker in self._list_workers().values()
        )

    def list_refused(self) -> list[str]:
        """Return the workers of another build, each with its name and build."""
        result = []
        for worker in self._list_workers().values():
            builds = [each for each in worker.get("resources", {}) if each.startswith("sightline ")]
            if exhibit_task.identify_build() not in builds:
                result.append(f"{worker.get('name')}: {builds[0] if builds else 'no worker of Sightline'}")
        return sorted(result)

    def _list_workers(self) -> dict[str, Any]:
        with suppress(OSError, KeyError):
            workers: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
            return workers
        return {}

    def _send_next(self) -> None:
        """Send one task more. Dask calls it too, on another thread, so that no worker waits for a registration."""
        with self._lock:
            if not self._waiting or self._is_over:
                return
            number, text = self._waiting[0]
            # Where this fails on Dask's thread, the task is still there for ours.
            content = text()
            self._waiting.popleft()
            future = self.client.submit(
                self._work, content, pure=False, resources={exhibit_task.identify_build(): 1}, retries=0
            )
            self._sent[number] = future
            self._begun[number] = self._clock()
        future.add_done_callback(lambda ended: self._receive_end(number, ended))

    def _receive_end(self, number: int, future: Any) -> None:  # noqa: ANN401
        with self._lock:
            self._sent.pop(number, None)
        self._ended.put((number, future))
        with suppress(Exception):
            self._send_next()

    def _take(self, number: int, future: Any, tick: Callable[[], object]) -> TaskResult:  # noqa: ANN401
        """Return a result. If its worker died with it, Dask lets another one run the task again."""
        while True:
            try:
                result = exhibit_task.parse_result(future.result(timeout=TICK_S))
            except TimeoutError:
                tick()
                self._look()
            except Exception as error:
                # Dask passes on whatever a task raised; `_build_failure` maps it to an error of ours.
                raise self._build_failure(self._names[number], error, is_task=future.status == "error") from error
            else:
                break
        future.release()
        if result.failure:
            raise result.build_error()
        return result

    def _build_failure(self, name: str, error: Exception, *, is_task: bool) -> SightlineError:
        if type(error).__name__ == "KilledWorker":
            times = dask_settings.SETTINGS["distributed.scheduler.allowed-failures"] + 1
            return DamagedInput(
                f"{name}: {times} workers died while they read it",
                hint="run it without --cluster to see why; look at the workers' logs for a lack of memory",
            )
        if is_task:
            return StoreUnreachable(
                f"the cluster could not read {name}: {type(error).__name__}",
                hint="look at the workers' logs, then run it again",
            )
        return self._build_lost_error()

    def _build_lost_error(self) -> StoreUnreachable:
        return StoreUnreachable(
            f"the scheduler at {self.address} was lost",
            hint="what was registered stays; start the scheduler, then run the same command again: it goes on",
        )

    def _build_no_worker_error(self) -> SightlineError:
        refused = self.list_refused()
        if refused:
            return NotAllowed(
                f"no worker at {self.address} runs {exhibit_task.identify_build()}",
                hint="install the same version on all machines",
                details=[f"refused: {other}" for other in refused],
            )
        return StoreUnreachable(
            f"no worker is at {self.address}", hint=f"start one: sightline cluster run-worker {self.address}"
        )

    def close(self) -> None:
        """Forget what was sent, and disconnect."""
        with self._lock:
            self._is_over = True
            sent = list(self._sent.values())
            self._waiting.clear()
        with suppress(Exception):
            self.client.cancel(sent, force=True)
        with suppress(Exception):
            self.client.close(timeout=2)


@contextmanager
def connect_cluster(address: ClusterAddress, keys: Path | None) -> Iterator[Cluster]:
    """Yield a connection to a scheduler. Raises StoreUnreachable if none answers."""
    dask_settings.apply_settings()
    protection = build_security(address, keys, "coordinator")
    from distributed import Client  # noqa: PLC0415

    for name in ("distributed", "distributed.client", "distributed.core", "tornado", "asyncio"):
        # Dask writes tracebacks of lost connections. The scan says what they mean.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(str(address), security=protection, timeout=10, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise StoreUnreachable(
            f"no scheduler answers at {address}",
            hint=f"start one: sightline cluster run-scheduler {address}; with tls://, both need keys of one authority",
        ) from error
    cluster = Cluster(address, client)
    try:
        yield cluster
    finally:
        cluster.close()
