"""`sightline lists compile`: each list to one file that opens at once."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sightline.cli.lists.file_output import map_input_errors
from sightline.cli.lists.list_rows import add_digest_key
from sightline.cli.subcommands import Parsers, add_command
from sightline.errors import SightlineError, UntrustedList, UsageError
from sightline.file_digests import compute_sha256
from sightline.message_text import count_noun
from sightline.services.match.outputs import check_one

EXAMPLES = """\
  sightline lists compile flagged.csv --out flagged.compiled
      # one file that opens at once, however large the list is
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "compile", "compile lists, each to one file that opens quickly", EXAMPLES)
    here.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a list")
    here.add_argument(
        "--out", required=True, type=Path, metavar="COMPILED", help="the compiled file; for several FILEs a folder"
    )
    here.add_argument(
        "--trust",
        action="append",
        type=Path,
        default=[],
        metavar="PUB",
        help="refuse lists that none of these keys signed",
    )
    add_digest_key(here)
    here.add_argument("--overwrite", action="store_true", help="replace compiled files that are there already")


def run(arguments: argparse.Namespace) -> int:
    """Compile each list; all are checked before the first is compiled."""
    from sightline.stages.lists import trust  # noqa: PLC0415
    from sightline.stages.lists.digest_key import read_digest_key  # noqa: PLC0415

    now = datetime.now(UTC)
    outs = _name_compiled_paths(arguments)
    keys = trust.read_trusted_keys(arguments.trust)
    digest_key = read_digest_key(arguments.digest_key)
    for path in arguments.files:
        with map_input_errors(path):
            if arguments.trust:
                trust.verify_list(path, keys, now)
            else:
                path.open("rb").close()
    for path, out in zip(arguments.files, outs, strict=True):
        rejects = _compile(path, out, digest_key)
        print(
            f"{out}"
            + (
                f"  {count_noun(rejects, 'row')} of {path} could not be"
                f" read and {'matches' if rejects == 1 else 'match'} nothing"
                if rejects
                else ""
            )
        )
    return 0


def _compile(path: Path, out: Path, digest_key: bytes | None) -> int:
    """Compile one list with its signature; gives the number of rows that could not be read."""
    from sightline.stages.lists import trust  # noqa: PLC0415
    from sightline.stages.scan import kernel  # noqa: PLC0415

    if not kernel.is_kernel_available():
        hint = "build it: make build (needs Rust)"
        raise SightlineError("lists are compiled by the kernel, which is not built here", hint=hint)
    return len(kernel.compile_list(path, out, trust.read_signature_text(path), digest_key))


def _name_compiled_paths(arguments: argparse.Namespace) -> list[Path]:
    """Return where each list's compiled file goes: `--out`, or for several lists a file of its name in it."""
    if len(arguments.files) == 1 and not arguments.out.is_dir():
        outs = [arguments.out]
    elif arguments.out.is_dir():
        outs = [arguments.out / f"{path.name}.compiled" for path in arguments.files]
    else:
        raise UsageError(
            f"{arguments.out} is not a folder", hint="several lists are compiled into a folder: make it first"
        )
    if len(set(outs)) < len(outs):
        raise UsageError("two of the lists have the same name", hint="compile them one by one")
    for out in outs:
        check_one(out, tuple(arguments.files), overwrite=arguments.overwrite)
    return outs


def compare(compiled_path: Path, source: Path, digest_key: bytes | None) -> None:
    """Raise UntrustedList if compiling the source again gives other bytes."""
    with tempfile.TemporaryDirectory() as folder, map_input_errors(source):
        again = Path(folder) / "again"
        _compile(source, again, digest_key)
        if compute_sha256(again) != compute_sha256(compiled_path):
            raise UntrustedList(
                f"{compiled_path} differs from what {source} compiles to here",
                hint="another version of Sightline or of the public suffix list may have made it; else do not use it",
            )
