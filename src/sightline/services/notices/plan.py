"""Plan notices without writing anything: rows by licensee and circle, and what cannot be asked, by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field

import polars as pl

from sightline.casework.notices.notices import ASKS_STILL
from sightline.errors import UsageError
from sightline.model import NoticeKind
from sightline.model.progress import Progress
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_index.lead_view import View
from sightline.services.leads.generation_writer import list_hit_places, open_segments, open_sets
from sightline.services.leads.rebuild_inputs import RebuildInputs, load_inputs
from sightline.services.notices.notice_rows import read_all_asked_rows
from sightline.services.notices.selection import LeftOutSessions, NoticeSelection, read_sessions_of_leads
from sightline.services.notices.session_visits import read_connections, read_visits
from sightline.services.sessions.exhibit_copies import find_contradicting_copies
from sightline.services.sessions.exhibit_samples import find_invented_exhibits
from sightline.services.sessions.hit_examination import ReadContext
from sightline.services.sessions.segment_addresses import select_segments
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.stages.resolve.coverage import find_covered
from sightline.stages.resolve.model import ASKED
from sightline.stages.resolve.questions import SESSIONS, VISITS, LeftOutReason, decide_questions, make_questions
from sightline.storage.rows import Authority, Case, Generation, Holding, Licensee, Notice
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class NoticePart:
    """The rows (ASKED) for one licensee and circle. The circle is None if no data set has it."""

    licensee: Licensee
    circle: str | None
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """The notices that could be drafted from one generation of leads, and how much is left out.

    `open_before`: the ids of the open notices of the case and kind when the plan was made.
    """

    case: Case
    kind: NoticeKind
    generation: Generation
    parts: tuple[NoticePart, ...]
    left_out: LeftOutSessions = field(default_factory=LeftOutSessions)
    open_before: frozenset[str] = frozenset()

    @property
    def rows(self) -> int:
        """Return the total number of rows of all notices."""
        return sum(len(part.rows) for part in self.parts)


def plan_from_leads(
    workspace: Workspace,
    case: Case,
    kind: NoticeKind,
    notice_selection: NoticeSelection,
    progress: Progress,
    view: View | None = None,
) -> NoticePlan:
    """Return the plan of notices of a kind. Raises UsageError if leads must be rebuilt first.

    `view`: the leads in memory, if the caller has them. Those of another generation are not used.
    """
    # Each of the inputs changes with a ledger entry, and hundreds of small queries read them.
    stands = workspace.get_cached("rebuild inputs", lambda: load_inputs(workspace), but=WORK)
    with workspace.read() as tables:
        licensees = tables[Licensee].select()
        case_exhibits, open_ones = _list_held_exhibits(tables, case), open_of(tables, case, kind)
    left_out, parts = LeftOutSessions(), []
    if view is not None and view.read.generation.generation_id != stands.derive_generation_id():
        view = None
    with open_generation(workspace) if view is None else nullcontext(view.read) as leads:
        _require_current(stands, leads.generation)
        sessions = read_sessions_of_leads(leads, licensees, notice_selection, left_out, view)
        decided = decide_questions(sessions.select(list(SESSIONS)))
        left_out.add(_with_leads(decided.filter(pl.col("why").is_not_null()), sessions))
        askable = sessions.join(decided.filter(pl.col("asks").is_not_null()).drop("why"), on="session")
        before = read_all_asked_rows(workspace, open_ones).join(askable.select("ip").unique(), on="ip", how="semi")
        rows = _build_rows(workspace, stands, askable, _CaseState(case_exhibits, before), left_out, progress)
    by_id = {licensee.licensee_id: licensee for licensee in licensees}
    for (licensee_id, circle), asked_rows in _group_rows(rows, askable).items():
        parts.append(NoticePart(by_id[licensee_id], circle, asked_rows))
    opened_before = frozenset(notice.notice_id for notice in open_ones)
    return NoticePlan(case, kind, leads.generation, tuple(parts), left_out, opened_before)


def _require_current(stands: RebuildInputs, generation: Generation) -> None:
    if stands.derive_generation_id() != generation.generation_id:
        number = generation.number
        raise UsageError(
            f"what the leads of generation {number} rest on has changed: a run, a list, a data set, a reply, a rule",
            hint="nobody is asked for what may not hold any more: sightline leads rebuild",
        )


def _list_held_exhibits(tables: Tables, case: Case) -> frozenset[str]:
    """Return the exhibits that the case holds."""
    authority_ids = {authority.authority_id for authority in tables[Authority].select(case_id=case.case_id)}
    return frozenset(
        holding.exhibit_id for holding in tables[Holding].select() if holding.authority_id in authority_ids
    )


def open_of(tables: Tables, case: Case, kind: NoticeKind) -> list[Notice]:
    """Return the open notices of a case and kind."""
    return [
        notice for notice in tables[Notice].select(case_id=case.case_id, kind=kind.value) if notice.state in ASKS_STILL
    ]


@dataclass(frozen=True, slots=True)
class _CaseState:
    """The exhibits that a case holds, by id, and the rows (ASKED) of its open notices."""

    case_exhibits: frozenset[str]
    asked: pl.DataFrame


def _build_rows(
    workspace: Workspace,
    stands: RebuildInputs,
    askable: pl.DataFrame,
    case_state: _CaseState,
    left_out: LeftOutSessions,
    progress: Progress,
) -> pl.DataFrame:
    """Return all rows (`session` and ASKED) in order of addresses."""
    frames = [make_questions(askable.head(0).select(list(SESSIONS)), pl.DataFrame(schema=VISITS)).rows]
    if askable.is_empty():
        return frames[0]
    counted = 0
    with ExitStack() as stack:
        wanted_rows = askable.select(pl.col("ip").alias("source_ip")).unique()
        every = open_segments(workspace, stands, stack)
        segments = select_segments(every, wanted_rows["source_ip"])
        read_context, ordinals = load_read_context(workspace, stands, segments, stack, every)
        read_context.wanted = wanted_rows
        connections = read_connections(segments, ordinals, read_context.wanted)
        exhibit = ordinals.filter(pl.col("exhibit_id").is_in(list(case_state.case_exhibits)))["exhibit"]
        whole, done = sum(segment_file.rows for segment_file in segments), [0]

        def count_visits(more: int) -> None:
            done[0] += more
            progress(done[0], whole, counted)

        for here, visits in read_visits(segments, read_context, askable, exhibit, connections, count_visits):
            held_visits = visits.filter("carries", "is_held")
            new = _find_new_visits(held_visits, here, case_state.asked)
            questions = make_questions(here.select(list(SESSIONS)), new)
            frames.append(questions.rows)
            counted += len(questions.rows)
            left_out.add(
                _with_leads(_find_reasons(questions.left_out, held_visits, new, case_state.case_exhibits, stands), here)
            )
    return pl.concat(frames)


def _with_leads(left: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return `session why lead_id` of sessions that are left out."""
    return left.select("session", "why").join(
        sessions.select("session", "lead_id"), on="session", maintain_order="left"
    )


