"""Read and write the rows of a table as dataclasses. `Tables` has one `Table` for each table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, insert, select, update

from sightline.errors import DamagedInput
from sightline.storage import generation_inputs
from sightline.storage.rows import HASHED, UNSEALED, Generation
from sightline.storage.schema import TABLES, list_key_columns, read_column_marks, read_plain_types, schema_tables

R = TypeVar("R")
MANY = 500
STREAMED = 1000
NAMES = {row: name for name, row in TABLES.items()}


@cache
def _list_members(row: type) -> list[tuple[int, Mapping[str, StrEnum]]]:
    """Return the positions of columns whose texts are members of an enum, and the members by their texts."""
    kinds = enumerate(kind for kind, _ in read_plain_types(row).values())
    return [(at, {str_enum.value: str_enum for str_enum in kind}) for at, kind in kinds if issubclass(kind, StrEnum)]


@cache
def _list_sealed(row: type) -> list[str]:
    """Return the columns that a commitment covers."""
    return [name for name, marks in read_column_marks(row).items() if UNSEALED not in marks and HASHED not in marks]


@cache
def _list_hashed(row: type) -> list[str]:
    """Return the columns of whose values a commitment covers the SHA-256."""
    return [name for name, marks in read_column_marks(row).items() if HASHED in marks]


def format_row_key(row: Any) -> str:  # noqa: ANN401  - any dataclass of `rows`
    """Return the row's primary key as a text. `/` joins the parts of a compound key."""
    return "/".join(str(getattr(row, name)) for name in list_key_columns(row.__class__))


def read_committed_columns(row: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the columns that a commitment covers, for `verify` to compare: bytes as hex, secrets as their SHA-256."""
    secrets = ((name, getattr(row, name)) for name in _list_hashed(row.__class__))
    digests = {
        f"{name}_sha256": None if value is None else hashlib.sha256(value).hexdigest() for name, value in secrets
    }
    return read_legacy_committed_columns(row) | digests


def read_legacy_committed_columns(row: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the columns that commitments before schema 0011 cover. They cover nothing of secrets."""
    values = ((name, getattr(row, name)) for name in _list_sealed(row.__class__))
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values}


class Table(Generic[R]):
    """The rows of one table, within a transaction."""

    def __init__(self, connection: Connection, row: type[R], read_rows: dict[Hashable, list[R]] | None = None) -> None:
        """Read and write by a connection. `read_rows`: the rows of earlier reads, if they cannot change meanwhile."""
        self._connection, self._read_rows = connection, read_rows
        self._row: Callable[..., R] = row
        self._type: type = row
        self._table = schema_tables[NAMES[row]]

    def get(self, *key: str | int) -> R | None:
        """Return the row of a key, or None."""
        return next(iter(self.select(**dict(zip(list_key_columns(self._type), key, strict=True)))), None)

    def select(self, **equal: object) -> list[R]:
        """Return the rows whose columns equal these values, in the order of their keys."""
        return self._read(_select_equal(self._table.name, *_split_conditions(equal)), equal)

    def read_each(
        self, *conditions: ColumnElement[bool], damaged: Callable[[str, str], None] | None = None
    ) -> Iterator[R]:
        """Yield the rows that meet conditions, in the order of their keys, one at a time in memory.

        An invalid row is reported to `damaged` with its key and the error; without `damaged` it raises DamagedInput.
        """
        query = select(self._table).where(*conditions).order_by(*self._table.primary_key)
        options = {"yield_per": STREAMED}
        for row in self._connection.execute(query, execution_options=options):
            try:
                yield self._make_row(row)
            except DamagedInput as why:
                if damaged is None:
                    raise
                damaged(self._format_key(row), str(why))

    def list_newest(self, limit: int, *conditions: ColumnElement[bool], by: Sequence[str] = ()) -> list[R]:
        """Return the last rows that meet conditions, ordered by these columns or by key, the last first."""
        order = [self._table.c[name] for name in by] or list(self._table.primary_key)
        query = select(self._table).where(*conditions).order_by(*(column.desc() for column in order)).limit(limit)
        return list(map(self._make_row, self._connection.execute(query)))

    def list_oldest(self, limit: int, *conditions: ColumnElement[bool]) -> list[R]:
        """Return the first rows that meet conditions, in the order of their keys."""
        query = select(self._table).where(*conditions).order_by(*self._table.primary_key).limit(limit)
        return list(map(self._make_row, self._connection.execute(query)))

    def list_values(self, column: str, *conditions: ColumnElement[bool]) -> list[Any]:
        """Return one column of the rows that meet conditions, in the order of their keys."""
        query = select(self._table.c[column]).where(*conditions).order_by(*self._table.primary_key)
        return list(self._connection.execute(query).scalars())

    def select_within(self, column: str, values: Sequence[str | int]) -> list[R]:
        """Return the rows whose column has one of these values, in the order of their keys."""
        parts = [_fill_up(values[at : at + MANY]) for at in range(0, len(values), MANY)]
        return [row for part in parts for row in self._read(_select_within(self._table.name, column), {column: part})]

    def count(self, *conditions: ColumnElement[bool]) -> int:
        """Return how many rows meet conditions."""
        return self._connection.execute(select(func.count()).select_from(self._table).where(*conditions)).scalar_one()

    def find_last(self, column: str, **equal: object) -> R | None:
        """Return the row with the highest value in a column, among those whose other columns equal these values."""
        return next(iter(self._read(_select_last(self._table.name, column, *_split_conditions(equal)), equal)), None)

    def add(self, *rows: R) -> None:
        """Insert new rows."""
        if rows:
            self._connection.execute(
                insert(self._table), [_get_values(self._convert(row, generation_inputs.shorten)) for row in rows]
            )

    def put(self, row: R) -> None:
        """Update an existing row."""
        values = _get_values(row)
        key = [values[name] for name in list_key_columns(self._type)]
        done = self._connection.execute(update(self._table).where(*self._is(key)).values(**values))
        assert done.rowcount == 1, f"{self._table.name} has no row {key}"

    def change(self, key: Sequence[str | int], expecting: Mapping[str, object], **to: object) -> bool:
        """Change columns of a row if others have the expected values. Return False if not."""
        conditions = [*self._is(key), *(self._table.c[name] == value for name, value in expecting.items())]
        return self._connection.execute(update(self._table).where(*conditions).values(**to)).rowcount == 1

    def get_column(self, name: str) -> ColumnElement[Any]:
        """Return a column, to build conditions with."""
        return self._table.c[name]

    def _is(self, key: Sequence[str | int]) -> list[ColumnElement[bool]]:
        return [self._table.c[name] == value for name, value in zip(list_key_columns(self._type), key, strict=True)]

    def _read(self, query: Select[Any], given: Mapping[str, object]) -> list[R]:
        if self._read_rows is None:
            return list(map(self._make_row, self._connection.execute(query, given)))
        # Queries are cached, so the same one is the same object.
        key = (id(query), *((name, tuple(one) if isinstance(one, list) else one) for name, one in given.items()))
        if key not in self._read_rows:
            self._read_rows[key] = list(map(self._make_row, self._connection.execute(query, given)))
        return list(self._read_rows[key])

    def _make_row(self, row: Row[Any]) -> R:
        values: list[Any] = list(row)
        for at, members in _list_members(self._type):
            try:
                values[at] = members[values[at]]
            except KeyError:
                column = list(self._table.columns)[at].name
                raise DamagedInput(
                    f"{self._table.name} {self._format_key(row)}: {column} is {values[at]!r}",
                    hint="sightline verify names all that is wrong",
                ) from None
        return self._convert(self._row(*values), generation_inputs.restore)

    def _convert(self, row: R, convert: Callable[[Generation, generation_inputs.Find], Generation]) -> R:
        """Return a row as it is read or stored: only generations differ."""
        other: Any = row
        return convert(other, self.get) if isinstance(other, Generation) else row  # type: ignore[arg-type,return-value]

    def _format_key(self, row: Row[Any]) -> str:
        return "/".join(str(row._mapping[key]) for key in list_key_columns(self._type))


