"""Read which part of a network a file is of from its name: `nat_BNG1.csv`, `access-south.csv`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_TECHNICAL = frozenset(
    """
    nat cgn cgnat lsn pba log logs syslog translation translations access radius aaa dhcp dhcpd ipdr cdr lease leases
    session sessions public private inside outside internal external subscriber subscribers user users customer
    customers pppoe ppp detail details accounting acct report reports export exported data reply response step part file
    files sheet list table of and the for from to by on in output result results extract dump conn connections
    connection block blocks port ports ip ips address addresses record records query rows mapping mappings all final
    first second one two server history notice annexure enclosure new old copy raw csv txt xlsx tsv v
    mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec january february march april june july
    august september october november december am pm ist utc
    """.split()
)
"""Words of a name that say nothing of a place."""
_WORD = re.compile(r"[^\W\d_]+[0-9]*|[0-9]+")
_NUMBERED = re.compile(r"([^\W\d_]{2,})0*([0-9]{1,3})")


def read_place(name: str) -> frozenset[str]:
    """Return the words of a file's name that may name a part of a network, in lowercase: `bng1`, `south`."""
    stem = PurePosixPath(name.replace("\\", "/")).stem.lower()
    result = set()
    for word in _WORD.findall(stem):
        letters = word.rstrip("0123456789")
        if len(letters) > 1 and letters not in _TECHNICAL:
            numbered = _NUMBERED.fullmatch(word)
            result.add(f"{numbered[1]}{numbered[2]}" if numbered else word)
    return frozenset(result)


def are_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two places differ: other words in each, or one word with another number in each."""
    words, others = ({part for part in place if not part[-1].isdigit()} for place in (one, other))
    if words and others and not words & others:
        return True
    numbered, numbered_too = (
        {match[1]: match[2] for part in place if (match := _NUMBERED.fullmatch(part))} for place in (one, other)
    )
    return any(numbered[stem] != numbered_too[stem] for stem in numbered.keys() & numbered_too.keys())
