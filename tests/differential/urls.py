"""Generated hosts, fields, targets and indicators: the pieces of which nasty ones are made, put together at random."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.differential.logs import ONION

LABELS = f"""
    a flagged example EXAMPLE com localhost onion i2p b32 {ONION} {ONION.upper()} {"x" * 63} {"x" * 64}
    * _srv -a- a--b xn-- xn--a xn--ls8h xn--mnchen-3ya m\u00fcnchen \u00df \u1e9e \u03c2 \u0130 \u212a \uff41
    a\u0300 \u00ad \u200b \u200d \u05d0 \u0661 \u3002 \uff0e \U0001f4a9 \U0001fae8 % %4 %41 %2e %00 %ff %c3%bc
""".split()
NUMBERS = """
    0 1 00 08 09 192 255 256 0300 0377 0400 0x 0X7f 0xff 0x100 0xg 65535 65536 16777215 16777216 4294967295 4294967296
    0xffffffff 0x100000000 037777777777 99999999999999999999 \uff11 \u00b2
""".split()
GROUPS = ["", *"0 1 db8 2001 ffff FFFF 00001 10000 g 192.0.2.1 192.0.2.256 192.0.2 192.0.2.01".split()]
ZONES = ["", "", "", "%eth0", "%25eth0", "%", "%%", "%a b", "%\u00e9"]
PORTS = [
    "",
    "",
    "",
    *": :0 :1 :21 :80 :0080 :443 :8443 :65535 :65536 :000000000080 :+80 :-1 :8o :\uff18 :80:80 :%38".split(),
]
USERS = ["", "", "", "", *"u@ u:w@ u@v@ @ %40@ u%40@ u/v@ u\\v@ [::1]@ u:80@ a.example:80@".split()]
SCHEMES = [
    "",
    "",
    "ht\ttp://",
    " http://",
    "http://\n",
    *"http:/ http: http:\\\\ https:/\\ http:/// // /// \\\\".split(),
]
SCHEMES += "http:// https:// HTTP:// ftp:// ws:// wss:// gopher:// urn: mailto: httpx://".split()
PATHS = (
    "/ \\ . .. a B ~ %7e %7E %2e %2E%2e %2f %5c %41 %4 % %% %%354 %%34%31 %u0041 ? ?? # & = + ; : @ ' \" < > ` { }"
).split()
PATHS += [" ", "\t", "\n", "\r", "\0", "\x1f", "\x7f", *"| ^ [ ] * \u00e4 \u20ac \U0001f4a9".split(), "\ud800"]
LENGTHS = ["", *"/ /0 /1 /8 /24 /31 /32 /33 /64 /95 /96 /97 /104 /128 /129 /08 /+8 /-1 /1000 // /8/8".split()]
ENDS = ["", "", "", " ", "\t", "\r\n", "\0", "\x0b", "\u00a0", "\ufeff"]
TAILS = ["", "", "", ".", "..", "\u3002", "%2e", "/", " "]


def several(pieces: list[str], separator: str, most: int, *, also_any: bool = False) -> st.SearchStrategy[str]:
    """Up to so many pieces in a row, any characters among them if asked for."""
    piece = st.sampled_from(pieces) | st.text(max_size=2) if also_any else st.sampled_from(pieces)
    return st.lists(piece, min_size=1, max_size=most).map(separator.join)


def in_a_row(*parts: st.SearchStrategy[str] | list[str]) -> st.SearchStrategy[str]:
    """One of each part, one after the other."""
    return st.tuples(*(st.sampled_from(part) if isinstance(part, list) else part for part in parts)).map("".join)


NAMES = in_a_row(several(LABELS + NUMBERS, ".", 5, also_any=True), TAILS)
QUADS = in_a_row(several(NUMBERS, ".", 5), TAILS)
IPV6 = in_a_row(several(GROUPS, ":", 9), ZONES)
HOSTS = st.one_of(NAMES, NAMES, QUADS, IPV6, in_a_row(["[", "[", "[", "", "[["], IPV6, ["]", "]", "]", "", "]]", "]a"]))
FIELDS = in_a_row(ENDS, USERS, HOSTS, PORTS, ENDS)
PATHS_AND_QUERIES = in_a_row(["", "/", "/", "\\", "?", "#"], several(PATHS, "", 10, also_any=True))
TARGETS = in_a_row(ENDS, SCHEMES, FIELDS | st.just(""), PATHS_AND_QUERIES | st.just(""))
NETWORKS = in_a_row(QUADS | IPV6, LENGTHS)
DIGESTS = in_a_row(st.text("0123456789abcdefABCDEF", min_size=30, max_size=66), ["", "", "g", " "])


@st.composite
def spoilt(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """A text's bytes, now and then with one byte put in, put instead or taken out."""
    raw = draw(texts).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 3)):
        return raw
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(st.binary(max_size=1)) + raw[at + draw(st.integers(0, 1)) :]
