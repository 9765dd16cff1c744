"""The retention period of what officers wrote about leads, apart from the exhibits. Two officers set it."""

from __future__ import annotations

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.storage.rows import RetentionPeriod
from sightline.storage.table import Tables

LEADS = "leads"
THING = f"retention-period:{LEADS}"
MOST_DAYS = 36_500


def require_days(days: int) -> int:
    """Return a retention period in days. Raises UsageError."""
    if not 0 < days <= MOST_DAYS:
        raise UsageError(f"{days} days: a keeping time is from 1 to {MOST_DAYS:,} days", hint="for example 730")
    return days


def find_lead_period(tables: Tables) -> RetentionPeriod | None:
    """Return the retention period of lead papers, or None if none is set."""
    return tables[RetentionPeriod].get(LEADS)


def set_lead_period(officer_session: OfficerSession, days: int, why: str) -> RetentionPeriod:
    """Set the retention period of lead papers, by two officers. It replaces an earlier one, and purges nothing.

    Raises UsageError, and NotAllowed until another officer approved exactly this number of days.
    """
    officer_session.require(Action.PURGE, THING)
    request: dict[str, str | int] = {"subject": LEADS, "days": require_days(days)}
    reason = require_reason(why, "--why")
    approval = approvals.require_approval(officer_session, Action.PURGE, THING, request, reason)
    with officer_session.change(Action.PURGE, THING) as change:
        approvals.use(change, approval)
        retention_period = RetentionPeriod(LEADS, days, reason, change.now_us, officer_session.officer.officer_id)
        is_first = change.tables[RetentionPeriod].get(LEADS) is None
        write = change.add if is_first else change.put
        write(Verb.RETENTION_SET, retention_period, days=days, approval=approval.approval_id)
    return retention_period


def require_period(tables: Tables, days: int | None) -> int:
    """Return the days after which lead papers are due: those given, else those that are set. Raises UsageError.

    No shorter time is taken than the one that two officers set.
    """
    period = find_lead_period(tables)
    if days is None:
        if period is None:
            raise UsageError(
                "no keeping time of leads is set",
                hint="sightline leads set-retention 730 --why TEXT sets it, by two officers; or give --closed-for DAYS",
            )
        return period.days
    if period is not None and require_days(days) < period.days:
        raise UsageError(
            f"{days} days are shorter than the keeping time of leads, {period.days:,} days, which two officers set",
            hint="leave out --closed-for; sightline leads set-retention sets another keeping time",
        )
    return require_days(days)
