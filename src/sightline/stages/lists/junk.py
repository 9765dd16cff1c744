"""Detect names that would match too much, so that no list may flag them (`docs/adr/0004-lists.md`, Junk)."""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from sightline.stages.canonical import parse_host


@dataclass(frozen=True)
class JunkNames:
    """Public suffixes and big shared hosts, in canonical form.

    `exact` are suffixes and the names above them; `wildcards` holds `ck` for `*.ck`; `exceptions` are names that
    wildcards do not cover. `digest_key` is the key of a list's digests, if it is known.
    """

    exact: frozenset[str]
    wildcards: frozenset[str]
    exceptions: frozenset[str]
    big_hosts: frozenset[str]
    digest_key: bytes | None = field(default=None, repr=False)

    def explain(self, name: str) -> str | None:
        """Return why a canonical host name is junk, or None."""
        _, dot, parent = name.partition(".")
        if not dot:
            return "a single label would match a whole top-level domain"
        if (name in self.exact or parent in self.wildcards) and name not in self.exceptions:
            return "a public suffix, or above one: unrelated people register names below it"
        if name in self.big_hosts or name.removeprefix("www.") in self.big_hosts:
            return "a big shared host: list the url instead"
        return None

    def list_digests(self) -> frozenset[str]:
        """Return MD5, SHA-256 and, with a key, HMAC-SHA-256, in hex, of every name here without a wildcard."""
        return _compute_digests(self)

    def list_keyed_digests(self) -> frozenset[str]:
        """Return only the digests under the key; none without one."""
        return _compute_keyed_digests(self)


def _read_canonical_name(raw: bytes) -> str | None:
    host_name = parse_host(raw)
    return host_name.text if host_name else None


@cache
def load_junk_names(canonical: Callable[[bytes], str | None] = _read_canonical_name) -> JunkNames:
    """Load the names of the installed public suffix list (both sections) and of `junk.toml`.

    `canonical` gives the host of a name that is not ASCII; the kernel's is faster, with the same result.
    """

    def ascii_form(name: str) -> str:
        result = name.lower() if name.isascii() else canonical(name.encode())
        if result is None:
            raise ValueError(f"the public suffix list holds {name!r}, which is no host name")
        return result

    exact: set[str] = set()
    wildcards: set[str] = set()
    exceptions: set[str] = set()
    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text("utf-8")
    for line in text.splitlines():
        rule = line.partition("//")[0].strip()
        if rule.startswith("!"):
            exceptions.add(ascii_form(rule[1:]))
        elif rule.startswith("*."):
            wildcards.add(ascii_form(rule[2:]))
        elif rule:
            exact.add(ascii_form(rule))
    # Flagging a name above a suffix flags everything below that too.
    above = {name for rule in (*exact, *(f"*.{parent}" for parent in wildcards)) for name in _list_domains_above(rule)}
    return JunkNames(frozenset(exact | above), frozenset(wildcards), frozenset(exceptions), _load_big_hosts())


def _list_domains_above(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(1, len(labels))]


def _load_big_hosts() -> frozenset[str]:
    groups = tomllib.loads((files("sightline.stages.lists") / "junk.toml").read_text("utf-8"))
    return frozenset(name for group in groups.values() for name in group["hosts"])


@cache
def _compute_digests(junk: JunkNames) -> frozenset[str]:
    keyed_digests = set(junk.list_keyed_digests())
    for raw in _write_out_names(junk):
        keyed_digests.add(hashlib.md5(raw, usedforsecurity=False).hexdigest())
        keyed_digests.add(hashlib.sha256(raw).hexdigest())
    return frozenset(keyed_digests)


@cache
def _compute_keyed_digests(junk: JunkNames) -> frozenset[str]:
    key = junk.digest_key
    return (
        frozenset()
        if key is None
        else frozenset(hmac.digest(key, raw, "sha256").hex() for raw in _write_out_names(junk))
    )


def _write_out_names(junk: JunkNames) -> list[bytes]:
    return [name.encode() for name in (*junk.exact, *junk.big_hosts, *(f"www.{name}" for name in junk.big_hosts))]