def _find_new_visits(visits: pl.DataFrame, sessions: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the visits that no earlier row asks about."""
    rows = visits.join(sessions.select("session", "ip", "asks"), on="session", maintain_order="left")
    return rows.with_row_index("visit").join(find_covered(rows, before), on="visit", how="anti").select(visits.columns)


def _find_reasons(
    left: pl.DataFrame, visits: pl.DataFrame, new: pl.DataFrame, case_exhibits: frozenset[str], stands: RebuildInputs
) -> pl.DataFrame:
    """Return the sessions that are left out, with the reason: already asked about, or held by another case."""
    session_ids = visits.select(pl.col("session").unique())
    asked_before = session_ids.join(new, on="session", how="anti").with_columns(pl.lit(value=True).alias("is_asked"))
    seen = session_ids.with_columns(pl.lit(value=True).alias("is_seen"))
    sessions = left.join(seen, on="session", how="left").join(asked_before, on="session", how="left")
    holds_all = all(current_run.run.exhibit_id in case_exhibits for current_run in stands.current_runs)
    is_elsewhere = pl.col("is_seen").is_null() & (not holds_all)
    return sessions.with_columns(
        pl.when("is_asked")
        .then(pl.lit(LeftOutReason.ASKED_ALREADY.value))
        .when(is_elsewhere)
        .then(pl.lit(LeftOutReason.OTHER_CASE.value))
        .otherwise("why")
        .alias("why")
    ).select("session", "why")


def load_read_context(
    workspace: Workspace,
    stands: RebuildInputs,
    segments: list[SegmentFile],
    stack: ExitStack,
    every: Sequence[SegmentFile] = (),
) -> tuple[ReadContext, pl.DataFrame]:
    """Return the context to read these segments, and the ordinals (`exhibit_id member exhibit`) of their exhibits.

    `every`: all segments of these exhibits if `segments` are only some. A sample of all tells what an exhibit is.
    """
    places = list_hit_places(segments)
    ordinals = places.select(pl.col("exhibit").alias("exhibit_id"), "member", pl.col("ordinal").alias("exhibit"))
    made_up, moved_copies = find_invented_exhibits(every or segments), find_contradicting_copies(every or segments)
    sets = open_sets(workspace, stands, stack)
    return ReadContext(ordinals, sets, 0, made_up, moved_copies=moved_copies), ordinals


def _group_rows(rows: pl.DataFrame, askable: pl.DataFrame) -> Mapping[tuple[str, str | None], pl.DataFrame]:
    """Return the rows (ASKED) by licensee and circle, in the order of those."""
    session_rows = rows.join(askable.select("session", "licensee_id", "circle"), on="session", maintain_order="left")
    keys = ["licensee_id", "circle"]
    order = session_rows.select(keys).unique().sort(keys, nulls_last=True)
    parts = session_rows.partition_by(keys, as_dict=True, maintain_order=True)
    return {(str(row[0]), row[1]): parts[row].select(list(ASKED)) for row in order.iter_rows()}
