"""Find a web log that a format seems to read, although most lines show another field where it takes one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from sightline.stages.formats.program import Program

ADDRESS_BEFORE_TIME = re.compile(
    rb"[^\n\[]{0,200}?(?<![\w.:-])"
    rb"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:-])[^\n\[]{0,200}\["
)
ADDRESS_FOR_USER = re.compile(
    rb"\S{1,255} - (?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7})"
    rb"(?:,[^\n\[]{0,200})? (?:- \S|\[)"
)
_IP = rb"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})"
WORDS_FOR_USER = re.compile(
    rb'(?:[^\n\["]{0,300}?(?<!\S)'
    + _IP
    + rb'(?::[0-9]{1,5})?|[^\s\["-][^\s\["]{0,255}) - ((?:[^\s\["]{1,255} ){2,4})\['
)
"""A visitor, and two to four words where the name of a user is looked for."""
_TIME = rb"\[[0-9]{1,2}/[A-Za-z]{3}/[0-9]{4}[^\]\n]{0,30}\]"
TWO_TIMES = re.compile(rb'[^\n\["]{0,500}' + _TIME + rb" " + _TIME)
_NO_SITE = (
    rb'"?(?:[0-9]{1,10}(?:\.[0-9]{1,6})?|[0-9A-Fa-f]{16,64}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"?'
)
"""A number, such as a port or a duration, or the id of a request."""
NO_SITE = (
    re.compile(rb'(?:[^\n\["]{0,200} )?' + _NO_SITE + rb" " + _IP + rb"(?::[0-9]{1,5})? - \S{1,255} " + _TIME),
    re.compile(rb'[^\n\["]{0,500}' + _TIME + rb" " + _NO_SITE + rb' "'),
)
"""One where the site is looked for: before the visitor, or between the time and the request."""
REQUEST_BEHIND_A_WORD = re.compile(
    rb'[^\n\[]{0,500}\[[^\n\]]{0,64}\] "?[^"\s]{1,255}"? "?[A-Z_-]{2,32} [^"\n]{0,4096} HTTP/'
)
NAME_BEFORE_AGENT = re.compile(
    rb'[^\n"]{0,500}"[^\n"]{0,8192}" [0-9-]{1,3} [0-9-]{1,15} '
    rb'"(?:[A-Za-z0-9_-]{1,63}\.){1,9}[A-Za-z][A-Za-z0-9-]{1,62}(?::[0-9]{1,5})?" "'
)
_NAME = rb"(?:[A-Za-z0-9_-]{1,63}\.){1,9}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{1,59})(?::[0-9]{1,5})?"
READ_FIELDS = re.compile(
    rb'[^\n"]{0,500}"(?:[^"\\\n]|\\.){0,8192}" [0-9-]{1,3} [0-9-]{1,15}'
    rb'(?: "(?:[^"\\\n]|\\.){0,8192}" "(?:[^"\\\n]|\\.){0,8192}")?+'
)
"""A common or combined line as far as the size, or the user agent. What stands behind is matched on its own: mostly
nothing does, and then no other pattern needs to pass through the whole line.
"""
NAME_BEHIND = re.compile(
    rb' (?:[^\n]{0,2000} )?(?:(?i:h|host|hostname|http_host|vhost|sn|server_name|server|site|domain)[=:])?["\[]?'
    + _NAME
    + rb'(?:[] "\r]|$)'
)
NAME_IN_BRACES = re.compile(rb'[^\n"{]{0,500}\{(?:[^{}\n"]{0,500}\|)?' + _NAME + rb"[|}]")
"""A line of HAProxy as far as a captured header that is a name."""
_ADDRESS = rb"([0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})"
FIRST_ADDRESS = re.compile(rb"[^\n\[]{0,200}?(?<![\w.:-])" + _ADDRESS + rb"(?![\w.:-])")
ADDRESS_BEHIND = tuple(
    re.compile(rb" (?:" + between + _ADDRESS + rb"(?:[ ,\r]|$)")
    for between in (rb"[^\n]{0,2000}? )??", rb"[^\n]{0,2000} )?")
)
"""The first and the last address without a port: the one of a server behind has one. Directly behind the user agent in
quotes it is X-Forwarded-For, which is read.
"""
QUOTED_ADDRESS_BEHIND = tuple(
    re.compile(
        rb'(?! "(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]{0,15})[",]) (?:'
        + between
        + rb'(?:[A-Za-z][A-Za-z0-9_-]{0,40}[=:])?"?'
        + _ADDRESS
        + rb'(?:[ ,"\r]|$)'
    )
    for between in (rb"[^\n]{0,2000}? )??", rb"[^\n]{0,2000} )?")
)
"""The same in quotes, or behind a key, in lines without an X-Forwarded-For that is read."""
NAME_BEFORE_PATH = re.compile(rb'[^\n"]{0,500}"[A-Z]{3,16} ' + _NAME + rb"/")
_SCRIPT = rb"[^/\s]{1,255}\.(?i:php[0-9]?|phtml|aspx?|ashx|asmx|svc|jspx?|jsf|cgi|fcgi|pl|py|do|html?|cfm|dll|exe)/"
NAME_IN_PATH = re.compile(rb'[^\n"]{0,500}"[A-Z]{3,16} /(?:VirtualHostBase/https?)?/' + _NAME + rb"/")
"""A path that begins with a site: behind two slashes, or as Zope's virtual hosts have it."""
NAME_FIRST_IN_PATH = re.compile(
    rb'[^\n"]{0,500}"[A-Z]{3,16} //?(?!socket\.io/|' + _SCRIPT + rb")(?:" + _NAME + rb"|" + _IP + rb")/"
)
"""The same behind one slash, as every line of thttpd's virtual hosts has it. A script may have a path behind it."""
HAPROXY_CLIENT = re.compile(
    rb'(?:[^\n"]{0,300} )?' + _ADDRESS + rb":[0-9]{1,5} \[[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:[0-9:]{8}\.[0-9]{3}\] "
)
"""A line of HAProxy as far as its time."""
_HAPROXY_REQUEST = rb'[^\n"]{0,1000}"(?:[^"\\\n]|\\.){0,8192}"'
HAPROXY_ADDRESSES = (
    re.compile(rb'[^\n"{]{0,500}\{(?:[^{}\n"]{0,500}\|)?' + _ADDRESS + rb"[|,}]"),
    re.compile(_HAPROXY_REQUEST + rb' (?:[^\n]{0,2000}? )??"?' + _ADDRESS + rb'(?:[ ,"\r]|$)'),
)
"""An address among its captured headers, or behind its request, where an own log-format puts what it adds."""
HAPROXY_NAME = re.compile(_HAPROXY_REQUEST + rb' (?:[^\n]{0,2000} )?"?' + _NAME + rb'(?:[ "\r]|$)')
SQUID_FIELDS = re.compile(
    rb"[^\n]{0,80}?[0-9]{9,10}\.[0-9]{3} +-?[0-9]{1,9} "
    + _ADDRESS
    + rb" [A-Z_]{2,40}/[0-9]{3} [0-9-]{1,15} [A-Z_-]{2,32} \S{1,8192} \S{1,255} [A-Z_0-9]{2,40}/\S{1,255} \S{1,127}"
)
"""A line of Squid as far as the content type."""
SQUID_BEHIND = tuple(
    re.compile(rb" (?:" + between + rb'"?' + _ADDRESS + rb'(?:[ ,"\r]|$)')
    for between in (rb"[^\n]{0,2000}? )??", rb"[^\n]{0,2000} )?")
)
"""The first and the last address in fields of an own logformat, behind the content type of a line of Squid."""
SQUID_CONNECT = re.compile(
    rb"[^\n]{0,80}?[0-9]{9,10}\.[0-9]{3} +-?[0-9]{1,9} \S{1,255} [A-Z_]{2,40}/[0-9]{3} [0-9-]{1,15} "
    rb"CONNECT (\S{1,8192})((?: (?!\[)[^ \n]{1,255}){3,40})"
)
"""A CONNECT of Squid: what it names, and the words behind, without the header fields of log_mime_hdrs."""
SQUID_COMMON_CONNECT = re.compile(
    rb'[^\n"\[]{1,400} ([^ \n"\[]{1,255}) \[[^\]\n]{1,40}\] "CONNECT (\S{1,8192}) HTTP/[0-9.]{1,3}" '
    rb"[0-9]{1,3} [0-9-]{1,15} [A-Z_]{3,40}:"
)
"""A CONNECT of Squid's common layout: the user before, and what it names."""
SQUID_ADDRESS = re.compile(rb"\[?" + _ADDRESS + rb"\]?:[0-9]{1,5}")
SQUID_WORDS = 3
"""User, hierarchy code and content type: what Squid's own layout has behind what was asked for."""
WORD_OF_NAME = re.compile(rb'"?' + _NAME + rb'"?')
SERVICES = (
    re.compile(rb" [0-9]{1,9} [0-9.]{1,15} \[([^\]\s]{1,253})\] \["),
    re.compile(rb' [^\n]{0,500}?(?<= )(?:rn|svc)="([^"\s]{1,253})"'),
)
"""What ingress-nginx writes behind, as far as the service ($proxy_upstream_name), and NGINX's own ingress controller as
far as what it serves (rn="$resource_name", svc="$service").
"""
MAX_LINES = 200
FEW = 10
"""Fewer than one line in this number may be another where a site is in every path but that of broken requests."""
FIRST_LINES = 5
"""How many lines show whether HAProxy wrote a log: others are messages of its own."""
LOST_REQUEST = "finds no request where it looks for one: another field, such as the site, is there"
TIMES = "takes one of two times, and the other for a part of the name of a user"
NUMBER_FOR_SITE = "takes a number for the site, or the id of a request"
LOST_VISITOR = "takes a word without an address for the visitor, and an address follows it"
TWO_ADDRESSES = "takes the first of two addresses for the visitor, and the second for a user"
SEVERAL_FOR_USER = "takes several words for the name of a user, and in most lines they are as many: fields of their own"
SITE_BEFORE_PATH = "reads no site, and a name is before the path: it may be the site"
SITE_BEHIND = "reads no site, and a name follows the fields that it reads: it may be the site"
SITE_IN_BRACES = "reads no site, and a name is among the captured headers: it may be the site"
VISITOR_BEHIND = (
    "takes the first address for the visitor, and beside the fields that it reads stand more different addresses:"
    " they may be the visitors', and the first a proxy's"
)
MANY_SITES = (
    "reads no site, and behind the fields that it reads stand several services of an ingress controller: each may be"
    " another site, and the lines do not say which"
)
SNI_BESIDE_ADDRESS = (
    "takes the address of a CONNECT for the site, and a name is behind it: it may be the site that TLS names (SNI);"
    " formats draft --squid-logformat makes a format of the line in squid.conf"
)
LOST_SITE = "takes a name for the referrer, which has a scheme: it may be the site"


