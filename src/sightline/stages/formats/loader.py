"""Load formats by name, from the TOML files beside this module or from the user's file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path

from sightline.errors import UsageError
from sightline.model import FLAGGABLE, NO_VISIT, IndicatorKind, RecordKind
from sightline.model.times import UNKNOWN, Times
from sightline.stages.formats.compiler import Fragments, compile_format, read_paths
from sightline.stages.formats.decision import FormatDecision, read_decision
from sightline.stages.formats.program import Delimited, Dissect, Program
from sightline.stages.formats.time_declarations import read_times
from sightline.stages.formats.time_layout import UNSAID
from sightline.stages.formats.toml_table import TomlTable
from sightline.stages.formats.unread_hosts import Keys, find_host_keys

HERE = Path(__file__).parent
MAX_BYTES = 256 * 1024
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Origin(StrEnum):
    """The basis of a format's samples: a real server wrote them, or its published specification describes them.

    A draft has no basis yet: `formats test` reads with it, `match` does not.
    """

    REAL_SERVER = "real-server"
    SPECIFICATION = "specification"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Format:
    """A log format: its description, its program, and what its records can show.

    `narrows` names the formats that read its logs too and extract less: detection prefers this one to them. `times`:
    how exact its times are, and whether they are the start or the end of a request. `decision`: what most lines must be
    like before detection takes a log for this format. `keys`: of a JSON format that reads hosts.
    """

    name: str
    title: str
    specification: str
    origin: Origin
    notes: str
    program: Program
    provides: frozenset[str]
    narrows: tuple[str, ...] = ()
    times: Times = UNKNOWN
    decision: FormatDecision | None = None
    keys: Keys | None = None

    @property
    def untestable(self) -> tuple[IndicatorKind, ...]:
        """Return the kinds of indicators that records match only if the request itself names a host, in enum order."""
        named = bool(self.provides & {"host", "names"})
        meets = {
            IndicatorKind.URL: {"host", "url"} <= self.provides,
            IndicatorKind.URL_PREFIX: {"host", "url"} <= self.provides,
            IndicatorKind.IP: named or "destination_ip" in self.provides,
            IndicatorKind.CIDR: named or "destination_ip" in self.provides,
            IndicatorKind.FILE_DIGEST: "digests" in self.provides,
        }
        return tuple(kind for kind in FLAGGABLE if not meets.get(kind, named))

    @property
    def no_visits(self) -> frozenset[RecordKind]:
        """Return the kinds of records in this format that describe no visit."""
        return NO_VISIT & _list_kinds(self.program)

    @property
    def by_request(self) -> tuple[IndicatorKind, ...]:
        """Return the untestable kinds that a record can still match if its request itself names a host."""
        if "url" not in self.provides:
            return ()
        return tuple(kind for kind in self.untestable if kind is not IndicatorKind.FILE_DIGEST)


def read_format(source: Path | str) -> Format:
    """Load the format in a file (a Path) or in a text.

    Raises UsageError that names the file, the key and the allowed values.
    """
    if isinstance(source, str):
        return _build_format("the text", source)
    return _build_format(source.name, _read_text(source))


def _read_text(path: Path) -> str:
    """The text of a format's file; a BOM, which some editors write, is no part of it."""
    hint = "give the path of a format's TOML file"
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no regular file", hint=hint)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_BYTES >> 10} KiB, so it is no format's file", hint=hint)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{path}: is no UTF-8 text (line {line})", hint="save it again with the encoding UTF-8"
        ) from error


@cache
def load_builtin_formats() -> dict[str, Format]:
    """Return the built-in formats by name, in order of name."""
    return {
        name: _load_shipped_format(name) for name in sorted(path.stem for path in (HERE / "builtin").glob("*.toml"))
    }


def find_builtin_format(name: str) -> Format | None:
    """Return the built-in format of that name, if there is one: loading all of them takes a third of a second."""
    is_shipped = NAME.fullmatch(name) is not None and _get_shipped_path(name).exists()
    return _load_shipped_format(name) if is_shipped else None


def load_format(name: str) -> Format:
    """Return the built-in format of that name, or the one in that TOML file. Raises UsageError for neither."""
    if (log_format := find_builtin_format(name)) is not None:
        return log_format
    if name.endswith(".toml") or "/" in name:
        return _load_own_format(Path(name))
    formats = load_builtin_formats()
    like = [
        item.name for item in formats.values() if _simplify_text(name) in _simplify_text(f"{item.name} {item.title}")
    ] or get_close_matches(name, formats)
    meant = f"one of these: {', '.join(like)}; " if name and like else ""
    raise UsageError(
        f"{name}: no such format", hint=f"{meant}sightline formats list names them; a TOML file's path works too"
    )


