"""A command that kills itself at one of its calls: `python -m tests.services.killed_command CALL WORDS...`.

The same command makes nearly the same calls again, so a call is a moment of its work that needs no clock. CALL 0 kills
nothing. A command that ends writes the number of its calls as its last line of standard error.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping

from sightline.cli import main


def run_until(call: int, *words: object, environment: Mapping[str, str]) -> int | None:
    """Run the command in a process of its own. Return the number of its calls, or None where it was killed."""
    command = [sys.executable, "-m", "tests.services.killed_command", str(call), *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stderr.splitlines()[-1])


def _run(kill_at: int, words: list[str]) -> int:
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    code = main(words)
    sys.setprofile(None)
    sys.stderr.write(f"{calls}\n")
    return code


if __name__ == "__main__":
    sys.exit(_run(int(sys.argv[1]), sys.argv[2:]))
