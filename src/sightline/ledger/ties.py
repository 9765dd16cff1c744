"""Find officers who could be one person, as their enrolments show (the threat model explains what ties prove)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum


class Tie(IntEnum):
    """The closeness of two officers, the loosest first."""

    NONE = 0
    """Two officers who are not tied to each other enrolled one of them, somewhere between the two."""
    CLASS = 1
    """All enrollers of both, up to the first officer, are tied to each other: one person could hold all the keys."""
    ENROLLER = 2
    """One enrolled the other, together with an officer who is tied to the first."""
    ALONE = 3
    """One enrolled the other alone."""


class Ties:
    """The ties between officers. `add` takes each enrolment in order, a key restored by two officers too."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._direct: dict[frozenset[str], Tie] = {}
        self._added: list[tuple[str, frozenset[str]]] = []

    def add(self, officer: str, by: Iterable[str]) -> None:
        """Tie an officer to the enrollers, if these are one officer or tied to each other."""
        enrollers = sorted(set(by) - {officer})
        self._added.append((officer, frozenset(enrollers)))
        self._parent.setdefault(officer, officer)
        roots = {self._find_root(enroller) for enroller in enrollers}
        if len(roots) != 1:
            return
        self._parent[self._find_root(officer)] = roots.pop()
        tie = Tie.ALONE if len(enrollers) == 1 else Tie.ENROLLER
        for enroller in enrollers:
            pair = frozenset((officer, enroller))
            self._direct[pair] = max(tie, self._direct.get(pair, tie))

    def without(self, officers: Collection[str]) -> Ties:
        """Return the ties as they would be if nobody had enrolled those officers.

        An outside person vouches for them.
        """
        ties = Ties()
        for officer, by in self._added:
            ties.add(officer, () if officer in officers else by)
        return ties

    def find_tie(self, one: str, other: str) -> Tie:
        """Return how closely two officers are tied."""
        tie = self._direct.get(frozenset((one, other)))
        if tie is not None:
            return tie
        return Tie.CLASS if self._find_root(one) == self._find_root(other) else Tie.NONE

    def group_by_person(self, officers: Sequence[str]) -> list[list[str]]:
        """Return the officers in groups of which each could be one person, in the order given."""
        result: dict[str, list[str]] = {}
        for officer in officers:
            result.setdefault(self._find_root(officer), []).append(officer)
        return list(result.values())

    def select_least_tied(self, asker: str, officers: Sequence[str]) -> list[str]:
        """Return those officers who are tied least closely to the asker, and so may decide the asker's request."""
        least = min((self.find_tie(asker, officer) for officer in officers), default=Tie.NONE)
        return [officer for officer in officers if self.find_tie(asker, officer) is least]

    def _find_root(self, officer: str) -> str:
        at = self._parent.setdefault(officer, officer)
        while at != self._parent[at]:
            at = self._parent[at]
        self._parent[officer] = at
        return at
