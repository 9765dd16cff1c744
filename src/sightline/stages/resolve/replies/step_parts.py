"""Answers in two steps: which parts of a reply are NAT logs and access logs that belong together."""

from __future__ import annotations

from sightline.stages.resolve.replies import (
    names,
    rows,
    table,
)
from sightline.stages.resolve.replies.parts import (
    AccessPart,
    LogPart,
    Part,
    RequestsPart,
    StepsPart,
    TablePart,
)


def join_two_steps(parts: list[Part]) -> list[Part]:
    """The parts, with NAT logs and access logs joined where the reply has both."""
    nat = [one for one in parts if isinstance(one, TablePart | LogPart) and _is_nat(one)]
    access = [one for one in parts if isinstance(one, TablePart | LogPart | RequestsPart) and _is_access(one)]
    if not nat or not access:
        return parts
    names = ", ".join(dict.fromkeys(one.layout for one in (*access, *nat)))
    why = "; ".join(dict.fromkeys(one.why for one in (*access, *nat)))
    both = StepsPart(names, f"{why}; NAT log and access log are joined by the address inside", access, nat)
    return [both, *(one for one in parts if all(one is not other for other in (*nat, *access)))]


def as_second_step(part: Part) -> Part:
    """The part, as the second step of an answer where it is an access log, or has more addresses inside than others.

    A heading that says that its addresses are public ones is believed: one from inside is a fault there.
    """
    if not isinstance(part, TablePart | LogPart | RequestsPart) or not _is_access(part):
        return part
    if isinstance(part, TablePart | RequestsPart):
        headings = [part.headings[part.fit.places[one]] for one in table.ADDRESSES if one in part.fit.places]
        says_public = any(_PUBLIC & {*names.words(one)} for one in headings)
        is_known = isinstance(part, TablePart) and part.parameters is not None
        if not headings or says_public or is_known:
            return part
    return AccessPart(part) if part.is_mostly_inside else part


_INSIDE_FIELDS = frozenset({"inside_ip", "source_ip", "softwire"})
_PUBLIC = frozenset("public nat nated natted translated external outside global post".split())


def _is_nat(part: TablePart | LogPart) -> bool:
    """Whether a part says which inside address had a public one, and names no line."""
    if isinstance(part, LogPart):
        return part.forms is not None
    places = part.fit.places
    return "ip" in places and bool(_INSIDE_FIELDS & {*places}) and not {*rows.NUMBERS} & {*places}


def _is_access(part: TablePart | LogPart | RequestsPart) -> bool:
    """Whether a part says whose an address was: one inside may be its address."""
    if isinstance(part, LogPart):
        return part.forms is None
    places = part.fit.places
    return not _INSIDE_FIELDS & {*places} and bool({*rows.NUMBERS} & {*places})
