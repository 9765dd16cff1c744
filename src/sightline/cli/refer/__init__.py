"""`sightline refer`: leads for another force, of its own states alone: approved, sealed, answered, recalled."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_desk
from sightline.cli.subcommands import Parsers, add_modules, command, run_module, verbs_of

DESCRIPTION = """\
Another force asks for the leads of its states, in its own case and under its own authority. Whatever is known to be in
these states may go, once two officers agreed to exactly that; nothing of any other state, and nothing whose place is
not known. It leaves as plain PDF and CSV, or as a sealed package with the proofs of every row. What comes back are
receipts and outcomes, signed by the force; what falls is recalled.
"""

EXAMPLES = """\
  sightline refer keys KA-CYBER --out keys             at the other force, once: its keys
  sightline refer force enrol KA-CYBER.pub --name "Cyber Police, Karnataka" --state IN-KA --age age1...
  sightline refer request --from KA-CYBER --case "Cr. 41/2026" --kind production --number "s.94 order 3/2026" \\
      --issued-by "Magistrate, Mysuru" --issued-on 2026-05-20 --document request.pdf --received 2026-06-01
  sightline refer new --request 7QX2AB --case "FIR 12/2026" --why "their request of 20 May" --dry-run
  sightline approve                                    the second officer sees what exactly is asked
  sightline refer seal "KA-CYBER 1" --out ka-cyber-1.age
  sightline refer export "KA-CYBER 1" --language hi --out for-mysuru
  sightline refer open ka-cyber-1.age --identity KA-CYBER.age --trust Cyber-PS.pub --out in \\
      --receipt receipt.json --sign KA-CYBER.key
  sightline refer receipt receipt.json
  sightline refer recall --list
  sightline refer fetch "KA-CYBER 1" --out ka-cyber-1.age      an officer of the other force, in this record
  sightline refer incoming take cyber-ps-1.age         what another force refers to this unit
"""

VERBS = {
    "force": "sightline.cli.refer.forces",
    "request": "sightline.cli.refer.request",
    "new": "sightline.cli.refer.new",
    "list": "sightline.cli.refer.list",
    "show": "sightline.cli.refer.list",
    "export": "sightline.cli.refer.export",
    "seal": "sightline.cli.refer.export",
    "leave": "sightline.cli.refer.export",
    "key": "sightline.cli.refer.keys",
    "receipt": "sightline.cli.refer.returns",
    "outcome": "sightline.cli.refer.returns",
    "fetch": "sightline.cli.refer.partner",
    "confirm": "sightline.cli.refer.partner",
    "found": "sightline.cli.refer.partner",
    "recall": "sightline.cli.refer.recall",
    "publish": "sightline.cli.refer.exchange",
    "collect": "sightline.cli.refer.exchange",
    "compare": "sightline.cli.refer.compare",
    "incoming": "sightline.cli.refer.incoming",
    "keys": "sightline.cli.refer.keys",
    "open": "sightline.cli.refer.open",
    "answer": "sightline.cli.refer.open",
    "recalled": "sightline.cli.refer.open",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`; a module may have several verbs."""
ELSEWHERE = {"keys", "open", "answer", "recalled", "force", "compare", "incoming"}
"""Those that need no workspace, for the force that receives; and those whose own verbs have the options."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = command(commands, "refer", "leads for another force, sealed, answered, recalled", EXAMPLES, DESCRIPTION)
    verbs = verbs_of(here)
    add_modules(verbs, VERBS)
    for name, one in verbs.choices.items():
        if name not in ELSEWHERE:
            add_desk(one)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
