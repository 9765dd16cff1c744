"""The options of commands whose work the workers of a cluster can do."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_cluster(here: argparse._ActionsContainer, what: str) -> None:
    """Add the options. `what`: the work, as in a sentence."""
    here.add_argument("--cluster", metavar="ADDRESS", help=f"let the workers of this scheduler {what}: tls://HOST:8786")
    here.add_argument("--cluster-keys", type=Path, metavar="DIR", help="folder of keys for a tls:// scheduler")


def check_cluster(arguments: argparse.Namespace) -> None:
    """Check what is said of a cluster before anything is read."""
    if arguments.cluster is None:
        return
    from sightline.services.cluster.addresses import parse_address  # noqa: PLC0415
    from sightline.services.cluster.dask_security import security  # noqa: PLC0415
    from sightline.services.cluster.dask_settings import require_dask  # noqa: PLC0415

    address = parse_address(arguments.cluster)
    require_dask()
    security(address, arguments.cluster_keys, "coordinator")