def _get_values(row: Any) -> dict[str, Any]:  # noqa: ANN401  - any dataclass of `rows`
    """The columns of a row, without copies: a row never changes."""
    return {name: getattr(row, name) for name in _list_columns(row.__class__)}


@cache
def _list_columns(row: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(row))


def _fill_up(values: Sequence[str | int]) -> list[str | int]:
    """Return values with the last one repeated until their number is a power of two.

    A connection keeps its last 128 statements prepared, and one with 500 parameters takes 100 kB. So there are few.
    """
    return [*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values))]


def _split_conditions(equal: Mapping[str, object]) -> tuple[frozenset[str], frozenset[str]]:
    """The columns that shall have a value, and those that shall have none."""
    empty = frozenset(name for name, value in equal.items() if value is None)
    return frozenset(equal) - empty, empty


# Queries are cached: building one takes longer than running it.
@cache
def _select_equal(name: str, filled: frozenset[str], empty: frozenset[str]) -> Select[Any]:
    table = schema_tables[name]
    is_filled = (table.c[column] == bindparam(column, type_=table.c[column].type) for column in sorted(filled))
    is_empty = (table.c[column].is_(None) for column in sorted(empty))
    return select(table).where(*is_filled, *is_empty).order_by(*table.primary_key)


@cache
def _select_last(name: str, column: str, filled: frozenset[str], empty: frozenset[str]) -> Select[Any]:
    descending = schema_tables[name].c[column].desc()
    return _select_equal(name, filled, empty).order_by(None).order_by(descending).limit(1)


@cache
def _select_within(name: str, column: str) -> Select[Any]:
    table = schema_tables[name]
    values = bindparam(column, expanding=True, type_=table.c[column].type)
    return select(table).where(table.c[column].in_(values)).order_by(*table.primary_key)


class Tables:
    """All tables within one transaction: `tables[Officer].get(officer_id)`.

    Of a snapshot, the rows of a read are kept: the same read again asks the database nothing.
    """

    def __init__(self, connection: Connection, *, is_snapshot: bool = False) -> None:
        self.connection, self.is_snapshot = connection, is_snapshot
        self.version: int | None = None
        """The version of the workspace (`workspace/cache.py`) in this snapshot, once it was read."""
        self._tables: dict[type, Table[Any]] = {}

    def __getitem__(self, row: type[R]) -> Table[R]:
        if row not in self._tables:
            self._tables[row] = Table(self.connection, row, {} if self.is_snapshot else None)
        return self._tables[row]
