"""Find candidates for connections in a message or a text: addresses, with the times and accounts of their lines.

They are proposals for an officer, and never records: a message has no fields that say which time is whose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from html.parser import HTMLParser

from sightline.errors import DamagedInput, Refused
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tabular.table_rows import Unreadable
from sightline.stages.tips import cell_values
from sightline.stages.tips.model import Candidate

MOST_CANDIDATES = 5_000
_NO_READER = "file without a reader"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file of Outlook begins, and one of an old Word too."""
_ZONE = r"(?: ?(?:[+-][0-9]{2}:?[0-9]{2}|\(?[A-Z]{1,5}\)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?(?![A-Za-z])))?"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?[AaPp][Mm](?![A-Za-z]))?"
_TIME = re.compile(
    rf"(?<![0-9])(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-][0-9]{{4}}"
    rf"|[0-9]{{1,2}} [A-Z][a-z]{{2}} [0-9]{{4}}|[A-Z][a-z]{{2}} [0-9]{{1,2}}, [0-9]{{4}})(?:T|,? ){_CLOCK}{_ZONE}"
)
"""A time, with what may be its zone: `IST` too, which no reader knows, so that it is refused and not left out."""
_PORT = re.compile(r"\b[Pp]ort\b[ :=#]{0,3}([0-9]{1,5})(?![0-9])")
_LABEL = re.compile(
    r"\b(?:[Uu]ser ?[Nn]ame|[Uu]ser|[Aa]ccount|[Ss]creen ?[Nn]ame|[Hh]andle|[Ll]ogin)[ \t]?[:=][ \t]?([^ \t]+)"
)
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}(?:@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})?")
_AROUND = "<>()[]{}\"'`,;|*"
_HEADER = re.compile(
    rb"(?:From|Return-Path|Received|Delivered-To|Date|Message-ID|MIME-Version|Subject|To|X-[A-Za-z-]{1,60}):", re.I
)
_MAILBOX = re.compile(rb"From [^\s]{1,320} {1,3}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-3][0-9] ")
_BLOCKS = frozenset("address article blockquote br div dl dt dd h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split())


@dataclass(slots=True)
class MessageFindings:
    """The findings in a message. `attachments`: parts that were not opened. `times`: lines with a time and no address.

    `unread`: pages of which nothing could be read, or 1 for a message whose text has a form that is not read. `fault`:
    why nothing could be read of it at all.
    """

    kind: str
    candidates: list[Candidate] = field(default_factory=list)
    times: int = 0
    attachments: int = 0
    unread: int = 0
    fault: str = ""


def is_message(content: bytes) -> bool:
    """Return whether the bytes begin with a header of a message, or with the first line of a mailbox."""
    return bool(_HEADER.match(content)) or bool(_MAILBOX.match(content))


def find_candidates(content: bytes) -> MessageFindings:
    """Return the candidates of a message (`.eml`, `.msg`), of a PDF, of plain text, or none of a file of another kind.

    Raises Refused for a text with more addresses than a message has, and DamagedInput for a file that is damaged, has a
    password, or is nested without end.
    """
    if is_message(content):
        message_findings = MessageFindings("message")
        try:
            texts = list(_list_texts(message_from_bytes(content), message_findings))
        except RecursionError:
            raise DamagedInput("a message with parts in parts without end", hint="type its connections") from None
    elif content.startswith(_COMPOUND_FILE):
        message_findings, texts = _read_outlook_texts(content)
    elif b"%PDF-" in content[:1024]:
        message_findings, texts = _read_pdf_texts(content)
    elif b"\0" not in content[:4096] or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        message_findings, texts = MessageFindings("text"), [DecodedContent(content).text]
    else:
        message_findings, texts = MessageFindings(_NO_READER), []
    for number, line in enumerate((line for text in texts for line in text.splitlines()), 1):
        _look_at(line, number, message_findings)
    return message_findings


def _read_outlook_texts(content: bytes) -> tuple[MessageFindings, list[str]]:
    from sightline.stages.tips.outlook import read_outlook  # noqa: PLC0415  - only a message needs its library

    mail = read_outlook(content)
    if mail is None:
        return MessageFindings(_NO_READER), []
    message_findings = MessageFindings("Outlook message", attachments=mail.attachments, unread=int(mail.is_rtf_only))
    return message_findings, [*mail.plain, *map(_convert_to_plain, mail.html)]


def _read_pdf_texts(content: bytes) -> tuple[MessageFindings, list[str]]:
    from sightline.stages.tips.pdf_text import read_pdf  # noqa: PLC0415  - only a PDF needs its library

    paper = read_pdf(content)
    return MessageFindings("PDF", attachments=paper.attachments, unread=paper.without_text), list(paper.pages)


def _list_texts(message: Message, message_findings: MessageFindings) -> Iterator[str]:
    """Yield the texts of a message. Of a text that is there plain and as HTML, both are looked through."""
    for part in message.walk():
        if part.is_multipart():
            continue
        if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
            message_findings.attachments += 1
            continue
        payload = part.get_payload(decode=True)
        raw = payload if isinstance(payload, bytes) else b""
        try:
            text = raw.decode(part.get_content_charset() or "utf-8", "replace")
        except (LookupError, ValueError):
            text = raw.decode("utf-8", "replace")
        yield _convert_to_plain(text) if part.get_content_subtype() == "html" else text


class _Text(HTMLParser):
    """The text that HTML shows, a line for each of its blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  - HTMLParser's
        """Begin a line at a block, and a column at a cell."""
        self._hidden += tag in {"script", "style"}
        self.pieces.append("\n" if tag in _BLOCKS else " " if tag in {"td", "th"} else "")

    def handle_endtag(self, tag: str) -> None:
        """End the line of a block."""
        self._hidden -= tag in {"script", "style"} and self._hidden > 0
        self.pieces.append("\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        """Keep text, its own line ends as blanks."""
        if not self._hidden:
            self.pieces.append(data.replace("\n", " ").replace("\r", " "))


def _convert_to_plain(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


def _look_at(line: str, number: int, message_findings: MessageFindings) -> None:
    """Add the candidates of a line."""
    times = [match[0].strip() for match in _TIME.finditer(line)]
    rest = _TIME.sub(" ", line)
    words = rest.replace("=", " ").split()
    ends = list(dict.fromkeys(end for end in map(_parse_endpoint, words) if end is not None))
    message_findings.times += bool(times) and not ends
    if not ends:
        return
    accounts = dict.fromkeys(account for account in _list_accounts(rest, words) if _ACCOUNT.fullmatch(account))
    ports = set(_PORT.findall(rest))
    for address, port in ends:
        # With two addresses in a line, no program can say whose the time is.
        stated = port or _get_only(ports, ends)
        message_findings.candidates.append(
            Candidate(number, address, stated, _get_only(times, ends), _get_only(accounts, ends))
        )
    if len(message_findings.candidates) > MOST_CANDIDATES:
        raise Refused(
            f"more than {MOST_CANDIDATES:,} addresses: a log or a sheet rather than a message",
            hint="sightline match and sightline tips import read logs and sheets",
        )


def _get_only(values_found: Collection[str], ends: Collection[object]) -> str:
    """Return the one value of a line with one address, or nothing."""
    return next(iter(values_found)) if len(values_found) == len(ends) == 1 else ""


def _parse_endpoint(word: str) -> tuple[str, str] | None:
    bare = word.strip(_AROUND).rstrip(".:") if not word.startswith("[") else word.rstrip(".,;:)")
    if "." not in bare and bare.count(":") < 2:
        return None
    try:
        address, port = cell_values.parse_endpoint(bare)
    except Unreadable:
        return None
    return address, "" if port is None else str(port)


def _list_accounts(rest: str, words: list[str]) -> Iterator[str]:
    yield from (label.strip(_AROUND) for label in _LABEL.findall(rest))
    yield from (word.strip(_AROUND).rstrip(".:") for word in words if word.count("@") == 1)
