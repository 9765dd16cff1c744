"""The real junk names: what would match the world is refused, and nothing that flags one site."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from importlib.resources import files

import pytest

from sightline.stages.canonical import parse_host
from sightline.stages.lists.junk import load_junk_names


@pytest.mark.parametrize(
    "name",
    [
        "com",
        "co.uk",
        "gov.in",
        "github.io",
        "anything.ck",
        "xn--p1ai",
        "xn--55qx5d.cn",
        "amazonaws.com",
        "google.com",
        "www.google.com",
        "localhost",
    ],
)
def test_names_that_match_the_world(name: str) -> None:
    assert load_junk_names().explain(name)
    for algorithm in (hashlib.md5, hashlib.sha256):
        # A wildcard's names cannot be written out, nor can every single label.
        is_listed = algorithm(name.encode()).hexdigest() in load_junk_names().list_digests()
        assert is_listed == (name not in {"anything.ck", "localhost"})


@pytest.mark.parametrize("name", ["flagged.example", "www.ck", "someone.github.io", "a.anything.ck", "maps.google.com"])
def test_names_of_one_site(name: str) -> None:
    assert load_junk_names().explain(name) is None
    assert hashlib.sha256(name.encode()).hexdigest() not in load_junk_names().list_digests()


def test_digests_under_a_key_are_junk_where_the_key_is_known() -> None:
    keyed = replace(load_junk_names(), digest_key=b"key")
    # HMAC-SHA-256 of `com` under `key`, by openssl.
    com = "eff3ebe0e740c09dbb6fa5c06b79f70ed75bacc3df5e129574880710624a0098"
    assert com in keyed.list_digests()
    assert com not in load_junk_names().list_digests()
    assert load_junk_names().list_digests() < keyed.list_digests()
    assert "unguessable" not in repr(replace(keyed, digest_key=b"unguessable"))


def test_big_hosts_are_canonical_without_www_and_named_once() -> None:
    groups = tomllib.loads((files("sightline.stages.lists") / "junk.toml").read_text("utf-8"))
    names = [name for group in groups.values() for name in group["hosts"]]
    assert len(names) == len(set(names)) >= 150
    for name in names:
        found = parse_host(name.encode())
        assert found is not None
        assert found.text == name
        assert not name.startswith("www.")
