"""nginx: six access logs of the same requests, apart in their log_format."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .addresses import SERVER, SERVER6
from .browser import send_all
from .logs import Log
from .requests import Request, absolute, odd, ordinary
from .server import listens, running

PACKAGES = ("nginx",)
PROGRAMS = ("nginx",)
PORT = 8080
MAPPED_PORT = 8081

# (format directory, log_format name, the log shows the Host)
_FORMATS = (
    ("common", "common", False),
    ("combined", "combined", False),
    ("combined", "main", False),
    ("vhost-combined", "vhost", True),
    ("vhost-common", "vhost-common", True),
    ("combined-port", "client-port", False),
)
_LOG_FORMATS = """\
    log_format common '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent';
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer" '
                    '"$http_user_agent" "$http_x_forwarded_for"';
    log_format vhost '$host:$server_port $remote_addr - $remote_user [$time_local] "$request" '
                     '$status $body_bytes_sent "$http_referer" "$http_user_agent"';
    log_format vhost-common '$host:$server_port $remote_addr - $remote_user [$time_local] "$request" '
                            '$status $body_bytes_sent';
    log_format client-port '$remote_addr:$remote_port - $remote_user [$time_local] "$request" '
                           '$status $body_bytes_sent "$http_referer" "$http_user_agent"';
"""

_SAYS = {
    "client-port": "nginx puts no brackets around IPv6: the port is what stands behind the last colon.",
    "main": "The `main` of nginx's own packages: the X-Forwarded-For header stands last.",
}


def configuration(place: Path, keep: Iterable[str] = ()) -> str:
    """The nginx.conf of a private instance: foreground, all files in `place`.

    `keep` names variables that its workers keep of the environment.
    """
    environment = "".join(f"env {name};\n" for name in keep)
    logs = "\n".join(f"    access_log {place}/{name}.log {name};" for _, name, _ in _FORMATS)
    return f"""\
{environment}daemon off;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 256; }}
http {{
{_LOG_FORMATS}{logs}
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen {SERVER}:{PORT} default_server;
        listen [{SERVER6}]:{PORT} default_server;
        listen [::]:{MAPPED_PORT} ipv6only=off default_server;
        server_name default.example;
        root {place}/root;
        location / {{ try_files $uri $uri/index.html =404; }}
        location /redirect {{ return 302 /; }}
        location /upload {{ return 201 "made"; }}
    }}
}}
"""


def drive() -> list[Request]:
    """Send everything; what was sent, in order."""
    main = ordinary() + absolute() + odd()
    send_all(main, SERVER, SERVER6, PORT)
    mapped = [request for request in ordinary() if not request.v6][:4]
    send_all(mapped, SERVER, SERVER6, MAPPED_PORT)
    return main + [replace(request, client=f"::ffff:{request.client}") for request in mapped]


def collect(place: Path) -> list[Log]:
    """One log per log_format."""
    config = place / "nginx.conf"
    config.write_text(configuration(place))
    (place / "root").mkdir()
    (place / "root" / "index.html").write_text("<h1>served</h1>\n")
    (place / "root" / "file.txt").write_text("0123456789\n")
    with running(["nginx", "-c", str(config), "-p", str(place)], place, lambda: listens(SERVER, PORT)):
        sent = drive()
    return [
        Log(
            directory,
            f"real-nginx-{name}.log",
            (place / f"{name}.log").read_bytes(),
            len(sent),
            sum(request.visits(shows_host=shows_host) for request in sent),
            config.read_text(),
            _SAYS.get(name, ""),
        )
        for directory, name, shows_host in _FORMATS
    ]
