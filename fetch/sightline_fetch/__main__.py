"""`sightline-fetch`: pull flag lists from TAXII 2.1 or a MISP feed into a new folder."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from sightline_fetch.connection import MOST_BYTES, Access, Connection, FetchError
from sightline_fetch.misp import fetch_misp
from sightline_fetch.output import Output
from sightline_fetch.taxii import fetch_taxii

ABOUT = """\
Pull flag lists on a machine with a network, and write them into files to carry to Sightline. Run it where no workspace
is. A fetched list is not signed by being fetched: its import takes a signature or a transcription, and two officers.
"""
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z", re.ASCII)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    asked = argparse.ArgumentParser(prog="sightline-fetch", description=ABOUT)
    verbs = asked.add_subparsers(dest="verb", required=True)
    taxii = verbs.add_parser("taxii", help="collections of a TAXII 2.1 server, a STIX bundle each")
    taxii.add_argument("--collection", action="append", default=[], metavar="ID", help="only this one; may be repeated")
    taxii.add_argument("--added-after", metavar="TIME", help="only objects added later, such as 2026-06-01T00:00:00Z")
    taxii.add_argument("--page-size", type=int, default=1000, metavar="N", help="objects a question (default: 1000)")
    misp = verbs.add_parser("misp", help="the events of a MISP feed, in one file")
    misp.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="only events changed since a day (UTC)")
    for one in (taxii, misp):
        one.add_argument("url", help="https://: an API root or a discovery address; the folder of a feed")
        one.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
        one.add_argument("--user", metavar="NAME", help="sign in by name and password")
        one.add_argument(
            "--password-file", type=Path, metavar="FILE", help="a file with the password in its first line"
        )
        one.add_argument("--header-file", type=Path, metavar="FILE", help="a file with the value of `Authorization`")
        one.add_argument("--client-cert", type=Path, metavar="FILE", help="sign in with a certificate (PEM)")
        one.add_argument("--client-key", type=Path, metavar="FILE", help="its private key (PEM)")
        one.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the server's certificate (PEM)")
        one.add_argument("--most-bytes", type=int, default=MOST_BYTES, metavar="N", help="the maximum to receive")
    return asked


def main(words: Sequence[str] | None = None) -> int:
    """Fetch, and say what was written. 0, or 1 if nothing was."""
    arguments = parser().parse_args(words)
    try:
        connection = Connection(arguments.url, access(arguments), arguments.most_bytes)
        with Output(arguments.out, arguments.url, lambda: datetime.now(UTC)) as out:
            if arguments.verb == "taxii":
                _check(arguments)
                fetch_taxii(connection, out, arguments.collection, arguments.added_after, arguments.page_size)
            else:
                fetch_misp(connection, out, arguments.since)
    except FetchError as why:
        print(f"sightline-fetch: {printable(str(why))}", file=sys.stderr)
        return 1
    for one in out.files:
        print(f"{arguments.out / str(one['file'])}  SHA-256 {one['sha256']}")
    if out.omitted:
        print(f"left out: {len(out.omitted):,}, see fetched.json", file=sys.stderr)
    return 0


def printable(text: str) -> str:
    """Return a text without signs that a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in text)


def access(arguments: argparse.Namespace) -> Access:
    """Return how to sign in; a password is read from a file, never from the command line. Raises FetchError."""
    if (arguments.user is None) != (arguments.password_file is None):
        raise FetchError("--user and --password-file belong together. Give both, or neither")
    if (arguments.client_cert is None) != (arguments.client_key is None):
        raise FetchError("--client-cert and --client-key belong together. Give both, or neither")
    if arguments.user is not None and arguments.header_file is not None:
        raise FetchError("--user and --header-file are two ways to sign in. Choose one")
    made = Access(ca=arguments.ca)
    if arguments.user is not None:
        made = Access.basic(arguments.user, _secret(arguments.password_file), arguments.ca)
    elif arguments.header_file is not None:
        made = Access(_secret(arguments.header_file), ca=arguments.ca)
    if arguments.client_cert is not None:
        made = replace(made, certificate=(arguments.client_cert, arguments.client_key))
    return made


def _secret(path: Path) -> str:
    """Return the first line of a file that nobody else may read. Raises FetchError."""
    try:
        if path.stat().st_mode & 0o077:
            raise FetchError(f"{path}: others may read it. Run: chmod 600 {path}")
        line = path.read_text(encoding="utf-8").splitlines()[:1]
    except (OSError, UnicodeDecodeError):
        raise FetchError(f"{path}: it cannot be read. Name a text file with the secret in its first line") from None
    if not line or not line[0] or not line[0].isprintable():
        raise FetchError(f"{path}: its first line is no secret. Write the secret into it")
    return line[0]


def _check(arguments: argparse.Namespace) -> None:
    if arguments.added_after is not None and not TIME.fullmatch(arguments.added_after):
        raise FetchError("--added-after is no time in UTC. Write it as 2026-06-01T00:00:00Z")
    if not 1 <= arguments.page_size <= 100_000:
        raise FetchError("--page-size is from 1 to 100,000. Leave it out")


if __name__ == "__main__":
    sys.exit(main())
