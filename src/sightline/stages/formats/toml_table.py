"""Read typed values from a TOML table. Every error names the file, the key and the allowed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from sightline.errors import UsageError

MAX_CHARACTERS = 800
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class TomlTable:
    """One table of a format file, and its place (`combined.toml`, its field for times)."""

    file: str
    at: str
    values: Mapping[str, object]

    def fail(self, key: str, what: str) -> NoReturn:
        """Raise UsageError: FILE: KEY: what."""
        place = ".".join(part for part in (self.at, key) if part)
        what = what if len(what) <= MAX_CHARACTERS else what[:MAX_CHARACTERS] + " ..."
        raise UsageError(
            f"{self.file}: {place}: {what}", hint="docs/how-to/add_a_format.md tells what each key may hold"
        )

    def check_keys(self, allowed: Iterable[str]) -> None:
        """Refuse a key that is not in `allowed`."""
        known = sorted(allowed)
        for key in self.values:
            if key not in known:
                self.fail(key, f"no such key here{suggest_word(key, known)}; allowed: {', '.join(known)}")

    def get_text(self, key: str, default: str | None = None) -> str:
        """Return the text at `key`, or the default if it is missing and there is one."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.fail(key, "a text is needed" if value is None else f"must be a text, is {_name_kind(value)}")
        return value

    def get_optional_text(self, key: str) -> str | None:
        """Return the text at `key`, or None."""
        return self.get_text(key) if key in self.values else None

    def get_choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Return the text at `key`, which must be in `allowed`."""
        value, known = self.get_text(key, default), list(allowed)
        if value not in known:
            self.fail(key, f"{value!r} is not allowed{suggest_word(value, known)}; allowed: {', '.join(known)}")
        return value

    def get_flag(self, key: str) -> bool:
        """Return the boolean at `key`, or False if it is missing."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, f"must be true or false, is {_name_kind(value)}")
        return value

    def get_texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the list of texts at `key`. A single text becomes a list of one."""
        value = self.values.get(key, default)
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            self.fail(key, f"must be a text or a list of texts, is {_name_kind(value)}")
        return tuple(str(item) for item in value)

    def get_mapping(self, key: str) -> dict[str, str]:
        """Return the table of texts at `key`, or an empty one."""
        value = self.values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.fail(key, f"must be a table of texts, is {_name_kind(value)}")
        return {str(name): str(item) for name, item in value.items()}

    def get_table(self, key: str) -> TomlTable:
        """Return the table at `key`, or an empty one."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, f"must be a table, is {_name_kind(value)}")
        return self.place_below(key, value)

    def get_tables(self, key: str) -> tuple[TomlTable, ...]:
        """Return the tables of the array at `key`, in order."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fail(key, f"must be an array of tables ([[{key}]]), is {_name_kind(value)}")
        return tuple(self.place_below(f"{key}[{number}]", item) for number, item in enumerate(value, 1))

    def place_below(self, key: str, values: Mapping[str, object]) -> TomlTable:
        """Return a table below this one."""
        return TomlTable(self.file, ".".join(part for part in (self.at, key) if part), values)


def suggest_word(text: str, known: Iterable[str]) -> str:
    """Return `; is it "pattern"?` if a known word is similar, else an empty text."""
    import difflib  # noqa: PLC0415

    near = difflib.get_close_matches(text[:MAX_NAME], [*known], 1, 0.7)
    return f'; is it "{near[0]}"?' if near else ""


def _name_kind(value: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)
