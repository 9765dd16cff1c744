"""A survey counts every row and names every reject once, whatever reads the rows."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sightline.model import RowCode
from sightline.stages.lists.junk import load_junk_names
from sightline.stages.lists.model import RowReject
from sightline.stages.lists.survey import build_plain_check, survey_list


def test_rows_and_rejects_are_counted_and_listed_in_line_order(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    raw = b"kind,value,typo\ndomain,a.example,\n domain ,b.example,\nhost,com,\n\xff\nx,y,\nhost,a\nip,192.0.2.1,\n"
    path.write_bytes(raw)
    rejects: list[RowReject] = []
    found = survey_list(path, build_plain_check(load_junk_names()), rejects.append)
    assert found.rows == {"domain": 2, "ip": 1}
    assert [(reject.line, reject.code) for reject in rejects] == [
        (1, RowCode.UNKNOWN_COLUMN),
        (4, RowCode.JUNK),
        (5, RowCode.NOT_UTF8),
        (6, RowCode.UNKNOWN_KIND),
        (7, RowCode.COLUMN_COUNT),
    ]
    assert (found.row_count, found.reject_count, found.file_kind) == (3, 5, "csv")
    assert (found.list_id, found.size_bytes) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert found.prehash == hashlib.blake2b(raw).digest()
    assert found.rejects[RowCode.NOT_UTF8] == 1


def test_a_line_of_several_rows_counts_each(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("0.0.0.0 a.example com b.example org\n")
    rejects: list[RowReject] = []
    found = survey_list(path, build_plain_check(load_junk_names()), rejects.append)
    assert found.rows == {"host": 2}
    assert [reject.line for reject in rejects] == [1, 1]
