"""The exchange's folder: what is sealed for each force, and what each sent. No force sees another's files."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from sightline.errors import name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.services.referrals.transport import AGE_HEADER, INCOMING, OUTGOING
from sightline.storage.ulid import make_id
from sightline.web.exchange.models import RecallItem, ReferralItem
from sightline.web.exchange.token_store import CODE

ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
"""A ULID."""
MOST_WAITING = 10_000
"""Maximum number of files of one force that may wait to be collected."""


class Full(Exception):
    """Too many files of this force wait; no more are accepted."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The exchange's folder as one force sees it."""

    root: Path
    code: str

    def __post_init__(self) -> None:
        assert CODE.fullmatch(self.code) and ".." not in self.code, "a code is checked when a token is made"

    @property
    def _out(self) -> Path:
        return self.root / OUTGOING / self.code

    @property
    def _in(self) -> Path:
        return self.root / INCOMING / self.code

    def list_referrals(self) -> list[ReferralItem]:
        """Return the force's referrals by id. Files that are not sealed, or do not match their note, are left out."""
        referral_items = (
            self.find_referral(path.stem) for path in sorted(self._out.glob("*.age")) if ID.fullmatch(path.stem)
        )
        return [referral_item for referral_item in referral_items if referral_item is not None]

    def find_referral(self, referral_id: str) -> ReferralItem | None:
        """Return one of the force's referrals, or None."""
        package = self.find_package(referral_id)
        content = _read(self._out / f"{referral_id}.json") if package else None
        if package is None or content is None:
            return None
        try:
            item = ReferralItem.model_validate_json(content)
        except ValidationError:
            return None
        is_right = item.referral == referral_id and item.force == self.code
        return item if is_right and item.size_bytes == package.stat().st_size else None

    def find_package(self, referral_id: str) -> Path | None:
        """Return the path of a sealed package, or None. A file that is not encrypted is never served."""
        path = self._out / f"{referral_id}.age"
        if not ID.fullmatch(referral_id) or path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as stream:
            return path if stream.read(len(AGE_HEADER)) == AGE_HEADER else None

    def is_whole(self, item: ReferralItem, path: Path) -> bool:
        """Return whether a package has the bytes that were published."""
        return compute_sha256(path) == item.sha256

    def list_recalls(self) -> list[RecallItem]:
        """Return the recalls for the force by id, each with its signed note."""
        recall_items = (
            self.recall(path.stem.removeprefix("recall-")) for path in sorted(self._out.glob("recall-*.json"))
        )
        return [recall_item for recall_item in recall_items if recall_item is not None]

    def recall(self, recall_id: str) -> RecallItem | None:
        """Return one of the recalls for the force, or None."""
        content = _read(self._out / f"recall-{recall_id}.json") if ID.fullmatch(recall_id) else None
        try:
            return None if content is None else RecallItem(recall=recall_id, note=json.loads(content))
        except ValueError:
            return None

    def take(self, kind: str, value: object, now: datetime) -> tuple[str, str]:
        """Store what the force sent until it is collected. Returns its id and the SHA-256 of the stored bytes.

        Sending the same content again returns the same id. Raises Full.
        """
        data = json.dumps({"kind": kind, "value": value}, ensure_ascii=False, sort_keys=True).encode()
        digest = hashlib.sha256(data).hexdigest()
        with name_output_on_error(self._in):
            self._in.mkdir(parents=True, exist_ok=True)
        stored_paths = list(self._list_waiting())
        for path in stored_paths:
            if path.stem.endswith(digest[:32]):
                return path.stem.split("-")[0], digest
        if len(stored_paths) >= MOST_WAITING:
            raise Full
        taken_id = make_id(now)
        path = self._in / f"{taken_id}-{digest[:32]}.json"
        beside = path.with_suffix(".part")
        with name_output_on_error(path), beside.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        with name_output_on_error(path):
            beside.rename(path)
        return taken_id, digest

    def _list_waiting(self) -> Iterator[Path]:
        yield from self._in.glob("*.json")


def _read(path: Path) -> bytes | None:
    if path.is_symlink() or not path.is_file():
        return None
    return path.read_bytes()
