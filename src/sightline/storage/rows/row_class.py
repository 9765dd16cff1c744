"""Frozen dataclasses whose methods are not compiled before the first row is made.

`dataclasses` compiles six methods of each class when it defines it. A command loads all tables and uses a few, and
those methods took a fifth of the processor time of its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, make_dataclass
from typing import TYPE_CHECKING, Any

__all__ = ["define_row"]

if TYPE_CHECKING:
    from dataclasses import dataclass as define_row
else:

    def define_row(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Return a decorator like `dataclass(frozen=True, slots=True)`. No other arguments are possible."""
        assert frozen and slots
        return _prepare_class


class _RowMethods:
    """The methods of a row, for any fields."""

    def __init__(self, *values: object, **named: object) -> None:
        """Compile `__init__` for the fields of the class, put it in this one's place, and call it."""
        row: Any = type(self)
        parts = [(row_field.name, row_field.type, field(default=row_field.default)) for row_field in fields(row)]
        compiled: Any = make_dataclass(row.__name__, parts, frozen=True)
        row.__init__ = compiled.__init__
        row.__init__(self, *values, **named)

    def __repr__(self) -> str:
        values = (f"{name}={value!r}" for name, value in zip(_list_names(self), _list_values(self), strict=True))
        return f"{type(self).__qualname__}({', '.join(values)})"

    def __eq__(self, other: object) -> bool:
        return _list_values(self) == _list_values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        return hash(_list_values(self))

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getstate__(self) -> tuple[object, ...]:
        return _list_values(self)

    def __setstate__(self, values: tuple[object, ...]) -> None:
        for name, value in zip(_list_names(self), values, strict=True):
            object.__setattr__(self, name, value)


def _prepare_class(plain: type) -> type:
    row: type = dataclass(init=False, repr=False, eq=False, slots=True)(plain)
    for name, method in vars(_RowMethods).items():
        if callable(method):
            setattr(row, name, method)
    return row


def _list_names(row: object) -> tuple[str, ...]:
    return row.__match_args__  # type: ignore[attr-defined,no-any-return]


def _list_values(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _list_names(row))
