"""`sightline serve`: the web app, on this machine by default."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509

from sightline.cli.officer_options import add_workspace
from sightline.cli.subcommands import Parsers, add_command
from sightline.cli.terminal_text import escape_text
from sightline.cli.web_set_up import add_set_up, is_wanted, open_listener, set_up_in_browser
from sightline.errors import Interrupted, NotAllowed, UsageError

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.web.app import AppConfig
    from sightline.workspace.workspace import Workspace

EXAMPLES = """\
  sightline serve --set-up --workspace cyber-ps  # a new workspace: its first officer sets it up in the browser
  sightline officers set-password  # once, by each officer: a password and an authenticator
  sightline serve  # http://127.0.0.1:8390, for this machine alone
  sightline serve --host 192.0.2.10 --certificate web.pem --certificate-key web.key
  sightline serve --workers 2  # for more than fifty officers at once
  sightline serve --keys demo-out/keys  # an exercise only: a link for each officer whose key lies there
"""
PORT = 8390
KEPT_S = 75
"""How long a connection is kept between two pages: under TLS each new one is a handshake."""

MOST_WORKERS = 64
LEAVES_S = 5.0
"""How long an answer that is being made can hold up the end of the web app."""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(commands, "serve", "start the web app", EXAMPLES)
    add_workspace(here)
    here.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where it listens (default: 127.0.0.1)")
    here.add_argument("--port", type=int, default=PORT, metavar="N", help=f"its port (default: {PORT})")
    here.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which browsers may call it (default: those of the certificate and of this machine)",
    )
    here.add_argument(
        "--trusted-proxy",
        type=_parse_proxy,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a reverse proxy before it, by address",
    )
    here.add_argument("--certificate", type=Path, metavar="FILE", help="TLS: the certificate with its chain, PEM")
    here.add_argument("--certificate-key", type=Path, metavar="FILE", help="TLS: its key, PEM")
    here.add_argument(
        "--backups", type=Path, metavar="DIR", help="a folder on another disk, where the web app may put backups"
    )
    here.add_argument(
        "--notifications",
        type=Path,
        metavar="FILE",
        help="TOML: the mail relay or webhook by which officers learn that they have notifications",
    )
    here.add_argument(
        "--uploads",
        type=_parse_size,
        default="100G",
        metavar="SIZE",
        help="maximum size of all uploaded logs that wait for their scan, as 500G (default: 100G)",
    )
    add_set_up(here)
    here.add_argument("--keys", type=Path, metavar="DIR", help="an exercise: unlocked keys that get a link to sign in")
    here.add_argument(
        "--workers",
        type=_parse_worker_count,
        default=1,
        metavar="N",
        help="processes that answer, for more than fifty officers; each has the leads in memory (default: 1)",
    )
    here.add_argument("--worker", type=int, help=argparse.SUPPRESS)


def _parse_proxy(text: str) -> str:
    """Return the address or network of a proxy. `*` would believe everybody who names another client."""
    try:
        return str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no address of a proxy") from None


def _parse_worker_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_WORKERS}")
    return int(text)


def _parse_size(text: str) -> int:
    from sightline.cli.match import parse_size  # noqa: PLC0415

    return parse_size(text)


def run(arguments: argparse.Namespace) -> int:
    """Serve until it is interrupted."""
    from sightline.web.templates import STATIC  # noqa: PLC0415

    if not (STATIC / "app.css").is_file():
        raise UsageError("the web app's scripts and styles are not built", hint="make build, where npm can be had")
    if arguments.worker is not None:
        return _run_worker(arguments)
    is_tls, hosts = _is_tls(arguments), _list_own_names(arguments)
    at = f"{'https' if is_tls else 'http'}://{_format_host(arguments.host)}:{arguments.port}"
    options = _choose_server_options(arguments)
    if is_wanted(arguments):
        listener = open_listener(arguments.host, arguments.port)
        set_up_in_browser(arguments, at, listener, hosts, options)
        options["listener"] = listener
    config = _build_config(arguments, is_tls=is_tls, hosts=hosts)
    links = {} if arguments.keys is None else _make_links(config.workspace, arguments)
    sys.stderr.write(f"the web app is open: {at}/  (Ctrl-C closes it)\n")
    for token, officer_session in links.items():
        print(
            f"{at}/sign-in/link/{token}  {escape_text(officer_session.officer.name)}, {officer_session.officer.role}",
            flush=True,
        )
    try:
        _serve(arguments, config, links, options)
    finally:
        _leave_soon()
    return 0


def _choose_server_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the HTTP server."""
    options: dict[str, Any] = {
        "host": arguments.host,
        "port": arguments.port,
        "ssl_certfile": arguments.certificate,
        "ssl_keyfile": arguments.certificate_key,
        "log_level": "warning",
        "access_log": False,
        "timeout_graceful_shutdown": 2,
        "timeout_keep_alive": KEPT_S,
    }
    if arguments.trusted_proxy:
        options["forwarded_allow_ips"] = arguments.trusted_proxy
    return options


def _serve(
    arguments: argparse.Namespace,
    config: AppConfig,
    links: dict[str, OfficerSession],
    options: dict[str, Any],
) -> None:
    from sightline.cli.web_workers import serve_in_front  # noqa: PLC0415
    from sightline.web.app import create_app  # noqa: PLC0415
    from sightline.web.server import serve_app  # noqa: PLC0415

    if arguments.workers > 1:
        serve_in_front(arguments, config, links, **options)
        return
    config.links.update(links)
    app = create_app(config)
    serve_app(app, app.state.over.set, **options)


