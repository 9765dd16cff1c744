"""Pull a MISP feed: `manifest.json`, and a file for each of its events. The events are written as one response."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urljoin

from sightline_fetch.connection import Connection, FetchError
from sightline_fetch.output import Output

MEDIA = "application/json"
EVENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_EVENTS = 50_000


def fetch_misp(connection: Connection, out: Output, since: date | None) -> None:
    """Write the events of a feed that were changed since a day (UTC) as `events.json`. Raises FetchError."""
    base = connection.url if connection.url.endswith("/") else f"{connection.url}/"
    url = urljoin(base, "manifest.json")
    manifest = connection.get(url, MEDIA).json(url)
    if not isinstance(manifest, dict) or not all(EVENT.fullmatch(one) for one in manifest):
        raise FetchError(f"{url}: it is no manifest of a MISP feed. Check the address")
    if len(manifest) > MOST_EVENTS:
        raise FetchError(f"{url}: more than {MOST_EVENTS:,} events. Ask for a smaller feed, or for TAXII")
    events = []
    for identifier in sorted(manifest):
        if since is not None and _changed_on(manifest[identifier], url) < since:
            out.left_out(f"event {identifier}: not changed since {since}")
            continue
        events.append(_event(connection, urljoin(base, f"{identifier}.json"), identifier))
    content = json.dumps({"response": events}, ensure_ascii=False, indent=1).encode()
    out.write("events.json", content, {"events": len(events), "in_manifest": len(manifest)})


def _changed_on(entry: Any, url: str) -> date:  # noqa: ANN401
    """Return the day on which an event was changed last."""
    try:
        return datetime.fromtimestamp(int(entry["timestamp"]), UTC).date()
    except (TypeError, KeyError, ValueError, OverflowError, OSError):
        raise FetchError(f"{url}: an event has no valid timestamp. Leave out --since") from None


def _event(connection: Connection, url: str, identifier: str) -> dict[str, Any]:
    """Return an event. Raises FetchError if it is another, or none."""
    found = connection.get(url, MEDIA).json(url)
    event = found.get("Event") if isinstance(found, dict) else None
    if not isinstance(event, dict) or str(event.get("uuid", "")).lower() != identifier.lower():
        raise FetchError(f"{url}: it is not the event of the manifest. Try again, or ask the operator")
    return {"Event": event}
