"""Every spelling of an address is masked, wherever it stands; what is no address stays as it is."""

import json
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.stages.report import address_masks, address_spellings, decoded_text
from sightline.stages.report.address_masks import collect_addresses, mask_address, mask_all, mask_text
from tests.counted_work import count_patterns, grows_too_fast

Spelling = Callable[[IPv4Address], str]
Spelling6 = Callable[[IPv6Address], str]


def _octets(found: IPv4Address, form: str, by: str = ".") -> str:
    return by.join(format(one, form) for one in found.packed)


V4: dict[str, Spelling] = {
    "plain": str,
    "padded": lambda one: _octets(one, "03d"),
    "octal": lambda one: ".".join(f"0{part:o}" if part else "0" for part in one.packed),
    "padded octal": lambda one: _octets(one, "04o"),
    "hexadecimal": lambda one: _octets(one, "#x"),
    "port": lambda one: f"{one}:51234",
    "port behind a dot": lambda one: f"{one}.51234",
    "port behind a hash": lambda one: f"{one}#51234",
    "network": lambda one: f"{one}/32",
    "brackets": lambda one: f"[{one}]",
    "reverse name": lambda one: one.reverse_pointer,
    "reverse name in capitals": lambda one: one.reverse_pointer.upper(),
    "name of a line": lambda one: f"static-{_octets(one, 'd', '-')}.isp.example",
    "name with underscores": lambda one: f"{_octets(one, 'd', '_')}.isp.example",
    "percent": lambda one: str(one).replace(".", "%2E"),
    "percent twice": lambda one: str(one).replace(".", "%252e"),
    "percent whole": lambda one: "".join(f"%{ord(letter):02x}" for letter in str(one)),
    "entities": lambda one: str(one).replace(".", "&#46;"),
    "entities in hexadecimal": lambda one: str(one).replace(".", "&#x2E;"),
    "escapes": lambda one: "".join(f"\\x{ord(letter):02x}" for letter in str(one)),
    "JSON": lambda one: str(one).replace(".", "\\u002e"),
    "defanged": lambda one: str(one).replace(".", "[.]"),
    "defanged in words": lambda one: str(one).replace(".", "(dot)"),
    "full width": lambda one: str(one).translate({ord(one): ord(one) + 0xFEE0 for one in "0123456789."}),
    "Devanagari": lambda one: str(one).translate({ord("0") + at: 0x966 + at for at in range(10)}),
    "Malayalam": lambda one: str(one).translate({ord("0") + at: 0xD66 + at for at in range(10)}),
    "unseen letters": lambda one: str(one).replace(".", "\u200b.\u2060"),
    "unseen letters, escaped as messages and JSON do": lambda one: str(one).replace(".", "\\u200b.\\xad"),
    "unseen letters, percent": lambda one: quote(str(one).replace(".", "\u200b.\u00ad")),
    "unseen letters, entities": lambda one: str(one).replace(".", "&#8203;.&#x2060;"),
    "unseen letters, escaped bytes": lambda one: str(one).replace(".", r"\xE2\x80\x8B."),
    "Devanagari, percent": lambda one: quote("".join(chr(0x966 + int(c)) if c != "." else c for c in str(one))),
    "mathematical digits in JSON": lambda one: json.dumps(
        "".join(chr(0x1D7CE + int(c)) if c != "." else c for c in str(one))
    ),
    "mapped": lambda one: f"::ffff:{one}",
    "mapped in capitals": lambda one: f"::FFFF:{one}",
    "mapped, padded": lambda one: f"::ffff:{_octets(one, '03d')}",
    "mapped in hexadecimal": lambda one: f"::ffff:{int(one) >> 16:x}:{int(one) & 0xFFFF:x}",
    "mapped, uncompressed": lambda one: f"0:0:0:0:0:ffff:{one}",
    "mapped, exploded": lambda one: IPv6Address(0xFFFF << 32 | int(one)).exploded.upper(),
    "mapped, brackets, port": lambda one: f"[::ffff:{one}]:443",
    "6to4": lambda one: str(IPv6Address(0x2002 << 112 | int(one) << 80 | 1)),
    "glued to a word": lambda one: f"ip{one}is",
    "in a query": lambda one: f"http://board.example/?ip={one}&x=1",
    "behind another number": lambda one: f"1.{one}",
}
HELD_V4: dict[str, Spelling] = {
    "number": lambda one: str(int(one)),
    "number in hexadecimal": lambda one: f"0x{int(one):08X}",
    "digits in hexadecimal": lambda one: f"{int(one):08x}",
    "mapped as a number": lambda one: str(0xFFFF << 32 | int(one)),
    "two parts": lambda one: f"{one.packed[0]}.{int(one) & 0xFFFFFF}",
    "three parts": lambda one: f"{one.packed[0]}.{one.packed[1]}.{int(one) & 0xFFFF}",
    "backwards": lambda one: ".".join(map(str, reversed(one.packed))) + ".block.example",
    "name of a line backwards": lambda one: "-".join(map(str, reversed(one.packed))) + ".isp.example",
    "FTP": lambda one: f"PORT {_octets(one, 'd', ',')},200,10",
    "reverse name the wrong way round": lambda one: f"{one}.in-addr.arpa",
    "spaces": lambda one: _octets(one, "d", " . "),
    "plus signs of a query": lambda one: _octets(one, "d", "+.+"),
    "padded digits in a row": lambda one: _octets(one, "03d", ""),
    "bytes in hexadecimal": lambda one: _octets(one, "02x", ":"),
    "name of a line in hexadecimal": lambda one: _octets(one, "02x", "-") + ".isp.example",
}
"""Spellings that are any number: masked where the address is held."""
V6: dict[str, Spelling6] = {
    "plain": str,
    "capitals": lambda one: str(one).upper(),
    "exploded": lambda one: one.exploded,
    "exploded in capitals": lambda one: one.exploded.upper(),
    "uncompressed": lambda one: ":".join(f"{int(part, 16):x}" for part in one.exploded.split(":")),
    "padded": lambda one: ":".join(part.zfill(4) if part else "" for part in str(one).split(":")),
    "dotted end": lambda one: ":".join(one.exploded.split(":")[:6]) + f":{IPv4Address(int(one) & 0xFFFFFFFF)}",
    "dotted end, padded": lambda one: (
        ":".join(one.exploded.split(":")[:6]) + f":{_octets(IPv4Address(int(one) & 0xFFFFFFFF), '03d')}"
    ),
    "brackets": lambda one: f"[{one}]",
    "brackets and port": lambda one: f"[{one}]:51234",
    "zone": lambda one: f"{one}%eth0",
    "zone in a URL": lambda one: f"http://[{one}%25eth0]:8080/",
    "percent": lambda one: quote(str(one), safe=""),
    "percent with brackets": lambda one: quote(f"[{one}]:443", safe=""),
    "percent twice": lambda one: quote(quote(str(one), safe=""), safe=""),
    "entities": lambda one: str(one).replace(":", "&#58;"),
    "named entities": lambda one: str(one).replace(":", "&colon;"),
    "JSON": lambda one: str(one).replace(":", "\\u003A"),
    "defanged": lambda one: str(one).replace(":", "[:]"),
    "full width": lambda one: one.exploded.replace(":", "\uff1a"),
    "network": lambda one: f"{one}/128",
    "port without brackets": lambda one: f"{one.exploded}:443",
    "after a word": lambda one: f"addr:{one}",
    "after a word of its letters": lambda one: f"face:{one.exploded}",
    "reverse name": lambda one: one.reverse_pointer,
    "reverse name in capitals": lambda one: one.reverse_pointer.upper(),
    "Windows": lambda one: f"\\\\{str(one).replace(':', '-')}.ipv6-literal.net\\share",
    "name of a line": lambda one: f"{one.exploded.replace(':', '-')}.isp.example",
    "dots": lambda one: one.exploded.replace(":", "."),
}
HELD_V6: dict[str, Spelling6] = {
    "number": lambda one: str(int(one)),
    "number in hexadecimal": lambda one: f"0x{int(one):x}",
    "digits in hexadecimal": lambda one: f"{int(one):032x}",
}
AROUND = ("{}", "x {} y", '"{}"', "src={},dst=", "({})", "{}; next", "'{}'", "<{}>", "{}\n")
# The parts and groups that a masked address may not show; no other text of these tests has them.
ONE4, ONE6 = IPv4Address("203.0.113.187"), IPv6Address("2001:db8:1:2a7:0:0:9cde:4b61")
TELLING4 = (
    "187",
    "0xbb",
    "273",
    "bb",
    "\u096e\u096d",
    "\u0d6e\u0d6d",
    "\uff18\uff17",
    "%37",
    "\\x37",
    "0371bb",
    "51234",
)
TELLING6 = ("2a7", "9cde", "4b61", "40158", "19297", "156.222", "75.97", "075.097", "1.6.b.4", "51234")


