"""Let the workers of a cluster make the leads of a rebuild, by ranges of source addresses.

The coordinator divides the addresses, and registers. Workers read the hits of their ranges from the segments, make
leads, and set aside the sessions that an account or a statement may join to others. When all are known, the coordinator
groups them, and workers join the groups. All files equal those of a rebuild on one machine, byte for byte: where
addresses are divided does not depend on the number of workers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from sightline.errors import DamagedInput, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.services.cluster.addresses import ClusterAccess, parse_address
from sightline.services.cluster.coordinator import Cluster, connect_cluster
from sightline.services.cluster.exhibit_task import identify_build
from sightline.services.leads.join_spill import SessionSpill
from sightline.services.leads.lead_task import make_leads
from sightline.services.leads.part_files import PartCounts
from sightline.services.leads.worker_inputs import PartInputs, write_inputs

TASKS_A_WORKER = 4
"""Ranges for each worker, so that none waits long for the last one. At each bound some row groups are read twice."""
LEAST_TASKS = 8


@dataclass(slots=True)
class ClusterLeads:
    """A rebuild on a cluster. `tell` gets the hits that were read; the files of the generation go to `folder`."""

    clock: Callable[[], datetime]
    cluster: Cluster
    staging: Path
    folder: Path
    tell: Callable[[int], object]

    def make_parts(self, inputs: PartInputs, account: PartCounts, spill: SessionSpill) -> int:
        """Make the leads of all parts, and return the number of hits without an address."""
        sha256, parts = write_inputs(inputs, self.staging), len(inputs.division.bounds)
        count = min(parts, max(LEAST_TASKS, TASKS_A_WORKER * self.cluster.count_usable()))
        ends = [parts * number // count for number in range(count + 1)]
        content = [{"inputs": sha256, "parts": [ends[number], ends[number + 1]]} for number in range(count)]
        without_address = number = 0
        for made in self._take_in_order("addresses", content):
            without_address += made["without_address"]
            for part in made["parts"]:
                self._take(part["leads"], f"leads-{number:06}.parquet")
                if part["waiting"] is not None:
                    spill.take(_check_file(part["waiting"]), part["sessions"])
                account.add(part["account"])
                number += 1
        return without_address

    def join(self, account: PartCounts, spill: SessionSpill) -> None:
        """Make the leads of the sessions that were set aside."""
        files = [{"file": str(path), "sha256": compute_sha256(path)} for path in spill.paths]
        content = []
        for number, group in enumerate(spill.divide()):
            path = self.staging / f"group-{number:03}.arrow"
            with name_output_on_error(path):
                group.write_ipc(path)
            content.append({"waiting": files, "join": {"file": str(path), "sha256": compute_sha256(path)}})
        made = [part for part in self._take_in_order("joined sessions", content) if part["leads"] is not None]
        for number, part in enumerate(made):
            self._take(part["leads"], f"leads-joined-{number:03}.parquet")
            self._take(part["beside"], f"sessions-{number:03}.parquet")
            account.add(part["account"])

    def _take_in_order(self, what: str, content: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield what the workers made of each task, in the order of the tasks."""
        same = {"build": identify_build(), "staging": str(self.staging)}
        tasks = [
            (f"{what} {number + 1} of {len(content)}", partial(json.dumps, same | one))
            for number, one in enumerate(content)
        ]
        early: dict[int, dict[str, Any]] = {}
        due = 0
        for number, result in self.cluster.run_tasks(tasks, self.clock, lambda: self.tell(0), make_leads):
            early[number] = result.read_account()
            self.tell(sum(part.get("hits", 0) for part in early[number].get("parts", ())))
            while due in early:
                yield early.pop(due)
                due += 1

    def _take(self, made: Mapping[str, str] | None, name: str) -> None:
        if made is not None:
            with name_output_on_error(self.folder / name):
                _check_file(made).rename(self.folder / name)


def _check_file(made: Mapping[str, str]) -> Path:
    """Return a worker's file. Raises DamagedInput if it is not what the worker wrote."""
    path = Path(made["file"])
    if compute_sha256(path) != made["sha256"]:
        raise DamagedInput(f"{path} is not what the worker wrote", hint="run it again")
    return path


@contextmanager
def open_cluster_leads(access: ClusterAccess, folder: Path, tell: Callable[[int], object]) -> Iterator[ClusterLeads]:
    """Yield a connection to a cluster for one rebuild. Raises StoreUnreachable if no scheduler answers."""
    with ExitStack() as stack:
        cluster = stack.enter_context(connect_cluster(parse_address(access.address), access.keys))
        staging = Path(mkdtemp(prefix=".cluster-", dir=folder)).resolve()
        stack.callback(_remove, staging)
        yield ClusterLeads(access.clock, cluster, staging, folder, tell)


def _remove(staging: Path) -> None:
    """Remove the staging folder. Under another name first, so that a worker that still goes on adds nothing to it."""
    gone = staging.with_name(f"{staging.name}-gone")
    staging.rename(gone)
    rmtree(gone)
