"""Compare two lists: indicators added, removed, or with other statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sightline.stages.lists.model import Indicator, Statement


class ChangeKind(StrEnum):
    """The change of an indicator."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


class Aspect(StrEnum):
    """The parts of a statement that can differ."""

    OPINION = "opinion"
    WINDOW = "window"
    CATEGORY = "category"
    LISTED_ON = "listed_on"
    REFERENCE = "reference"

    def take_from(self, statement: Statement) -> object:
        """Return this part of the statement."""
        if self is Aspect.WINDOW:
            return statement.valid_from_us, statement.valid_until_us
        field = {Aspect.LISTED_ON: "listed_on_us", Aspect.REFERENCE: "has_reference"}.get(self, self.value)
        result: object = getattr(statement, field)
        return result


@dataclass(frozen=True, slots=True)
class StatementChange:
    """One indicator of either list. `old` or `new` is None if that list lacks it."""

    kind: ChangeKind
    old: Indicator | None
    new: Indicator | None

    @property
    def indicator(self) -> Indicator:
        """Return the indicator as in the newer list, else the older."""
        indicator = self.new or self.old
        assert indicator is not None
        return indicator

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """Return the parts in which its statements differ, all of one list together; none unless it changed.

        A different order of statements only changes the precedence of equals, and counts as a change of every part.
        """
        if self.kind is not ChangeKind.CHANGED or self.old is None or self.new is None:
            return ()
        was, is_now = self.old.statements, self.new.statements
        aspects = tuple(
            aspect
            for aspect in Aspect
            if {aspect.take_from(statement) for statement in was}
            != {aspect.take_from(statement) for statement in is_now}
        )
        return aspects or tuple(Aspect)


def compare_lists(old: Iterable[Indicator], new: Iterable[Indicator]) -> Iterator[StatementChange]:
    """Yield every indicator of both lists, which are sorted by kind and value, in that order."""
    olds, news = iter(old), iter(new)
    was, is_now = next(olds, None), next(news, None)
    while was is not None or is_now is not None:
        if is_now is None or (was is not None and _build_key(was) < _build_key(is_now)):
            yield StatementChange(ChangeKind.REMOVED, was, None)
            was = next(olds, None)
        elif was is None or _build_key(is_now) < _build_key(was):
            yield StatementChange(ChangeKind.ADDED, None, is_now)
            is_now = next(news, None)
        else:
            kind = ChangeKind.SAME if was.statements == is_now.statements else ChangeKind.CHANGED
            yield StatementChange(kind, was, is_now)
            was, is_now = next(olds, None), next(news, None)


def _build_key(indicator: Indicator) -> tuple[str, str]:
    return indicator.kind, indicator.value
