"""`sightline referrals`: leads for another force, of its own states alone: approved, sealed, answered, recalled."""

from __future__ import annotations

import argparse

from sightline.cli.argument_parser import Parser
from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_modules, add_verbs, run_module

DESCRIPTION = """\
Refer leads to another force, which asks for the leads of its own states under its own authority. A lead may go only
if its place is known to be in one of these states, and two officers agreed to exactly that content. A referral leaves
as PDF and CSV, or as a sealed package with the proofs of every row. The force sends back signed receipts and outcomes.
You can recall leads that are no longer valid.
"""

EXAMPLES = """\
  sightline forces create-keys KA-CYBER --out keys  # at the other force, once: its keys
  sightline forces add KA-CYBER.pub --name "Cyber Police, Karnataka" --state IN-KA --age age1... \\
      --why "order 5/2026; key id compared by telephone"
  sightline referrals add-request --from KA-CYBER --case "Cr. 41/2026" --kind production --number "s.94 order 3/2026" \\
      --issued-by "Magistrate, Mysuru" --issued-on 2026-05-20 --document request.pdf --received 2026-06-01
  sightline referrals draft --request 7QX2AB --case "FIR 12/2026" --why "their request of 20 May" --dry-run
  sightline approve  # the second officer sees what exactly is asked
  sightline referrals seal "KA-CYBER 1" --out ka-cyber-1.age
  sightline referrals export "KA-CYBER 1" --language hi --out for-mysuru
  sightline referrals open ka-cyber-1.age --identity KA-CYBER.age --trust Cyber-PS.pub --out in \\
      --receipt receipt.json --sign KA-CYBER.key
  sightline referrals import-receipt receipt.json
  sightline referrals recall --list
  sightline referrals fetch "KA-CYBER 1" --out ka-cyber-1.age  # an officer of the other force, in this record
  sightline referrals import cyber-ps-1.age  # what another force refers to this unit
"""

VERBS = {
    "add-request": "sightline.cli.referrals.request",
    "draft": "sightline.cli.referrals.draft",
    "list": "sightline.cli.referrals.list",
    "show": "sightline.cli.referrals.list",
    "export": "sightline.cli.referrals.export",
    "seal": "sightline.cli.referrals.export",
    "offer": "sightline.cli.referrals.export",
    "export-key": "sightline.cli.referrals.keys",
    "import-receipt": "sightline.cli.referrals.returns",
    "import-outcome": "sightline.cli.referrals.returns",
    "fetch": "sightline.cli.referrals.partner",
    "confirm": "sightline.cli.referrals.partner",
    "record-outcome": "sightline.cli.referrals.partner",
    "recall": "sightline.cli.referrals.recall",
    "publish": "sightline.cli.referrals.exchange",
    "collect": "sightline.cli.referrals.exchange",
    "compare": "sightline.cli.referrals.compare",
    "deconflict": "sightline.cli.referrals.deconflict",
    "import": "sightline.cli.referrals.incoming_referrals",
    "list-incoming": "sightline.cli.referrals.incoming_referrals",
    "show-incoming": "sightline.cli.referrals.incoming_referrals",
    "accept": "sightline.cli.referrals.incoming_referrals",
    "record-incoming-outcome": "sightline.cli.referrals.incoming_referrals",
    "import-recall": "sightline.cli.referrals.incoming_referrals",
    "purge-incoming": "sightline.cli.referrals.incoming_referrals",
    "open": "sightline.cli.referrals.open",
    "answer": "sightline.cli.referrals.open",
    "read-recall": "sightline.cli.referrals.open",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`; a module may have several verbs."""
ELSEWHERE = {"open", "answer", "read-recall", "compare", "deconflict"}
"""Those that need no workspace, for the force that receives; and those whose own verbs have the options."""

VERB_GROUPS = {
    "verbs for leads that this unit sends": (
        *("add-request", "draft", "list", "show", "export", "seal", "offer", "publish", "collect"),
        *("import-receipt", "import-outcome", "recall", "export-key"),
    ),
    "verbs for an officer of the other force, in this workspace": ("fetch", "confirm", "record-outcome"),
    "verbs for leads that this unit received": (
        *("import", "list-incoming", "show-incoming", "accept"),
        *("record-incoming-outcome", "import-recall", "purge-incoming"),
    ),
    "verbs for received packages, without a workspace": ("open", "answer", "read-recall"),
    "verbs for lines that several forces have": ("compare", "deconflict"),
}
"""The verbs as the help groups them."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(
        commands, "referrals", "leads for another force, sealed, answered, recalled", EXAMPLES, DESCRIPTION
    )
    assert isinstance(here, Parser)
    here.verb_groups = VERB_GROUPS
    verbs = add_verbs(here)
    add_modules(verbs, VERBS)
    for name, one in verbs.choices.items():
        if name not in ELSEWHERE:
            add_officer_options(one)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
