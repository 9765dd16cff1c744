"""Compare subscriber forms with their notice: one holder for each number asked about, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import FINDINGS, FORM, SUBSCRIBERS, FindingKind

PLACE = ("installation_state", "installation_district")
"""Fields of a form that are no identity, and so stay readable."""
PRIVATE = frozenset({"number", *FORM}) - frozenset(PLACE)
"""Fields that name a person or a line. They are sealed."""
MAX_LISTED = 1000
_DENIED = "the reply says that the number was never a customer's: no line is named by it"


@dataclass(frozen=True, slots=True)
class MatchedForms:
    """Forms that answer the notice (with their `asked` row), findings and counts.

    `statements`: LINE_STATEMENTS with `number` and `number_kind` in the place of the subscriber.
    """

    met: pl.DataFrame
    findings: pl.DataFrame
    counts: dict[str, int]
    statements: pl.DataFrame


class Forms:
    """Collects the rows of a reply for subscribers. `asked`: `row_id number number_kind`."""

    def __init__(self, questions: pl.DataFrame) -> None:
        self._asked = questions.select(pl.col("row_id").alias("asked"), "number", "number_kind")
        self._met: list[pl.DataFrame] = []
        self._extra: list[pl.DataFrame] = []
        self._extras = 0

    def take(self, forms: pl.DataFrame) -> None:
        """Keep the rows of numbers that were asked about. A row with several numbers comes once for each."""
        met = forms.join(self._asked, on=["number", "number_kind"], how="inner", maintain_order="left")
        others = forms.select("row").unique(maintain_order=True).join(met, on="row", how="anti", maintain_order="left")
        self._met.append(met)
        self._extras += len(others)
        self._extra.append(others.head(MAX_LISTED))

    def finish(self) -> MatchedForms:
        """Return the result. A number with two forms that differ and are valid at one time is answered by neither.

        If the time of one ends before the other's begins, the number had two holders, and both are kept.
        """
        empty = pl.DataFrame(schema=SUBSCRIBERS | {"asked": pl.String()})
        answered = pl.concat([empty, *(table.select(empty.columns) for table in self._met)])
        denied, doubted = (answered.filter(pl.col("says") == says) for says in ("denied", "doubted"))
        met = answered.filter(pl.col("says").is_null())
        columns = [column for column in met.columns if column not in {"row", "ids", "doubted_by"}]
        # Of two equal forms the one that is in doubt does not count.
        sure_first = met.sort(pl.col("doubted_by").is_not_null(), maintain_order=True)
        once = sure_first.unique(columns, keep="first", maintain_order=True)
        overlaps = find_overlapping_forms(once)
        differ = once.filter(overlaps)
        sound = once.filter(~overlaps)
        missing = self._asked.join(once, on="asked", how="anti").join(denied, on="asked", how="anti")
        parts = [
            _describe_findings(FindingKind.EXTRA, pl.concat(self._extra).with_columns(asked=pl.lit(None, pl.String))),
            _describe_findings(FindingKind.DUPLICATE, met.join(once.select("row"), on="row", how="anti")),
            _describe_findings(FindingKind.CONTRADICTS, differ),
            _describe_findings(FindingKind.CONTRADICTS, denied),
            _describe_findings(FindingKind.MISSING, missing.with_columns(row=pl.lit(None, pl.UInt32))),
        ]
        counts = {"extra": self._extras, "duplicate": len(met) - len(once)}
        counts |= {"contradicts": len(differ) + len(denied), "missing": len(missing)}
        statements = pl.concat([_state("denied", denied), _state("differs", differ), _state("doubted", doubted)])
        return MatchedForms(sound.drop("says"), pl.concat(parts), counts, statements)


def _state(says: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what rows say of their numbers, each once."""
    stated = rows.select("number", "number_kind", pl.lit(says).alias("says"), "from_us", "until_us")
    return stated.unique(maintain_order=True)


def find_overlapping_forms(forms: pl.DataFrame) -> pl.Series:
    """Return for each form (`asked`, `from_us`, `until_us`) whether another of its number overlaps in time."""
    ordered = (
        forms.select(
            "asked",
            pl.col("from_us").fill_null(-FOREVER_US).alias("begins"),
            pl.col("until_us").fill_null(FOREVER_US).alias("ends"),
        )
        .with_row_index("at")
        .sort("asked", "begins", "ends", "at")
    )
    before = pl.col("ends").cum_max().shift(1).over("asked")
    after = pl.col("begins").shift(-1).over("asked")
    flags = [(pl.col("begins") < before).fill_null(value=False), (pl.col("ends") > after).fill_null(value=False)]
    return ordered.select("at", overlaps=pl.any_horizontal(flags)).sort("at")["overlaps"]


def _describe_findings(kind: FindingKind, rows: pl.DataFrame) -> pl.DataFrame:
    words = {
        FindingKind.EXTRA: "a number that was not asked for",
        FindingKind.DUPLICATE: "the same form once more",
        FindingKind.CONTRADICTS: "two forms of one number that differ and hold at one time: neither is used",
        FindingKind.MISSING: "no form of this number",
    }
    text = pl.lit(words[kind])
    if "says" in rows.columns:
        text = pl.when(pl.col("says").is_not_null()).then(pl.lit(_DENIED)).otherwise(text)
    return rows.head(MAX_LISTED).select(
        pl.lit(kind.value).cast(FINDINGS["kind"]).alias("kind"),
        "row",
        pl.col("asked").alias("row_id"),
        text.alias("text"),
    )