@pytest.mark.parametrize("spelling", V4 | HELD_V4)
def test_ipv4_is_masked_in_every_spelling(spelling: str) -> None:
    held = [ONE4] if spelling in HELD_V4 else []
    for around in AROUND:
        written = around.format((V4 | HELD_V4)[spelling](ONE4))
        masked = mask_text(written, held)
        assert masked != written
        assert not [one for one in TELLING4 if one in masked.lower()], masked
        assert str(int(ONE4)) not in masked, written
        assert masked[: around.index("{")] == around[: around.index("{")]


@pytest.mark.parametrize("spelling", V6 | HELD_V6)
def test_ipv6_is_masked_in_every_spelling(spelling: str) -> None:
    held = [ONE6] if spelling in HELD_V6 else []
    for around in AROUND:
        written = around.format((V6 | HELD_V6)[spelling](ONE6))
        masked = mask_text(written, held)
        assert masked != written
        assert not [one for one in TELLING6 if one in masked.lower()], masked
        assert str(int(ONE6)) not in masked, written


@given(st.integers(0x01000000, 0xDFFFFFFF).map(IPv4Address), st.sampled_from(sorted(V4)))
def test_no_ipv4_comes_through(one: IPv4Address, spelling: str) -> None:
    if one.is_loopback:
        return
    masked = mask_text(V4[spelling](one), [one])
    assert mask_text(masked, [one]) == masked, "what is masked stays masked"
    assert V4[spelling](one) not in masked
    assert str(one) not in masked


