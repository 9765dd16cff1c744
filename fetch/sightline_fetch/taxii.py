"""Pull the collections of a TAXII 2.1 API root (OASIS standard of 10 June 2021) as one STIX bundle each."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode, urljoin

from sightline_fetch.connection import Connection, FetchError
from sightline_fetch.output import Output

MEDIA = "application/taxii+json;version=2.1"
MOST_PAGES = 100_000
COLLECTION_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
NAMESPACE = uuid.UUID("6a3f0c0e-3d53-5e7b-9d52-6a1f6c1f3a21")
Json = dict[str, Any]


def fetch_taxii(
    connection: Connection, out: Output, wanted: Sequence[str], added_after: str | None, page_size: int
) -> None:
    """Write a bundle for each collection that may be read, or for those wanted. Raises FetchError."""
    root = _api_root(connection)
    collections = _collections(connection, root)
    unknown = sorted(set(wanted) - collections.keys())
    if unknown:
        raise FetchError(f"{root}: no collection {unknown[0][:100]} that this sign-in may read. Leave out --collection")
    if not collections:
        raise FetchError(f"{root}: no collection that this sign-in may read. Ask the operator for access")
    for identifier, title in collections.items():
        if wanted and identifier not in wanted:
            out.left_out(f"collection {identifier}: not asked for")
            continue
        objects, last = _objects(connection, root, identifier, added_after, page_size)
        bundle = {"type": "bundle", "id": f"bundle--{_bundle_id(identifier, objects)}", "objects": objects}
        content = json.dumps(bundle, ensure_ascii=False, indent=1).encode()
        facts = {"collection": identifier, "title": title, "objects": len(objects), "date_added_last": last}
        out.write(f"{identifier}.json", content, facts)


def _ask(connection: Connection, url: str) -> tuple[Json, str | None]:
    """Return an answer in TAXII's media type, and the date of its last object."""
    answer = connection.get(url, MEDIA)
    media = answer.headers.get("content-type", "").replace(" ", "").lower()
    if "taxii+json" not in media or "vnd.oasis" in media or "version=2.0" in media:
        raise FetchError(f"{url}: the server does not speak TAXII 2.1. Ask for its address for TAXII 2.1")
    found = answer.json(url)
    if not isinstance(found, dict):
        raise FetchError(f"{url}: the answer is no TAXII object. Check the address")
    return found, answer.headers.get("x-taxii-date-added-last")


def _api_root(connection: Connection) -> str:
    """Return the address of the API root: the address itself, or the default of a discovery."""
    url = connection.url if connection.url.endswith("/") else f"{connection.url}/"
    found, _ = _ask(connection, url)
    if "api_roots" not in found and "default" not in found:
        return url
    roots = [one for one in found.get("api_roots") or () if isinstance(one, str)]
    default = found.get("default")
    chosen = default if isinstance(default, str) else roots[0] if len(roots) == 1 else None
    if chosen is None:
        raise FetchError(f"{url}: it has several API roots. Name one: {', '.join(roots)[:500]}")
    joined = urljoin(url, chosen)
    return joined if joined.endswith("/") else f"{joined}/"


def _collections(connection: Connection, root: str) -> dict[str, str]:
    """Return the titles of the collections that may be read, by id."""
    url = urljoin(root, "collections/")
    listed = _ask(connection, url)[0].get("collections") or []
    found: dict[str, str] = {}
    for one in listed if isinstance(listed, list) else ():
        identifier = one.get("id") if isinstance(one, dict) else None
        if not isinstance(identifier, str) or not COLLECTION_ID.fullmatch(identifier):
            raise FetchError(f"{url}: a collection has no valid id. Ask the operator")
        if one.get("can_read") is True:
            found[identifier] = str(one.get("title") or "")[:200]
    return found


def _objects(
    connection: Connection, root: str, identifier: str, added_after: str | None, page_size: int
) -> tuple[list[Json], str | None]:
    """Return the objects of a collection, only the newest version of each, and the date of the last."""
    newest: dict[str, Json] = {}
    last = added_after
    for page, date in _pages(connection, urljoin(root, f"collections/{identifier}/objects/"), added_after, page_size):
        for one in page:
            if not isinstance(one, dict) or not isinstance(one.get("id"), str):
                raise FetchError(f"collection {identifier}: an object has no id. Ask the operator")
            known = newest.get(one["id"])
            if known is None or _version(known) <= _version(one):
                newest[one["id"]] = one
        last = date or last
    return list(newest.values()), last


def _version(one: Json) -> str:
    """Return the time of a version as text that sorts: a fraction may be there or not."""
    return str(one.get("modified") or "").removesuffix("Z")


def _pages(
    connection: Connection, url: str, added_after: str | None, page_size: int
) -> Iterator[tuple[list[Any], str | None]]:
    """Yield the pages of a collection. Raises FetchError if the server does not advance."""
    query = {"limit": str(page_size)} | ({} if added_after is None else {"added_after": added_after})
    seen: set[tuple[tuple[str, str], ...]] = set()
    for _ in range(MOST_PAGES):
        key = tuple(sorted(query.items()))
        if key in seen:
            break
        seen.add(key)
        envelope, date = _ask(connection, f"{url}?{urlencode(query)}")
        objects = envelope.get("objects") or []
        if not isinstance(objects, list):
            raise FetchError(f"{url}: the objects of an envelope are no list. Ask the operator")
        yield objects, date
        if envelope.get("more") is not True:
            return
        # Section 3.5 of the standard: with `next`, the same question again; else from the last date on.
        if isinstance(envelope.get("next"), str) and envelope["next"]:
            query = {**query, "next": envelope["next"]}
        elif date:
            query = {"limit": str(page_size), "added_after": date}
        else:
            break
    raise FetchError(f"{url}: the server says that there is more, and does not give it. Ask the operator")


def _bundle_id(identifier: str, objects: list[Json]) -> uuid.UUID:
    """Return the same id for the same objects of a collection."""
    return uuid.uuid5(NAMESPACE, identifier + json.dumps(objects, sort_keys=True))
