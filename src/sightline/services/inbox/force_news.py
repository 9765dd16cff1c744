"""News between forces: requests, referrals and their receipts, outcomes and recalls."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.casework.permissions.access import Action
from sightline.services.inbox.news_item import News, NewsKind
from sightline.storage.rows import (
    Force,
    ForceOfficer,
    ForceOutcome,
    ForceRequest,
    Incoming,
    IncomingRecall,
    Outcome,
    Referral,
    RequestAnswer,
)
from sightline.storage.table import Tables


def list_force_news(tables: Tables, since_us: int) -> list[News]:
    """Return the news of requests and referrals. An officer of another force has news of that force alone."""
    forces = {force.force_id: force.name for force in tables[Force].select()}
    if not forces:
        return []
    return [
        *_list_requests(tables, since_us, forces),
        *_list_given(tables, since_us),
        *_list_receipts(tables, since_us, forces),
        *_list_outcomes(tables, since_us, forces),
        *_list_incoming(tables, since_us, forces),
    ]


def _list_requests(tables: Tables, since_us: int, forces: dict[str, str]) -> Iterator[News]:
    requests = tables[ForceRequest]
    for request in requests.read_each(requests.get_column("recorded_at_us") > since_us):
        yield News(
            NewsKind.REQUESTED,
            request.recorded_at_us,
            f"request:{request.request_id}",
            request.case_number,
            action=Action.REFERRAL,
            by=request.recorded_by,
            detail=forces.get(request.force_id, ""),
        )


def _list_given(tables: Tables, since_us: int) -> Iterator[News]:
    """Yield what was sent or answered to a force, for that force's own officers."""
    officers: dict[str, set[str]] = {}
    for tied in tables[ForceOfficer].select():
        officers.setdefault(tied.force_id, set()).add(tied.officer_id)
    referrals, answers = tables[Referral], tables[RequestAnswer]
    for referral in referrals.read_each(referrals.get_column("sent_at_us") > since_us):
        recipients = frozenset(officers.get(referral.force_id, ()))
        thing = f"referral:{referral.referral_id}"
        yield News(NewsKind.REQUEST_ANSWERED, referral.sent_at_us or 0, thing, referral.number, recipients)
    for answer in answers.read_each(answers.get_column("answered_at_us") > since_us):
        given = referrals.get(answer.referral_id)
        if given is not None:
            recipients, thing = frozenset(officers.get(given.force_id, ())), f"referral:{given.referral_id}"
            yield News(
                NewsKind.REQUEST_ANSWERED, answer.answered_at_us, thing, given.number, recipients, detail=answer.why
            )


def _list_receipts(tables: Tables, since_us: int, forces: dict[str, str]) -> Iterator[News]:
    referrals = tables[Referral]
    for referral in referrals.read_each(referrals.get_column("received_at_us") > since_us):
        yield News(
            NewsKind.RECEIVED,
            referral.received_at_us or 0,
            f"referral:{referral.referral_id}",
            referral.number,
            frozenset({referral.made_by}),
            detail=forces.get(referral.force_id, ""),
        )


def _list_outcomes(tables: Tables, since_us: int, forces: dict[str, str]) -> Iterator[News]:
    outcomes = tables[Outcome]
    recent = {
        outcome.outcome_id: outcome for outcome in outcomes.read_each(outcomes.get_column("recorded_at_us") > since_us)
    }
    links = tables[ForceOutcome].select_within("outcome_id", sorted(recent))
    referrals = {
        referral.referral_id: referral
        for referral in tables[Referral].select_within("referral_id", sorted({link.referral_id for link in links}))
    }
    for link in links:
        outcome, referral = recent[link.outcome_id], referrals[link.referral_id]
        if outcome.withdrawn_at_us is None:
            yield News(
                NewsKind.FORCE_FOUND,
                outcome.recorded_at_us,
                f"referral:{referral.referral_id}",
                referral.number,
                frozenset({referral.made_by}),
                by=outcome.recorded_by,
                detail=forces.get(link.force_id, ""),
            )


def _list_incoming(tables: Tables, since_us: int, forces: dict[str, str]) -> Iterator[News]:
    incoming, recalls = tables[Incoming], tables[IncomingRecall]
    for referral in incoming.read_each(incoming.get_column("opened_at_us") > since_us):
        if referral.purged_at_us is None:
            yield News(
                NewsKind.INCOMING,
                referral.opened_at_us,
                f"incoming:{referral.incoming_id}",
                referral.number,
                action=Action.INCOMING_TAKE,
                by=referral.opened_by,
                detail=forces.get(referral.force_id, ""),
            )
    for recall in recalls.read_each(recalls.get_column("taken_at_us") > since_us):
        recalled = incoming.get(recall.incoming_id)
        if recalled is not None and recalled.purged_at_us is None:
            yield News(
                NewsKind.RECALLED,
                recall.taken_at_us,
                f"incoming:{recalled.incoming_id}",
                recalled.number,
                action=Action.INCOMING_VIEW,
                by=recall.taken_by,
                detail=forces.get(recalled.force_id, ""),
            )
