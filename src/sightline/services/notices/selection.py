"""Select sessions of chosen leads for a notice, each with its licensee and how long that licensee keeps records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from sightline.model import NatLogs
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_index.lead_view import View
from sightline.stages.leads.port_blocks import compute_block_columns
from sightline.stages.leads.rules.many_behind import MANY
from sightline.stages.resolve.questions import SESSIONS, LeftOutReason
from sightline.stages.resolve.row_verdicts import NETWORK
from sightline.storage.rows import Licensee

BESIDE = ("licensee_id", "circle", "block_ports", "block_base", "source_port", "first_us", "last_us")
"""Columns beside SESSIONS. `block_ports` and `block_base` describe the port blocks of the session's address."""
FEW = 64
"""Chosen leads that are looked up one by one if all leads are in memory."""
NAMED = 5
"""Leads that are named of those that are left out for one reason."""
_READ = (
    "lead_id source_ip hi lo first_us last_us source_port ceiling isp circle nat_shared nat_ports nat_base"
    " agents is_inside candidates"
).split()


@dataclass(frozen=True, slots=True)
class NoticeSelection:
    """The chosen leads, by expression or ids, and optionally one licensee and one circle."""

    chosen: pl.Expr | None = None
    leads: tuple[str, ...] = ()
    licensee_id: str | None = None
    circle: str | None = None


@dataclass(slots=True)
class LeftOutSessions:
    """Counts of sessions that are not asked about, by reason, and by network if no licensee is known.

    `leads`: the first leads of each reason, `NAMED` at most.
    """

    whys: Counter[LeftOutReason] = field(default_factory=Counter)
    networks: Counter[str] = field(default_factory=Counter)
    leads: dict[LeftOutReason, list[str]] = field(default_factory=dict)

    def add(self, sessions: pl.DataFrame) -> None:
        """Count the `why` of sessions (`why lead_id`), and name their first leads."""
        counted = sessions.group_by("why").agg(pl.len(), pl.col("lead_id").unique().sort().head(NAMED))
        for why, count, leads in counted.iter_rows():
            reason = LeftOutReason(why)
            self.whys[reason] += count
            self.leads[reason] = sorted({*self.leads.get(reason, ()), *leads})[:NAMED]


def read_sessions_of_leads(
    leads: Leads,
    licensees: Sequence[Licensee],
    notice_selection: NoticeSelection,
    left_out: LeftOutSessions,
    view: View | None = None,
) -> pl.DataFrame:
    """Return SESSIONS and BESIDE of the chosen leads. Sessions without a known licensee are counted and left out.

    `view`: the same leads in memory, if the caller has them: a few leads are then found without reading all.
    """
    rows = _select_sessions(leads, notice_selection, view).collect(engine="streaming")
    known_rows = _match_licensees(rows["isp"], licensees)
    joined = rows.join(known_rows, on="isp", how="left", nulls_equal=True, maintain_order="left")
    if notice_selection.licensee_id is not None:
        joined = joined.filter(pl.col("licensee_id") == notice_selection.licensee_id)
    if notice_selection.circle is not None:
        joined = joined.filter(pl.col("circle").cast(pl.String) == notice_selection.circle)
    nobody = joined.filter(pl.col("licensee_id").is_null())
    why = pl.when(pl.col("isp").is_null()).then(pl.lit(LeftOutReason.NO_NETWORK.value))
    left_out.add(nobody.select(why.otherwise(pl.lit(LeftOutReason.NO_LICENSEE.value)).alias("why"), "lead_id"))
    left_out.networks.update(dict(nobody.drop_nulls("isp").group_by("isp").len().iter_rows()))
    return _number_rows(joined.filter(pl.col("licensee_id").is_not_null())).select(*SESSIONS, *BESIDE)


def read_sessions_at(leads: Leads, addresses: pl.DataFrame) -> pl.DataFrame:
    """Return all sessions at some addresses (`source_ip`): SESSIONS, NETWORK, `isp`, and BESIDE without licensees."""
    rows = (
        _select_sessions(leads, NoticeSelection())
        .join(addresses.lazy(), on="source_ip", how="semi")
        .collect(engine="streaming")
    )
    known = [name for name in (*SESSIONS, *BESIDE) if name not in ("licensee_id", "nat_logs")]
    return _number_rows(rows).select(*known, *NETWORK, "isp")


