"""Check rows that entries restate: only acts that may change a thing do so, and only what they may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightline.ledger.entry import Entry
from sightline.ledger.replay_state import ReplayState, Texts, decode_base64, read_committed_row
from sightline.ledger.two_officers import MADE_ONCE, RETELLS
from sightline.ledger.verbs import Verb


class RowReplay(ReplayState):
    """Checks the rows that entries tell of."""

    def _check_restated_row(self, entry: Entry, texts: Texts) -> None:
        """Check that only an act that may change it restates a thing."""
        kind = entry.thing.partition(":")[0]
        if entry.verb in MADE_ONCE and entry.thing in self._made:
            self._report(entry, f"{entry.verb} tells of {entry.thing}, which entry {self._made[entry.thing]} made")
        if entry.verb in MADE_ONCE or "state" in entry.commits:
            self._made.setdefault(entry.thing, entry.seq)
        if "state" not in entry.commits:
            return
        if entry.verb not in RETELLS.get(kind, ()):
            self._report(entry, f"{entry.verb} tells of {entry.thing}, which it cannot change")
            return
        if kind == "account" and entry.thing != f"account:{entry.actor}":
            self._report(entry, f"tells of {entry.thing}, which is another officer's")
        row = read_committed_row(texts)
        if not row:
            return
        if entry.facts.get("kind", row.get("kind")) != row.get("kind") and kind == "authority":
            self._report(entry, f"says {entry.facts['kind']} openly, and its row is of the kind {row.get('kind')}")
        if kind in {"issuer-key", "force", "source", "force-officer", "authority"}:
            self._check_unchanged(entry, kind, row)
        if kind in {"notice", "referral"} and row.get("state") not in {"draft", "drafted", "refused", "closed"}:
            is_now = entry.verb in {Verb.NOTICE_APPROVED, Verb.REFERRAL_APPROVED}
            if not is_now and entry.thing not in self._approved:
                self._report(entry, f"its row is {row.get('state')}, and no two officers approved it")

    def _check_unchanged(self, entry: Entry, kind: str, row: Mapping[str, Any]) -> None:
        """See that what two officers agreed to of a thing stays as it was."""
        columns = {
            "issuer-key": ("key_id", "issuer", "public_key"),
            "force": ("code", "name", "states_json", "key_id", "public_key", "age_recipient"),
            "force-officer": ("officer_id", "force_id"),
            "source": ("use",),
            "authority": (
                *("case_id", "kind", "number", "valid_from_us", "valid_until_us", "sources_json", "categories_json"),
                *("document_sha256", "keep_until_us"),
            ),
        }[kind]
        now = {name: row.get(name) for name in columns}
        was = self._uses.setdefault(entry.thing, now)
        if was != now and not (kind == "source" and entry.facts.get("use") == now["use"]):
            self._report(entry, f"its row changes what two officers agreed to of {entry.thing}")
        self._uses[entry.thing] = now
        if "public_key" in entry.facts and row.get("public_key") != decode_base64(entry.facts["public_key"]).hex():
            self._report(entry, "its row tells of another key than the entry")
