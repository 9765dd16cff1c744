"""Generated urls, read by ada, another implementation of the WHATWG rules."""

import unicodedata

import can_ada
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sightline.stages.canonical import build_page
from sightline.stages.canonical.path import split_path_and_query
from sightline.stages.canonical.repertoire import is_known

HOST_PIECES = [
    "a",
    "Example",
    ".",
    ".",
    "..",
    "bücher",
    "ß",
    "。",
    "-",
    "_",
    "1",
    "0x",
    "256",
    "08",
    "%41",
    "%2e",
    "%",
    "@",
]
HOST_PIECES += [
    "[::1]",
    "[2001:db8::1]",
    "[::192.0.2.1]",
    "192.0.2.1",
    "0x7f.1",
    "é",
    ":80",
    ":65536",
    "\t",
    " ",
    "|",
]
REST_PIECES = [
    "/",
    "\\",
    ".",
    "..",
    "%2e",
    "%2f",
    "%41",
    "%%354",
    "%",
    "%2",
    "a",
    "~",
    "?",
    "#",
    "'",
    '"',
    "<",
    "`",
    "{",
]
REST_PIECES += ["|", "é", "\x00", "\x7f", " ", "\t", "\n", "%c3%a9", "5", "&=+;,@:!$()*[]"]
LETTERS = st.characters(codec="utf-8").filter(lambda letter: unicodedata.bidirectional(letter) not in {"R", "AL", "AN"})
"""Without those of right-to-left scripts: ada 3.0 takes `a\u05d0`, which the Bidi rule forbids."""
HOSTS = st.lists(st.sampled_from(HOST_PIECES) | LETTERS, min_size=1, max_size=5).map("".join)
RESTS = st.lists(st.sampled_from(REST_PIECES) | LETTERS, max_size=8).map("".join) | st.lists(
    st.sampled_from(REST_PIECES) | st.characters(codec="utf-8"), max_size=8
).map(lambda pieces: "/" + "".join(pieces))
"""What follows the host: behind a slash any letters, else none that would be a part of the host and
of a right-to-left script.
"""
SCHEMES = st.sampled_from(["http://", "https://", "HTTP://", "ftp://", "wss:\\\\", "http:///"])


def ada(url: str) -> can_ada.URL | None:
    try:
        return can_ada.parse(url)
    except ValueError:
        return None


@settings(max_examples=1500, deadline=None)
@given(SCHEMES, HOSTS, RESTS)
@example("http://", "a", "/^")
def test_host_path_and_query(scheme: str, host: str, rest: str) -> None:
    url = scheme + host + rest
    page, other = build_page(target=url.encode()), ada(url)
    if page.host is None:
        assert other is None or not is_known(url) or not is_plain_name(other.hostname)
    elif other is None:
        assert page.host.address is not None and "%" in host
    else:
        assert page.host.bracketed in {other.hostname.removesuffix("."), mapped(other.hostname)}
        decoded = split_path_and_query((other.pathname + other.search).encode())
        assert (page.path, page.query or "") == (decoded[0], decoded[1] or "")


def is_plain_name(hostname: str) -> bool:
    labels = hostname.removesuffix(".").split(".")
    return all(0 < len(label) <= 63 for label in labels) and len(".".join(labels)) <= 253


def mapped(hostname: str) -> str | None:
    """The IPv4 text of an IPv4-mapped address in brackets."""
    if not hostname.startswith("[::ffff:"):
        return None
    high, low = (int(part, 16) for part in hostname[8:-1].split(":"))
    return ".".join(str(octet) for octet in (high >> 8, high & 255, low >> 8, low & 255))
