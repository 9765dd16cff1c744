"""Read JSON that programs export of a device or an account: Google Takeout's history, and the media of Project VIC."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sightline.errors import DamagedInput, Refused
from sightline.stages.devices.file_kind import VICS_MODEL
from sightline.stages.devices.history import format_visit_line
from sightline.stages.devices.history_times import CLOCKS

TAKEOUT_HEADINGS = "account_url,visit_time,visit_type,visit"
_HISTORY = "Browser History"
_CONTEXTS = ("@odata.context", "odata.metadata")
_DIGESTS = ("MD5", "SHA1", "SHA256")
_MICROSECONDS = next(clock for clock in CLOCKS if clock.name == "microseconds since 1970")


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object. A name that an object has twice has no value. Raises DamagedInput for what is none."""
    try:
        result = json.loads(text, object_pairs_hook=_build_object)
    except (ValueError, RecursionError):
        raise DamagedInput("the JSON breaks off or is none", hint="nothing of it was used; ask for it again") from None
    if not isinstance(result, dict):
        raise DamagedInput("the JSON is no object", hint="nothing of it was used")
    return result


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        result[name] = None if name in result else value
    return result


def format_takeout_lines(document: dict[str, Any]) -> Iterator[bytes]:
    """Yield the headings and a line for each visit of an account, with its number in the file."""
    visits = document.get(_HISTORY)
    if not isinstance(visits, list):
        raise Refused(f"its {_HISTORY!r} is no list of visits", hint="name History.json of Google Takeout (Chrome)")
    yield f"# times: {_MICROSECONDS.name}\n{TAKEOUT_HEADINGS}\n".encode()
    for number, visit in enumerate(visits, 1):
        row = visit if isinstance(visit, dict) else {}
        url, time, kind = row.get("url"), row.get("time_usec"), row.get("page_transition")
        yield format_visit_line(
            url.encode("utf-8", "surrogatepass") if isinstance(url, str) else b"",
            _MICROSECONDS.parse_time(str(time)) if isinstance(time, int) else None,
            re.sub(r"[^a-z0-9-]", "", kind.lower().replace("_", "-")).encode() if isinstance(kind, str) else b"",
            number,
        )


def format_vics_lines(document: dict[str, Any]) -> Iterator[bytes]:
    """Yield the headings and a row for each digest of the media of cases: the number of the medium, which digest, it.

    A medium without any digest is a row too, so that the scan counts it. Raises Refused for a set of known media.
    """
    matches = (VICS_MODEL.search(str(document.get(name))) for name in _CONTEXTS)
    model = next((match[1].lower() for match in matches if match), "")
    cases = document.get("value")
    if model != "cases" or not isinstance(cases, list):
        raise Refused(
            "a set of known media of Project VIC, and no export of what a device holds",
            hint="it is a flag list: sightline lists check FILE, then lists sign",
        )
    yield b"line,heading,Hash\n"
    media = (media for case in cases if isinstance(case, dict) for media in _as_list(case.get("Media")))
    for number, medium in enumerate(media, 1):
        row = medium if isinstance(medium, dict) else {}
        stated = [(name, row[name]) for name in _DIGESTS if isinstance(row.get(name), str) and row[name].strip()]
        for heading, digest in stated or [("", "")]:
            yield f"{number},{heading},{re.sub(r'[^0-9A-Za-z]', '', digest)}\n".encode()


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
