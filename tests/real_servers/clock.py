"""A clock that the driver sets, for one program at a time (libfaketime), so that a log can tell of two weeks."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .server import ZONE

PACKAGE = "libfaketime"


@dataclass(frozen=True)
class Clock:
    """A file that says what time it is for the programs started with `environment`."""

    file: Path

    def set(self, now: datetime) -> None:
        """From here on it is `now`; the clock stands still until the next call."""
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{now.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M:%S.%f}\n")  # read in the program's zone
        beside.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to go by this clock. Its timers stay real."""
        return {
            "LD_PRELOAD": f"{_library()} libc.so.6",  # libc before named's jemalloc, which asks for the time too early
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise SystemExit("libfaketime is not installed: python -m tests.real_servers install")
    return found[0]
