"""Write a format's file from the `logformat` line of a squid.conf, which says what each piece of a line is.

Codes and modifiers: https://www.squid-cache.org/Doc/config/logformat/
"""

from __future__ import annotations

import itertools
import re

from sightline.errors import UsageError
from sightline.stages.formats.draft.declared_format import SPECIAL, Layout
from sightline.stages.formats.draft.shapes import format_toml_text

CODE = re.compile(
    r"%(?:(%)|([\"\[#'/])?(-)?(0)?(\d+)?(?:\.\d+)?(?:\{([^{}]*)\})?((?:[a-z_]+::)?[<>]?[A-Za-z_]+)(?:\{([^{}]*)\})?)"
)
STANDARD = {
    "squid": "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt",
    "common": '%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st %Ss:%Sh',
    "combined": '%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h" %Ss:%Sh',
}
"""The formats that Squid has without a `logformat` line."""
FIELDS = {
    ">a": ("client", "source_ip"),
    ">p": ("client_port", "source_port"),
    "rm": ("method", "method"),
    ">rm": ("method", "method"),
    "ru": ("url", "url"),
    ">ru": ("url", "url"),
    ">Hs": ("status", "status"),
    "Hs": ("status", "status"),
    "<st": ("bytes", "bytes"),
    "un": ("user", "user"),
    "ul": ("login", "user"),
    "ssl::>sni": ("sni", "names"),
}
"""Pieces and fields of codes. Of two codes for one field the first in the line counts.

`%<a` is the site's address or that of a parent proxy, so it is not read.
"""
HEADERS = {
    "user-agent": ("agent", "user_agent"),
    "referer": ("referrer", "referrer"),
    "x-forwarded-for": ("forwarded", "forwarded"),
}
"""The same of a request's headers, `%{NAME}>h`."""
TIMES = ("ts", "tl", "tg")
LOCAL = "%d/%b/%Y:%H:%M:%S %z"
SAFE_DIRECTIVES = "YymdHMSebIpz"
USERS = ("un", "ul")
SPACED = (*USERS, "ui", "ue", "us", "err_detail", "note", "et", "ea", ">h", "<h", "<rs", "ssl::>cert_subject")
"""Codes whose text can hold spaces."""
MAY_PAD = "\0"
"""Stands in a pattern where further spaces may be."""
MAX_PADDED = 4
MAX_LAST = 9


def draft_squid_format(line: str, name: str) -> str:
    """Return the text of a format's file for a `logformat` line, with or without the word and the format's name.

    The file's origin is `draft` until somebody confirms it. Raises UsageError for a line that names no visitor, no time
    or no site, or whose codes cannot be told apart.
    """
    text = _format_of(line)
    layout = Layout()
    matches = list(CODE.finditer(text))
    starts = [code.start() for code in matches[1:]] + [len(text)]
    end = 0
    for code, next_start in zip(matches, starts, strict=True):
        before = text[end : code.start()]
        end = code.end()
        _add_literal(layout, before, code)
        _add_code(layout, code, before, text[end:next_start], text[end:])
    _add_literal(layout, text[end:])
    for needed, why in (
        ("timestamp", "no time (%ts, %tl or %tg)"),
        ("source_ip", "no client address (%>a)"),
        ("url", "no URL (%ru)"),
    ):
        if needed not in layout.fields:
            raise _build_refusal(line, why)
    return _format_file(layout, text, name)


def _format_of(line: str) -> str:
    """The codes of a line, without `logformat NAME`; of a format that Squid has itself, its codes."""
    words = line.strip().split(None, 2)
    text = words[2] if len(words) == 3 and words[0] == "logformat" else line.strip()
    text = STANDARD.get(text, text)
    if not CODE.search(text):
        raise _build_refusal(line, "no code that begins with %")
    return text


def _add_literal(layout: Layout, text: str, code: re.Match[str] | None = None) -> None:
    """Add text that stands as it is. Before a padded code there may be more spaces."""
    if "%" in text:
        raise _build_refusal(text, "a % that begins no code of Squid")
    is_padded = code is not None and bool(code[5]) and not code[4]
    if code is not None and is_padded and layout.pattern and not text.endswith(" "):
        raise _build_refusal(code[0], "a padded code without a space before it")
    layout.pattern += text + (MAY_PAD if is_padded else "")
    layout.expression += _escape(text) + ("[ ]*" if is_padded else "")


def _add_code(layout: Layout, code: re.Match[str], before: str, following: str, rest: str) -> None:
    """Add a code's piece to the pattern, and its field. `following` is the text up to the next code of `rest`."""
    if code[1]:
        layout.pattern += "%%"
        layout.expression += "%"
        return
    if code[3]:
        raise _build_refusal(code[0], "a code that is padded on its right")
    if not following and rest:
        raise _build_refusal(code[0], "two codes with nothing between them")
    argument, name = code[6] or code[8] or "", code[7]
    is_fraction = name == "tu" and before == "." and code[4] == "0" and code[5] == "3"
    piece = _add_fraction(layout) if is_fraction else _add_field(layout, name, argument)
    is_quoted = before.endswith('"') and following.startswith('"')
    take = "quoted" if is_quoted else _choose_take(name, argument, rest)
    layout.pattern += f"%{{{piece}{':' if take else ''}{take}}}"
    if name == "tr":
        layout.duration = f"{layout.expression}([0-9]+){_escape(following[:1]) or '$'}"
    if is_quoted:
        layout.expression += r'(?:[^"\\]|\\.)*'
    else:
        layout.expression += f".{{{take}}}" if take.isdigit() else "[^ ]+" if take == "word" else ".*?"