def _run_worker(arguments: argparse.Namespace) -> int:
    """Serve as one of several workers."""
    from sightline.cli.web_workers import read_settings, serve_as_worker  # noqa: PLC0415

    settings = read_settings()
    config = _build_config(arguments, is_tls=settings.is_tls, hosts=settings.hosts, is_first=settings.is_first)
    if arguments.keys is not None:
        for officer_session in _make_links(config.workspace, arguments).values():
            if (token := settings.links.get(officer_session.signer.key_id)) is not None:
                config.links[token] = officer_session
    try:
        serve_as_worker(config, arguments.worker)
    finally:
        _leave_soon()
    return 0


def _build_config(
    arguments: argparse.Namespace, *, is_tls: bool, hosts: frozenset[str], is_first: bool = True
) -> AppConfig:
    """Return the settings of the web app, without links."""
    from sightline.cli.officer_options import open_chosen_workspace  # noqa: PLC0415
    from sightline.services.notifications.settings import read_settings  # noqa: PLC0415
    from sightline.web.app import AppConfig  # noqa: PLC0415

    workspace = open_chosen_workspace(arguments)
    # A key that may not be used is refused now, and not at the first act of an officer.
    workspace.log_signer()
    return AppConfig(
        workspace,
        is_tls=is_tls,
        backups=_check_backup_folder(arguments.backups),
        hosts=hosts,
        upload_bytes=arguments.uploads,
        notifications=None if arguments.notifications is None else read_settings(arguments.notifications),
        is_first=is_first,
    )


def _list_own_names(arguments: argparse.Namespace) -> frozenset[str]:
    """Return the names by which browsers may call the server: given ones, the address, and those of the certificate."""
    names = {"localhost", "127.0.0.1", "::1", arguments.host, *arguments.allowed_host}
    if arguments.certificate is not None:
        try:
            certificate = x509.load_pem_x509_certificate(arguments.certificate.read_bytes())
        except ValueError:
            raise UsageError(
                f"{arguments.certificate} is not a certificate", hint="give it in PEM, its chain behind"
            ) from None
        with suppress(x509.ExtensionNotFound):
            subject_alternative_name = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names |= {
                *subject_alternative_name.get_values_for_type(x509.DNSName),
                *map(str, subject_alternative_name.get_values_for_type(x509.IPAddress)),
            }
    return frozenset(name.lower() for name in names)


def _leave_soon() -> None:
    """End the process though an answer is being made: what it changes is whole or not at all by its transaction."""
    ending = threading.Timer(LEAVES_S, os._exit, (Interrupted.exit_code,))
    ending.daemon = True
    ending.start()


def _check_backup_folder(folder: Path | None) -> Path | None:
    """The folder for backups, if it is there. Raises UsageError."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="make it first, on another disk than the workspace")
    return folder


def _is_tls(arguments: argparse.Namespace) -> bool:
    """Return whether TLS is spoken. Raises UsageError, and NotAllowed for passwords over an open network."""
    if (arguments.certificate is None) != (arguments.certificate_key is None):
        raise UsageError("TLS takes --certificate and --certificate-key", hint="give both, or neither")
    try:
        is_own = ipaddress.ip_address(arguments.host).is_loopback
    except ValueError:
        is_own = arguments.host == "localhost"
    if arguments.certificate is None and not is_own:
        raise NotAllowed(
            f"--host {arguments.host} is open to other machines, and without TLS they could read everything",
            hint="--certificate FILE --certificate-key FILE",
        )
    return arguments.certificate is not None


def _format_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _make_links(workspace: Workspace, arguments: argparse.Namespace) -> dict[str, OfficerSession]:
    """A token for each officer of an exercise whose unlocked key lies in a folder. Raises NotAllowed, UsageError."""
    import secrets  # noqa: PLC0415

    from sightline.casework.people.login import read_public_half  # noqa: PLC0415
    from sightline.casework.people.officers import is_in_use  # noqa: PLC0415
    from sightline.casework.permissions.officer_session import authenticate  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.model import Role, Stamp  # noqa: PLC0415
    from sightline.storage.rows import Workspace as Row  # noqa: PLC0415
    from sightline.workspace.keys import is_locked, read_private  # noqa: PLC0415

    with workspace.read() as tables:
        is_exercise = tables[Row].select()[0].stamp is Stamp.EXERCISE
        result = [
            path
            for path in sorted(arguments.keys.glob("*"))
            if (public := read_public_half(path)) is not None and is_in_use(tables, public)
        ]
    if not is_exercise or arguments.certificate is not None:
        raise NotAllowed(
            "--keys is for an exercise on this machine: in casework an officer signs in with a password and a code",
            hint="sightline officers set-password",
        )
    open_ones = [path for path in result if not is_locked(path)]
    if not open_ones:
        raise UsageError(f"{arguments.keys} contains no unlocked key of this workspace", hint="sightline officers list")
    sessions = [authenticate(workspace, read_private(path, None), get_current_time) for path in open_ones]
    sessions.sort(key=lambda session: list(Role).index(session.officer.role))
    return {secrets.token_urlsafe(24): officer_session for officer_session in sessions}
