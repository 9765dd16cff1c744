"""List the objects below a prefix of a store as the logs of a folder, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sightline.errors import SightlineError, StoreUnreachable
from sightline.model import SkipReason
from sightline.model.remote_path import RemotePath
from sightline.services.match.rotation import build_path_key
from sightline.stages.lists.compiled import is_compiled
from sightline.stages.lists.trust import read_unverified

MINISIGN = b"untrusted comment:"
SIGNATURE_BYTES = 64 << 10
AT_ONCE = 8
"""Objects whose beginnings are requested at once: a store far away answers each one late."""


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object of a folder. `left_out`: why it is no log, as a code and in words."""

    path: RemotePath
    left_out: tuple[SkipReason, str] | None


def list_logs(folder: RemotePath) -> list[FoundObject]:
    """Return the objects below a prefix, in the order in which the files of a folder are read."""
    paths = sorted(folder.list_objects(), key=lambda remote_path: build_path_key(remote_path.list_parts_below(folder)))
    by_name = {str(path): path for path in paths}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reasons = pool.map(lambda one: _find_skip_reason(one, by_name), paths)
        return [FoundObject(one, why) for one, why in zip(paths, reasons, strict=True)]


def _find_skip_reason(path: RemotePath, by_name: Mapping[str, RemotePath]) -> tuple[SkipReason, str] | None:
    with path.open() as stream:
        if is_compiled(stream):
            return SkipReason.FLAG_LIST, "a compiled flag list"
        stream.seek(0)
        if stream.read(len(MINISIGN)) == MINISIGN:
            return SkipReason.KEY_OR_SIGNATURE, "a key or a signature"
    signature = by_name.get(f"{path}.minisig")
    is_list = signature is not None and _is_of_list(signature)
    return (SkipReason.FLAG_LIST, "a signed flag list") if is_list else None


def _is_of_list(signature: RemotePath) -> bool:
    """Return whether a signature has the comment of a flag list, not of a signed log."""
    try:
        with signature.open() as stream:
            return bool(read_unverified(stream.read(SIGNATURE_BYTES).decode(), str(signature)))
    except StoreUnreachable:
        raise
    except (UnicodeDecodeError, SightlineError):
        return False
