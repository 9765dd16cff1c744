"""Objects in which a collector of logs keeps a line, read as that line (ADR 3, Wrapped lines)."""

from __future__ import annotations

from sightline.stages.formats.json_objects import Value, parse_object

OF_SHIPPERS = frozenset(
    "@metadata @timestamp @version agent beat cloud container date docker ecs event eventId fields file fileset host"
    " hostname id ingestionTime input kubernetes labels log logGroupName logStreamName message offset orchestrator path"
    " prospector service source source_type stream tag tags time timestamp type version".split()
)
"""All keys that an object may have whose line is `message`: none of them says what stands in the line."""
PIECE_BYTES = 16 * 1024
"""Container runtimes cut lines into pieces of this length. A text as long, without a line end, may be one."""
OBJECT_INSIDE = b'{\\"'


def unwrap_object(frame: bytes) -> bytes | None:
    """Return the line that an object keeps, without its line end; None if it keeps none, or more than one."""
    tree = parse_object(frame, lambda _: True)
    line = _find_line(tree) if tree is not None else None
    if line is None:
        return None
    text = line.encode()
    if text.endswith(b"\n"):
        text = text.removesuffix(b"\n").removesuffix(b"\r")
    elif len(text) >= PIECE_BYTES:
        return None
    return text if text and b"\n" not in text else None


def _find_line(tree: dict[str, Value]) -> str | None:
    inside = tree.get("_source")
    if _get_text(tree, "_index") and isinstance(inside, dict):
        return _find_kept(inside)
    result = tree.get("result")
    return _get_text(result, "_raw") if isinstance(result, dict) else _find_kept(tree)


def _find_kept(tree: dict[str, Value]) -> str | None:
    """The line of Wazuh, GELF, Splunk, Google, Loki, fluentd or a shipper, the first that fits."""
    text = {key: value for key in tree if (value := _get_text(tree, key))}
    if "location" in text and "full_log" in text:
        return text["full_log"]
    if text.keys() >= {"version", "host", "short_message"}:
        return text.get("full_message") or text["short_message"]
    if "_raw" in text:
        return text["_raw"]
    if "logName" in text and "textPayload" in text:
        return text["textPayload"]
    if isinstance(tree.get("labels"), dict) and "line" in text:
        return text["line"]
    if "log" in text and "partial_message" not in tree and text.get("logtag") != "P":
        return text["log"]
    is_path = "source" not in tree or isinstance(tree["source"], str)
    return text.get("message") if is_path and tree.keys() <= OF_SHIPPERS else None


def _get_text(tree: dict[str, Value], key: str) -> str | None:
    value = tree.get(key)
    return value if isinstance(value, str) and value else None


PLACES: tuple[tuple[str, ...], ...] = (
    ("host", "name"),
    ("host",),
    ("hostname",),
    ("agent", "name"),
    ("_HOSTNAME",),
    ("location",),
    ("log", "file", "path"),
    ("file",),
    ("path",),
    ("source",),
    ("kubernetes", "namespace_name"),
    ("kubernetes", "namespace"),
    ("kubernetes", "container_name"),
    ("kubernetes", "container", "name"),
    ("container", "name"),
    ("container_name",),
    ("_CONTAINER_NAME",),
    ("labels", "job"),
    ("labels", "filename"),
    ("logName",),
    ("logGroupName",),
)
"""Members of an object that say which machine, file or container a line came from."""
MAX_PLACES = 5


def list_places(head: bytes) -> tuple[str, ...]:
    """Return the first places that a collector's lines came from, in their order, if they came from several.

    At most MAX_PLACES; empty for a log of another kind.
    """
    places: dict[str, None] = {}
    for line in head.split(b"\n") if head.startswith(b"{") else ():
        tree = parse_object(line, lambda _: True)
        if tree is None or unwrap_object(line) is None:
            continue
        for name in ("_source", "result"):
            inside = tree.get(name)
            tree = inside if isinstance(inside, dict) else tree
        parts = (_get_place(tree, path) for path in PLACES)
        places.setdefault(" ".join(dict.fromkeys(part for part in parts if part)))
        if len(places) == MAX_PLACES:
            break
    return tuple(place or "-" for place in places) if len(places) > 1 else ()


def _get_place(tree: dict[str, Value], path: tuple[str, ...]) -> str | None:
    value: Value = tree
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