def _number_rows(rows: pl.DataFrame) -> pl.DataFrame:
    is_alone = pl.col("nat_shared").eq(False).fill_null(False) & (pl.col("agents") < MANY)
    ordered = rows.sort("hi", "lo", "first_us", "session_id").with_row_index("session")
    return ordered.with_columns(
        pl.col("source_ip").alias("ip"),
        is_alone.alias("is_alone"),
        pl.col("is_inside").fill_null(False),
        pl.col("circle").cast(pl.String),
    )


assert set(BESIDE).isdisjoint(SESSIONS)


def _select_sessions(lead_files: Leads, notice_selection: NoticeSelection, view: View | None = None) -> pl.LazyFrame:
    """Return all sessions of the chosen leads, of single and joined leads."""
    joined = [pl.scan_parquet(path) for path in lead_files.files["sessions"]]
    if not notice_selection.leads:
        leads = every = lead_files.open_frame()
    else:
        few = view if len(notice_selection.leads) <= FEW else None
        leads = _choose(lead_files, notice_selection.leads, few)
        # The blocks of an address are those of all its sessions, so whole addresses are read, and no others.
        here = _find_addresses_of_leads(leads, joined)
        every = _filter_by_address(lead_files.open_frame(), here) if few is None else few.open_frame(here)
        joined = [_filter_by_address(table, here) for table in joined]
    single = every.filter(pl.col("sessions") == 1).with_columns(pl.col("lead_id").alias("session_id"))
    columns = ["session_id", *_READ, *(name for name in NETWORK if name not in _READ)]
    sessions = pl.concat([table.select(columns) for table in (single, *joined)])
    sessions = sessions.with_columns(expression.over("hi", "lo") for expression in compute_block_columns())
    if notice_selection.chosen is not None:
        leads = leads.filter(notice_selection.chosen)
    return sessions.join(leads.select("lead_id"), on="lead_id", how="semi")


def _choose(leads: Leads, texts: Sequence[str], view: View | None) -> pl.LazyFrame:
    """Return the leads with these numbers, ids or short ids. Raises UsageError."""
    if view is None:
        return leads.open_frame().filter(pl.col("lead_id").is_in(leads.find_whole_ids(texts)))
    whole = [
        text if view.columns.find_row(text) is not None else str(view.find_lead(text)["lead_id"]) for text in texts
    ]
    return view.build_frame(whole).collect().lazy()


def _find_addresses_of_leads(leads: pl.LazyFrame, joined: Sequence[pl.LazyFrame]) -> pl.DataFrame:
    """Return the addresses (`hi lo`) of all sessions of some leads, of which `joined` has those of joined leads."""
    lead_ids = leads.select("lead_id").collect()["lead_id"].implode()
    frames = [
        leads.filter(pl.col("sessions") == 1),
        *(table.filter(pl.col("lead_id").is_in(lead_ids)) for table in joined),
    ]
    return pl.concat([frame.select("hi", "lo") for frame in frames]).unique().collect()


def _filter_by_address(frame: pl.LazyFrame, here: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows at some addresses (`hi lo`), and rarely more."""
    return frame.filter(pl.col("lo").is_in(here["lo"].implode()), pl.col("hi").is_in(here["hi"].implode()))


def _match_licensees(networks: pl.Series, licensees: Sequence[Licensee]) -> pl.DataFrame:
    """Return `isp licensee_id nat_logs` of distinct network names, which are compared without case."""
    by_name = {licensee.name.casefold(): licensee for licensee in licensees}
    result = [(isp, by_name.get(isp.casefold())) for isp in networks.drop_nulls().unique().sort()]
    rows = [
        (isp, licensee and licensee.licensee_id, (licensee.nat_logs if licensee else NatLogs.UNKNOWN).value)
        for isp, licensee in result
    ]
    schema = {"isp": pl.String, "licensee_id": pl.String, "nat_logs": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
