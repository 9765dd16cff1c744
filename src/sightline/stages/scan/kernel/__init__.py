"""The native kernel: the same scan as the oracle's, at full speed. Only this package imports the Rust code.

Without a built kernel, `available()` is false and the oracle serves small inputs.
"""

from __future__ import annotations

from sightline.stages.scan.kernel.archive_parts import join_parts, scan_part
from sightline.stages.scan.kernel.build import available, digest
from sightline.stages.scan.kernel.exhibits import file_sha256, head, members
from sightline.stages.scan.kernel.lists import compile_list, finds, load_compiled, open_list, row_check, usual_forms
from sightline.stages.scan.kernel.programs import compare, score
from sightline.stages.scan.kernel.runs import scan
from sightline.stages.scan.kernel.segments import segment_root, segment_rows

__all__ = [
    "available",
    "compare",
    "compile_list",
    "digest",
    "file_sha256",
    "finds",
    "head",
    "join_parts",
    "load_compiled",
    "members",
    "open_list",
    "row_check",
    "scan",
    "scan_part",
    "score",
    "segment_root",
    "segment_rows",
    "usual_forms",
]
