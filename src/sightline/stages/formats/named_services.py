"""Find the services that a log of a reverse proxy names where it names no site: each may be another site."""

from __future__ import annotations

import re

from sightline.stages.formats.collector_objects import list_places
from sightline.stages.formats.misread_fields import Count, count_having
from sightline.stages.formats.program import Program
from sightline.stages.formats.wrapped import unwrap_lines

ROUTER = re.compile(rb'" [0-9]{1,18} "([^"\n]{1,255})" "[^"\n]{0,2000}" [0-9]{1,12}ms[ \t\r]*$')
"""The end of a line of Traefik's common log: number, router, server, duration."""
BACKEND = re.compile(rb" ?\[[^\]\n]{8,64}\] \S{1,255} ([^\s/]{1,255})/([^\s/]{1,255}) ")
"""A line of HAProxy from the time to the backend and its server."""
INTERNAL = b"@internal"
"""How the routers end that Traefik itself makes, such as those of its dashboard."""
NO_SERVER = b"<NOSRV>"
"""What HAProxy writes for requests that it answered itself, behind the frontend's name in place of a backend's."""
MAX_SERVICES = 5


def list_services(program: Program, head: bytes, count: Count) -> tuple[str, ...]:
    """Return the first services that the lines of a log name, in their order; at most MAX_SERVICES.

    So are machines and files from which a collector brought the lines, if they are several. Empty if most records name
    a site, and for a format whose lines name no service. `count` reads `head`.
    """
    if not any(rule.field == "host" for rule in program.fields) and (places := list_places(head)):
        return places
    find = {"traefik": _find_router, "haproxy": _find_backend}.get(program.name)
    if find is None or count_having(program, "host", count) * 2 > count(program).records:
        return ()
    services: dict[bytes, None] = {}
    for line in unwrap_lines(head).split(b"\n"):
        if (service := find(line)) is not None:
            services.setdefault(service)
            if len(services) == MAX_SERVICES:
                break
    return tuple(service.decode("utf-8", "replace") for service in services)


def _find_router(line: bytes) -> bytes | None:
    router = ROUTER.search(line)
    return None if router is None or router[1] == b"-" or router[1].endswith(INTERNAL) else router[1]


def _find_backend(line: bytes) -> bytes | None:
    backend = BACKEND.search(line)
    return None if backend is None or backend[2] == NO_SERVER else backend[1]
