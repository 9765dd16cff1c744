"""The faults of the world, each with its default share of sessions, which the user can change."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and its default share. `traceless`: no record shows it."""

    share: float
    description: str
    traceless: bool = False


VISITS = {
    "reassigned": Fault(0.01, "a dynamic address that another line gets within minutes", traceless=True),
    "nat": Fault(0.28, "mobile lines that share an address, and no statement of port blocks"),
    "nat-blocks": Fault(0.12, "mobile lines that share an address, each with a block of its ports"),
    "ports-reused": Fault(0.03, "mobile lines that have one port of one address at once, for different destinations"),
    "reallocated": Fault(0.01, "a port, or a block of them, that goes to another line within the session"),
    "handover": Fault(0.01, "a mobile line that gets another address, and another port, within the session"),
    "resale": Fault(0.01, "a line that is an operator's, whose own customers are behind it"),
    "home-exit": Fault(0.005, "an exit of Tor at home, whose address changes every day, or who lives there"),
    "home-exit-unlisted": Fault(0.0, "of these an exit whose address no list of that day named", traceless=True),
    "shared-wifi": Fault(0.04, "several people behind one line"),
    "vpn": Fault(0.03, "an address of a VPN, listed"),
    "tor": Fault(0.02, "an exit of Tor, listed while it is one, but for a hole in the lists"),
    "hosting": Fault(0.005, "an address of a hosting company, as its network tells"),
    "open-proxy": Fault(0.005, "an open proxy, listed"),
    "residential-proxy": Fault(0.003, "somebody else's line, rented out unseen", traceless=True),
    "crawler": Fault(0.04, "a crawler, by its agent or by its published range"),
    "monitor": Fault(0.004, "a machine that asks at regular intervals"),
    "agency": Fault(0.003, "an agency's own address, from a list that it signed"),
    "prefetch": Fault(0.01, "a browser that fetched ahead, and says so where headers are logged"),
    "pop-under": Fault(0.03, "a burst over many sites that an advertisement opened"),
    "inside-address": Fault(0.005, "an address of 100.64.0.0/10, seen by a proxy inside"),
    "statistics": Fault(0.03, "visits to a block page, whose operator promised that nobody is traced"),
    "zone-undeclared": Fault(0.01, "a log without a zone, and nobody knows on what basis one is declared"),
    "zone-wrong": Fault(0.003, "a zone that is declared with a basis, and wrong", traceless=True),
    "day-month": Fault(0.01, "dates like 03/04/2026, whose order somebody must declare"),
    "forwarded": Fault(0.02, "a server behind its own proxy; some visitors forge the header that names them"),
    "clock-offset": Fault(0.03, "a clock over an hour off, as it was measured"),
    "clock-drift": Fault(0.015, "a clock that drifts, as it was compared at two instants"),
    "log-end": Fault(0.015, "a log that writes the end of requests that last up to ten minutes, with their duration"),
    "clock-wrong": Fault(0.003, "a clock that nobody measured, off by more than is declared", traceless=True),
    "clock-backwards": Fault(0.005, "a clock that runs backwards within an exhibit"),
    "dst": Fault(0.005, "local times that came twice when summer time ended"),
    "replayed": Fault(0.01, "lines that stand twice in an exhibit"),
    "copied": Fault(0.01, "lines that stand in two exhibits"),
    "truncated": Fault(0.01, "logs that break off"),
    "poisoned": Fault(0.01, "visits that somebody wrote into a server's log"),
}
"""Shares are of sessions. Faults of one kind exclude each other (ORIGINS, LOGS)."""
REPLIES = {
    "reply-wrong-day": Fault(0.01, "an ISP that looks up the day before, or after"),
    "reply-one-digit": Fault(0.01, "an address or a port with one digit wrong, looked up or only typed so"),
    "reply-number-digit": Fault(0.003, "one digit of a subscriber's number wrong", traceless=True),
    "reply-shifted": Fault(0.005, "times shifted by an hour, 5 h 30 or 12 h"),
    "reply-day-month": Fault(0.005, "day and month swapped"),
    "reply-overlap": Fault(0.01, "a second line at the same address in the same time"),
    "reply-lost-stop": Fault(0.01, "an assignment without its end"),
    "reply-missing": Fault(0.01, "a row that is not answered"),
    "reply-none": Fault(0.01, "no records found, though there are"),
    "reply-extra": Fault(0.01, "rows that nobody asked for"),
    "reply-duplicated": Fault(0.01, "rows that stand twice"),
    "reply-reformatted": Fault(0.02, "addresses and numbers written in another way"),
    "reply-rejected": Fault(0.005, "a line whose login was rejected, or whose lease was offered and declined"),
    "reply-remark": Fault(0.005, "a line of before, and a remark that says so"),
    "reply-shared-type": Fault(0.005, "one line of many, and a type of address that says so, without ports"),
    "reply-inside": Fault(0.005, "one line of many behind the address, whose address inside the row shows"),
    "reply-without-ports": Fault(0.005, "one line of many, without ports, where ports were asked for"),
    "reply-udp": Fault(0.005, "the line that had the port of the other protocol"),
    "reply-contact": Fault(0.005, "a number where the customer is called, and none of the line"),
    "reply-reversed": Fault(0.005, "an assignment that ends before it starts"),
    "reply-echo": Fault(0.005, "the window of the question given back, with the holder of the address today"),
    "reply-wrong-line": Fault(0.003, "another line, once", traceless=True),
    "reply-same-wrong": Fault(0.002, "another line, the same one in every reply", traceless=True),
    "reply-billing-address": Fault(0.05, "a form with the address of the bill and no other"),
    "reply-partial": Fault(0.1, "a reply in two files, the second one later"),
    "reply-corrected": Fault(0.1, "a reply with wrong lines, and one that corrects it"),
    "reply-uncertified": Fault(0.1, "a reply without the ISP's certificate"),
    "reply-twelve-hours": Fault(0.02, "a clock of twelve hours without a marker"),
    "reply-one-instant": Fault(0.02, "the holders of the addresses on the day of the reply, all rows at one instant"),
    "reply-scheduled-ends": Fault(0.03, "leases that were given back early, with their planned ends"),
    "reply-milliseconds": Fault(0.02, "durations, or ends made of them, in milliseconds taken for seconds"),
    "reply-zone-column": Fault(0.03, "a zone in every row, not the same in all"),
    "reply-same-export": Fault(0.03, "rows that answered the notices before, once more"),
    "reply-recycled": Fault(0.05, "a number that was another's until a day of the world, as its form says"),
    "reply-dst": Fault(0.1, "times of a server abroad, some of which came twice when summer time ended"),
}
"""Shares are of rows of a notice, except for lines (`reply-same-wrong`, `reply-recycled`), forms
(`reply-billing-address`) and replies. A reply has no fault that its layout cannot have, or that nobody could see in
so few rows.

Traceless means for one reply: two that name two lines contradict each other, unless both have the same error.
"""
TOLD_APART = ("home-exit-unlisted",)
"""Faults without a share of their own: a part of another one, of which no record tells."""
FAULTS = VISITS | REPLIES
"""In the order of the help."""

