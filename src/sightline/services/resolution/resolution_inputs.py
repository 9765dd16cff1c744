"""Inputs of a resolution: the generation of leads, the notices that were sent, and the current replies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import polars as pl

import sightline
from sightline.casework.notices.replies import OF_COLUMN, UNREAD, list_confirmations, select_current_replies
from sightline.errors import UsageError
from sightline.ledger.append import encode_canonical
from sightline.model import NoticeKind
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.foundations import VERDICT_RULES
from sightline.services.artifacts.identities import VALIDITY
from sightline.services.leads.rebuild_inputs import find_current_generation
from sightline.services.notices.notice_rows import read_asked_rows
from sightline.services.resolution.second_steps import add_second_steps, list_families, read_access_logs
from sightline.services.sessions.current_runs import list_current_runs as of_runs
from sightline.stages.resolve.doubts import add_other_notices, add_vetoes
from sightline.stages.resolve.model import (
    ASKED,
    ASSIGNED,
    BESIDE,
    DOUBTS,
    FINDINGS,
    FORM,
    IDS,
    LINE_STATEMENTS,
    NEAR_MISSES,
    SIGNS,
    FindingKind,
)
from sightline.stages.resolve.operators import mark_operators
from sightline.stages.resolve.reply_conflicts import add_reply_conflicts, add_unread_files
from sightline.stages.resolve.second_step import SECOND
from sightline.stages.resolve.shared_prefixes import add_shared_bits
from sightline.storage.rows import Generation, Notice, Reply, Resolving
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

MET = {name: kind for name, kind in ASSIGNED.items() if name != "number"} | {
    "subscriber": pl.String(),
    **BESIDE,
    "asked": pl.String(),
    "doubts": DOUBTS,
    "is_doubted": pl.Boolean(),
    "notice": pl.UInt32(),
    "reply": pl.UInt32(),
    "is_certified": pl.Boolean(),
    **SECOND,
}
"""Columns of assignments that match a row of a notice, for joining."""
NEAR = {name: kind for name, kind in NEAR_MISSES.items() if name not in {"number", "number_kind"}} | {
    "subscriber": pl.String(),
    "notice": pl.UInt32(),
    "reply": pl.UInt32(),
}
"""Columns of near misses, for vetoes."""


@dataclass(frozen=True, slots=True)
class ResolutionInputs:
    """Inputs of a resolution. Only current replies, in the order of their ids.

    `confirmed`: the doubts about each reply that officers answered.
    """

    generation: Generation
    notices: tuple[Notice, ...]
    replies: tuple[Reply, ...]
    forms: tuple[Reply, ...]
    previous: Resolving | None
    confirmed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def gather_inputs(self) -> dict[str, object]:
        """Return everything that determines the rows of the resolution."""
        return {
            "generation": self.generation.generation_id,
            "notices": [notice.notice_id for notice in self.notices],
            "replies": [reply.reply_id for reply in (*self.replies, *self.forms)],
            "confirmed": {one: sorted(signs) for one, signs in sorted(self.confirmed.items())},
            "version": sightline.__version__,
            "verdicts": VERDICT_RULES,
        }

    def derive_resolving_id(self) -> str:
        """Return the id of the resolution. Its recalls depend on the previous one."""
        before = self.previous.resolving_id if self.previous else None
        return hashlib.sha256(encode_canonical(self.gather_inputs() | {"previous": before}).encode()).hexdigest()

    def is_as_before(self) -> bool:
        """Return whether the previous resolution has the same inputs."""
        return self.previous is not None and json.loads(self.previous.inputs_json) == self.gather_inputs()


def load_inputs(workspace: Workspace) -> ResolutionInputs:
    """Return the current inputs. Raises UsageError if no notice was sent, or if leads rest on runs not current."""
    with workspace.read() as tables:
        generation, notices = find_current_generation(tables), _list_sent_notices(tables)
        runs = [current_run.as_inputs() for current_run in of_runs(tables)]
        replies = select_current_replies(tables, tables[Reply].select())
        previous = tables[Resolving].find_last("number")
        confirmed: dict[str, frozenset[str]] = {}
        for reply in replies:
            if signs := frozenset(confirmation.sign for confirmation in list_confirmations(tables, reply.reply_id)):
                confirmed[reply.reply_id] = signs
    if generation is None or not notices:
        raise UsageError(
            "no notice went out yet, so nothing was answered",
            hint="sightline notices draft; sightline notices mark-sent",
        )
    if any(run not in runs for run in json.loads(generation.inputs_json)["runs"]):
        raise UsageError(
            f"runs that the leads of generation {generation.number} rest on do not stand any more: a clock, a list",
            hint="nobody is named by what may not hold any more: sightline leads rebuild, then sightline resolve",
        )
    kinds = {notice.notice_id: notice.kind for notice in notices}
    records = [reply for reply in replies if kinds.get(reply.notice_id) is NoticeKind.RECORDS]
    forms = [reply for reply in replies if kinds.get(reply.notice_id) is NoticeKind.SUBSCRIBERS]
    return ResolutionInputs(generation, tuple(notices), tuple(records), tuple(forms), previous, confirmed)


def _list_sent_notices(tables: Tables) -> list[Notice]:
    return [
        notice for notice in tables[Notice].select() if notice.sent_at_us and notice.kind is not NoticeKind.PRESERVATION
    ]


@dataclass(frozen=True, slots=True)
class ReplyTables:
    """Tables for joining. `asked`: ASKED, `notice`, `licensee_id`. `answered`: `notice is_whole`. `findings`: `notice`.

    `forms`: `subscriber number_kind is_certified ids`, place, validity, and `yes` for each FORM column that is filled,
    never its text. `findings` and `near`: near misses that are reported or veto. `signs`: `reply`, `kind`, `row` of the
    rows that show a sign. `exports`: the `export` of each `reply`. `answered_doubts`:
    `reply` and `of_replies`, the doubts that an officer answered. `every_near`: all near misses of all valid replies.
    `statements`: LINE_STATEMENTS of all valid replies with forms.
    """

    asked: pl.DataFrame
    met: pl.DataFrame
    answered: pl.DataFrame
    findings: pl.DataFrame
    forms: pl.DataFrame
    near: pl.DataFrame
    signs: pl.DataFrame
    exports: pl.DataFrame
    answered_doubts: pl.DataFrame
    every_near: pl.DataFrame
    statements: pl.DataFrame


def read_reply_tables(workspace: Workspace, rests_on: ResolutionInputs) -> ReplyTables:
    """Return the rows of the notices, and the rows of replies that match them."""
    ordinals = {notice.notice_id: at for at, notice in enumerate(rests_on.notices)}
    records = [(at, notice) for at, notice in enumerate(rests_on.notices) if notice.kind is NoticeKind.RECORDS]
    asked = [
        read_asked_rows(workspace, notice).with_columns(
            pl.lit(at, pl.UInt32).alias("notice"), pl.lit(notice.licensee_id).alias("licensee_id")
        )
        for at, notice in records
    ]
    met = [
        resolution_files.read_matches(workspace, reply, rests_on.confirmed.get(reply.reply_id, ())).with_columns(
            pl.lit(ordinals[reply.notice_id], pl.UInt32).alias("notice"),
            pl.lit(at, pl.UInt32).alias("reply"),
            pl.lit(reply.certificate_sha256 is not None).alias("is_certified"),
        )
        for at, reply in enumerate(rests_on.replies)
    ]
    missed = [
        resolution_files.read_near_misses(workspace, reply, rests_on.confirmed.get(reply.reply_id, ())).with_columns(
            pl.lit(ordinals[reply.notice_id], pl.UInt32).alias("notice"), pl.lit(at, pl.UInt32).alias("reply")
        )
        for at, reply in enumerate(rests_on.replies)
    ]
    bare = {name: kind for name, kind in MET.items() if name not in SECOND}
    whole = pl.concat([pl.DataFrame(schema=bare), *(table.select(list(bare)) for table in met)])
    access = read_access_logs(workspace, rests_on.notices, rests_on.replies, rests_on.confirmed)
    whole = add_second_steps(workspace, rests_on.notices, rests_on.replies, whole, access).select(list(MET))
    every = pl.concat([pl.DataFrame(schema=NEAR), *(table.select(list(NEAR)) for table in missed)])
    whole, near = add_vetoes(whole, every)
    empty = pl.DataFrame(schema=ASKED | {"notice": pl.UInt32(), "licensee_id": pl.String()})
    every_row = pl.concat([empty, *(table.select(empty.columns) for table in asked)])
    whole = add_unread_files(add_shared_bits(every_row, whole), _list_unread(rests_on, ordinals))
    of_networks = access, list_families(rests_on.notices)
    compared = add_reply_conflicts(every_row, whole, _list_answered_doubts(rests_on), every, of_networks)
    forms = _load_forms(workspace, rests_on)
    return ReplyTables(
        every_row,
        mark_operators(add_other_notices(every_row, compared), forms),
        _list_answered_notices(rests_on, ordinals),
        near.select("notice", "row_id", pl.col("kind").cast(FINDINGS["kind"])),
        forms,
        near,
        _sign_rows(workspace, rests_on.replies),
        _find_exports(rests_on.replies),
        _list_answered_doubts(rests_on),
        every,
        _load_statements(workspace, rests_on),
    )


def _list_answered_notices(rests_on: ResolutionInputs, ordinals: Mapping[str, int]) -> pl.DataFrame:
    """Return `notice` and `is_whole` of each reply that was read."""
    result = [(ordinals[reply.notice_id], not reply.is_partial) for reply in rests_on.replies if reply.layout != UNREAD]
    return pl.DataFrame(result, schema={"notice": pl.UInt32, "is_whole": pl.Boolean}, orient="row")


def _list_unread(rests_on: ResolutionInputs, ordinals: Mapping[str, int]) -> pl.DataFrame:
    """Return `notice` and `last`, the newest file that could not be read and that no officer has explained."""
    result = [
        (ordinals[reply.notice_id], at) for at, reply in enumerate(rests_on.replies) if _is_unexplained(reply, rests_on)
    ]
    files = pl.DataFrame(result, schema={"notice": pl.UInt32, "last": pl.UInt32}, orient="row")
    return files.group_by("notice").agg(pl.max("last"))


def _is_unexplained(reply: Reply, rests_on: ResolutionInputs) -> bool:
    """Return whether a reply is a file that was not read, of which no officer has said what it means."""
    is_answered = FindingKind.UNREAD_FILE.value in rests_on.confirmed.get(reply.reply_id, ())
    return reply.layout == UNREAD and not is_answered


def _list_answered_doubts(rests_on: ResolutionInputs) -> pl.DataFrame:
    """Return the doubts about each reply that officers answered: `reply`, `of_replies`."""
    pairs = [
        (at, of_replies)
        for at, reply in enumerate(rests_on.replies)
        for of_replies in rests_on.confirmed.get(reply.reply_id, ())
    ]
    return pl.DataFrame(pairs, schema={"reply": pl.UInt32, "of_replies": pl.String}, orient="row")


def _sign_rows(workspace: Workspace, replies: Sequence[Reply]) -> pl.DataFrame:
    """Return `reply`, `kind` and `row` of the rows of all replies that show a sign."""
    result = [pl.DataFrame(schema={"reply": pl.UInt32, "kind": pl.String, "row": pl.UInt32})]
    for at, reply in enumerate(replies):
        signed_rows = resolution_files.read_table(workspace, reply, "findings", ["kind", "row"]).drop_nulls("row")
        kinds = signed_rows.select(pl.lit(at, pl.UInt32).alias("reply"), pl.col("kind").cast(pl.String), "row")
        result.append(kinds.filter(pl.col("kind").is_in([finding_kind.value for finding_kind in SIGNS])))
    return pl.concat(result)


def _find_exports(replies: Sequence[Reply]) -> pl.DataFrame:
    """Return the `export` of each `reply`: the first reply with the same bytes, or with the same rows."""
    known: dict[tuple[str, object], int] = {}
    exports = []
    for at, reply in enumerate(replies):
        rows = json.loads(reply.account_json).get("fingerprint")
        marks = [("bytes", reply.sha256), *([("rows", rows)] if rows else [])]
        same = min((known[mark] for mark in marks if mark in known), default=at)
        for mark in marks:
            known.setdefault(mark, same)
        exports.append((at, same))
    return pl.DataFrame(exports, schema={"reply": pl.UInt32, "export": pl.UInt32}, orient="row")


def _load_forms(workspace: Workspace, rests_on: ResolutionInputs) -> pl.DataFrame:
    """Return the forms in current replies. Of fields that name people, only whether they are filled.

    A form before a file about its notice that could not be read counts for nothing until an officer explains that file.
    """
    schema: dict[str, pl.DataType] = dict.fromkeys(("subscriber", "number_kind", *FORM), pl.String())
    schema |= {"is_certified": pl.Boolean(), "is_operator": pl.Boolean(), **dict.fromkeys(VALIDITY, pl.Int64())}
    schema |= {"ids": IDS}
    result = [pl.DataFrame(schema=schema)]
    for form in _list_forms_that_count(rests_on):
        table = _select_sure_forms(
            resolution_files.read_table(workspace, form, "met"), rests_on.confirmed.get(form.reply_id, frozenset())
        )
        there = [
            pl.when(f"has_{name}").then(pl.lit("yes")).alias(name) for name in FORM if f"has_{name}" in table.columns
        ]
        later = (*VALIDITY, "is_operator", "ids")
        missing = [pl.lit(None, schema[name]).alias(name) for name in later if name not in table.columns]
        certified = pl.lit(form.certificate_sha256 is not None).alias("is_certified")
        result.append(table.with_columns(*there, *missing, certified).select(list(schema)))
    return pl.concat(result)


def _list_forms_that_count(rests_on: ResolutionInputs) -> list[Reply]:
    """Return the replies with forms that no later file about their notice, unread and unexplained, puts in doubt."""
    unread = [reply for reply in rests_on.forms if _is_unexplained(reply, rests_on)]
    return [
        form
        for form in rests_on.forms
        if not any(form.notice_id == later.notice_id and form.reply_id < later.reply_id for later in unread)
    ]


def _load_statements(workspace: Workspace, rests_on: ResolutionInputs) -> pl.DataFrame:
    """Return LINE_STATEMENTS of all current replies with forms. An unread file after one takes no denial back."""
    tables = [resolution_files.read_line_statements(workspace, form) for form in rests_on.forms]
    return pl.concat([pl.DataFrame(schema=LINE_STATEMENTS), *tables])


def _select_sure_forms(forms: pl.DataFrame, answered: Set[str]) -> pl.DataFrame:
    """Return the forms that are not in doubt, or whose doubt an officer answered."""
    if "doubted_by" not in forms.columns:
        return forms
    is_answered = pl.concat_str(pl.lit(OF_COLUMN), "doubted_by").is_in(sorted(answered))
    return forms.filter(pl.col("doubted_by").is_null() | is_answered).drop("doubted_by")
