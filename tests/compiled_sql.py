"""SQL that is compiled once in a process: each of the many workspaces of the tests would
compile the same statements.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache


class _Statements(LRUCache[Any, Any]):
    """Compiled SQL of all databases of SQLite. The first of a key is the database's dialect, and all have the same."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_STATEMENTS: Any = _Statements(4000)


def create_engine(*arguments: Any, **options: Any) -> Engine:
    """As SQLAlchemy's, with the statements that other databases compiled."""
    engine = sqlalchemy.create_engine(*arguments, **options)
    if engine.dialect.name == "sqlite":
        engine._compiled_cache = _STATEMENTS
    return engine
