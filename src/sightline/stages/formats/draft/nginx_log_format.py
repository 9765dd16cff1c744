"""Write a format's file from a `log_format` line of nginx.

Variables: https://nginx.org/en/docs/varindex.html, escapes: https://nginx.org/en/docs/http/ngx_http_log_module.html
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from sightline.stages.formats.draft.declared_format import (
    ConfigurationLine,
    Variable,
    build_refusal,
    draft_declared_format,
)
from sightline.stages.formats.draft.shapes import format_toml_text

OPTION = "--nginx-log-format"
STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^\s;'\"]+)")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
STANDARD = {
    "combined": '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"'
    ' "$http_user_agent"'
}
"""The format that nginx has without a `log_format` line."""
LOCAL = ', layouts = "%d/%b/%Y:%H:%M:%S %z"'
VARIABLES = {
    "remote_addr": ("source_ip", ", names = true"),
    "realip_remote_addr": ("connection_ip", ""),
    "remote_port": ("source_port", ""),
    "remote_user": ("user", ""),
    "http_x_forwarded_for": ("forwarded", ""),
    "time_local": ("timestamp", LOCAL),
    "time_iso8601": ("timestamp", ', layouts = "%Y-%m-%dT%H:%M:%S%z"'),
    "msec": ("timestamp", ', layouts = "%s"'),
    "request": ("request", ""),
    "request_method": ("method", ""),
    "request_uri": ("url", ""),
    "host": ("host", ""),
    "http_host": ("host", ""),
    "scheme": ("scheme", ""),
    "ssl_server_name": ("names", ""),
    "status": ("status", ""),
    "body_bytes_sent": ("bytes", ""),
    "bytes_sent": ("bytes", ""),
    "http_referer": ("referrer", ""),
    "http_user_agent": ("user_agent", ""),
    "server_addr": ("destination_ip", ""),
}
"""Fields of variables. Of two variables for one field the first in the line counts."""
PREFIXES = (
    "container",
    "<%{:number}>%{:3} %{:2} %{:2}:%{:2}:%{:2} %{:word} %{:word}: ",
    "<%{:number}>%{:3} %{:2} %{:2}:%{:2}:%{:2} %{:word}: ",
    "%{:3} %{:2} %{:2}:%{:2}:%{:2} %{:word} %{:word}: ",
    "%{:4}-%{:2}-%{:2}T%{:word} %{:word} %{:word}: ",
    "syslog-rfc5424",
    "none",
)
"""What may stand before an object: nothing that takes an object's own words for it."""
UNREAD = ("connection_ip",)
ONE_WORD = (
    *("remote_addr", "realip_remote_addr", "remote_port", "time_iso8601", "msec", "request_method", "scheme", "status"),
    *("body_bytes_sent", "bytes_sent", "server_addr", "server_port", "request_time", "request_length", "connection"),
    *("connection_requests", "pipe", "request_id", "pid", "hostname", "nginx_version", "ssl_protocol", "ssl_cipher"),
    *("host", "http_host", "server_name", "ssl_server_name", "server_protocol", "request_uri", "gzip_ratio", "http2"),
)
"""Variables whose text holds no space."""


def draft_nginx_format(line: str, name: str) -> str:
    """Return the text of a format's file for a `log_format` line, or for the codes alone.

    Raises UsageError as `draft_declared_format` does, and for `escape=none`: then a visitor can write any field.
    """
    text, escape = _format_of(line)
    if escape == "none":
        raise build_refusal(OPTION, "escape=none, with which a visitor's text can hold other fields", line)
    if escape == "json" and text.lstrip().startswith("{"):
        return _draft_json_format(text, name)
    names = [match[1] or match[2] for match in VARIABLE.finditer(text)]
    parts: list[str | Variable] = []
    end = 0
    for regex_match, variable_name in zip(VARIABLE.finditer(text), names, strict=True):
        variable = _build_variable(variable_name)
        if variable_name == "server_name" and not {"host", "http_host"} & set(names):
            variable = replace(variable, field="host")
        parts += [text[end : regex_match.start()], variable]
        end = regex_match.end()
    setting = f"nginx.conf: log_format {text}"
    return draft_declared_format(
        ConfigurationLine(OPTION, "a log_format of nginx", setting, (*parts, text[end:]), "end"), name
    )


def _format_of(line: str) -> tuple[str, str]:
    """The text of a line without its quotes, `log_format` and the format's name, and its kind of escapes."""
    given = line.strip()
    if not given.startswith("log_format"):
        return STANDARD.get(given, given), "json" if given.startswith("{") else "default"
    words = [(match[0][:1] in "'\"", match[1] or match[2] or match[3] or "") for match in STRING.finditer(given)][2:]
    escapes = [
        word.removeprefix("escape=") for is_quoted, word in words if not is_quoted and word.startswith("escape=")
    ]
    text = "".join(word for is_quoted, word in words if is_quoted or not word.startswith("escape="))
    return re.sub(r"\\(['\"\\])", r"\1", text), escapes[0] if escapes else "default"


def _build_variable(name: str) -> Variable:
    known, rule = VARIABLES.get(name, ("", ""))
    return Variable(
        f"${name}",
        "" if known in UNREAD else known,
        rule,
        has_spaces=name not in ONE_WORD,
        width=26 if name == "time_local" else None,
        is_user=name == "remote_user",
        duration="s.ms" if name == "request_time" else "",
    )


def _draft_json_format(text: str, name: str) -> str:
    """A format of JSON objects, for a text of `escape=json`: keys whose whole value is one variable are read."""
    written = VARIABLE.sub(lambda match: f"${match[1] or match[2]}", text)
    bare = re.sub(r"([:,\[]\s*)\$(\w+)(?=\s*[,}\]])", r'\1"$\2"', written)
    try:
        tree = json.loads(bare)
    except ValueError:
        raise build_refusal(OPTION, "no JSON object", text) from None
    paths: list[str] = []
    fields: dict[str, str] = {}
    for path, value in _list_values(tree, ()):
        variable = _build_variable(value.removeprefix("$")) if VARIABLE.fullmatch(value) else None
        if variable is None or not variable.field or variable.field in fields:
            continue
        keys = ", ".join(map(format_toml_text, path))
        paths.append(f"{variable.field} = [{keys}]")
        fields[variable.field] = (
            f'{{ from = "{variable.field}"{variable.rule} }}' if variable.rule else f'"{variable.field}"'
        )
    for needed, why in (("timestamp", "no time"), ("source_ip", "no address of a client")):
        if needed not in fields:
            raise build_refusal(OPTION, why, text)
    return "\n".join(
        [
            '# From a log_format of nginx. `match` refuses it as long as its origin says "draft".',
            "# 1. sightline formats test THIS.toml SAMPLE    shows what each field reads, and why a line is not read.",
            '# 2. When what it shows is right: origin = "specification".',
            f'name = "{name}"',
            'title = "Access log (a log_format of nginx)"',
            f"specification = {format_toml_text(f'nginx.conf: log_format {text}')}",
            'origin = "draft"',
            'time_is = "end"',
            'by = "json"',
            'otherwise = "record"',
            'record_kind = "http-request"',
            f"prefixes = [{', '.join(map(format_toml_text, PREFIXES))}]",
            'required = ["timestamp", "source_ip"]',
            "",
            "[paths]",
            *paths,
            "",
            "[fields]",
            *(f"{key} = {value}" for key, value in fields.items()),
            "",
        ]
    )


def _list_values(tree: object, above: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(tree, dict):
        return [nested for key, value in tree.items() for nested in _list_values(value, (*above, str(key)))]
    return [(above, tree)] if isinstance(tree, str) else []
