"""Draft a format from the line of a web server's configuration that declares its log, such as `log_format`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sightline.errors import UsageError
from sightline.stages.formats.draft.shapes import format_toml_text

NEEDED = (
    (("timestamp",), "no time"),
    (("source_ip", "forwarded"), "no address of a client"),
    (("request", "url", "host"), "neither a request nor a site"),
)
SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")
QUOTED = r'(?:[^"\\]|\\.)*'


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a server's log format: the value that it writes at one place.

    `field`: the field that it fills, and `rule` its keys in TOML beside `from`. Empty for a piece that no field reads.
    `has_spaces`: its text can hold spaces. `width`: its length in bytes, if it never changes. `is_user`: a name that
    the visitor chooses. `duration`: the unit of how long the request took.
    """

    written: str
    field: str = ""
    rule: str = ""
    has_spaces: bool = False
    width: int | None = None
    is_user: bool = False
    duration: str = ""


@dataclass(frozen=True, slots=True)
class ConfigurationLine:
    """A line of a configuration, taken apart. `parts`: texts as they stand, and variables between them."""

    option: str
    title: str
    setting: str
    parts: tuple[str | Variable, ...]
    time_is: str


@dataclass(slots=True)
class Layout:
    """The pattern so far, the fields in TOML, and a regular expression of what stands before the duration."""

    pattern: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    expression: str = ""
    duration: str | None = None


def draft_declared_format(declaration: ConfigurationLine, name: str) -> str:
    """Return the text (TOML) of a format's file for a declaration. Its origin is `draft` until somebody confirms it.

    Raises UsageError if the declaration has no time, no visitor or no site, or if two of its fields have nothing
    between them that separates them.
    """
    layout = Layout()
    parts = [part for part in declaration.parts if part]
    for place, part in enumerate(parts):
        if isinstance(part, str):
            layout.pattern += part.replace("%", "%%")
            layout.expression += SPECIAL.sub(r"\\\g<0>", part)
        elif not _add(declaration, layout, part, parts[:place], parts[place + 1 :]):
            break
    for fields, why in NEEDED:
        if not any(field_name in layout.fields for field_name in fields):
            raise build_refusal(declaration.option, why, declaration.setting)
    return _format_file(declaration, layout, name)


def _add(
    declaration: ConfigurationLine,
    layout: Layout,
    variable: Variable,
    before: Sequence[str | Variable],
    behind: Sequence[str | Variable],
) -> bool:
    """Add a variable's piece and field to the layout. Return whether the parts behind it are to be added, too.

    They are not after a text with spaces: its end cannot be found, and no field stands behind it. Raises UsageError if
    a variable with a field stands there, for two variables with nothing between, and for a request without quotes.
    """
    before_text = before[-1] if before and isinstance(before[-1], str) else ""
    following = behind[0] if behind else ""
    if isinstance(following, Variable):
        raise build_refusal(declaration.option, "two variables with nothing between them", variable.written)
    is_quoted = before_text.endswith('"') and following.startswith('"')
    is_field = bool(variable.field) and variable.field not in layout.fields
    piece = variable.field if is_field else ""
    if is_field:
        is_escaped = (is_quoted or variable.is_user) and variable.field != "forwarded"
        decode = ', decode = "backslash"' if is_escaped else ""
        keys = f"{variable.rule}{decode}"
        layout.fields[piece] = f'{{ from = "{piece}"{keys} }}' if keys else f'"{piece}"'
    if variable.field == "request" and not is_quoted:
        raise build_refusal(declaration.option, "a request without quotes around it", variable.written)
    if not is_quoted and variable.has_spaces and not variable.is_user and following.startswith(" "):
        if is_field or any(isinstance(part, Variable) and part.field not in ("", *layout.fields) for part in behind):
            raise build_refusal(declaration.option, "a text with spaces, and fields behind it", variable.written)
        layout.pattern += "%{}"
        return False
    take = "quoted" if is_quoted else _choose_take(variable, following, behind)
    layout.pattern += f"%{{{piece}{':' if take else ''}{take}}}"
    if variable.duration and declaration.time_is == "end" and layout.duration is None:
        digits = r"([0-9]+\.[0-9]{3})" if variable.duration == "s.ms" else "([0-9]+)"
        layout.duration = f"{layout.expression}{digits}(?:[^0-9.]|$)"
    layout.expression += QUOTED if is_quoted else f".{{{take}}}" if take.isdigit() else ".*?"
    return True


def _choose_take(variable: Variable, following: str, behind: Sequence[str | Variable]) -> str:
    """How much a piece takes. The user name ends at the last ` [` before `] "`, as the servers escape quotes only."""
    if variable.width is not None:
        return str(variable.width)
    closes = any(isinstance(part, str) and '] "' in part for part in behind[1:])
    if variable.is_user and following == " [" and closes:
        return 'last:] "'
    return "" if variable.has_spaces and not variable.is_user else "word"


def _format_file(declaration: ConfigurationLine, layout: Layout, name: str) -> str:
    required = ["timestamp", *(["source_ip"] if "source_ip" in layout.fields else [])]
    lines = [
        f'# From {declaration.title}. `match` refuses it as long as its origin says "draft".',
        "# 1. sightline formats test THIS.toml SAMPLE    shows what each field reads, and why a line is not read.",
        '# 2. When what it shows is right: origin = "specification".',
        f'name = "{name}"',
        f"title = {format_toml_text(f'Access log ({declaration.title})')}",
        f"specification = {format_toml_text(declaration.setting)}",
        'origin = "draft"',
        f'time_is = "{declaration.time_is}"',
    ]
    if layout.duration is not None:
        unit = next(part.duration for part in declaration.parts if isinstance(part, Variable) and part.duration)
        lines.append(
            f"duration = {{ patterns = [{format_toml_text(layout.duration)}], "
            f"unit = {format_toml_text(unit.removesuffix('.ms'))} }}"
        )
    lines += [
        'by = "dissect"',
        'record_kind = "http-request"',
        'prefixes = ["none", "syslog-rfc3164", "syslog-iso", "syslog-rfc5424", "container"]',
        f"required = [{', '.join(map(format_toml_text, required))}]",
        "",
        "[[line]]",
        f"pattern = {format_toml_text(layout.pattern)}",
        "",
        "[fields]",
    ]
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in layout.fields.items()), ""])


def build_refusal(option: str, why: str, text: str) -> UsageError:
    """Return the error for a declaration that no format can be written from."""
    return UsageError(
        f"{option} cannot be read: {why}: {text}",
        hint="give the line of the server's configuration unchanged, in single quotes",
    )
