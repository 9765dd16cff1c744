"""Open, compile and search flag lists with the kernel.

What reads lists is imported by the functions that do, because `formats detect` reads none.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sightline.errors import (
    UntrustedList,
)
from sightline.model import IndicatorKind, ListId, RowCode
from sightline.stages.scan.kernel.build import is_kernel_available
from sightline.stages.scan.kernel.errors import map_kernel_errors
from sightline.stages.scan.opened_list import OpenList

if TYPE_CHECKING:
    from sightline import _kernel
    from sightline.stages.lists.model import RowReject
    from sightline.stages.lists.readers.usual_forms import UsualForms
    from sightline.stages.lists.signature import PublicKey
    from sightline.stages.lists.survey import RowCheck


def open_list(
    path: Path, keys: Sequence[PublicKey], now: datetime, digest_key: bytes | None = None
) -> OpenList[_kernel.List]:
    """Open the list at `path`, plain or compiled, if a trusted issuer signed it. Junk under `digest_key` is refused.

    Raises UntrustedList, UsageError for a file that is no list, DamagedInput for a compiled list that was altered.
    """
    from sightline.stages.lists import trust  # noqa: PLC0415
    from sightline.stages.lists.compiled import is_compiled  # noqa: PLC0415

    with path.open("rb") as stream:
        if is_compiled(stream):
            compiled = load_compiled(path)
        else:
            # An unusable list is refused before its rows are read.
            minisig = trust.verify_list(path, keys, now).minisig
            builder, source, _ = _build_list(stream, path, minisig, digest_key)
            with map_kernel_errors():
                compiled = builder.finish(json.dumps(source))
    # From the opened file, not from a file that may have replaced it.
    meta = json.loads(compiled.meta())
    signature = trust.verify_unexpired(bytes.fromhex(meta["prehash"]), meta["minisig"], keys, now, str(path))
    counts = {IndicatorKind(kind): count for kind, count in meta["counts"].items()}
    rejects = sum(meta["rejects"].values())
    if digest_key is not None and counts.get(IndicatorKind.DIGEST):
        _refuse_keyed_junk(compiled, digest_key, path)
    return OpenList(str(path), ListId(meta["list_id"]), signature, counts, rejects, compiled)


def load_compiled(path: Path) -> _kernel.List:
    """Load a compiled list. Its signature is not verified. Raises DamagedInput if the file was altered."""
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors(name=f"{path}: "):
        return _kernel.List.open(path)


def _refuse_keyed_junk(compiled: _kernel.List, digest_key: bytes, path: Path) -> None:
    """Raise UntrustedList if the list, which was compiled without this key, holds junk under it."""
    from sightline.stages.lists.junk import load_junk_names  # noqa: PLC0415

    junk = replace(load_junk_names(), digest_key=digest_key)
    with map_kernel_errors():
        is_junk = any((IndicatorKind.DIGEST, text) in compiled.find(text) for text in sorted(junk.list_keyed_digests()))
    if is_junk:
        raise UntrustedList(
            f"{path}: under the given key a digest is that of a public suffix or of a big shared host",
            hint="compile the list again with --digest-key, which leaves such rows out and counts them",
        )


def has_indicator(one: OpenList[_kernel.List], text: str) -> bool:
    """Return whether a value or id names an indicator of the list."""
    with map_kernel_errors():
        return bool(one.matchable.find(text))


def build_row_check(digest_key: bytes | None = None) -> RowCheck:
    """Return the kernel's check of rows, which stores none of them."""
    from sightline.stages.lists.model import RowReject  # noqa: PLC0415

    builder = _make_builder(digest_key)
    return lambda rows: [RowReject(line, RowCode(code), reason) for line, code, reason in builder.check(rows)]


def get_usual_forms() -> UsualForms | None:
    """Return the kernel's functions that find rows of the most usual form for list readers; None without a kernel."""
    if not is_kernel_available():
        return None
    from sightline import _kernel  # noqa: PLC0415

    return _kernel


def compile_list(path: Path, out: Path, minisig: str | None, digest_key: bytes | None = None) -> list[RowReject]:
    """Write the list at `path` compiled to `out` and return the refused rows. It verifies nothing."""
    with path.open("rb") as stream:
        builder, source, rejects = _build_list(stream, path, minisig, digest_key)
    with map_kernel_errors({"list": out}):
        builder.write(out, json.dumps(source))
    return rejects


def _make_builder(digest_key: bytes | None) -> _kernel.ListBuilder:
    from sightline import _kernel  # noqa: PLC0415
    from sightline.stages.lists.junk import load_junk_names  # noqa: PLC0415

    junk = load_junk_names(_kernel.canonical_host)
    names = sorted(junk.exact), sorted(junk.wildcards), sorted(junk.exceptions), sorted(junk.big_hosts)
    return _kernel.ListBuilder(*names) if digest_key is None else _kernel.ListBuilder(*names, digest_key)


def _build_list(
    stream: BinaryIO, path: Path, minisig: str | None, digest_key: bytes | None
) -> tuple[_kernel.ListBuilder, dict[str, object], list[RowReject]]:
    from sightline.stages.lists.load import HashedStream  # noqa: PLC0415
    from sightline.stages.lists.model import RowReject  # noqa: PLC0415
    from sightline.stages.lists.readers import read_batches  # noqa: PLC0415
    from sightline.stages.lists.survey import pause_cycle_search  # noqa: PLC0415

    builder = _make_builder(digest_key)
    hashed = HashedStream(stream)
    rejects: list[RowReject] = []
    with pause_cycle_search():
        for batch in read_batches(io.BufferedReader(hashed, 1 << 20), str(path), get_usual_forms()):
            bad = [RowReject(line, RowCode(code), reason) for line, code, reason in builder.add(batch.rows)]
            rejects += batch.list_all_rejects(bad)
    hashed.finish()
    source: dict[str, object] = {
        "list_id": hashed.list_id,
        "size_bytes": hashed.size_bytes,
        "prehash": hashed.prehash.hex(),
        "minisig": minisig,
        "rejects": dict(sorted(Counter(reject.code.value for reject in rejects).items())),
    }
    return builder, source, sorted(rejects, key=lambda reject: reject.line)
