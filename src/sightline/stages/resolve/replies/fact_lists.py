"""Turn a reply that is no table of cells into one: JSON records, facts one a line, columns at fixed places."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence

from sightline.stages.resolve.replies import list_names, ruled_columns, surrounding_lines

MOST_LETTERS = 8 << 20
"""The maximum length of such a reply, in characters."""
MOST_FIELDS = 200
"""The maximum number of different facts: the columns of the table."""
LEAST_FACTS = 4
"""The minimum number of facts in a record that stand one a line. Fewer are lines of a letter."""
MOST_LETTERS_OF_A_NAME, MOST_LETTERS_OF_A_VALUE = 60, 300
_BULLET = re.compile(r"(?:[0-9]{1,3}[.)]|[-*\u2022]) +")
_BETWEEN = re.compile(r"[:=]+|[,;\t|]")
"""What stands between a name and its value."""
_OF_TABLES = ",;\t|"
"""Two of these in a line are a row of a table, no fact."""
_NAMES_OF_COLUMNS = frozenset({"field", "parameter", "particulars", "attribute", "key", "item"})
_NAMES_OF_VALUES = frozenset({"value", "values", "details", "detail", "data"})
"""Headings above the two columns of a list of facts."""
Rows = list[list[str]]


def convert_to_table(text: str) -> tuple[Rows, str] | None:
    """Return the rows of a table with its headings, and what they were read from; None if the text is neither form.

    What stands beside the records becomes lines above or below the table, where it is checked as such lines are.
    """
    bare = text.strip("\ufeff \t\r\n")
    if len(bare) > MOST_LETTERS:
        return None
    if bare[:1] in {"{", "["}:
        result = _parse_json_records(bare)
        return None if result is None else (result, "records of JSON")
    if (ruled := ruled_columns.split_columns(text)) is not None:
        return ruled, "columns under a line of dashes"
    if turned := _turn_table(bare):
        return turned, "a table whose records are columns"
    result = _parse_fact_lines(bare)
    return None if result is None else (result, "facts that stand one a line")


def _turn_table(text: str) -> Rows | None:
    """The rows of a table that stands on its side: a name and the same number of values, two or more, in each line."""
    lines = [line for line in text.splitlines() if line.strip()]
    for separator in ",;\t|":
        try:
            cells = list(csv.reader(lines, delimiter=separator))
        except csv.Error:
            continue
        if len(cells) >= LEAST_FACTS and len(cells[0]) > 2 and {len(cell) for cell in cells} == {len(cells[0])}:
            return [list(values) for values in zip(*cells, strict=True)]
    return None


def as_csv(rows: Rows) -> str:
    """Return the rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _parse_json_records(text: str) -> Rows | None:
    """The records of one array, of the one array in an object, or of an object a line."""
    whole = _parse_json(text)
    if whole is None:
        lines = [_parse_json(line) for line in text.splitlines() if line.strip()]
        return _build_table([], lines) if all(isinstance(line, dict) and line for line in lines) else None
    whole = _open_envelope(whole)
    if isinstance(whole, dict):
        lists = [name for name, value in whole.items() if isinstance(value, list)]
        if not lists:
            return _build_table([], [whole])
        if len(lists) > 1:
            return None
        records: list[object] = whole[lists[0]]
        beside = [[name, value] for name, value in _flatten(whole) if isinstance(value, str)]
        if len(beside) != len(_flatten(whole)) - 1 or not all(
            _is_of_whole_list(name, value, len(records)) for name, value in beside
        ):
            return None
        is_unknown = list_names.has_unknown_word(surrounding_lines.list_words(lists[0]), ())
        if is_unknown or surrounding_lines.is_denying(lists[0]):
            beside.append([f"list of {lists[0]}"])
        return _build_table(beside, records)
    return _build_table([], whole) if isinstance(whole, list) else None


_MOST_ENVELOPES = 4
_INNER = frozenset({"data", "result", "results", "response", "hits", "payload", "body"})
"""Names under which programs put their records, with what is said of them beside."""


def _open_envelope(whole: object) -> object:
    """Return the object around the records, and records as Elasticsearch was given them."""
    for _ in range(_MOST_ENVELOPES):
        if not isinstance(whole, dict):
            break
        inner = [name for name, value in whole.items() if isinstance(value, dict) and name.lower() in _INNER]
        if len(inner) != 1 or any(isinstance(value, list) for value in whole.values()):
            break
        around = {name: value for name, value in whole.items() if name != inner[0]}
        if around.keys() & whole[inner[0]].keys():
            break
        whole = around | whole[inner[0]]
    if isinstance(whole, dict):
        return {name: _open_sources(value) if isinstance(value, list) else value for name, value in whole.items()}
    return whole


def _open_sources(records: list[object]) -> list[object]:
    """Return the `_source` of each record, if all have one."""
    sources = [record.get("_source") if isinstance(record, dict) else None for record in records]
    return sources if all(isinstance(source, dict) for source in sources) else records


