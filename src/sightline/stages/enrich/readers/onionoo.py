"""Read Onionoo's details documents: the relays that are exits, at the document's time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich.dataset_files import read_members
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile
from sightline.stages.enrich.readers.documents import has_key, is_json, list_objects, parse_document
from sightline.stages.enrich.readers.exit_list import describe_history
from sightline.stages.enrich.snapshots import build_timeline

FORMAT = "onionoo-details"
KINDS = frozenset({DatasetKind.RELAY})


def reads(seen: FilePreview) -> bool:
    """Return whether the file begins like an Onionoo document."""
    return is_json(seen.head) and has_key(seen.head, "relays_published")


def read(source: SourceFile) -> DatasetReading:
    """Return the Tor exits of all documents, with their periods. Raises DamagedInput if none has a time."""
    rejects = Rejects()
    rows: list[tuple[str, int, int | None, int | None]] = []
    times: dict[int, None] = {}
    for name, content in read_members(source.path):
        content_json = parse_document(Path(name), content)
        at_us = _parse_instant(content_json.get("relays_published")) if isinstance(content_json, Mapping) else None
        if at_us is None or not isinstance(content_json, Mapping):
            rejects[DatasetCode.NO_SNAPSHOT_TIME] += 1
        elif at_us > source.now_us:
            rejects[DatasetCode.FUTURE_TIME] += 1
        else:
            rejects[DatasetCode.SAME_SNAPSHOT] += at_us in times
            times[at_us] = None
            for relay in list_objects(content_json.get("relays")):
                since_us = _find_begin(relay)
                rows += [(address, at_us, at_us, since_us) for address in _list_addresses(relay, at_us, rejects)]
    if not times:
        raise DamagedInput(
            f"{source.path.name}: no document in it says when it was made (relays_published)",
            hint="get it again: it is cut off, or no details document",
        )
    schema = {"address": pl.String, "seen_us": pl.Int64, "tested_us": pl.Int64, "appeared_us": pl.Int64}
    entries = pl.DataFrame(rows, schema=schema, orient="row")
    table = build_timeline(entries, list(times), rejects)
    return DatasetReading(table, FORMAT, rejects, notes=describe_history(list(times)), title="tor-relays", is_flat=True)


def _list_addresses(relay: Mapping[str, object], at_us: int, rejects: Rejects) -> Iterator[str]:
    """The addresses that an exit may leave from; none of a relay that is no exit, or did not run then."""
    flags = relay.get("flags")
    leaves = relay.get("exit_addresses")
    is_exit = (isinstance(flags, list) and "Exit" in flags) or bool(leaves)
    last_us = _parse_instant(relay.get("last_seen"))
    if last_us is None and "last_seen" in relay:
        rejects[DatasetCode.BAD_TIME] += 1
    # The document lists relays for a week after they were last seen.
    if not is_exit or (last_us is not None and last_us < at_us and relay.get("running") is False):
        return
    for listed in (leaves, relay.get("or_addresses")):
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, str):
                yield _without_port(item)
            else:
                rejects[DatasetCode.BAD_ADDRESS] += 1


def _find_begin(relay: Mapping[str, object]) -> int | None:
    """Return since when the relay had its present addresses in the consensus; None if the document does not say."""
    instants = [_parse_instant(relay.get(name)) for name in ("first_seen", "last_changed_address_or_port")]
    return max((instant for instant in instants if instant is not None), default=None)


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _parse_instant(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()) * 1_000_000
    except ValueError:
        return None
