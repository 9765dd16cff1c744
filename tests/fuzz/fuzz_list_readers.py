"""Any bytes as a list file: rows and rejects name lines that are there, in order, and nothing else happens.

Run: python tests/fuzz/fuzz_list_readers.py -max_total_time=600 [CORPUS]
"""

from __future__ import annotations

import io
import sys

import atheris

with atheris.instrument_imports(include=["sightline"]):
    from sightline.errors import UsageError
    from sightline.stages.lists.junk import JunkNames
    from sightline.stages.lists.model import RowReject
    from sightline.stages.lists.readers import batches
    from sightline.stages.lists.rows import statement

JUNK = JunkNames(frozenset({"example"}), frozenset(), frozenset(), frozenset({"mail.example"}))


def one_input(raw: bytes) -> None:
    """Read it; raises AssertionError for what must not be."""
    last, line_count = 0, raw.count(b"\n") + 1
    try:
        for rows, rejects in batches(io.BytesIO(raw)):
            numbers = [row[0] for row in rows]
            assert numbers == sorted(numbers)
            for row in rows:
                assert last < row[0] <= line_count
                assert len(row) == 9
                assert all(isinstance(text, str) for text in row[1:])
                read = statement(row, JUNK)
                if isinstance(read, RowReject):
                    assert read.reason
                else:
                    again = statement((row[0], read[0].value, read[1], *row[3:]), JUNK)
                    assert again == read, (row, read, again)
            assert [reject.line for reject in rejects] == sorted(reject.line for reject in rejects)
            assert all(0 < reject.line <= line_count and reject.reason for reject in rejects)
            last = max([last, *numbers])
    except UsageError as refused:
        assert refused.hint


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
