"""Any bytes as a list file: rows and rejects name lines that are there, in order, and nothing else happens.

Run: python tests/fuzz/fuzz_list_readers.py -max_total_time=600 [CORPUS]. Seeds: tests/fuzz/seeds.
"""

from __future__ import annotations

import io
import sys

import atheris

with atheris.instrument_imports(include=["sightline"]):
    from sightline.errors import DamagedInput, UsageError
    from sightline.stages.lists.junk import JunkNames
    from sightline.stages.lists.model import Row, RowReject
    from sightline.stages.lists.readers import read_batches
    from sightline.stages.lists.row_statements import parse_statement

JUNK = JunkNames(frozenset({"example"}), frozenset(), frozenset(), frozenset({"mail.example"}))


def one_input(raw: bytes) -> None:
    """Read it; raises AssertionError for what must not be."""
    last, line_count = 0, raw.count(b"\n") + 1
    try:
        for batch in read_batches(io.BytesIO(raw)):
            numbers = [row[0] for row in batch.rows]
            assert numbers == sorted(numbers)
            if batch.places is None:
                assert all(last < number <= line_count for number in numbers)
            else:
                assert sorted(numbers + [reject.line for reject in batch.rejects]) == list(batch.places)
            for row in batch.rows:
                check_row(row)
            assert [reject.line for reject in batch.rejects] == sorted(reject.line for reject in batch.rejects)
            rejects = batch.list_all_rejects([])
            assert all(0 < reject.line <= line_count and reject.reason for reject in rejects)
            assert all(reject.reason.encode() for reject in rejects)
            last = max([last, *numbers])
    except (UsageError, DamagedInput) as refused:
        assert refused.hint
        assert str(refused).encode()


def check_row(row: Row) -> None:
    """A row reads the same again, and holds nothing that a line could not."""
    assert len(row) == 9
    assert all(isinstance(text, str) and text.encode() is not None for text in row[1:])
    assert all("\n" not in str(text) and "\0" not in str(text) for text in row[1:])
    read = parse_statement(row, JUNK)
    if isinstance(read, RowReject):
        assert read.reason
    else:
        again = parse_statement((row[0], read[0].value, read[1], *row[3:]), JUNK)
        assert again == read, (row, read, again)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