class Records(Protocol):
    """How many frames a program reads as records."""

    @property
    def records(self) -> int:
        """Return the number of readable records."""


Count = Callable[[Program], Records]
Match = Callable[[bytes], re.Match[bytes] | None]
"""How a pattern meets a line: from its first byte. Named where it is passed on, so that its steps are counted so."""


def find_misread_field(program: Program, head: bytes, count: Count) -> str | None:
    """Return what most lines of a web log's beginning show to be misread, as the end of a sentence; None if nothing.

    `count` reads the same beginning with a program. Of programs without requests, such as Squid's, only an address
    behind its fields and a name beside an address are looked for.
    """
    if not any(rule.field == "request" for rule in program.fields):
        return _find_misread_squid(_split_lines(head))
    return next(_find_misread(program, head, count), None)


def _find_misread(program: Program, head: bytes, count: Count) -> Iterator[str]:
    records = count(program).records
    lines = _split_lines(head)
    names_no_host = not any(rule.field == "host" for rule in program.fields)
    if _matches_most(lines, REQUEST_BEHIND_A_WORD.match) and records > 2 * count_having(program, "method", count):
        yield LOST_REQUEST
    if records > 2 * count_having(program, "source_ip", count) and _matches_most(lines, ADDRESS_BEFORE_TIME.match):
        yield LOST_VISITOR
    if names_no_host and _matches_most(lines, ADDRESS_FOR_USER.match):
        yield TWO_ADDRESSES
    if names_no_host and _has_fields_for_user(lines):
        yield SEVERAL_FOR_USER
    if _matches_most(lines, TWO_TIMES.match):
        yield TIMES
    if not names_no_host and any(_matches_most(lines, form.match) for form in NO_SITE):
        yield NUMBER_FOR_SITE
    if _matches_most(lines, NAME_BEFORE_AGENT.match):
        yield LOST_SITE
    ends = [line[fields.end() :] if (fields := READ_FIELDS.match(line)) else b"" for line in lines]
    if names_no_host and _matches_most(ends, NAME_BEHIND.match):
        yield SITE_BEHIND
    yield from _find_misread_haproxy(lines, lambda: records > 2 * count_having(program, "host", count))
    if _matches_most(lines, NAME_IN_BRACES.match) and records > 2 * count_having(program, "host", count):
        yield SITE_IN_BRACES
    if _matches_most(lines, NAME_BEFORE_PATH.match) or (
        names_no_host
        and (_matches_most(lines, NAME_IN_PATH.match) or _matches_most(lines, NAME_FIRST_IN_PATH.match, FEW))
    ):
        yield SITE_BEFORE_PATH
    if _has_more_addresses(lines, ends, ADDRESS_BEHIND + QUOTED_ADDRESS_BEHIND, FIRST_ADDRESS.match):
        yield VISITOR_BEHIND
    if _has_names_beside_addresses(_list_connects(lines, b'"CONNECT ', SQUID_COMMON_CONNECT.match, (2, 1))):
        yield SNI_BESIDE_ADDRESS
    if names_no_host and any(
        _matches_most(ends, form.match) and len({match[1] for end in ends if (match := form.match(end))}) > 1
        for form in SERVICES
    ):
        yield MANY_SITES


