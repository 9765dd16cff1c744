"""One scan of a server's own log to sealed segments: `python -m bench.segment_run LOG LIST KEY SERVER FOLDER`."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.inputs import CORES
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.lists.trust import read_trusted_keys
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.results import ScanInput

ROW_KEY = bytes(range(32))


def main() -> None:
    """Seal; what was in the folder is gone first."""
    log, flag_list, key, server, out = sys.argv[1:]
    folder = Path(out)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    opened = kernel.open_list(Path(flag_list), read_trusted_keys([Path(key)]), datetime.now(UTC))
    kernel.scan(
        [ScanInput(Path(log), load_builtin_formats()["combined"].program)],
        [opened],
        ReadOptions(),
        EngineSettings(
            limits=DecompressionLimits(),
            all_hits_of=server,
            hits=("segments", folder),
            threads=CORES,
            row_keys=[ROW_KEY],
        ),
    )


if __name__ == "__main__":
    main()
