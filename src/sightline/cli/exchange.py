"""`sightline exchange`: the server apart that other forces fetch from: serve, manage tokens, show the journal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs

if TYPE_CHECKING:
    from sightline.web.exchange.token_store import Store

DESCRIPTION = """\
An exchange is a separate server with its own folder and no workspace. It gives each force what is sealed for it, and
keeps what the force sends until you collect it. `sightline referrals publish --to FOLDER` fills the folder, and
`sightline referrals collect --from FOLDER` empties it. Its API is /api/v1, described at /api/v1/openapi.json.
"""
EXAMPLES = {
    "serve": """\
  sightline exchange serve FOLDER  # on this machine only
  sightline exchange serve FOLDER --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
""",
    "add-token": "  sightline exchange add-token FOLDER KA-CYBER  # shown once; hand it over as a secret\n",
    "list-tokens": "  sightline exchange list-tokens FOLDER\n",
    "revoke-token": "  sightline exchange revoke-token FOLDER 7QX2AB\n",
    "show-journal": "  sightline exchange show-journal FOLDER\n",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "exchange", "a server apart for other forces", "".join(EXAMPLES.values()), DESCRIPTION)
    verbs = add_verbs(here)
    serve = add_command(verbs, "serve", "serve the exchange's folder", EXAMPLES["serve"])
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where (default: this machine only)")
    serve.add_argument("--port", type=int, default=8444, metavar="N", help="on which port (default 8444)")
    serve.add_argument("--tls-cert", type=Path, metavar="FILE", help="its certificate chain, PEM")
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="the key of the certificate, PEM")
    add_token = add_command(verbs, "add-token", "make a token for a force", EXAMPLES["add-token"])
    list_tokens = add_command(verbs, "list-tokens", "list the tokens of forces", EXAMPLES["list-tokens"])
    revoke_token = add_command(verbs, "revoke-token", "revoke a token", EXAMPLES["revoke-token"])
    journal = add_command(verbs, "show-journal", "show requests and refusals", EXAMPLES["show-journal"])
    journal.add_argument("--limit", type=int, default=100, metavar="N", help="how many rows (default 100)")
    add_json(journal)
    for parser in (serve, add_token, list_tokens, revoke_token, journal):
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="the exchange's own folder")
    add_token.add_argument("code", metavar="CODE", help="the force's code")
    add_token.add_argument("--days", type=int, default=365, metavar="N", help="how long it is valid (default 365)")
    revoke_token.add_argument("token", metavar="ID", help="the token's id")


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    verbs = {
        "serve": _serve,
        "add-token": _add_token,
        "list-tokens": _list_tokens,
        "revoke-token": _revoke_token,
        "show-journal": _show_journal,
    }
    return verbs[arguments.verb](arguments)


def _serve(arguments: argparse.Namespace) -> int:
    import ipaddress  # noqa: PLC0415

    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.errors import Refused, UsageError  # noqa: PLC0415
    from sightline.web.exchange.app import create_exchange_app  # noqa: PLC0415
    from sightline.web.server import serve_app  # noqa: PLC0415

    try:
        is_own = ipaddress.ip_address(arguments.host).is_loopback
    except ValueError:
        raise UsageError(f"--host {arguments.host}: no address", hint="as 127.0.0.1, or 0.0.0.0 for all") from None
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise UsageError("--tls-cert and --tls-key need each other", hint="--tls-cert FILE --tls-key FILE")
    if not is_own and arguments.tls_cert is None:
        raise Refused("tokens must not cross a network unencrypted", hint="--tls-cert FILE --tls-key FILE")
    app = create_exchange_app(arguments.folder, get_current_time)
    more = {"ssl_certfile": arguments.tls_cert, "ssl_keyfile": arguments.tls_key} if arguments.tls_cert else {}
    serve_app(app, host=arguments.host, port=arguments.port, **more)
    return 0


def _add_token(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.cli.table_output import format_minute  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415

    if arguments.days < 1:
        raise UsageError(f"--days {arguments.days}: at least one day", hint="leave it out for 365 days")
    token, text = _open_store(arguments).create_token(arguments.code, arguments.days, get_current_time())
    print(text)
    sys.stderr.write(
        f"token {token.token_id[-6:]} of {token.code}, until {format_minute(token.until_us)}: it is not shown again\n"
    )
    return 0


def _list_tokens(arguments: argparse.Namespace) -> int:
    from sightline.cli.table_output import format_columns, format_minute  # noqa: PLC0415

    rows = [("ID", "FORCE", "SINCE", "UNTIL", "ENDED")]
    for token in _open_store(arguments).list_tokens():
        times = (
            format_minute(token.made_at_us) or "",
            format_minute(token.until_us) or "",
            format_minute(token.ended_at_us) or "",
        )
        rows.append((token.token_id[-6:], token.code, *times))
    print("\n".join(format_columns(rows)))
    return 0


def _revoke_token(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415

    revoked = _open_store(arguments).end_token(arguments.token, get_current_time())
    print(f"token {revoked.token_id[-6:]} of {revoked.code} is revoked")
    return 0


def _open_store(arguments: argparse.Namespace) -> Store:
    from sightline.web.exchange import token_store  # noqa: PLC0415

    opened = token_store.Store(arguments.folder)
    opened.prepare()
    return opened


def _show_journal(arguments: argparse.Namespace) -> int:
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.web.exchange.token_store import Store  # noqa: PLC0415

    journal_lines = Store(arguments.folder).read_journal(arguments.limit)
    if arguments.json:
        for journal_line in journal_lines:
            print(as_json(journal_line))
        return 0
    rows = [("ID", "AT", "FORCE", "FROM", "WHAT", "STATUS", "WHY NOT")]
    for journal_line in journal_lines:
        who = (journal_line.id, format_minute(journal_line.at_us) or "", journal_line.code or "", journal_line.client)
        rows.append((*who, journal_line.act, str(journal_line.status), journal_line.error or ""))
    print("\n".join(format_columns(rows)))
    return 0
