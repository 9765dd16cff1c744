"""`sightline exercise`: a simulated world with known truth, and how well the product is right on it."""

from __future__ import annotations

import argparse

from sightline.cli.subcommands import Parsers, add_command, add_modules, add_verbs, run_module

EXAMPLES = """\
  sightline exercise create --out world --sessions 10000 --seed 7
  sightline exercise run world --workspace exercise-ps  # every log scanned, leads made
  sightline exercise ask world --workspace exercise-ps --out replies  # its ISPs asked and resolved
  sightline exercise grade world --leads leads.jsonl --resolutions replies/resolutions.jsonl
  sightline exercise benchmark --sessions 100000 --seed 7  # all of it
"""
VERBS = {
    "create": "sightline.cli.exercise.create",
    "run": "sightline.cli.exercise.run_world",
    "ask": "sightline.cli.exercise.run_world",
    "answer": "sightline.cli.exercise.answer",
    "grade": "sightline.cli.exercise.grade",
    "benchmark": "sightline.cli.exercise.grade",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    summary = "a simulated world with known truth: create, run, ask, answer, grade, benchmark"
    verbs = add_verbs(add_command(commands, "exercise", summary, EXAMPLES))
    add_modules(verbs, VERBS)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
