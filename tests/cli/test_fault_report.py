"""A bug in Sightline ends with 70 and a report to send, never as damaged evidence, and quotes nothing of a record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import SignedList, environment

LOG = '203.0.113.9 - secret-name [05/Jun/2026:12:00:00 +0000] "GET http://flagged.example/ HTTP/1.1" 200 5\n'
FAULTS = {
    "a panic of a thread": 'raise _kernel.KernelError("fault", "the kernel panicked at src/scan/run.rs:1")',
    "frames that do not add up": 'raise _kernel.KernelError("fault", "the frames of access.log do not add up")',
    "a panic of the binding": 'raise PanicException("secret-name")',
    "an error of Python": 'raise KeyError("secret-name")',
}
PATCHED = """
import sys
from sightline import _kernel

class PanicException(BaseException):
    pass

def scan(*_):
    {fault}

_kernel.Scan = scan
from sightline.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_bug_is_reported_as_a_bug(signed_list: SignedList, tmp_path: Path, fault: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(LOG)
    words = ["match", str(log), *signed_list.words]
    done = subprocess.run(
        [sys.executable, "-c", PATCHED.format(fault=fault), *words],
        capture_output=True,
        env=environment(),
        timeout=120,
        check=False,
        text=True,
    )
    assert done.returncode == 70, done.stderr
    assert "This is a bug in Sightline. It does not mean that the evidence is damaged." in done.stderr
    assert "command: match" in done.stderr
    assert "    at sightline." in done.stderr
    assert "secret-name" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_oracle_reports_counts_that_do_not_add_up() -> None:
    from sightline.errors import ProgramFault
    from sightline.stages.scan.reference.scan import RunningCounts

    with pytest.raises(ProgramFault, match="3 frames are not 1"):
        RunningCounts(frames=3, records=1).check()
