"""Settings of Dask for a cluster of Sightline. Only the modules that run a part of a cluster import this."""

from __future__ import annotations

import importlib.util
from typing import Any

from sightline.errors import UsageError

SETTINGS: dict[str, Any] = {
    # No profiles, which would hold stack frames; no pages.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.http.routes": [],
    "distributed.scheduler.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.preload": [],
    "distributed.scheduler.preload": [],
    # What costs time and what we do not need: a worker has two tasks at most, and no data.
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.worker-ttl": "60s",
    # A file that ends this number of workers is refused. Workers that end for other reasons must not look like that.
    "distributed.scheduler.allowed-failures": 9,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": "30s",
    "distributed.diagnostics.nvml": False,
}


def require_dask() -> None:
    """Raise UsageError if Dask distributed is not installed."""
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("a cluster needs Dask, which is not installed", hint="pip install sightline[cluster]")


def apply_settings() -> None:
    """Set Dask's settings for this process. A configuration file of Dask does not change them."""
    require_dask()
    import dask.config  # noqa: PLC0415

    dask.config.set(SETTINGS)