def _find_misread_haproxy(lines: list[bytes], lacks_sites: Callable[[], bool]) -> Iterator[str]:
    if not any(map(HAPROXY_CLIENT.match, lines[:FIRST_LINES])):
        return
    ends = [line[client.end() :] if (client := HAPROXY_CLIENT.match(line)) else b"" for line in lines]
    if _matches_most(ends, HAPROXY_NAME.match) and lacks_sites():
        yield SITE_BEHIND
    if _has_more_addresses(lines, ends, HAPROXY_ADDRESSES, HAPROXY_CLIENT.match):
        yield VISITOR_BEHIND


def _has_fields_for_user(lines: list[bytes]) -> bool:
    """Return whether most lines have as many words for a user, and not only dashes, or one before the user's name."""
    words = [match[1].split() for line in lines if (match := WORDS_FOR_USER.match(line))]
    numbers = Counter(map(len, words))
    number, count = next(iter(numbers.most_common(1)), (0, 0))
    return count * 2 > len(lines) and any(
        set(some) != {b"-"} and not (number == 2 and some[0] == b"-") for some in words if len(some) == number
    )


def _find_misread_squid(lines: list[bytes]) -> str | None:
    ends = [line[fields.end() :] if (fields := SQUID_FIELDS.match(line)) else b"" for line in lines]
    if _has_more_addresses(lines, ends, SQUID_BEHIND, SQUID_FIELDS.match):
        return VISITOR_BEHIND
    connects = _list_connects(lines, b" CONNECT ", SQUID_CONNECT.match, (1, 2))
    return SNI_BESIDE_ADDRESS if _has_names_beside_addresses(connects) else None