def _flatten(whole: dict[str, object]) -> list[tuple[str, object]]:
    """Return the names and values of an object, with those of the objects in it; true and false as words."""
    result: list[tuple[str, object]] = []
    for name, value in whole.items():
        if isinstance(value, dict):
            result += [(inner, _as_word(one)) for inner, one in value.items()]
        else:
            result.append((name, _as_word(value)))
    return result


def _as_word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else value


_COUNTS = frozenset({"total", "count", "totalcount", "totalrecords", "records", "size"})
_ENDS = frozenset({"next", "nextpage", "hasmore", "partial", "error", "errors", "timedout"})
_PAGES = frozenset({"page", "pages", "totalpages", "pagecount", "pagenumber"})
_HARMLESS = frozenset(
    """
    generated generatedat generatedon createdat created timestamp date reference ref refno requestid request noticeid
    notice noticeno letterno caseno firno case version schema title name type report source system licensee isp operator
    provider serviceprovider tsp company timezone tz zone ip ipaddress publicip address port query note notes remark
    remarks description subject circle took elapsed maxscore index
    """.split()
)
"""What may stand beside a list of records; what it says is checked as a line above the table is."""
_WELL = frozenset({"", "ok", "200", "success", "successful", "true", "complete", "completed", "done", "none", "null"})


def _is_of_whole_list(name: str, value: str, count: int) -> bool:
    """Whether what stands beside a list of records does not say that it failed, or is a part."""
    bare, own = re.sub(r"[\W_]", "", name.lower()), value.strip().lower()
    if bare in _COUNTS:
        return own in {"", str(count)}
    if bare in _ENDS:
        return own in {"", "false", "none", "null"}
    if bare in _PAGES:
        return own in {"", "1", "none", "null"}
    return own in _WELL if bare in {"status", "message", "success"} else bare in _HARMLESS


def _parse_json(text: str) -> object:
    """The value of a JSON text with numbers as they are written; None if it is none, or says a name twice."""
    try:
        return json.loads(
            text, parse_int=str, parse_float=str, parse_constant=_refuse, object_pairs_hook=_without_repeats
        )
    except (ValueError, RecursionError):
        return None


def _refuse(text: str) -> str:
    raise ValueError(text)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(name)
        result[name] = "" if value is None else str(value).lower() if isinstance(value, bool) else value
    return result


def _build_table(above: Rows, records: Sequence[object]) -> Rows | None:
    """The headings and rows of flat records, below the lines beside them; None if a record has an inner one."""
    names: dict[str, None] = {}
    for record in records:
        if not isinstance(record, dict) or not all(isinstance(value, str) for value in record.values()):
            return None
        names |= dict.fromkeys(record)
    if not names or len(names) > MOST_FIELDS:
        return None
    rows = ([record.get(name, "") for name in names] for record in records)  # type: ignore[attr-defined]
    return [*above, list(names), *rows]


def _parse_fact_lines(text: str) -> Rows | None:
    """Records of facts, one a line. A blank line, or a name that stands again, begins the next record."""
    above: Rows = []
    below: Rows = []
    records: list[dict[str, str]] = []
    for facts, others in _split_blocks(text.splitlines()):
        if len(facts) >= LEAST_FACTS:
            records.append(facts)
            below += [[other] for other in others]
        elif any(name in record for record in records for name in facts):
            return None  # one fact of a record stands again: which holds?
        else:
            lines = [*([name, value] for name, value in facts.items()), *([other] for other in others)]
            (below if records else above).extend(lines)
    if not records or len({frozenset(record) for record in records}) > 1:
        return None
    result = _build_table(above, records)
    return None if result is None else [*result, *below]


def _split_blocks(lines: Sequence[str]) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The facts, and the other lines, of each block of lines."""
    facts: dict[str, str] = {}
    others: list[str] = []
    for line in [*lines, ""]:
        result = _parse_fact(line.strip())
        if (not line.strip() or (result and result[0] in facts)) and (facts or others):
            yield facts, others
            facts, others = {}, []
        if result:
            facts[result[0]] = result[1]
        elif line.strip() and not _is_head(line):
            others.append(line.strip())


def _parse_fact(line: str) -> tuple[str, str] | None:
    """The name and the value of a fact."""
    between = _BETWEEN.search(line)
    if between is None or _is_head(line):
        return None
    bullet = _BULLET.match(line)
    name = line[bullet.end() if bullet else 0 : between.start()].strip()
    value = line[between.end() :].strip()
    if not 2 <= len(name) <= MOST_LETTERS_OF_A_NAME or not 1 <= len(value) <= MOST_LETTERS_OF_A_VALUE:
        return None
    if between[0] in _OF_TABLES and any(mark in value for mark in _OF_TABLES):
        return None
    return name, value


def _is_head(line: str) -> bool:
    """Whether a line names the two columns of a list of facts, as `Field,Value` does."""
    cells = [part.strip().lower() for part in re.split(r"[:=,;\t|]", line) if part.strip()]
    return len(cells) == 2 and cells[0] in _NAMES_OF_COLUMNS and cells[1] in _NAMES_OF_VALUES
