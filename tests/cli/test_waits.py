"""What the program waits for is said on standard error."""

from __future__ import annotations

import pytest

from sightline.cli import main
from sightline.waits import report_wait, set_wait_reporter


def test_the_command_line_says_what_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    set_wait_reporter(lambda _: None)
    report_wait("waiting for nobody", 60)
    assert capsys.readouterr() == ("", "")
    main(["formats", "list"])
    capsys.readouterr()
    report_wait("waiting for s3://evidence/unit\x1b[2J: no answer for 5 s", 60.0)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "waiting for s3://evidence/unit\\x1b[2J: no answer for 5 s; gives up after 60 s\n"
