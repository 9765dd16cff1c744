"""The native kernel: the same scan as the oracle's, at full speed. Only this package imports the Rust code.

Without a built kernel, `available()` is false and the oracle serves small inputs.
"""

from __future__ import annotations

from sightline.stages.scan.kernel.archive_parts import join_parts, scan_part
from sightline.stages.scan.kernel.build import compute_kernel_digest, is_kernel_available
from sightline.stages.scan.kernel.exhibits import hash_files, read_head, read_member_heads
from sightline.stages.scan.kernel.lists import (
    build_row_check,
    compile_list,
    get_usual_forms,
    has_indicator,
    load_compiled,
    open_list,
)
from sightline.stages.scan.kernel.programs import compare, score_format
from sightline.stages.scan.kernel.runs import scan
from sightline.stages.scan.kernel.segments import compute_segment_root, read_segment_rows

__all__ = [
    "build_row_check",
    "compare",
    "compile_list",
    "compute_kernel_digest",
    "compute_segment_root",
    "get_usual_forms",
    "has_indicator",
    "hash_files",
    "is_kernel_available",
    "join_parts",
    "load_compiled",
    "open_list",
    "read_head",
    "read_member_heads",
    "read_segment_rows",
    "scan",
    "scan_part",
    "score_format",
]
