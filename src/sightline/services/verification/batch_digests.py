"""Recompute the digests that the ledger has of many rows at once: leads of referrals, and steps of leads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import groupby

from sightline.casework.forces.referrals import compute_leads_digest
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.storage.lead_steps import list_steps_by_batch
from sightline.storage.rows import LeadBatch, Referral, ReferralLead
from sightline.storage.table import Tables


def verify_referred(tables: Tables, report: VerificationReport, going_on: Callable[[], None]) -> None:
    """Recompute the digest of every referral over its leads."""
    known = set()
    for referral in tables[Referral].read_each(damaged=lambda _key, _what: None):
        going_on()
        known.add(referral.referral_id)
        # A damaged row is left out, and then the digest is another.
        mine = tables[ReferralLead].get_column("referral_id") == referral.referral_id
        leads = list(tables[ReferralLead].read_each(mine, damaged=lambda _key, _what: None))
        if len(leads) != referral.leads or compute_leads_digest(leads) != referral.leads_sha256:
            report.add_finding(
                VerifiedPart.THING, f"referral:{referral.referral_id}", "its leads are not those that were sent"
            )
    strays = {
        referral_lead.referral_id for referral_lead in tables[ReferralLead].read_each(damaged=lambda _key, _what: None)
    } - known
    for referral_id in sorted(strays):
        report.add_finding(
            VerifiedPart.THING, f"referral:{referral_id}", "is not there, and leads say that they are of it"
        )


def verify_steps(tables: Tables, report: VerificationReport, going_on: Callable[[], None]) -> None:
    """Recompute the digest of every batch over its steps."""
    result: dict[str, tuple[int, str]] = {}
    for batch_id, steps in groupby(list_steps_by_batch(tables), key=lambda one: one[0]):
        going_on()
        count, whole = 0, hashlib.sha256()
        for _, lead_id, version in steps:
            whole.update(f"{lead_id} {version}\n".encode())
            count += 1
        result[batch_id] = count, whole.hexdigest()
    for batch in tables[LeadBatch].read_each(damaged=lambda _key, _what: None):
        if result.pop(batch.batch_id, (0, "")) != (batch.leads, batch.leads_sha256):
            report.add_finding(
                VerifiedPart.THING, f"lead-batch:{batch.batch_id}", "its leads are not those that it was of"
            )
    for batch_id in result:
        report.add_finding(
            VerifiedPart.THING, f"lead-batch:{batch_id}", "is not there, and leads say that it was of them"
        )
