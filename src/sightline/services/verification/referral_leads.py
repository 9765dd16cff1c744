"""Check leads of referrals against the ledger: none missing, added, or changed."""

from __future__ import annotations

from collections.abc import Callable

from sightline.casework.referrals import leads_digest
from sightline.services.verification.finding import Part, Report
from sightline.storage.rows import Referral, ReferralLead
from sightline.storage.table import Tables


def verify_referred(tables: Tables, report: Report, going_on: Callable[[], None]) -> None:
    """Recompute the digest of every referral over its leads."""
    known = set()
    for referral in tables[Referral].each(damaged=lambda _key, _what: None):
        going_on()
        known.add(referral.referral_id)
        # A damaged row is left out, and then the digest is another.
        mine = tables[ReferralLead].column("referral_id") == referral.referral_id
        leads = list(tables[ReferralLead].each(mine, damaged=lambda _key, _what: None))
        if len(leads) != referral.leads or leads_digest(leads) != referral.leads_sha256:
            report.wrong(Part.THING, f"referral:{referral.referral_id}", "its leads are not those that it told of")
    strays = {one.referral_id for one in tables[ReferralLead].each(damaged=lambda _key, _what: None)} - known
    for referral_id in sorted(strays):
        report.wrong(Part.THING, f"referral:{referral_id}", "is not there, and leads say that they are of it")
