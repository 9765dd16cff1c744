"""Find rows that have two serial numbers which differ: one of two tables that were put side by side has other rows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.replies.column_names import reduce_heading

_SERIALS = frozenset(
    {
        *"sno slno srno serialno serialnumber sl sr slnumber srnumber rowno rownumber".split(),
        *"क्रसं क्रमसंख्या".split(),
    }
)


def doubt_other_serials(assigned: pl.DataFrame, frame: pl.DataFrame, headings: Sequence[str]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where two columns of serial numbers differ. `frame`: the rows' texts."""
    places = [at for at, heading in enumerate(headings) if reduce_heading(heading) in _SERIALS]
    for at in places[1:]:
        texts = [frame[f"c{place}"].str.strip_chars().str.strip_chars_end(".") for place in (places[0], at)]
        rows = frame["row"].filter((texts[0] != texts[1]) & (texts[0] != "") & (texts[1] != ""))
        doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(headings[at].strip().lstrip("\ufeff")))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned
