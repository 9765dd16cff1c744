"""Read some members of an archive with the kernel, and join what several processes have read of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.stages.scan.engine_output import ExhibitScan, PartAccount
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.kernel.errors import map_kernel_errors
from sightline.stages.scan.kernel.runs import build_scanned, run_scan
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.results import ScanInput
from sightline.stages.scan.segments import USUAL, SegmentLimits

if TYPE_CHECKING:
    from sightline import _kernel


def scan_part(
    scan_inputs: ScanInput,
    lists: Sequence[OpenList[_kernel.List]],
    options: ReadOptions,
    *,
    limits: DecompressionLimits,
    all_hits_of: str | None,
    threads: int,
    within: tuple[int, int],
    file: Path,
) -> tuple[ExhibitScan, PartAccount]:
    """Read the members of an archive that begin within a range of its bytes. Their hits go to a new file.

    The account has the counts of these members, and no SHA-256. Raises what `scan` raises.
    """
    accounts, _ = run_scan(
        [scan_inputs],
        lists,
        options,
        EngineSettings(limits=limits, all_hits_of=all_hits_of, hits=("part", file), threads=threads),
        within,
    )
    (account,) = accounts
    return build_scanned(account), PartAccount(**account.pop("part"))  # type: ignore[arg-type]


def join_parts(
    parts: Sequence[Path],
    sha256: str,
    size_bytes: int,
    folder: Path,
    row_key: bytes,
    segment_limits: SegmentLimits = USUAL,
) -> ExhibitScan:
    """Return the account of an archive from the files of its parts, in order, with segments in an empty folder."""
    from sightline import _kernel  # noqa: PLC0415

    limits = (segment_limits.rows, segment_limits.text_bytes, segment_limits.group_rows)
    with map_kernel_errors({"hits": folder}):
        account = _kernel.join_parts(list(parts), sha256, size_bytes, folder, row_key, limits)
    return build_scanned(json.loads(account))