ROUNDING = 1e-6

ORIGINS = (
    "reassigned nat nat-blocks ports-reused reallocated handover resale home-exit shared-wifi vpn tor hosting"
    " open-proxy residential-proxy crawler monitor agency prefetch pop-under inside-address"
).split()
"""Faults of a visit's origin: a session has at most one; other sessions come from a line of their own."""

LOGS = (
    "statistics zone-undeclared zone-wrong day-month forwarded clock-offset clock-drift log-end clock-wrong"
    " clock-backwards dst replayed copied truncated poisoned"
).split()
"""Faults of a visit's log: a session has at most one, besides one of its origin."""


ROWS = (
    "reply-wrong-day reply-one-digit reply-number-digit reply-shifted reply-day-month reply-overlap reply-lost-stop"
    " reply-missing reply-none reply-extra reply-duplicated reply-reformatted reply-wrong-line reply-rejected"
    " reply-remark reply-shared-type reply-inside reply-without-ports reply-udp reply-contact reply-reversed reply-echo"
).split()
"""Faults of a row of a reply: a row has at most one."""

FILES = (
    "reply-partial reply-corrected reply-uncertified reply-twelve-hours reply-one-instant reply-scheduled-ends"
    " reply-milliseconds reply-zone-column reply-same-export"
).split()
"""Faults of a whole reply: a reply has at most one, besides those of its rows."""

ALONE = ("reply-same-wrong", "reply-billing-address", "reply-dst", "reply-recycled")
"""Faults of replies that exclude none."""


def choose_shares(others: dict[str, float]) -> dict[str, float]:
    """Return the share of every fault, with the requested ones; the default shares shrink to fit.

    Raises UsageError for impossible shares.
    """
    for name, share in others.items():
        if name not in FAULTS or name in TOLD_APART:
            raise UsageError(f"there is no fault {name}", hint=f"one of {', '.join(FAULTS)}")
        if not 0 <= share <= 1:
            raise UsageError(f"the share of {name} is {share}", hint="a share lies between 0 and 1")
    kinds = {"origin": ORIGINS, "log": LOGS, "row of a reply": ROWS, "reply": FILES} | {name: [name] for name in ALONE}
    return {
        name: share
        for kind, names in kinds.items()
        for name, share in _compute_shares_of_kind(kind, names, others).items()
    }


def _compute_shares_of_kind(kind: str, names: list[str], others: dict[str, float]) -> dict[str, float]:
    """The shares of one kind, which together are 1 at the most."""
    asked = sum(others.get(name, 0.0) for name in names)
    if asked > 1 + ROUNDING:
        raise UsageError(
            f"the shares of {kind} that were asked for sum up to {asked:g}",
            hint=f"there is one of these at the most: {', '.join(names)}",
        )
    usual = sum(FAULTS[name].share for name in names if name not in others)
    factor = min(1.0, (1 - min(asked, 1)) / usual) if usual else 1.0
    return {name: others[name] if name in others else FAULTS[name].share * factor for name in names}
