"""The options of commands whose work the workers of a cluster can do."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.services.cluster.addresses import ClusterAccess


def add_cluster(here: argparse._ActionsContainer, what: str) -> None:
    """Add the options. `what`: the work, as in a sentence."""
    here.add_argument("--cluster", metavar="ADDRESS", help=f"let the workers of this scheduler {what}: tls://HOST:8786")
    here.add_argument("--cluster-keys", type=Path, metavar="DIR", help="folder of keys for a tls:// scheduler")


def check_cluster(arguments: argparse.Namespace) -> None:
    """Check what is said of a cluster before anything is read."""
    if arguments.cluster is None:
        return
    from sightline.services.cluster.addresses import parse_address  # noqa: PLC0415
    from sightline.services.cluster.dask_security import build_security  # noqa: PLC0415
    from sightline.services.cluster.dask_settings import require_dask  # noqa: PLC0415

    address = parse_address(arguments.cluster)
    require_dask()
    build_security(address, arguments.cluster_keys, "coordinator")


def build_cluster_access(arguments: argparse.Namespace, clock: Callable[[], datetime]) -> ClusterAccess | None:
    """Return the cluster of the options, or None if none is named."""
    if arguments.cluster is None:
        return None
    from sightline.services.cluster.addresses import ClusterAccess  # noqa: PLC0415  - few commands need a cluster

    return ClusterAccess(arguments.cluster, arguments.cluster_keys, clock)
