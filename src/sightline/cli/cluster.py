"""`sightline cluster`: keys, a scheduler and workers, with which several machines scan, or make leads."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_verbs

if TYPE_CHECKING:
    from sightline.services.cluster.exhibit_task import TaskPlace

EXAMPLES = """\
  sightline cluster create-keys --out cluster-keys
      # copy ca.pem and a role's two files to each machine; keep ca.key elsewhere
  sightline cluster issue worker --authority cluster-keys --out keys-of-node7
      # a key of its own for one more machine; cluster revoke revokes it alone
  sightline cluster run-scheduler tls://0.0.0.0:8786 --keys cluster-keys
  sightline cluster run-worker tls://scheduler.example:8786 --keys cluster-keys \\
    --read /evidence --write /srv/unit/segments
  sightline scan /evidence/nginx --source server --authority "SM 3/2026" \\
    --cluster tls://scheduler.example:8786 --cluster-keys cluster-keys
  sightline leads rebuild --cluster tls://scheduler.example:8786 --cluster-keys cluster-keys
"""
DESCRIPTION = """\
Let several machines read the exhibits of one scan, or make the leads of one rebuild. A scheduler assigns the work,
workers do it, and the machine that runs the command registers the results. Needs Dask: pip install sightline[cluster].
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(
        commands, "cluster", "let several machines read the exhibits of one scan", EXAMPLES, description=DESCRIPTION
    )
    verbs = add_verbs(here)
    keys = add_command(
        verbs,
        "create-keys",
        "make an authority, and keys for scheduler, workers and coordinator",
        "  sightline cluster create-keys --out cluster-keys\n",
    )
    keys.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder to write to")
    keys.add_argument("--days", type=int, default=365, metavar="N", help="how long they are valid (default 365)")
    _add_members(verbs)
    scheduler = add_command(
        verbs,
        "run-scheduler",
        "run the scheduler of a cluster",
        "  sightline cluster run-scheduler tls://0.0.0.0:8786 --keys cluster-keys\n"
        "  sightline cluster run-scheduler tcp://127.0.0.1:8786\n      # on this machine only\n",
    )
    _add_connection(scheduler, "where to listen")
    worker = add_command(
        verbs,
        "run-worker",
        "run a worker, which reads exhibits",
        "  sightline cluster run-worker tcp://127.0.0.1:8786 --read /evidence --write /srv/unit/segments\n",
    )
    _add_connection(worker, "the scheduler")
    folders = worker.add_argument_group("what it may use")
    folders.add_argument(
        "--read",
        required=True,
        action="append",
        metavar="DIR",
        help="a folder of exhibits, or s3://BUCKET/PREFIX; may be repeated",
    )
    folders.add_argument(
        "--write", required=True, action="append", type=Path, metavar="DIR", help="the segments folder of the workspace"
    )
    worker.add_argument("--cores", type=int, metavar="N", help="threads (default: all cores)")
    worker.add_argument("--name", metavar="NAME", help="its name in messages (default: of the machine and process)")


def _add_members(verbs: Parsers) -> None:
    issue = add_command(
        verbs,
        "issue",
        "make a key and certificate for one more machine, which can be revoked alone",
        "  sightline cluster issue worker --authority cluster-keys --out keys-of-node7\n",
    )
    issue.add_argument("role", choices=("scheduler", "worker", "coordinator"), help="what the machine does")
    _add_authority(issue)
    issue.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder to write to")
    issue.add_argument("--days", type=int, default=365, metavar="N", help="how long it is valid (default 365)")
    revoke = add_command(
        verbs,
        "revoke",
        "add a machine's certificate to the list of revoked ones",
        "  sightline cluster revoke keys-of-node7/worker.pem --authority cluster-keys\n",
    )
    revoke.add_argument("certificate", type=Path, metavar="FILE", help="the certificate: ROLE.pem, or a copy of it")
    _add_authority(revoke)


def _add_authority(here: argparse.ArgumentParser) -> None:
    here.add_argument("--authority", required=True, type=Path, metavar="DIR", help="folder with ca.pem and ca.key")


def _add_connection(here: argparse.ArgumentParser, what: str) -> None:
    here.add_argument("address", metavar="ADDRESS", help=f"{what}: tls://HOST:PORT, or tcp://127.0.0.1:PORT")
    here.add_argument("--keys", type=Path, metavar="DIR", help="folder with ca.pem and the role's .pem and .key")


def run(arguments: argparse.Namespace) -> int:
    """Make or revoke keys, or run a part of a cluster until it is stopped."""
    of_keys = {"create-keys": _make_keys, "issue": _issue_keys, "revoke": _revoke}
    if arguments.verb in of_keys:
        return of_keys[arguments.verb](arguments)
    from sightline.services.cluster import nodes  # noqa: PLC0415
    from sightline.services.cluster.addresses import parse_address  # noqa: PLC0415

    address = parse_address(arguments.address)
    if arguments.verb == "run-scheduler":
        nodes.run_scheduler(address, arguments.keys, _tell)
        return 0
    place = _make_task_place(arguments)
    # Polars reads it when it is loaded, which the first task of a rebuild does.
    os.environ.setdefault("POLARS_MAX_THREADS", str(place.cores))
    nodes.run_worker(address, arguments.keys, place, _tell)
    return 0


def _make_keys(arguments: argparse.Namespace) -> int:
    from sightline.services.cluster.certificates import AUTHORITY, make_keys  # noqa: PLC0415

    for path in make_keys(arguments.out, datetime.now(UTC), arguments.days):
        print(path)
    sys.stderr.write(
        f"{arguments.out / AUTHORITY}.key can make new members: keep it where no machine of the cluster reads it\n"
    )
    return 0


def _issue_keys(arguments: argparse.Namespace) -> int:
    from sightline.services.cluster.revocation import issue_keys  # noqa: PLC0415

    for path in issue_keys(arguments.authority, arguments.role, arguments.out, datetime.now(UTC), arguments.days):
        print(path)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from sightline.services.cluster.revocation import revoke_certificate  # noqa: PLC0415

    path = revoke_certificate(arguments.authority, arguments.certificate, datetime.now(UTC))
    print(path)
    sys.stderr.write(
        f"copy {path.name} into the folder of keys of every machine, beside ca.pem, and start its part again:"
        " until then, it accepts the revoked certificate\n"
    )
    return 0


def _make_task_place(arguments: argparse.Namespace) -> TaskPlace:
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.services.cluster.exhibit_task import TaskPlace  # noqa: PLC0415
    from sightline.services.match.engine import count_threads  # noqa: PLC0415
    from sightline.storage.exhibit_path import parse_exhibit_path  # noqa: PLC0415

    paths = tuple(map(parse_exhibit_path, arguments.read))
    for option, folders in (("read", paths), ("write", arguments.write)):
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"--{option} {folder}: there is no such folder", hint="name an existing folder")
    name = arguments.name or f"{platform.node()}-{os.getpid()}"
    return TaskPlace(name, paths, tuple(arguments.write), count_threads(arguments.cores))


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()
