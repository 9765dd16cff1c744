"""Find keys of JSON records that hold names of hosts where a format reads no host: one of them may be the site."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from sightline.stages.formats.program import JsonFrame, Program

MAX_LINES = 200
MAX_DEPTH = 3
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)")
HOST = re.compile(r"(?:[\w-]+\.)+(?=[\w-]*[^\W\d_])[\w-]+\.?(?::\d{1,5})?")
"""A name of two labels or more that is no address, with a port or without."""
NO_HOST = frozenset({"", "-", "_"})
"""Texts that name no site; `_` is the catch-all of nginx."""
SITE_FIELDS = frozenset({"host", "names"})
SERVER_KEYS = frozenset({"server_name", "servername"})
SITE_KEYS = SERVER_KEYS | {"authority", "domain", "host", "http_host", "site", "vhost", "virtual_host"}
REQUEST_FIELDS = frozenset({"url", "request"})

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of a JSON format: all that its file declares, those of its hosts, and those of its requests.

    `site` is the name of the piece that it takes for the site.
    """

    site: str
    declared: frozenset[Key]
    hosts: frozenset[Key]
    requests: frozenset[Key]


@dataclass(frozen=True, slots=True)
class HeadObjects:
    """The first JSON objects of a log.

    `texts`: of each the keys that hold a text, and the text; of a list of texts the first.
    """

    objects: tuple[dict[str, object], ...]
    texts: tuple[Mapping[Key, str], ...]


def read_head_objects(head: bytes) -> HeadObjects:
    """Return the objects of the first lines, each from its line's first brace on. Other lines are left out."""
    objects = tuple(islice(_read_objects(head), MAX_LINES))
    return HeadObjects(objects, tuple(dict(_list_texts(json_object, ())) for json_object in objects))


def find_host_keys(program: Program, declared: frozenset[Key]) -> Keys | None:
    """Return the keys of a JSON format that reads hosts, or None for any other format."""
    split = program.split
    if not isinstance(split, JsonFrame) or not any(rule.field in SITE_FIELDS for rule in program.fields):
        return None
    slots = {
        name: {
            slot for rule in program.fields if rule.field in names for choice in rule.choices for slot in choice.slots
        }
        for name, names in (("hosts", SITE_FIELDS), ("requests", REQUEST_FIELDS))
    }
    paths = {name: frozenset(path.path for path in split.paths if path.slot in of) for name, of in slots.items()}
    site = next(rule for rule in program.fields if rule.field in SITE_FIELDS).choices[0].slots[0]
    return Keys(program.slots[site], declared, paths["hosts"], paths["requests"])


def find_unread_host_keys(head: HeadObjects, keys: Keys) -> tuple[str, ...]:
    """Return the undeclared keys that name a host in most of the objects that name none where the format reads it.

    The most frequent key comes first. A key of a nested object is written `http.site`. None is returned if most objects
    name a host where the format reads it.
    """
    named: Counter[str] = Counter()
    without = 0
    for texts in head.texts:
        if _names_site(texts, keys):
            continue
        without += 1
        named.update(".".join(key) for key in _list_keys_in_doubt(texts, keys))
    if without * 2 <= len(head.texts):
        return ()
    return tuple(key for key, count in named.most_common() if count * 2 > without)


def find_host_list_key(head: HeadObjects, keys: Keys) -> str | None:
    """Return the key of which the format takes the first of several texts for the site, in most objects; else None.

    A shipper that puts its own name beside the site makes a list of both, and either may be first.
    """
    listed: Counter[str] = Counter()
    for result in head.objects:
        values = {key: _get_value(result, key) for key in sorted(keys.hosts)}
        if not any(isinstance(value, str) and _is_host(value) for value in values.values()):
            listed.update(".".join(key) for key, value in values.items() if _has_several_texts(value))
    return next((key for key, count in listed.most_common(1) if count * 2 > len(head.objects)), None)


def _get_value(json_object: dict[str, object], key: Key) -> object:
    value: object = json_object
    for name in key:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _has_several_texts(value: object) -> bool:
    return isinstance(value, list) and len({text for text in value if isinstance(text, str)}) > 1


def _names_site(texts: Mapping[Key, str], keys: Keys) -> bool:
    """Return whether a site is named where the format reads it.

    A word without a dot, or an address, may be the server's own; then it is none if another key names a site.
    """
    if any("://" in texts.get(key, "") for key in keys.requests):
        return True
    read = [(key, text) for key in keys.hosts if (text := texts.get(key, "")) not in NO_HOST]
    own = [text for key, text in read if key[-1] not in SERVER_KEYS]
    if not own or any(map(_is_host, own)):
        return bool(read)
    return not _list_keys_in_doubt(texts, keys)


def _list_keys_in_doubt(texts: Mapping[Key, str], keys: Keys) -> list[Key]:
    """Return the keys that name a host and are not read; where a server's own name is read, those of sites.

    A key of a request that holds a site and a path without a scheme is read, but its site is lost.
    """
    if lost := [key for key in keys.requests - keys.hosts if _is_site_with_path(texts.get(key, ""))]:
        return lost
    named = [key for key, text in texts.items() if _is_host(text)]
    beside = {key[:-1] for key in keys.hosts if texts.get(key, "") not in NO_HOST}
    if beside:
        return [key for key in named if key[-1].lower() in SITE_KEYS and key[:-1] in beside]
    return [key for key in named if key not in keys.declared]


def _is_host(text: str) -> bool:
    url = URL.match(text)
    return HOST.fullmatch(url[1] if url else text) is not None


def _is_site_with_path(text: str) -> bool:
    site, slash, _ = text.partition("/")
    return bool(slash) and HOST.fullmatch(site) is not None


def _read_objects(head: bytes) -> Iterator[dict[str, object]]:
    for line in head.split(b"\n"):
        try:
            result = json.loads(line[line.find(b"{") :])
        except (ValueError, RecursionError):
            continue
        if isinstance(result, dict):
            yield result


def _list_texts(json_object: dict[str, object], above: Key) -> Iterator[tuple[Key, str]]:
    for name, value in json_object.items():
        key = (*above, name)
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict) and len(key) < MAX_DEPTH:
            yield from _list_texts(value, key)
        elif isinstance(value, list) and value and isinstance(value[0], str):
            yield key, value[0]
