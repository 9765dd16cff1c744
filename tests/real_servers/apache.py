"""Apache httpd: Debian's log formats of the same requests, with virtual hosts and with the client's port."""

import base64
import hashlib
from pathlib import Path

from .addresses import SERVER, SERVER6
from .browser import send_all
from .logs import Log
from .requests import Request, absolute, odd, ordinary
from .server import listens, running

PACKAGES = ("apache2-bin",)
PROGRAMS = ("apache2",)
_PORT = 8080
_MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dir", "alias")
_RECORD = '%l %u %t \\"%r\\" %>s %O'
_BEHIND = ' \\"%{Referer}i\\" \\"%{User-Agent}i\\"'
# (format directory, name, format, the log shows the Host, what is worth knowing)
_FORMATS = (
    ("common", "common", f"%h {_RECORD}", False, "Debian's `common`."),
    ("combined", "combined", f"%h {_RECORD}{_BEHIND}", False, "Debian's `combined`."),
    (
        "vhost-combined",
        "vhost",
        f"%v:%p %h {_RECORD}{_BEHIND}",
        True,
        "Debian's `vhost_combined`: %v is the ServerName.",
    ),
    ("vhost-common", "vhost-common", f"%v:%p %h {_RECORD}", True, "%v is the ServerName, not what the client wrote."),
    ("combined-port", "port", f"%h:%{{remote}}p {_RECORD}{_BEHIND}", False, "IPv6 has no brackets here."),
    ("common-port", "common-port", f"%h:%{{remote}}p {_RECORD}", False, "IPv6 has no brackets here."),
)
_USERS = (("ravi", "secret"), ('a "b" ]c [d] [e', "x"))


def configuration(place: Path) -> str:
    """The httpd.conf of a private instance, with a virtual host for flagged.example and one for all others."""
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES)
    formats = "\n".join(f'LogFormat "{text}" {name}' for _, name, text, _, _ in _FORMATS)
    logs = "\n".join(f"CustomLog {place}/{name}.log {name}" for _, name, _, _, _ in _FORMATS)
    return f"""\
{modules}
ServerRoot {place}
ServerName default.example
PidFile {place}/apache.pid
ErrorLog {place}/error.log
User www-data
Group www-data
Listen {SERVER}:{_PORT}
Listen [{SERVER6}]:{_PORT}
DocumentRoot {place}/root
FileETag None
{formats}
{logs}
Redirect 302 /redirect /
<Location /user>
    AuthType Basic
    AuthName made-up
    AuthUserFile {place}/users
    Require valid-user
</Location>
<VirtualHost *:{_PORT}>
    ServerName default.example
</VirtualHost>
<VirtualHost *:{_PORT}>
    ServerName flagged.example
    ServerAlias *.flagged.example
</VirtualHost>
<VirtualHost *:{_PORT}>
    ServerName news.example
</VirtualHost>
"""


def _write_site(place: Path) -> None:
    root = place / "root"
    root.mkdir()
    (root / "index.html").write_text("<h1>served</h1>\n")
    (root / "file.txt").write_text("0123456789\n")
    hashed = ((user, base64.b64encode(hashlib.sha1(secret.encode()).digest()).decode()) for user, secret in _USERS)
    (place / "users").write_text("".join(f"{user}:{{SHA}}{digest}\n" for user, digest in hashed))


def collect(place: Path) -> list[Log]:
    """One log per LogFormat."""
    config = place / "httpd.conf"
    config.write_text(configuration(place))
    _write_site(place)
    sent: list[Request] = ordinary() + absolute() + odd()
    with running(["apache2", "-X", "-f", str(config)], place, lambda: listens(SERVER, _PORT)):
        send_all(sent, SERVER, SERVER6, _PORT)
    return [
        Log(
            directory,
            f"real-apache-{name}.log",
            (place / f"{name}.log").read_bytes(),
            len(sent),
            sum(request.visits(shows_host=shows_host) for request in sent),
            config.read_text(),
            says,
        )
        for directory, name, _, shows_host, says in _FORMATS
    ]
