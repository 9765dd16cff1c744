"""News of a unit: who is told what, of the last thirty days. It is derived from the tables and the ledger alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sightline.casework.leads.lead_watches import list_watchers
from sightline.casework.leads.lead_work import NOTHING, SelectedLeads, read_lead_work
from sightline.casework.permissions.access import POLICY, Action
from sightline.casework.permissions.approvals import find_send_back_reason
from sightline.casework.permissions.roster import list_names
from sightline.ledger.entry import Entry
from sightline.ledger.instants import INDIA, to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import ApprovalState, LeadAct, NoticeState
from sightline.model.short_ids import format_lead_number
from sightline.services.inbox.force_news import list_force_news
from sightline.services.inbox.news_item import News, NewsKind
from sightline.storage.rows import (
    Account,
    Approval,
    Case,
    CaseDeadline,
    CaseNote,
    IssuerKey,
    LeadBatch,
    LeadMark,
    LeadNote,
    LeadStep,
    LedgerRow,
    Licensee,
    Notice,
    Officer,
    Outcome,
    Reply,
)
from sightline.storage.table import Tables

KEPT_US = 30 * 86_400_000_000
"""How long news are shown: thirty days."""
AWAITED = (NoticeState.SENT, NoticeState.ANSWERED_IN_PART)
MOST_JOINED = 1_000
"""Entries about new visits, or about reports, that are read, the newest."""


def list_news_since(tables: Tables, since_us: int) -> list[News]:
    """Return the news since an instant, newest first. Answers that will be late are among them, at their time."""
    result = [news for part in PARTS for news in part(tables, since_us)]
    return sorted(result, key=lambda one: (one.at_us, one.thing), reverse=True)


def list_record_news(tables: Tables, since_us: int) -> list[News]:
    """Return the news of approvals, notices, lists, danger, cases and forces. Daily acts on leads change none."""
    return [
        *_list_decisions(tables, since_us),
        *_list_notices(tables, since_us),
        *_list_revoked_keys(tables, since_us),
        *_list_marks(tables, since_us),
        *_list_reported(tables, since_us),
        *_list_case_notes(tables, since_us, _list_mention_names(tables)),
        *_list_case_deadlines(tables, since_us),
        *list_force_news(tables, since_us),
    ]


def list_lead_news(tables: Tables, since_us: int) -> list[News]:
    """Return the news of leads, for the officers who work on them. Assignments, notes and marks change them."""
    officer_names = _list_mention_names(tables)
    about_leads = [
        *_list_notes(tables, since_us, officer_names),
        *_list_outcomes(tables, since_us),
        *_list_visits(tables, since_us),
        *_list_watched_acts(tables, since_us),
    ]
    return list(_address_lead_news(tables, about_leads))


def list_assignments(tables: Tables, since_us: int) -> list[News]:
    """Return the assignments of leads, for the officers who then have them."""
    batches = tables[LeadBatch]
    is_new = batches.get_column("made_at_us") > since_us
    lead_batches = [
        lead_batch
        for lead_batch in batches.read_each(is_new, batches.get_column("act") == LeadAct.ASSIGNED.value)
        if lead_batch.officer_id
    ]
    single = [lead_batch.batch_id for lead_batch in lead_batches if lead_batch.leads == 1]
    leads = {lead_step.batch_id: lead_step.lead_id for lead_step in tables[LeadStep].select_within("batch_id", single)}
    return [_tell_assignment(lead_batch, leads.get(lead_batch.batch_id)) for lead_batch in lead_batches]


def _tell_assignment(batch: LeadBatch, lead_id: str | None) -> News:
    """Return the news of a batch of assigned leads. `lead_id`: its only lead."""
    thing, name = (f"lead:{lead_id}", format_lead_number(lead_id)) if lead_id is not None else ("leads:mine", "")
    recipients = frozenset({batch.officer_id or ""})
    by, at_us = batch.made_by, batch.made_at_us
    return News(NewsKind.ASSIGNED, at_us, thing, name, recipients, None, by, batch.why, batch.leads)


PARTS = (list_record_news, list_assignments, list_lead_news)
"""The parts of the news, which different ledger entries change."""


def _list_decisions(tables: Tables, since_us: int) -> Iterator[News]:
    approvals = tables[Approval]
    for approval in approvals.read_each(approvals.get_column("decided_at_us") > since_us):
        back, is_refused = find_send_back_reason(approval), approval.state is ApprovalState.REFUSED
        kind = NewsKind.SENT_BACK if back is not None else NewsKind.REFUSED if is_refused else NewsKind.APPROVED
        request = json.loads(approval.request_json)
        name = next((str(request[key]) for key in ("number", "code", "name", "issuer") if request.get(key)), "")
        yield News(
            kind,
            approval.decided_at_us or 0,
            f"approval:{approval.approval_id}",
            name,
            frozenset({approval.asked_by}),
            None,
            approval.decided_by,
            back or approval.decided_why or "",
            asked=approval.action,
        )


def _list_notices(tables: Tables, since_us: int) -> Iterator[News]:
    replies, notices = tables[Reply], tables[Notice]
    came = [
        reply
        for reply in replies.read_each(replies.get_column("received_at_us") > since_us)
        if reply.withdrawn_at_us is None
    ]
    by_id = {
        notice.notice_id: notice
        for notice in notices.select_within("notice_id", sorted({reply.notice_id for reply in came}))
    }
    late = [*notices.read_each(notices.get_column("state").in_(AWAITED), notices.get_column("due_at_us") > since_us)]
    isps = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()} if came or late else {}
    for reply in came:
        notice = by_id[reply.notice_id]
        recipients, isp = frozenset({notice.made_by}), isps[notice.licensee_id]
        thing = f"notice:{notice.notice_id}"
        yield News(
            NewsKind.REPLIED,
            reply.received_at_us,
            thing,
            notice.number,
            recipients,
            None,
            reply.received_by,
            detail=isp,
        )
    for notice in late:
        recipients, isp = frozenset({notice.made_by}), isps[notice.licensee_id]
        yield News(
            NewsKind.OVERDUE, notice.due_at_us or 0, f"notice:{notice.notice_id}", notice.number, recipients, detail=isp
        )


def _list_revoked_keys(tables: Tables, since_us: int) -> Iterator[News]:
    keys = tables[IssuerKey]
    for issuer_key in keys.read_each(keys.get_column("revoked_at_us") > since_us):
        thing, why = f"issuer-key:{issuer_key.key_id}", issuer_key.revoked_why or ""
        yield News(
            NewsKind.REVOKED,
            issuer_key.revoked_at_us or 0,
            thing,
            issuer_key.issuer,
            action=Action.ISSUER_LIST,
            detail=why,
        )


def _list_marks(tables: Tables, since_us: int) -> Iterator[News]:
    marks = tables[LeadMark]
    for lead_mark in marks.read_each(marks.get_column("set_at_us") > since_us):
        thing, name = f"lead:{lead_mark.lead_id}", format_lead_number(lead_mark.lead_id)
        yield News(
            NewsKind.DANGER,
            lead_mark.set_at_us,
            thing,
            name,
            action=Action.LEADS_VIEW,
            by=lead_mark.set_by,
            detail=lead_mark.why,
        )


def _list_reported(tables: Tables, since_us: int) -> Iterator[News]:
    """Yield leads whose reports ask for high priority, for all who may confirm or answer that."""
    for thing, entry in _list_lead_entries(tables, Verb.LEAD_REPORTED):
        if (at_us := to_microseconds(entry.at)) > since_us:
            yield News(
                NewsKind.REPORTED, at_us, thing, format_lead_number(thing.partition(":")[2]), action=Action.LEAD_MARK
            )


def _list_mention_names(tables: Tables) -> dict[str, str]:
    """Return the officer of each name after `@`: the sign-in name, and the whole name."""
    by_name = {f"@{name}".casefold(): officer_id for officer_id, name in list_names(tables).items()}
    return by_name | {f"@{account.name}".casefold(): account.officer_id for account in tables[Account].select()}


def find_mentioned(text: str, officers: Mapping[str, str]) -> frozenset[str]:
    """Return the ids of the officers that a text mentions, such as `@A. Nair`. No letter or figure may follow."""
    bare = text.casefold()
    return frozenset(officer_id for name, officer_id in officers.items() if _is_named(bare, name))


def _is_named(text: str, name: str) -> bool:
    at = text.find(name)
    while at >= 0:
        after = text[at + len(name) : at + len(name) + 1]
        if not after.isalnum():
            return True
        at = text.find(name, at + 1)
    return False


def _list_mentioned(tables: Tables, text: str, officers: Mapping[str, str], action: Action) -> frozenset[str]:
    """Return the officers that a note mentions and whose role may read what it is about."""
    named = find_mentioned(text, officers) if "@" in text else frozenset()
    result = tables[Officer].select_within("officer_id", sorted(named))
    return frozenset(officer.officer_id for officer in result if officer.role in POLICY[action])


def _list_notes(tables: Tables, since_us: int, officer_names: Mapping[str, str]) -> Iterator[News]:
    notes = tables[LeadNote]
    is_new = (notes.get_column("made_at_us") > since_us) | (notes.get_column("changed_at_us") > since_us)
    for lead_note in notes.read_each(is_new):
        at_us, by = lead_note.changed_at_us or lead_note.made_at_us, lead_note.changed_by or lead_note.made_by
        recipients = _list_mentioned(tables, lead_note.text, officer_names, Action.LEADS_VIEW)
        thing, name = f"lead:{lead_note.lead_id}", format_lead_number(lead_note.lead_id)
        yield News(NewsKind.NOTED, at_us, thing, name, by=by, detail=lead_note.text)
        if recipients:
            yield News(NewsKind.MENTIONED, at_us, thing, name, recipients, by=by, detail=lead_note.text)


def _list_case_notes(tables: Tables, since_us: int, officer_names: Mapping[str, str]) -> Iterator[News]:
    """Yield the mentions in notes about cases, for those officers who may see a case."""
    notes = tables[CaseNote]
    for case_note in notes.read_each(notes.get_column("made_at_us") > since_us):
        readers = _list_mentioned(tables, case_note.text, officer_names, Action.CASE_VIEW)
        if readers:
            thing, name = f"case:{case_note.case_id}", _find_case_number(tables, case_note.case_id)
            yield News(
                NewsKind.CASE_MENTIONED,
                case_note.made_at_us,
                thing,
                name,
                readers,
                by=case_note.made_by,
                detail=case_note.text,
            )


def _list_case_deadlines(tables: Tables, since_us: int) -> Iterator[News]:
    """Yield the open deadlines of cases for who set them, from the beginning of the day before."""
    for case_deadline in tables[CaseDeadline].select(ended_at_us=None):
        at_us = to_microseconds(datetime.fromisoformat(case_deadline.due_on).replace(tzinfo=INDIA) - timedelta(days=1))
        if at_us > since_us:
            thing, name = f"case:{case_deadline.case_id}", _find_case_number(tables, case_deadline.case_id)
            yield News(
                NewsKind.DEADLINE, at_us, thing, name, frozenset({case_deadline.set_by}), detail=case_deadline.what
            )


def _find_case_number(tables: Tables, case_id: str) -> str:
    case = tables[Case].get(case_id)
    return case.number if case else ""


def _list_outcomes(tables: Tables, since_us: int) -> Iterator[News]:
    outcomes = tables[Outcome]
    for outcome in outcomes.read_each(outcomes.get_column("recorded_at_us") > since_us):
        if outcome.withdrawn_at_us is None:
            thing, name = f"lead:{outcome.lead_id}", format_lead_number(outcome.lead_id)
            yield News(NewsKind.FOUND, outcome.recorded_at_us, thing, name, by=outcome.recorded_by, detail=outcome.why)


def _list_watched_acts(tables: Tables, since_us: int) -> Iterator[News]:
    """Yield what other officers did with leads that somebody watches."""
    watchers = list_watchers(tables)
    steps = tables[LeadStep].select_within("lead_id", sorted(watchers)) if watchers else []
    batches = {
        batch.batch_id: batch
        for batch in tables[LeadBatch].select_within("batch_id", sorted({step.batch_id for step in steps}))
    }
    for step in steps:
        batch = batches[step.batch_id]
        if batch.made_at_us > since_us:
            thing, name = f"lead:{step.lead_id}", format_lead_number(step.lead_id)
            readers = frozenset(watchers[step.lead_id] - {batch.officer_id})
            yield News(
                NewsKind.WATCHED_ACT, batch.made_at_us, thing, name, readers, by=batch.made_by, detail=batch.act.value
            )


def _list_visits(tables: Tables, since_us: int) -> Iterator[News]:
    for thing, entry in _list_lead_entries(tables, Verb.LEAD_VISITED):
        if (at_us := to_microseconds(entry.at)) > since_us:
            number, count = format_lead_number(thing.partition(":")[2]), int(entry.facts["visits"])
            yield News(NewsKind.VISITS, at_us, thing, number, count=count)


def _list_lead_entries(tables: Tables, verb: Verb) -> Iterator[tuple[str, Entry]]:
    """Yield the lead and the entry of the newest entries with a verb of leads."""
    rows = tables[LedgerRow]
    for row in rows.list_newest(MOST_JOINED, rows.get_column("verb") == verb.value):
        yield row.thing, Entry.read(row.entry_json.encode())


def _address_lead_news(tables: Tables, news_items: Iterable[News]) -> Iterator[News]:
    """Yield news of leads with their readers: the officers who have a lead, wrote a note about it, marked or watch it.

    A note that mentions an officer is shown to that officer as a mention only. New visits of a lead that nobody has are
    shown to all who assign leads.
    """
    about = list(news_items)
    ids = sorted({news.thing.partition(":")[2] for news in about})
    states = read_lead_work(tables, SelectedLeads(ids)) if ids else {}
    working: dict[str, set[str]] = {}
    for note in tables[LeadNote].select_within("lead_id", ids):
        working.setdefault(note.lead_id, set()).add(note.made_by)
    for mark in tables[LeadMark].select_within("lead_id", ids):
        working.setdefault(mark.lead_id, set()).add(mark.set_by)
    for lead_id, officers in list_watchers(tables).items():
        working.setdefault(lead_id, set()).update(officers)
    named = {(news.thing, news.at_us): news.officers for news in about if news.kind is NewsKind.MENTIONED}
    for news_item in about:
        lead_id = news_item.thing.partition(":")[2]
        assigned = states.get(lead_id, NOTHING).assigned
        owner = assigned.officer_id if assigned else None
        recipients = working.get(lead_id, set()) | ({owner} if owner else set())
        if news_item.kind in {NewsKind.MENTIONED, NewsKind.WATCHED_ACT}:
            yield news_item
        elif news_item.kind is NewsKind.VISITS and owner is None:
            yield _address_news(news_item, recipients, Action.LEAD_ASSIGN)
        elif recipients := recipients - named.get((news_item.thing, news_item.at_us), frozenset()):
            yield _address_news(news_item, recipients)


def _address_news(news: News, officers: Iterable[str], action: Action | None = None) -> News:
    return News(
        news.kind, news.at_us, news.thing, news.name, frozenset(officers), action, news.by, news.detail, news.count
    )
