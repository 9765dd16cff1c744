"""What an answer says under a heading that asks: whether a row is good, is endangered, or where it is from.

`No` under `Verified` denies a row, and `No` under `Roaming` confirms it: the heading says of which fact it is.
"""

from __future__ import annotations

import re

import polars as pl

from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.value_words import normalise_words

_GOOD = frozenset(
    "verified verification match matched found record records is active valid validity confirmed approved".split()
)
_WHOLE_GOOD = frozenset(
    {
        *("record found", "records found", "is active", "match found", "kyc verified", "caf available"),
        *("active y n", "is active y n", "match y n", "verified y n", "record found y n", "approved y n"),
    }
)
_DANGERS = frozenset(
    """
    roaming roamer vpn proxy tor relay hosting enterprise corporate reseller resold resale hotspot tethering shared
    duplicate duplicated blacklisted blocked barred suspended disconnected deactivated surrendered spoofed fraud
    ported stolen lost cloned swapped transferred disputed churned natted cgnat overlap overlapping conflict guest m2m
    error errors err failure failures
    """.split()
)
"""What a heading asks for that would take the row from its line."""
_BESIDE_DANGERS = frozenset(
    """
    is was if any whether flag status indicator user customer subscriber connection line number sim session service ip
    address account out y n yes no at time of in use used through via exit node lan wifi data detected code count
    """.split()
)
"""Further words of such a heading. None of them turns the question round, as `not` and `non` do."""
_SURE = frozenset({"confidence", "certainty", "reliability"})
_BESIDE_SURE = frozenset({"level", "score", "match", "of", "percent", "in", "record", "result", "data", "row"})
_OF_MATCHES = frozenset(
    {"match", "matches", "matched", "hit", "hits", "result", "results", "records", "record", "found"}
)
_NOT_ENDANGERED = frozenset({"no", "n", "false", "0", "home", "home network", "in home network", "none", "nil", "na"})
_NEGATIONS = frozenset({"no", "not", "non", "never"})
_OF_NEGATIONS = _DANGERS | {"detected", "found", "applicable", "used", "in", "use", "user", "customer"}
_ONLY = re.compile(r"1 ?(?:/|of|out of) ?1")
SYSTEMS = frozenset(
    """
    nat nat44 nat64 cgnat cgn lsn ipdr aaa radius freeradius dhcp dhcpd kea bng bras ggsn pgw sgw upf smf syslog netflow
    ipfix accounting acct gtp pcrf pcef
    """.split()
)
_MACHINE = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*[-_.]?[0-9]{1,4}")
BESIDE_SYSTEMS = frozenset(
    """
    log logs record records server servers system systems database db session sessions lease leases detail details
    file files collector archive probe platform data translation and the of from node cluster
    """.split()
)


def asks_for_result(mark: SideColumn) -> bool:
    """Return whether `None` in a column means that nothing was found."""
    return asks_whether_good(mark.heading) or (
        mark.kind == "status" and reduce_heading(mark.heading) in {"result", "results"}
    )


def asks_whether_good(heading: str) -> bool:
    """Return whether `yes` under a heading says that the row is good."""
    asked_words = normalise_words(heading.lower())
    return asked_words is not None and (asked_words in _GOOD or asked_words in _WHOLE_GOOD)


def asks_for_danger(heading: str) -> bool:
    """Return whether `no` under a heading says that nothing takes the row from its line."""
    asked = {*split_words(heading)}
    return bool(asked & _DANGERS) and asked <= _DANGERS | _BESIDE_DANGERS and ("no" not in asked or "yes" in asked)


def asks_for_safety(heading: str) -> bool:
    """Return whether `yes` under a heading says that nothing takes the row from its line: `Non VPN`."""
    asked = split_words(heading)
    asked = asked[1:] if asked[:1] in (["is"], ["was"]) else asked
    behind = {*asked[1:]}
    is_turned = asked[:1] in (["non"], ["not"])
    return is_turned and bool(behind & _DANGERS) and behind <= _DANGERS | _BESIDE_DANGERS - {"no"}


def is_danger_denied(text: str) -> bool:
    """Return whether a value under such a heading says that there is none: `no`, `not roaming`, `no VPN detected`."""
    words = text.split()
    is_denied = len(words) > 1 and words[0] in _NEGATIONS and _OF_NEGATIONS.issuperset(words[1:])
    return text in _NOT_ENDANGERED or is_denied


def asks_how_sure(heading: str) -> bool:
    """Return whether a heading asks how sure the row is."""
    asked = {*split_words(heading)}
    return bool(asked & _SURE) and asked <= _SURE | _BESIDE_SURE


def is_only_match(text: str, mark: SideColumn) -> bool:
    """Return whether a value says that the row is the only one that was found: `1 of 1`."""
    return _ONLY.fullmatch(text) is not None and bool(_OF_MATCHES & {*split_words(mark.heading)})


def names_record_system(bare: str) -> bool:
    """Return whether a source of a row is a system that keeps records of assignments, and nothing else.

    A spreadsheet, a person or a table of today's customers is none. `cgn-koc-02` is a machine of such a system.
    """
    known = load_shared_words()
    words = (normalise_words(bare) or "").split()
    if (
        not SYSTEMS.intersection(words)
        or known.match_denied(pl.Series([bare])).item()
        or known.failing.intersection(words)
    ):
        return False
    rest = [word for word in words if word not in SYSTEMS | BESIDE_SYSTEMS and not word.isdigit()]
    return not rest or _MACHINE.fullmatch(bare) is not None
