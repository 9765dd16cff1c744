"""Read range lists.

An address, CIDR or `first-last` on each line, or the JSON of operators who publish their ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput, UsageError
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich.address_ranges import parse_spans
from sightline.stages.enrich.field_mapping import RELAYS
from sightline.stages.enrich.model import TEXT
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile
from sightline.stages.enrich.readers.documents import has_key, is_json, parse_document
from sightline.stages.enrich.session_columns import RELAYS as KINDS_OF_RELAY

FORMAT = "range-list"
KINDS = frozenset({DatasetKind.RELAY, DatasetKind.AGENT})
_WORDS = {kind: kind for kind, _ in RELAYS} | dict.fromkeys(
    (
        "cloud",
        "datacenter",
        "datacentre",
        "datacenters",
        "aws",
        "amazon",
        "azure",
        "gcp",
        "ovh",
        "digitalocean",
    ),
    "hosting",
)
_WORDS |= dict.fromkeys(("cloudflare", "fastly", "akamai", "cloudfront"), "cdn") | dict.fromkeys(("icloud",), "private")
# A name with several of these words means the narrower class: Amazon CloudFront, a cloud's CDN.
_WORDS = {word: kind for kind in KINDS_OF_RELAY for word, meant in _WORDS.items() if meant == kind}
_PREFIXES = ("ipv4Prefix", "ipv6Prefix", "ip_prefix", "ipv6_prefix", "ipPrefix", "prefix", "cidr", "network", "ip")
_LINE = re.compile(rb"(?:[0-9]{1,3}\.[0-9.]{5,11}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(?:[ \t]+|[ \t]*+[/-][^,]*)?", re.DOTALL)
"""An address or range at the beginning of a line without comment and surrounding blanks."""
_FEED = re.compile(rb"([0-9A-Fa-f.:]+/[0-9]{1,3}),(?:[A-Za-z]{2})?,[^,]*,[^,]*(?:,[^,]*)?")
"""A line of a geofeed (RFC 8805), in which private relays publish their exit ranges: range, country, place."""


def reads(seen: FilePreview) -> bool:
    """Return whether the first non-empty line names addresses, or the file is JSON that lists some."""
    if is_json(seen.head):
        return has_key(seen.head, "prefixes", "list", *_PREFIXES) and not has_key(
            seen.head, "pattern", "FeatureCollection"
        )
    line = next(
        (part for part in seen.head.split(b"\n") if part.strip() and not part.lstrip().startswith((b"#", b";"))), b""
    )
    return bool(line) and any(form.fullmatch(_without_remark(line)) for form in (_LINE, _FEED))


def read(source: SourceFile) -> DatasetReading:
    """Return the ranges, each of the one kind of relay, or the one crawler or agency, that the list is for."""
    rejects = Rejects()
    content = source.path.read_bytes()
    title, texts = (
        _read_json(source.path, rejects) if is_json(content[:64]) else (None, list(_read_lines(content, rejects)))
    )
    ranges = parse_spans(pl.Series(texts, dtype=pl.String), None, rejects)
    category = pl.lit(_find_subject(source, title), TEXT)
    columns = [pl.lit(None, pl.Int64).alias(name) for name in ("from_us", "until_us")]
    if source.kind is DatasetKind.RELAY:
        columns.append(category.alias("relay"))
    elif source.agency is not None:
        columns.append(pl.lit(source.agency, TEXT).alias("agency"))
    else:
        columns.append(category.alias("crawler"))
    return DatasetReading(ranges.drop_nulls().with_columns(columns), FORMAT, rejects, title=title)


def _without_remark(line: bytes) -> bytes:
    return re.split(rb"[#;]", line, maxsplit=1)[0].strip()


def _read_lines(content: bytes, rejects: Rejects) -> Iterator[str]:
    for line in content.split(b"\n"):
        bare = _without_remark(line)
        feed = _FEED.fullmatch(bare)
        bare = feed[1] if feed else bare
        try:
            if bare:
                yield bare.decode()
        except UnicodeDecodeError:
            rejects[DatasetCode.NOT_UTF8] += 1


def _read_json(path: Path, rejects: Rejects) -> tuple[str | None, list[str]]:
    """Name and ranges of a MISP warning list, or of a document with `prefixes` (Google, Amazon, Microsoft, OpenAI)."""
    content = parse_document(path)
    if isinstance(content, Mapping) and isinstance(content.get("list"), list):
        name = content.get("name")
        texts = [item for item in content["list"] if isinstance(item, str)]
        rejects[DatasetCode.BAD_VALUE] += len(content["list"]) - len(texts)
        return name if isinstance(name, str) else None, texts
    items = content if isinstance(content, list) else []
    if isinstance(content, Mapping):
        items = [item for name in ("prefixes", "ipv6_prefixes", "values") for item in _as_array(content.get(name))]
    if not items:
        raise DamagedInput(f"{path.name}: JSON that lists no ranges", hint="a list of prefixes, or a MISP warning list")
    texts = []
    for item in items:
        value = item if isinstance(item, str) else _find_prefix(item)
        if value is None:
            rejects[DatasetCode.MISSING_FIELD] += 1
        else:
            texts.append(value)
    return None, texts


def _as_array(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _find_prefix(item: object) -> str | None:
    if not isinstance(item, Mapping):
        return None
    return next((item[name] for name in _PREFIXES if isinstance(item.get(name), str)), None)


def _find_subject(source: SourceFile, title: str | None) -> str:
    """Of which relay or crawler a list is, by its name. Raises UsageError for relays whose kind no name tells."""
    name = source.name or title or source.path.stem
    if source.kind is DatasetKind.AGENT:
        return name
    for each in filter(None, (source.name, title, source.path.stem)):
        words = re.split(r"[^a-z0-9]+", each.lower())
        text = next((kind for word, kind in _WORDS.items() if word in words), None)
        if text:
            return text
    raise UsageError(
        f"{source.path.name} does not say of which relays it is",
        hint="name it with one of tor, vpn, proxy, private, cdn, hosting: --name vpn-ranges",
    )
