"""`sightline ledger`: entries, the journal, checkpoints that leave the machine, and the witness's part."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs
from sightline.cli.terminal_text import escape_text
from sightline.errors import DamagedInput, UsageError, name_output_on_error
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.casework.oversight.oversight import LedgerItem
    from sightline.ledger.witness import Growth

EXAMPLES = {
    "show": """\
  sightline ledger show  # every entry
  sightline ledger show --verb authority:added --json
  sightline ledger show --journal --verb refused:right  # what was refused, and why
""",
    "export-checkpoint": """\
  sightline ledger export-checkpoint --out cyber-ps.note --since 120
      # writes cyber-ps.note, and cyber-ps.note.proof: that the ledger of 120 entries is the beginning of this one
""",
    "countersign": """\
  sightline ledger countersign cyber-ps.note --key witness --name court.example --last last.note \\
      --log "$(cat cyber-ps.vkey)" --out signed.note
      # the witness, on another machine; needs no workspace. last.note is made, then replaced, each time
""",
    "import-checkpoint": "  sightline ledger import-checkpoint signed.note\n",
    "prove": "  sightline ledger prove 17\n",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(
        commands,
        "ledger",
        "the ledger: show, export-checkpoint, countersign, import-checkpoint, prove",
        "".join(EXAMPLES.values()),
    )
    verbs = add_verbs(here)
    show = add_command(verbs, "show", "show ledger entries, or rows of the journal, in order", EXAMPLES["show"])
    show.add_argument("--thing", metavar="KIND:ID", help="only what is about this")
    show.add_argument("--verb", dest="of_verb", metavar="VERB", help="only this verb, as case:opened")
    show.add_argument("--journal", action="store_true", help="views, refusals and failed logins, not changes")
    add_json(show)
    checkpoint = add_command(
        verbs, "export-checkpoint", "write the latest checkpoint to a file", EXAMPLES["export-checkpoint"]
    )
    checkpoint.add_argument(
        "--out", type=Path, default=Path("-"), metavar="FILE", help="the note (default: standard output)"
    )
    checkpoint.add_argument(
        "--since", type=int, metavar="SIZE", help="write FILE.proof too: that it grew from this size"
    )
    checkpoint.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    _add_countersign(verbs)
    take = add_command(
        verbs, "import-checkpoint", "import the countersignatures of a returned note", EXAMPLES["import-checkpoint"]
    )
    take.add_argument("note", type=Path, metavar="FILE", help="the countersigned note")
    prove = add_command(verbs, "prove", "print the proof, as JSON, that an entry is in the ledger", EXAMPLES["prove"])
    prove.add_argument("seq", type=_parse_seq, metavar="SEQ", help="the entry's number")
    for name, one in verbs.choices.items():
        if name != "countersign":
            add_officer_options(one)


def _add_countersign(verbs: Parsers) -> None:
    here = add_command(verbs, "countersign", "sign a checkpoint as a witness", EXAMPLES["countersign"])
    here.add_argument("note", type=Path, metavar="NOTE", help="the checkpoint; its proof lies beside it: NOTE.proof")
    here.add_argument("--key", required=True, type=Path, metavar="FILE", help="the witness's private key")
    here.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="a file with its passphrase (default: asked)"
    )
    here.add_argument(
        "--name", required=True, metavar="NAME", help="the name by which the witness signs: court.example"
    )
    here.add_argument("--last", type=Path, metavar="FILE", help="the last checkpoint that the witness signed; replaced")
    here.add_argument("--log", metavar="VKEY", help="the ledger's own key, as the unit gave it when all began")
    here.add_argument(
        "--out", type=Path, default=Path("-"), metavar="FILE", help="the countersigned note (default: standard output)"
    )
    here.add_argument("--overwrite", action="store_true", help="replace --out if it exists already")


def _parse_seq(text: str) -> int:
    """The number of an entry that a ledger can have."""
    number = int(text)
    if not 0 <= number < 1 << 62:
        raise ValueError(text)
    return number


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _show_entries(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight import oversight  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    reading = oversight.read_journal if arguments.journal else oversight.read_entries
    chosen: AbstractContextManager[Iterator[LedgerItem]] = reading(
        officer_session, thing=arguments.thing, verb=arguments.of_verb
    )
    with chosen as rows:
        for at, ledger_item in enumerate(rows):
            if at == 0 and not arguments.json:
                print(f"{'ROW' if arguments.journal else 'ENTRY':>6}  {'AT':<20}  VERB  THING  BY  FACTS")
            print(json.dumps(asdict(ledger_item), ensure_ascii=False) if arguments.json else _format_line(ledger_item))
    return 0


def _format_line(ledger_item: LedgerItem) -> str:
    facts = " ".join(f"{name}={value}" for name, value in ledger_item.facts.items())
    texts = " ".join(f"{name}: {text}" for name, text in (ledger_item.texts or {}).items())
    at = f"{ledger_item.at[:19]}Z"
    parts = (
        f"{ledger_item.seq:>6}",
        at,
        ledger_item.verb,
        ledger_item.thing,
        f"by {ledger_item.actor_name or ledger_item.actor}",
        facts,
        texts,
    )
    return "  ".join(escape_text(part) for part in parts if part)


def _export_checkpoint(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight.checkpoints import export_checkpoint  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415

    out: Path | None = None if arguments.out == Path("-") else arguments.out
    if out is None and arguments.since is not None:
        raise UsageError("--since needs a file for the note", hint="--out FILE with --since")
    proof = None if out is None or arguments.since is None else out.with_name(f"{out.name}.proof")
    for path in filter(None, (out, proof)):
        check_one(path, (), overwrite=arguments.overwrite)
    checkpoint = export_checkpoint(start_session(arguments), arguments.since)
    if proof is not None and checkpoint.proof is not None:
        _write(proof, checkpoint.proof)
    _write(out, checkpoint.note)
    entries = count_noun(checkpoint.size, "entry", "entries")
    sys.stderr.write(f"{entries}; the ledger's own key is {escape_text(checkpoint.log.vkey)}\n")
    return 0


def _write(path: Path | None, data: bytes) -> None:
    """Write an output beside and rename it into place; None is standard output."""
    if path is None:
        sys.stdout.write(data.decode())
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with name_output_on_error(path):
        try:
            with beside.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _countersign_note(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight.witnesses import parse_witness_key  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time, open_key  # noqa: PLC0415
    from sightline.ledger import witness  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415

    out: Path | None = None if arguments.out == Path("-") else arguments.out
    if out is not None:
        check_one(out, (arguments.note, arguments.key), overwrite=arguments.overwrite)
    note, checkpoint = witness.parse_checkpoint(_read(arguments.note), str(arguments.note))
    if arguments.log is not None:
        witness.require_log(note, arguments.log, str(arguments.note))
    if arguments.last is not None and arguments.last.exists():
        _, last = witness.parse_checkpoint(_read(arguments.last), str(arguments.last))
        witness.require_growth(checkpoint, last, _read_growth(arguments.note))
        sys.stderr.write(f"it holds all that it had at {count_noun(last.size, 'entry', 'entries')}\n")
    private = open_key(arguments.key, arguments)
    key = parse_witness_key(arguments.name, private.public_key().public_bytes_raw())
    signed = witness.add_countersignature(note, key.name, private, get_current_time()).encode()
    if arguments.last is not None:
        _write(arguments.last, signed)
    _write(out, signed)
    sys.stderr.write(_format_advice(arguments, checkpoint.size))
    sys.stderr.write(
        f"{count_noun(checkpoint.size, 'entry', 'entries')} countersigned; the witness's key is {key.vkey}\n"
    )
    return 0


def _format_advice(arguments: argparse.Namespace, size: int) -> str:
    """Return what was not checked, and how it is the next time."""
    text = ""
    if arguments.last is None:
        text += f"not compared with an earlier checkpoint: --last FILE does, and the proof: --since {size} next time\n"
    if arguments.log is None:
        text += "the ledger's own signature was not checked: --log VKEY does\n"
    return text


def _read_growth(path: Path) -> Growth | None:
    """The proof that lies beside a note; None where there is none."""
    from sightline.ledger.canonical import WrongEncoding  # noqa: PLC0415
    from sightline.ledger.witness import Growth  # noqa: PLC0415

    beside = path.with_name(f"{path.name}.proof")
    if not beside.exists():
        return None
    try:
        return Growth.read(_read(beside))
    except WrongEncoding as error:
        raise DamagedInput(f"{beside}: {error}", hint="ask the unit for it again") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read((1 << 20) + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}", hint="give a note that sightline ledger export-checkpoint wrote"
        ) from None


def _take_countersignatures(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight.checkpoints import store_countersignatures  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    data = _read(arguments.note)
    countersignatures = store_countersignatures(start_session(arguments), data, str(arguments.note))
    for name in countersignatures:
        print(escape_text(name))
    if not countersignatures:
        sys.stderr.write("its countersignatures are here already\n")
    return 0


def _prove(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight.oversight import prove_inclusion  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    print(json.dumps(prove_inclusion(start_session(arguments), arguments.seq), ensure_ascii=False, indent=2))
    return 0


VERBS = {
    "show": _show_entries,
    "export-checkpoint": _export_checkpoint,
    "countersign": _countersign_note,
    "import-checkpoint": _take_countersignatures,
    "prove": _prove,
}