def _choose_take(name: str, argument: str, rest: str) -> str:
    """How much a code's piece takes: a word, all up to what follows, or for a user name up to a place near the end.

    A visitor chooses his user name, and Squid leaves spaces in it. So it ends where the words of the line's end begin.
    """
    if name in ("tl", "tg"):
        return str(sum(map(_measure_width, re.findall(r"%.|[^%]", argument or LOCAL))))
    if name not in SPACED:
        return "word"
    if name not in USERS:
        return ""
    behind = list(CODE.finditer(rest))
    spaces = CODE.sub("", rest).count(" ")
    has_words = not any(code[7] in (*SPACED, *TIMES) or code[5] for code in behind) and '"' not in rest
    if has_words and rest.startswith(" ") and spaces <= MAX_LAST:
        return "last" if spaces == 1 else f"last{spaces}"
    return "word"


def _measure_width(part: str) -> int:
    """Return the number of bytes that a time directive such as `%Y`, or plain text, writes."""
    return {"%Y": 4, "%b": 3, "%z": 5}.get(part, 2 if part.startswith("%") else len(part.encode()))


def _escape(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text)


def _add_field(layout: Layout, name: str, argument: str) -> str:
    """Add the field of a code, and return its piece; nothing for a code that no field reads, or not this one."""
    if name in TIMES:
        return _add_time(layout, name, argument)
    known = HEADERS.get(argument.lower()) if name == ">h" else FIELDS.get(name)
    if known is None or known[1] in layout.fields:
        return ""
    piece, of_record = known
    value = format_toml_text(piece)
    layout.fields[of_record] = f"{{ from = {value}, names = true }}" if of_record == "source_ip" else value
    return piece


def _add_fraction(layout: Layout) -> str:
    """Add the milliseconds of `%ts.%03tu` to its time; of another time they are not read."""
    if layout.fields.get("timestamp") != SECONDS:
        return ""
    layout.fields["timestamp"] = '{ from = ["seconds", "fraction"], join = ".", layouts = "%s" }'
    return "fraction"


SECONDS = '{ from = "seconds", layouts = "%s" }'


def _add_time(layout: Layout, name: str, argument: str) -> str:
    """Add the time, if it is the first of the line."""
    if "timestamp" in layout.fields:
        return ""
    if name == "ts":
        layout.fields["timestamp"] = SECONDS
        return "seconds"
    written = argument or LOCAL
    unknown = [letter for letter in re.findall(r"%(.)", written) if letter not in SAFE_DIRECTIVES]
    if unknown:
        raise _build_refusal(f"%{{{argument}}}{name}", f"%{unknown[0]}, which no layout of a time has")
    zone = "" if "%z" in written else f', zone = "{"utc" if name == "tg" else "declared"}"'
    layout.fields["timestamp"] = f'{{ from = "time", layouts = {format_toml_text(written)}{zone} }}'
    return "time"


def _format_file(layout: Layout, text: str, name: str) -> str:
    lines = [
        '# From a logformat line of squid.conf. `match` refuses it as long as its origin says "draft".',
        "# 1. sightline formats test THIS.toml SAMPLE    shows what each field reads, and why a line is not read.",
        '# 2. When what it shows is right: origin = "specification".',
        f'name = "{name}"',
        'title = "Squid access log (its own logformat)"',
        f"specification = {format_toml_text('squid.conf: logformat ' + text)}",
        'origin = "draft"',
        'time_is = "end"',
    ]
    if layout.duration is not None:
        lines.append(f'duration = {{ patterns = [{format_toml_text("(?:^|: )" + layout.duration)}], unit = "ms" }}')
    lines += [
        'by = "dissect"',
        'record_kind = "proxy-request" # of a Squid in front of a server: "http-request"',
        'prefixes = ["none", "syslog-rfc3164", "syslog-iso", "syslog-rfc5424"]',
        'required = ["timestamp", "source_ip"]',
        *(
            line
            for pattern in _list_patterns(layout)
            for line in ("", "[[line]]", f"pattern = {format_toml_text(pattern)}")
        ),
        "",
        "[fields]",
    ]
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in layout.fields.items()), ""])


def _list_patterns(layout: Layout) -> list[str]:
    """Every pattern: at each padded code with further spaces or without."""
    parts = layout.pattern.split(MAY_PAD)
    if len(parts) > MAX_PADDED + 1:
        raise _build_refusal(layout.pattern.replace(MAY_PAD, ""), f"more than {MAX_PADDED} padded codes")
    signs = itertools.product(("%{>}", ""), repeat=len(parts) - 1)
    return ["".join(itertools.chain(*zip(parts, (*spaces, ""), strict=True))) for spaces in signs]


def _build_refusal(text: str, why: str) -> UsageError:
    return UsageError(
        f"--squid-logformat cannot be read: {why}: {text}",
        hint="give the line of squid.conf unchanged, in single quotes: 'logformat NAME CODES', or CODES alone",
    )
