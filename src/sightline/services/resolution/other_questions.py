"""Keep rows of a reply that answer questions of other notices to the licensee: they may contradict what those name."""

from __future__ import annotations

import polars as pl

from sightline.model import NoticeKind
from sightline.services.notices.notice_rows import read_asked_rows
from sightline.stages.resolve.doubts import find_answers_to_others
from sightline.stages.resolve.model import ASKED
from sightline.stages.resolve.row_match import NoticeIndex
from sightline.storage.rows import Notice
from sightline.workspace.workspace import Workspace


class OtherQuestions:
    """The questions of a case's other notices to one licensee: `take` the rows of a reply in batches, then `answers`.

    Only notices of the same case count: a row that answers no question of the case is not kept.
    """

    def __init__(self, workspace: Workspace, notice: Notice) -> None:
        with workspace.read() as tables:
            notices = tables[Notice].select(
                case_id=notice.case_id, licensee_id=notice.licensee_id, kind=NoticeKind.RECORDS.value
            )
        others = [other for other in notices if other.sent_at_us and other.notice_id != notice.notice_id]
        questions = pl.concat([pl.DataFrame(schema=ASKED), *(read_asked_rows(workspace, other) for other in others)])
        self._index = NoticeIndex(questions) if questions.height else None
        self._found = [pl.DataFrame()]

    def take(self, assigned: pl.DataFrame) -> None:
        """Process the assignments (ASSIGNED) of a batch."""
        if self._index is not None:
            self._found.append(find_answers_to_others(assigned, self._index))

    def answers(self, met: pl.DataFrame) -> pl.DataFrame:
        """Return these rows, but for those that answer the notice itself (`met`); without a column if there is none."""
        rows = pl.concat(self._found, how="diagonal")
        return rows.filter(~pl.col("row").is_in(met["row"].implode())) if rows.height else pl.DataFrame()
