"""Routes of the ledger: entries with proofs, the journal, refusals, checkpoints, and verification."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Annotated, Any

from fastapi import Form, UploadFile

from sightline.casework.oversight import checkpoints, oversight, witnesses
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.verification.background import VERIFICATIONS
from sightline.services.verification.verify import VerifyRequest, verify_as_officer
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.pages.ledger import filters
from sightline.web.pages.ledger.filters import EACH, LedgerQuery
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import read_upload, report_bad_upload

router = PageRouter("ledger")
NOTE_BYTES = 1 << 20
HEADINGS = 6
"""Columns of the tables of entries and journal rows."""
NEWEST = 40
"""Number of checkpoints shown. Every entry has one over it."""


@router.show("/ledger", Action.LEDGER_VIEW, JournalVerb.VIEW_LEDGER, "ledger:entries")
def show_entries(
    context: RequestContext,
    verb: str = "",
    thing: str = "",
    who: str = "",
    since: str = "",
    until: str = "",
    after: str = "",
    sort: str = "",
) -> Page:
    """Show the newest entries, or the oldest, by verb, thing, officer and day; seals of the journal only on request."""
    ledger_query = LedgerQuery(verb, thing, who, since, until, after, sort)
    ledger_filter, error = ledger_query.read(context, without=None if verb or thing else Verb.JOURNAL_SEALED.value)
    with context.read() as tables:
        ledger_items = oversight.list_entries(tables, context.officer_session.officer.role, ledger_filter, EACH + 1)
        officers = list_names(tables)
    verbs = [verb.value for verb in Verb]
    order = ledger_query.build_order("/ledger", HEADINGS)
    facts: dict[str, Any] = {
        "rows": filters.build_page_rows(context, ledger_items[:EACH]),
        "order": order,
        "following": ledger_query.find_next_page(order, ledger_items),
        "asked": ledger_query,
    }
    facts |= {"verbs": verbs, "officers": officers, "tab": "entries", "error": error}
    return Page("entries.html", facts, 400 if error else 200)


@router.show("/ledger/journal", Action.LEDGER_VIEW, JournalVerb.VIEW_JOURNAL, "journal:rows")
def show_journal(
    context: RequestContext,
    verb: str = "",
    thing: str = "",
    who: str = "",
    since: str = "",
    until: str = "",
    after: str = "",
    sort: str = "",
) -> Page:
    """Show the journal's newest rows, or the oldest: views, refusals, failed sign-ins. `refused:` is all refusals."""
    ledger_query = LedgerQuery(verb, thing, who, since, until, after, sort)
    ledger_filter, error = ledger_query.read(context)
    with context.read() as tables:
        ledger_items = oversight.list_journal_rows(
            tables, context.officer_session.officer.role, ledger_filter, EACH + 1
        )
        officers = list_names(tables)
    verbs = [filters.REFUSED, *(journal_verb.value for journal_verb in JournalVerb)]
    order = ledger_query.build_order("/ledger/journal", HEADINGS)
    facts: dict[str, Any] = {
        "rows": filters.build_page_rows(context, ledger_items[:EACH]),
        "order": order,
        "following": ledger_query.find_next_page(order, ledger_items),
        "asked": ledger_query,
    }
    tab = "refusals" if verb == filters.REFUSED else "journal"
    facts |= {"verbs": verbs, "officers": officers, "tab": tab, "error": error}
    return Page("journal.html", facts, 400 if error else 200)


@router.show("/ledger/checkpoints", Action.LEDGER_VIEW, JournalVerb.VIEW_LEDGER, "ledger:checkpoint")
def show_checkpoints(context: RequestContext) -> Page:
    """Show the newest checkpoints, those that a witness countersigned, and the witnesses."""
    with context.read() as tables:
        newest = checkpoints.list_newest_checkpoints(tables, NEWEST)
        signed = checkpoints.list_newest_checkpoints(tables, NEWEST, is_countersigned=True)
        key = checkpoints.get_log_key(tables, context.officer_session.workspace.origin).vkey
        witness_states = witnesses.load_witnesses(tables)
    may_take = context.may(Action.CHECKPOINT_TAKE)
    facts = {"newest": newest, "signed": signed, "log_key": key, "witnesses": witness_states, "may_take": may_take}
    return Page("checkpoints.html", facts | {"tab": "checkpoints"})


@router.act("/ledger/checkpoints/out", Action.LEDGER_VIEW, "ledger:checkpoint")
def write_out(context: RequestContext, since: Annotated[str, Form(max_length=20)] = "") -> File:
    """Return the latest checkpoint as a note; with `since`, a zip with the consistency proof too."""
    if since and not since.isdecimal():
        raise UsageError(context.says("no_size", text=since))
    exported_checkpoint = checkpoints.export_checkpoint(context.officer_session, int(since) if since else None)
    name = f"checkpoint-{exported_checkpoint.size}.note"
    if exported_checkpoint.proof is None:
        return File(name, "text/plain; charset=utf-8", exported_checkpoint.note)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(name, exported_checkpoint.note)
        out.writestr(f"{name}.proof", exported_checkpoint.proof)
    return File(f"checkpoint-{exported_checkpoint.size}.zip", "application/zip", packed.getvalue())


@router.act("/ledger/checkpoints/take", Action.CHECKPOINT_TAKE, "checkpoint:countersigned")
def store_countersignatures(context: RequestContext, note: UploadFile) -> Redirect:
    """Store the countersignatures of a returned note."""
    with report_bad_upload(context.officer_session, "checkpoint:countersigned"):
        countersignatures = checkpoints.store_countersignatures(
            context.officer_session, read_upload(note, NOTE_BYTES), note.filename or "the note"
        )
    if not countersignatures:
        return Redirect("/ledger/checkpoints", "taken_before")
    return Redirect("/ledger/checkpoints", "taken", {"names": ", ".join(countersignatures)})


@router.act("/ledger/verify", Action.VERIFY, "workspace:all")
def begin_verifying(context: RequestContext, rows: Annotated[bool, Form()] = False) -> Redirect:
    """Begin a verification. The page of its result is there at once and shows its progress."""
    key = VERIFICATIONS.begin(
        context.officer_session,
        "workspace:all",
        lambda watch: verify_as_officer(context.officer_session, VerifyRequest(rows=rows), watch),
    )
    return Redirect(f"/ledger/verified/{key}")


@router.show("/ledger/verified/{key}", Action.VERIFY, None, "workspace:all")
def show_verification(context: RequestContext, key: str) -> Page:
    """Show the progress of a verification, and its findings."""
    running_verification = VERIFICATIONS.find(key, context.officer_session.officer.officer_id)
    if running_verification is None:
        raise UsageError(context.says("verified.forgotten"))
    kind, _, named = running_verification.thing.partition(":")
    back = f"/exhibits/{named}" if kind == "exhibit" else "/ledger"
    return Page("verified.html", {"one": running_verification, "key": key, "back": back, "tab": ""}, block="state")


@router.show("/ledger/{seq}", Action.LEDGER_VIEW, JournalVerb.VIEW_LEDGER, "entry:{seq}")
def show_entry(context: RequestContext, seq: str) -> Page:
    """Show one entry: its content, who signed it, and its proof, checked again."""
    with context.read() as tables:
        proved_item = oversight.prove_entry(
            tables,
            context.officer_session.officer.role,
            context.officer_session.workspace.origin,
            _parse_number(context, seq),
        )
    entry_json = json.loads(proved_item.row.entry_json)
    cells = filters.build_page_rows(context, [proved_item.item])[0]
    return Page("entry.html", {"one": proved_item, "entry_json": entry_json, "shown": cells, "tab": ""})


@router.show("/ledger/{seq}/proof.json", Action.LEDGER_VIEW, JournalVerb.VIEW_LEDGER, "entry:{seq}")
def download_entry_proof(context: RequestContext, seq: str) -> File:
    """Return the proof as a file: entry, path, checkpoint and the ledger's key."""
    with context.read() as tables:
        made = oversight.build_entry_proof(
            tables, context.officer_session.workspace.origin, _parse_number(context, seq)
        )
    text = json.dumps(made, ensure_ascii=False, indent=2)
    return File(f"entry-{seq}.proof.json", "application/json", text.encode())


def _parse_number(context: RequestContext, seq: str) -> int:
    if not seq.isdecimal() or len(seq) > 18 or not seq.isascii():
        raise UsageError(context.says("no_entry", text=seq))
    return int(seq)
