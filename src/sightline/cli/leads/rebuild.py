"""`sightline leads rebuild`: make all leads again, from the current runs and data sets."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from sightline.cli.cluster_options import add_cluster, build_cluster_access, check_cluster
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.message_text import count_noun
from sightline.model import Ceiling

if TYPE_CHECKING:
    from sightline.services.leads.rebuild import RebuildResult

EXAMPLES = """\
  sightline leads rebuild
  # sightline leads rebuild --json
  sightline leads rebuild --cluster tls://scheduler.example:8786 --cluster-keys cluster-keys
      # workers on other machines make the leads: sightline cluster --help
"""


ALLOCATOR = "_RJEM_MALLOC_CONF"


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "rebuild", "make all leads again from the current records; has no effect if nothing changed", EXAMPLES
    )
    add_json(here)
    add_cluster(here, "make the leads")
    here.add_argument("--quiet", action="store_true", help="no progress bar and no account")


def run(arguments: argparse.Namespace) -> int:
    """Rebuild the leads, and tell what came out."""
    # The allocator of Polars keeps what it freed for some seconds: parts are alike, and a third of the time goes there.
    # What a Polars above this process left in the environment is no wish of anybody's: the last word counts.
    options = filter(None, (os.environ.get(ALLOCATOR), "dirty_decay_ms:30000,muzzy_decay_ms:30000"))
    os.environ[ALLOCATOR] = ",".join(options)
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.leads.rebuild import rebuild_leads  # noqa: PLC0415

    check_cluster(arguments)
    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="leads") as watch:
        rebuilt = rebuild_leads(officer_session, watch, cluster=build_cluster_access(arguments, officer_session.clock))
    _tell(rebuilt, arguments)
    return 0


def _tell(rebuilt: RebuildResult, arguments: argparse.Namespace) -> None:
    generation = rebuilt.generation
    account = json.loads(generation.account_json)
    if arguments.json:
        facts = {
            "generation": generation.number,
            "generation_id": generation.generation_id,
            "was_there": rebuilt.was_there,
        }
        facts["unused"] = dict(rebuilt.unused)
        sys.stdout.write(json.dumps(facts | account) + "\n")
    elif not arguments.quiet:
        again = ", there already: nothing that it rests on has changed" if rebuilt.was_there else ""
        print(f"generation {generation.number}  {generation.generation_id[:12]}{again}")
        print(
            f"           {count_noun(account['leads'], 'lead')} of "
            f"{count_noun(account['sessions'], 'session')}, {count_noun(account['visits'], 'visit')}"
        )
        for ceiling in reversed(Ceiling):
            if account["ceilings"].get(ceiling):
                print(f"           {account['ceilings'][ceiling]:>9,} {ceiling}")
        for why, hits in rebuilt.unused.items():
            print(f"not used   {count_noun(hits, 'hit')}: {why}")
