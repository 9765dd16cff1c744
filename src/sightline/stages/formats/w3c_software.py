"""Find a log in the W3C extended form that another program than IIS wrote."""

from __future__ import annotations

import re

IIS = "iis-w3c"
SOFTWARE = re.compile(rb"#Software:[ \t]*([^\r\n]{1,200})")
IN_UTC = re.compile(rb"Microsoft|Apache Tomcat", re.IGNORECASE)
"""Programs whose W3C logs are in UTC, by their documentation: IIS, HTTP.sys, Windows Media Services and Tomcat."""
MAX_SHOWN = 60


def find_other_software(name: str, head: bytes) -> str | None:
    """Return the program that a log names at `#Software:`, if the format `name` is IIS's and the program is another.

    Its times may be in the zone of the server, and IIS's are in UTC.
    """
    if name != IIS:
        return None
    programs = (match[1].decode("utf-8", "replace").strip() for match in SOFTWARE.finditer(head))
    return next((program[:MAX_SHOWN] for program in programs if not IN_UTC.match(program.encode())), None)
