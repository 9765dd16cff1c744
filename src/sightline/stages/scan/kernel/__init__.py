"""The native kernel: the same scan as the oracle's, at full speed. Only this package imports the Rust code.

Without a built kernel, `available()` is false and the oracle serves small inputs.
"""

from __future__ import annotations

from sightline.stages.scan.kernel.archive_parts import join_parts, scan_part
from sightline.stages.scan.kernel.build import compute_kernel_digest, is_kernel_available
from sightline.stages.scan.kernel.exhibits import file_sha256, head, members
from sightline.stages.scan.kernel.lists import (
    build_row_check,
    compile_list,
    finds,
    get_usual_forms,
    load_compiled,
    open_list,
)
from sightline.stages.scan.kernel.programs import compare, score
from sightline.stages.scan.kernel.runs import scan
from sightline.stages.scan.kernel.segments import segment_root, segment_rows

__all__ = [
    "build_row_check",
    "compare",
    "compile_list",
    "compute_kernel_digest",
    "file_sha256",
    "finds",
    "get_usual_forms",
    "head",
    "is_kernel_available",
    "join_parts",
    "load_compiled",
    "members",
    "open_list",
    "scan",
    "scan_part",
    "score",
    "segment_root",
    "segment_rows",
]
