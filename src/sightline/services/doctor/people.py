"""Checks of officers, authorities and lists: whether two can act, and whether what is used is in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import permutations

from sightline.casework.permissions.access import POLICY, SECOND, Action
from sightline.casework.permissions.roster import list_officers_on_duty, list_ties
from sightline.casework.reference_data import list_series
from sightline.ledger.instants import to_instant
from sightline.ledger.met_keys import untie_met
from sightline.services.doctor.check import Check, report_ok, report_problem, report_warning
from sightline.storage.rows import Authority, IssuerKey, ListSignature, Officer, OfficerKey
from sightline.storage.table import Tables

TIED = (
    "by the ledger one person could hold all these keys: an auditor meets each of them, compares the key ids"
    " (sightline officers list), keeps the list outside, and brings it: sightline doctor --met FILE"
)
SOON_US = 14 * 86_400 * 1_000_000


def check_officers(tables: Tables, met: Iterable[str] = ()) -> list[Check]:
    """Check that two different persons can approve acts. `met`: keys that somebody outside compared.

    Raises UsageError for a key that is no officer's.
    """
    present = list_officers_on_duty(tables)
    if len(present) < 2:
        what = "1 officer is on duty: nothing that takes two can be done"
        if not present:
            what = "no officer is on duty: nothing that takes two can be done"
        return [report_problem("officers", what, "sightline officers add")]
    checks = [report_ok("officers", f"{len(present)} are on duty")]
    cannot = [action for action in SECOND if not _can(present, action)]
    if cannot:
        what = f"no two who are on duty can do, one asking and one approving: {', '.join(cannot)}"
        checks.append(report_warning("officers", what, "enrol an officer of a role that can: sightline officers add"))
    return checks + _check_hands(tables, present, met)


def _can(present: list[Officer], action: Action) -> bool:
    return any(
        officer.role in POLICY[action] and other.role in SECOND[action] for officer, other in permutations(present, 2)
    )


def _check_hands(tables: Tables, present: list[Officer], met: Iterable[str]) -> list[Check]:
    """Check keys that one officer alone enrolled: that officer could have kept a copy of the key."""
    others = [key for key in tables[OfficerKey].select() if key.enrolled_by != key.officer_id]
    alone = [key for key in others if "+" not in key.enrolled_by]
    names = {officer.officer_id: officer.name for officer in tables[Officer].select()}
    checks = []
    if len(alone) > 1:
        who = ", ".join(sorted({names[key.officer_id] for key in alone}))
        advice = "revoke them, and enrol new ones with two officers: only the second officer is enrolled by one"
        checks.append(report_problem("officers", f"keys that one officer alone enrolled: {who}", advice))
    for person_ids in untie_met(tables, list_ties(tables), met).group_by_person(
        [officer.officer_id for officer in present]
    ):
        if len(person_ids) > 1:
            who = ", ".join(names[officer_id] for officer_id in person_ids)
            checks.append(
                report_warning("officers", f"enrolled only by officers who are tied to each other: {who}", TIED)
            )
    return checks


def check_authorities(tables: Tables, now_us: int) -> list[Check]:
    """Check for authorities whose term is over, or soon will be."""
    living = [authority for authority in tables[Authority].select() if authority.ended_at_us is None]
    over = [
        authority for authority in living if authority.valid_until_us is not None and authority.valid_until_us <= now_us
    ]
    soon = [
        authority
        for authority in living
        if authority.valid_until_us is not None and 0 < authority.valid_until_us - now_us <= SOON_US
    ]
    checks = []
    if over:
        what = f"the term of {_list_names(over)} is over: nothing more is scanned under it"
        checks.append(
            report_warning("authorities", what, "renew it (sightline authorities add), or end it (authority end)")
        )
    for authority in soon:
        day = f"{to_instant(authority.valid_until_us or 0):%Y-%m-%d}"
        checks.append(
            report_warning(
                "authorities", f"{authority.number} is in force only until {day}", "ask for the next in time"
            )
        )
    return checks or [report_ok("authorities", f"{len(living)} in force")]


def _list_names(authorities: list[Authority]) -> str:
    first = ", ".join(authority.number for authority in authorities[:3])
    return first if len(authorities) <= 3 else f"{first} and {len(authorities) - 3} more"


def check_lists(tables: Tables, now_us: int) -> list[Check]:
    """Check for newest flag lists that are no longer valid, or whose issuer's key was revoked."""
    list_signatures = tables[ListSignature].select()
    trusted = {issuer_key.key_id for issuer_key in tables[IssuerKey].select() if issuer_key.revoked_at_us is None}
    current = list_series.select_signatures_in_force(list_signatures, trusted, now_us)
    lost = [signature for signature in list_series.list_newest_versions(list_signatures) if signature not in current]
    checks = []
    if lost:
        issuers = ", ".join(
            f"{name} ({count})" for name, count in sorted(Counter(signature.issuer for signature in lost).items())
        )
        advice = "get the newest list of that issuer: sightline scan --list FILE"
        checks.append(report_warning("lists", f"the newest lists of {issuers} are valid no longer", advice))
    revoked = sorted({signature.issuer for signature in list_signatures if signature.key_id not in trusted})
    if revoked:
        what = f"runs rest on lists signed by a key that was revoked: {', '.join(revoked)}"
        checks.append(report_warning("issuers", what, "scan again with a list signed by the newer key; it supersedes"))
    return checks or [report_ok("lists", f"{len(current)} valid")]
