"""Load layouts of replies, one TOML file each: the headings of each field, and what a table must have."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sightline.errors import UsageError
from sightline.model import NoticeKind
from sightline.stages.resolve.model import FORM
from sightline.stages.resolve.replies.column_names import list_spellings, reduce_heading
from sightline.stages.resolve.replies.shared_words import load_shared_words

RECORD_FIELDS = frozenset(
    """
    ip source_ip inside_ip destination_ip port source_port port_from port_to destination_port
    start start_date start_clock end end_date end_clock duration lifetime seen
    msisdn line circuit user_id account imsi row_id remark
    framed_ip6 framed_prefix delegated_prefix
    softwire inside_port destination_ip6 prefix_length rule_ip6 rule_ip4 ea_bits start_day end_day
    session status nas event_time session_time station psid psid_offset psid_length
    """.split()
)
SUBSCRIBER_FIELDS = frozenset(
    {
        *FORM,
        "from_date",
        "until_date",
        "number",
        "number_kind",
        "line",
        "circuit",
        "user_id",
        "account",
        "row_id",
        "remark",
    }
)


@dataclass(frozen=True, slots=True)
class ReplyLayout:
    """A layout file: the field of each heading, by canonical name, and the required fields."""

    name: str
    title: str
    reply: NoticeKind
    shape: str
    fields: Mapping[str, str]
    required: Sequence[frozenset[str]]
    ignored: frozenset[str]
    rank: int
    content: Mapping[str, Any]
    kinds: Mapping[str, str]
    confirming: Mapping[str, frozenset[str]]


@cache
def load_builtin_layouts() -> tuple[ReplyLayout, ...]:
    """Load all built-in layouts, by name."""
    folder = files(__package__).joinpath("layouts")
    layouts = [
        _parse_layout(file.read_text(encoding="utf-8"), file.name)
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    return tuple(sorted(layouts, key=lambda layout: layout.name))


@cache
def _find_builtin_columns(name: str) -> dict[str, list[str]] | None:
    """Return the headings of each field of a built-in layout, or None where no layout has that name."""
    file = files(__package__).joinpath("layouts", f"{name}.toml")
    return _extend_columns(tomllib.loads(file.read_text(encoding="utf-8")), file.name) if file.is_file() else None


def _extend_columns(table: dict[str, Any], where: str) -> dict[str, list[str]]:
    """The columns of a file, and those of the built-in layout that it extends, where it does not say otherwise."""
    columns = {
        field: list(
            {
                reduce_heading(spelling): spelling for heading in headings for spelling in list_spellings(heading)
            }.values()
        )
        for field, headings in table.get("columns", {}).items()
    }
    base = table.get("extends")
    if base is None:
        return columns
    inherited = _find_builtin_columns(base)
    if inherited is None:
        raise UsageError(f"{where}: extends {base!r}, and no layout has that name")
    own = {reduce_heading(heading) for headings in columns.values() for heading in headings}
    own |= {reduce_heading(heading) for heading in table.get("ignored", ())}
    for field, headings in inherited.items():
        columns[field] = [
            *columns.get(field, ()),
            *(heading for heading in headings if reduce_heading(heading) not in own),
        ]
    return columns


def choose_layouts(name: str, kind: NoticeKind) -> tuple[ReplyLayout, ...]:
    """Return the layouts to try: all of that kind for `auto`, the named one, or that of the unit's own file.

    Raises UsageError.
    """
    fitting = tuple(layout for layout in load_builtin_layouts() if layout.reply is kind)
    if name == "auto":
        return fitting
    if name.endswith(".toml"):
        try:
            own = _parse_layout(Path(name).read_text(encoding="utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{name} cannot be read: {error}", hint="a layout is a TOML file in UTF-8") from None
        if own.reply is not kind:
            raise UsageError(f"{name} is a layout for {own.reply}, and the notice asks for {kind}")
        return (own,)
    layouts = tuple(layout for layout in fitting if layout.name == name)
    if not layouts:
        known = ", ".join(layout.name for layout in fitting)
        raise UsageError(
            f"--layout {name!r}: no layout for {kind} has that name", hint=f"there are {known}, or FILE.toml"
        )
    return layouts


def _parse_layout(text: str, where: str) -> ReplyLayout:
    """The layout of a file. Raises UsageError, which names what is wrong."""
    try:
        result = tomllib.loads(text)
        reply, shape = NoticeKind(result["reply"]), result.get("shape", "table")
        columns = _extend_columns(result, where)
        allowed = RECORD_FIELDS if reply is NoticeKind.RECORDS else SUBSCRIBER_FIELDS
        if unknown := sorted(columns.keys() - allowed):
            raise UsageError(
                f"{where}: no field is called {', '.join(unknown)}", hint=f"fields are {', '.join(sorted(allowed))}"
            )
        fields: dict[str, str] = {}
        for field, headings in columns.items():
            for heading in headings:
                if fields.setdefault(reduce_heading(heading), field) != field:
                    raise UsageError(
                        f"{where}: {heading!r} is a heading of both {fields[reduce_heading(heading)]} and {field}"
                    )
        return ReplyLayout(
            result["name"],
            result["title"],
            reply,
            shape,
            fields,
            tuple(frozenset(field) for field in result.get("required", ())),
            frozenset(map(reduce_heading, result.get("ignored", ()))),
            result.get("rank", 0),
            result,
            _read_kinds(result.get("kinds", {}), where),
            {
                reduce_heading(heading): frozenset(" ".join(value.lower().split()) for value in values)
                for heading, values in result.get("confirming", {}).items()
            },
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{where} is no layout of replies: {error}", hint="docs/reference/replies.md says what one has"
        ) from None


def _read_kinds(columns_by_kind: Mapping[str, Sequence[str]], where: str) -> dict[str, str]:
    """The kinds of columns that a layout says, by canonical heading. Raises UsageError."""
    known = {*load_shared_words().kinds.values(), "kea-state"}
    if unknown := sorted(columns_by_kind.keys() - known):
        raise UsageError(
            f"{where}: no kind of column is called {', '.join(unknown)}", hint=f"kinds are {', '.join(sorted(known))}"
        )
    return {reduce_heading(heading): kind for kind, headings in columns_by_kind.items() for heading in headings}
