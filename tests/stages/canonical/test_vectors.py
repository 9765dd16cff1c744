"""The vectors that `cargo test canonical::` reads too."""

import json
from pathlib import Path
from typing import Any

import pytest

from sightline.model import IndicatorKind
from sightline.stages.canonical import (
    build_page,
    find_onions,
    get_address_class,
    list_i2p_stems,
    normalise_indicator_value,
    parse_address,
    parse_answer,
    parse_authority,
    parse_host,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "canonical.json").read_text("utf-8"))


def raw(row: dict[str, str], key: str) -> bytes | None:
    if key in row:
        return row[key].encode()
    return bytes.fromhex(row[f"{key}_hex"]) if f"{key}_hex" in row else None


@pytest.mark.parametrize("row", VECTORS["hosts"])
def test_host(row: dict[str, Any]) -> None:
    found = parse_host(raw(row, "raw") or b"")
    assert (found and found.text) == row["host"]
    assert bool(found and found.address) == row["is_address"]


@pytest.mark.parametrize("row", VECTORS["answers"])
def test_answer(row: dict[str, Any]) -> None:
    found = parse_answer(raw(row, "raw") or b"")
    assert (found and found.text) == row["host"]
    assert bool(found and found.address) == row["is_address"]


@pytest.mark.parametrize("row", VECTORS["authorities"])
def test_authority(row: dict[str, Any]) -> None:
    authority = parse_authority(raw(row, "raw") or b"")
    assert (authority[0].text, authority[1]) == (row["host"], row["port"]) if authority else row["host"] is None


@pytest.mark.parametrize("row", VECTORS["addresses"])
def test_address(row: dict[str, Any]) -> None:
    address = parse_address(row["raw"])
    assert address == parse_address(row["raw"].encode())
    assert (
        (str(address), get_address_class(address)) == (row["address"], row["class"])
        if address
        else row["address"] is None
    )


@pytest.mark.parametrize("row", VECTORS["pages"])
def test_page(row: dict[str, Any]) -> None:
    given = row["given"]
    page = build_page(
        method=raw(given, "method"),
        target=raw(given, "target"),
        authority=raw(given, "authority"),
        host_is_name=given.get("host_is_name", False),
        is_dns=given.get("is_dns", False),
        scheme=raw(given, "scheme"),
        destination_port=given.get("destination_port"),
    )
    assert {
        "scheme": page.scheme,
        "host": page.host and page.host.text,
        "port": page.port,
        "port_is_explicit": page.port_is_explicit,
        "port_is_default": page.port_is_default,
        "path": page.path,
        "query": page.query,
        "url": page.url,
        "key": page.choose_key(with_port=False),
        "port_key": page.choose_key(with_port=True),
    } == row["page"]


@pytest.mark.parametrize("row", VECTORS["indicators"])
def test_indicator(row: dict[str, Any]) -> None:
    kind = IndicatorKind(row["kind"])
    if "value" in row:
        assert normalise_indicator_value(kind, row["text"]) == row["value"]
        assert normalise_indicator_value(kind, row["value"]) == row["value"]
    else:
        with pytest.raises(ValueError) as why:
            normalise_indicator_value(kind, row["text"])
        assert str(why.value) == row["reason"]


@pytest.mark.parametrize("row", VECTORS["overlays"])
def test_overlay_names(row: dict[str, Any]) -> None:
    assert list(find_onions(row["host"])) == row["onions"]
    assert list(list_i2p_stems(row["host"])) == row["i2p_stems"]
