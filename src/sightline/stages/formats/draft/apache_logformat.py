"""Write a format's file from a `LogFormat` line of Apache.

Directives and escapes: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html
"""

from __future__ import annotations

import re

from sightline.stages.formats.draft.declared_format import (
    ConfigurationLine,
    Variable,
    build_refusal,
    draft_declared_format,
)

OPTION = "--apache-logformat"
LINE = re.compile(r"(?:LogFormat\s+)?\"((?:[^\"\\]|\\.)*)\"(?:\s+\S+)?", re.IGNORECASE)
CODE = re.compile(r"%(?:(%)|[!\d,]*[<>]?(?:\{([^{}]*)\})?(\^?[A-Za-z]))")
"""A code: `%%`, or a letter with statuses, `<` or `>` and an argument before it."""
STANDARD = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
}
"""The formats that Apache's own configuration names."""
FIELDS = {
    "h": ("source_ip", ", names = true"),
    "a": ("source_ip", ""),
    "u": ("user", ""),
    "r": ("request", ""),
    "s": ("status", ""),
    "b": ("bytes", ""),
    "B": ("bytes", ""),
    "O": ("bytes", ""),
    "m": ("method", ""),
    "v": ("host", ""),
    "V": ("host", ""),
    "A": ("destination_ip", ""),
}
HEADERS = {
    "referer": "referrer",
    "user-agent": "user_agent",
    "x-forwarded-for": "forwarded",
    "host": "host",
}
LOCAL = "%d/%b/%Y:%H:%M:%S %z"
SAFE_DIRECTIVES = "YymdHMSebIpz"
COUNTS = {"sec": "%s", "msec": "%Q"}
DURATIONS = {"D": "us", "T": "s"}
ONE_WORD = "hlaAsbBOImvVpPkXDTfHSL"
"""Letters whose text holds no space."""


def draft_apache_format(line: str, name: str) -> str:
    """Return the text of a format's file for a `LogFormat` line, or for its codes alone.

    Raises UsageError as `draft_declared_format` does.
    """
    text = _format_of(line)
    parts: list[str | Variable] = []
    end = 0
    for match in CODE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        parts += ["%"] if match[1] else _list_variables(match[0], match[3], match[2] or "")
    merged = _merge([*parts, text[end:]])
    ends = any("end:" in (regex_match[2] or "") for regex_match in CODE.finditer(text))
    setting = f"httpd.conf: LogFormat {text}"
    title = "a LogFormat of Apache"
    return draft_declared_format(
        ConfigurationLine(OPTION, title, setting, tuple(merged), "end" if ends else "start"), name
    )


def _format_of(line: str) -> str:
    given = line.strip()
    match = LINE.fullmatch(given)
    return re.sub(r"\\([\"\\])", r"\1", match[1]) if match else STANDARD.get(given, given)


def _list_variables(written: str, letter: str, argument: str) -> list[str | Variable]:
    """Return what a code writes: for `%t` brackets around the time."""
    if letter == "t":
        return _draft_time(written, argument)
    if letter == "i":
        known = HEADERS.get(argument.lower(), "")
        return [Variable(written, known, has_spaces=known != "host")]
    if letter == "U":
        return [Variable(written, "url", has_spaces=True)]
    if letter == "q":
        return [Variable(written, "query", has_spaces=True)]
    if letter == "p":
        return [Variable(written, "source_port" if argument == "remote" else "")]
    field, rule = FIELDS.get(letter, ("", ""))
    duration = DURATIONS.get(letter, "")
    if letter == "T" and argument in ("ms", "us", "s"):
        duration = argument
    is_peer = letter == "a" and argument == "c"
    return [
        Variable(
            written,
            "" if is_peer else field,
            rule,
            has_spaces=letter not in ONE_WORD,
            is_user=letter == "u",
            duration=duration,
        )
    ]


def _draft_time(written: str, argument: str) -> list[str | Variable]:
    wanted = re.sub(r"^(?:begin|end):", "", argument)
    if not wanted:
        return ["[", Variable(written, "timestamp", f', layouts = "{LOCAL}"', width=26), "]"]
    if wanted in COUNTS:
        return [Variable(written, "timestamp", f', layouts = "{COUNTS[wanted]}"')]
    unknown = [letter for letter in re.findall(r"%(.)", wanted) if letter not in SAFE_DIRECTIVES]
    if unknown or "%" not in wanted or "'" in wanted or '"' in wanted:
        return [Variable(written, has_spaces=" " in wanted)]
    zone = "" if "%z" in wanted else ', zone = "declared"'
    width = sum(
        {"%Y": 4, "%b": 3, "%z": 5}.get(item, 2 if item[0] == "%" else 1) for item in re.findall(r"%.|[^%]", wanted)
    )
    return [Variable(written, "timestamp", f', layouts = "{wanted}"{zone}', width=width)]


def _is_host(before: list[str | Variable]) -> bool:
    return any(isinstance(part, Variable) and part.field == "host" for part in before)


def _merge(parts: list[str | Variable]) -> list[str | Variable]:
    """Texts side by side as one, and each as one piece: `%U%q` (path and query) and `%v:%p` (host and port)."""
    merged: list[str | Variable] = []
    for part in parts:
        if not part:
            continue
        before = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(before, str):
            merged[-1] = before + part
        elif isinstance(part, Variable) and part.written == "%p" and before == ":" and _is_host(merged[-2:-1]):
            merged.pop()
        elif isinstance(part, Variable) and part.field == "query":
            if not isinstance(before, Variable) or before.field != "url":
                merged.append(Variable(part.written, has_spaces=True))
        else:
            merged.append(part)
    if any(isinstance(part, str) and "%" in part.replace("%%", "") for part in merged):
        raise build_refusal(
            OPTION, "a % that begins no code of Apache", "".join(p for p in merged if isinstance(p, str))
        )
    return merged