LINES = st.builds(
    lambda network, host: IPv6Address(network << 80 | host),
    st.integers(0x2001 << 32, 0x3FFF << 32),
    st.integers(1 << 60, (1 << 80) - 1),
)


@pytest.mark.parametrize("sign", "-_")
def test_the_name_of_a_line_may_leave_zeros_out(sign: str) -> None:
    written = f"ip-{str(ONE6).replace(':', sign)}.isp.example"
    assert written.count(sign * 2) == 1
    masked = mask_text(written)
    assert not [one for one in TELLING6 if one in masked], masked
    # One group too many for an address, and four parts that are one.
    assert "187" not in mask_text("203-0-113-187--1-1-1-1-1-1")


@given(LINES, st.sampled_from(sorted(V6)))
def test_no_ipv6_comes_through(one: IPv6Address, spelling: str) -> None:
    written = V6[spelling](one)
    masked = mask_text(written, [one])
    assert mask_text(masked, [one]) == masked, "what is masked stays masked"
    assert written.lower() not in masked.lower()
    for group in (part for part in one.exploded.split(":")[3:] if len(set(part)) > 2 and part[0] != "0"):
        if group not in one.exploded[:14] and group not in "face":
            assert group not in masked.lower(), (written, masked)


@pytest.mark.parametrize(
    "text",
    [
        "17 Oct 2019, 20:41:07 to 21:06:02 UTC",
        "[17/Oct/2019:20:41:07 +0530]",
        "2026-03-17T20:00:00.123456Z",
        "4cedfc69a1b2c3d4e5f60718293a4b5c",
        "550e8400-e29b-41d4-a716-446655440000",
        "12:34:56:78:9a:bc",
        "std::string Foo::Bar",
        "GET /a/1.2.3/x HTTP/1.1",
        "5,272 of 1,431,206 hits at byte 3405803783",
        "rule upload/1, OpenSSL 3.0.11, 999.0.113.7",
        "http://127.0.0.1:8000/ or [::1]:8000",
        "203.0.113.x, port in the record; 2001:db8:1::x",
        "10-11-2019 12.30.07",
        "1. 2. 3. 4 and 01:02:03:0a, add-bed--cab",
    ],
)
def test_a_text_without_an_address_is_not_masked(text: str) -> None:
    assert mask_text(text) == text


def test_text_around_stays_and_ports_go() -> None:
    line = 'a 203.0.113.7:51234 "GET /?a=%41 HTTP/1.1" [2001:DB8::1]:443 caf\u00e9 \u0928\u092e\u0938\u094d\u0924\u0947'
    masked = 'a 203.0.113.x:x "GET /?a=%41 HTTP/1.1" [2001:db8::x]:x caf\u00e9 \u0928\u092e\u0938\u094d\u0924\u0947'
    assert mask_text(line) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("203.0.113.7", "203.0.113.x"),
        ("::ffff:203.0.113.7", "203.0.113.x"),
        ("2001:db8:1:2::7", "2001:db8:1::x"),
        ("2002:cb00:7107::1", "2002::x"),
        ("nothing", "(address)"),
    ],
)
def test_an_address_alone(text: str, masked: str) -> None:
    assert mask_address(text) == masked


def test_json_is_masked_whole_except_for_excluded_fields() -> None:
    fields = {"id": "203.0.113.7", "at": [{"raw": b"x".decode() + " 203.0.113.7"}], "n": 3405803783, "none": None}
    held = collect_addresses(["203.0.113.7", None, "unknown"])
    assert mask_all(fields, held, keep={"id"}) == {
        "id": "203.0.113.7",
        "at": [{"raw": "x 203.0.113.x"}],
        "n": 3405803783,
        "none": None,
    }


@pytest.mark.parametrize(
    "piece",
    [
        "1.",
        "a:",
        "::",
        "1-",
        "%25",
        "0x",
        "[.]",
        "&#46;",
        "f:",
        "2001:db8::1 ",
        "0",
        "\\x3a",
        "1.1.1.1 ",
        "a",
        "1-1--",
        "1_",
        "1 . ",
    ],
)
def test_work_grows_with_the_text_and_no_faster(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count_patterns(monkeypatch, [address_masks, address_spellings, decoded_text])
    assert not grows_too_fast(mask_text, lambda times: piece * times, 200, 100_000)
