"""One intake and its uploads, and how they are written to JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class IntakeFailure:
    """Why a trial or a scan failed: an English text, what to do next, and a line for each file."""

    what: str
    hint: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Log files of one source, under one authority, that one officer brings in.

    `memo`: the text of the seizure memo's digests. `reading`: what the officer declares of the files, by option.
    `lists`: ids of the signatures of the lists to scan with; empty for all that are valid. `trial` and `result` are the
    accounts of the last trial and of the scan; `failed` is why the last one failed, and `is_stopped` that it was
    stopped.
    """

    intake_id: str
    officer_id: str
    begun_at_us: int
    source: str
    authority: str
    memo: str = ""
    reading: Mapping[str, str] = field(default_factory=dict)
    trial: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    failed: IntakeFailure | None = None
    lists: tuple[str, ...] = ()
    is_stopped: bool = False

    def to_json(self) -> bytes:
        """Return the intake as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """Return the intake that `to_json` wrote. Raises ValueError, TypeError, KeyError."""
        result = json.loads(raw)
        failed = result.pop("failed")
        if failed is not None:
            failed = IntakeFailure(failed["what"], failed["hint"], tuple(failed["details"]))
        return cls(**result | {"lists": tuple(result.get("lists", ()))}, failed=failed)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of an intake. `name`: its path in the chosen folder.

    `at_us`: when it began or was complete. `modified_ms`: when the file last changed, as the browser says; an upload
    goes on only with the same file. `sha256` is None until all bytes are there. `is_in_memo`: the seizure memo has a
    digest for it. `is_refused`: that is another digest, and the bytes were removed.
    """

    upload_id: str
    name: str
    size_bytes: int
    at_us: int
    modified_ms: int = 0
    sha256: str | None = None
    is_in_memo: bool = False
    is_refused: bool = False

    @property
    def is_complete(self) -> bool:
        """Return whether all bytes arrived and the file may be read."""
        return self.sha256 is not None and not self.is_refused

    def to_json(self) -> bytes:
        """Return the upload as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """Return the upload that `to_json` wrote. Raises ValueError, TypeError."""
        return cls(**json.loads(raw))