def _list_connects(
    lines: list[bytes], word: bytes, match_form: Match, groups: tuple[int, int]
) -> list[tuple[bytes, bytes]]:
    """Return what each CONNECT asks for, and the words beside it. `word`: one that every line of the form holds."""
    matches = (match_form(line) for line in lines if word in line)
    return [(match[groups[0]], match[groups[1]]) for match in matches if match]


def _has_names_beside_addresses(connects: list[tuple[bytes, bytes]]) -> bool:
    """Return whether most lines of Squid that connect to an address, and say more, name a host beside it.

    `connects`: what each CONNECT asks for, and the words beside it. In front of clients that know of the proxy CONNECT
    names the site, and the word beside is a user, who may be called `first.last`. So most must hold addresses.
    """
    behind = [words.split() for asked, words in connects if SQUID_ADDRESS.fullmatch(asked)]
    if len(behind) * 2 <= len(connects):
        return False
    named = sum(any(map(WORD_OF_NAME.fullmatch, words)) for words in behind)
    nothing = sum(words[:1] == [b"-"] and len(words) <= SQUID_WORDS for words in behind)
    return named * 2 > len(behind) - nothing


def _split_lines(head: bytes) -> list[bytes]:
    return [line for line in head.split(b"\n", MAX_LINES)[:MAX_LINES] if line]


def _has_more_addresses(
    lines: list[bytes], ends: list[bytes], forms: tuple[re.Pattern[bytes], ...], match_before: Match
) -> bool:
    """Return whether most lines end with an address, and more different ones than stand first.

    `ends`: what is behind the fields that are read. `match_before` finds the visitor's address in a line: the first
    one, or, where syslog may have put another before it, the one of a whole line.
    """
    return any(_matches_most(ends, form.match) and _has_more(lines, ends, form.match, match_before) for form in forms)


def _has_more(lines: list[bytes], ends: list[bytes], match_behind: Match, match_before: Match) -> bool:
    result = [(line, match_before(line), match_behind(end)) for line, end in zip(lines, ends, strict=True)]
    pairs = {
        (first[1], behind[1])
        for line, first, behind in result
        if first and behind and b"/" + behind[1] not in line  # where Squid went: the server
    }
    if not pairs:
        return False
    from sightline.stages.canonical import parse_address  # noqa: PLC0415  - detection seldom needs it

    real = [(first, behind) for first, behind in pairs if parse_address(behind) is not None]
    return len({behind for _, behind in real}) > len({first for first, _ in real})


def _matches_most(lines: list[bytes], match: Callable[[bytes], object], others_in: int = 2) -> bool:
    """Return whether all lines match but fewer than one in `others_in`. It ends with the line that rules it out."""
    others = 0
    for line in lines:
        others += match(line) is None
        if others * others_in >= len(lines):
            return False
    return bool(lines)


def count_having(program: Program, field: str, count: Count) -> int:
    """Return how many records have a field."""
    return count(_with_required(program, field)).records


_REQUIRING: dict[tuple[int, str], tuple[Program, Program]] = {}


def _with_required(program: Program, field: str) -> Program:
    """Return a program that also requires a field: the same one for thousands of logs, as engines keep it compiled."""
    known = _REQUIRING.get((id(program), field))
    if known is None or known[0] is not program:
        known = _REQUIRING[id(program), field] = program, replace(program, required=(*program.required, field))
    return known[1]