def _load_own_format(path: Path) -> Format:
    """Load a user's own format. It needs a name of its own, so that the record of a scan names the right format."""
    log_format = read_format(path)
    if _get_shipped_path(log_format.name).exists() and path.resolve() != _get_shipped_path(log_format.name):
        hint = f'write another name, such as name = "own-{log_format.name}"'
        raise UsageError(f"{path.name}: name: {log_format.name} is a format of Sightline's own", hint=hint)
    return log_format


def _get_shipped_path(name: str) -> Path:
    return HERE / "builtin" / f"{name}.toml"


@cache
def _load_shipped_format(name: str) -> Format:
    return read_format(_get_shipped_path(name))


def _simplify_text(text: str) -> str:
    """A text by its letters and digits alone: Pi-hole as pihole."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


@cache
def load_fragments() -> Fragments:
    """Return the named prefixes of prefixes.toml, each with its patterns."""
    text = (HERE / "prefixes.toml").read_text(encoding="utf-8")
    return {name: tuple(fragment["patterns"]) for name, fragment in tomllib.loads(text).items()}


def _build_format(file: str, text: str) -> Format:
    try:
        table = _extend_table(TomlTable(file, "", tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: is not TOML: {error}", hint=_choose_toml_hint(str(error))) from error
    except RecursionError:
        raise UsageError(f"{file}: is nested too deep", hint="docs/how-to/add_a_format.md shows a whole file") from None
    name = table.get_text("name")
    if not NAME.fullmatch(name):
        table.fail("name", f"{name!r} is not allowed; allowed: lower-case letters, digits and hyphens, at most 40")
    program = compile_format(table, load_fragments())
    origin = Origin(table.get_choice("origin", tuple(Origin)))
    for key in ("title", "specification"):
        if origin is not Origin.DRAFT and table.get_text(key).startswith(UNSAID):
            table.fail(key, f'still asks; answer it, or write origin = "{Origin.DRAFT}"')
    return Format(
        name=name,
        title=table.get_text("title"),
        specification=table.get_text("specification"),
        origin=origin,
        notes=table.get_text("notes", ""),
        program=program,
        provides=_list_provided(program),
        narrows=table.get_texts("narrows"),
        times=read_times(table, program),
        decision=read_decision(table, program),
        keys=find_host_keys(program, frozenset(read_paths(table))),
    )


def _extend_table(table: TomlTable) -> TomlTable:
    """A file with `extends` has every key of that built-in format, less what says how it is detected, and its own.

    Its `paths` and `fields` replace those of the same name.
    """
    name = table.get_optional_text("extends")
    if name is None:
        return table
    if not (NAME.fullmatch(name) and _get_shipped_path(name).exists()):
        table.fail("extends", f"{name!r} is no built-in format; sightline formats list names them")
    base = tomllib.loads(_get_shipped_path(name).read_text(encoding="utf-8"))
    own = {key: value for key, value in table.values.items() if key != "extends"}
    inherited = {key: value for key, value in base.items() if key not in ("notes", "narrows", "decided_by")}
    merged: dict[str, object] = {
        key: {**inherited.get(key, {}), **table.get_table(key).values} for key in ("paths", "fields") if key in own
    }
    return TomlTable(table.file, table.at, inherited | own | merged)


def _choose_toml_hint(why: str) -> str:
    if "overwrite" in why or "twice" in why:
        return "a key is there for the second time; a field of several pieces is one list: [{ from = ... }, ...]"
    return "look at that line: texts are in quotes, patterns in single ones; see docs/how-to/add_a_format.md"


def _list_provided(program: Program) -> frozenset[str]:
    """What records of the program can hold that an indicator can meet: host, url, destination_ip, names, digests."""
    fields = {rule.field for rule in program.fields}
    kinds = _list_kinds(program)
    provided = set()
    if fields & {"url", "request"}:
        provided.add("url")
    if "host" in fields or ("url" in provided and RecordKind.PROXY_REQUEST in kinds):
        provided.add("host")
    if fields & {"destination", "destination_ip"}:
        provided.add("destination_ip")
    provided |= fields & {"names", "digests"}
    return frozenset(provided)


def _list_kinds(program: Program) -> frozenset[RecordKind]:
    return frozenset(RecordKind(word) for key, word in _list_constants(program) if key == "record_kind")


def _list_constants(program: Program) -> list[tuple[str, str]]:
    split = program.split
    if isinstance(split, Dissect):
        return [item for line in split.lines for item in line.set.items()]
    cases = () if isinstance(split, Delimited) else split.cases
    return [item for branch in (*cases, split) for item in branch.set.items()]
