"""Subscribers by ids from which nobody can guess numbers, and their identities, each under its own key.

An id covers licensee, kind and canonical number, under a secret of the workspace. A name never joins anything.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.verbs import Verb
from sightline.storage import erase
from sightline.storage.rows import IdentityKey
from sightline.storage.table import Tables
from sightline.workspace import identity_keys
from sightline.workspace.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl

OWN = "workspace"
"""The name of the workspace's own secret, stored beside the keys of identities."""
KEY_BYTES, NONCE_BYTES = 32, 12


def load_secret(workspace: Workspace, now: datetime) -> bytes:
    """Return the workspace's secret. It is made when first needed."""
    with workspace.read() as tables:
        identity_key = tables[IdentityKey].get(OWN)
    if identity_key is None:
        log = workspace.log_signer()
        with workspace.change(log, now) as change:
            identity_key = change.tables[IdentityKey].get(OWN)
            if identity_key is None:
                identity_key = IdentityKey(OWN, change.now_us, os.urandom(KEY_BYTES))
                change.tables[IdentityKey].add(identity_key)
                identity_keys.record_keys(change.ledger, log, f"workspace:{workspace.workspace_id}", [identity_key])
    if identity_key.key is None:
        raise DamagedInput(
            "the secret for subscribers' ids is missing", hint="restore the last backup: sightline restore"
        )
    return identity_key.key


def compute_subscriber_ids(key: bytes, licensee_id: str, numbers: pl.DataFrame) -> pl.Series:
    """Return the subscriber id of each row's `number` and `number_kind`, or null without a number."""
    import polars as pl  # noqa: PLC0415  - it takes long to load, and most commands ask for no id

    rows = numbers.select("number_kind", "number").unique().drop_nulls()
    ids = [compute_subscriber_id(key, licensee_id, kind, number) for kind, number in rows.iter_rows()]
    beside = rows.with_columns(pl.Series("subscriber", ids, dtype=pl.String))
    with_ids = numbers.select("number_kind", "number").join(
        beside, on=["number_kind", "number"], how="left", maintain_order="left"
    )
    return with_ids["subscriber"]


def compute_subscriber_id(key: bytes, licensee_id: str, kind: str, number: str) -> str:
    """Return the id of one subscriber: 32 hex digits."""
    return hmac.digest(key, f"{licensee_id}\n{kind}\n{number}".encode(), "sha256").hex()[:32]


def find_or_make_keys(
    tables: Tables, subscribers: Iterable[str], now_us: int
) -> tuple[dict[str, bytes], list[IdentityKey]]:
    """Return the key of each subscriber whose identity was not purged, and the rows of new keys."""
    wanted = list(dict.fromkeys(subscribers))
    known = {
        identity_key.subscriber_id: identity_key.key
        for identity_key in tables[IdentityKey].select_within("subscriber_id", wanted)
    }
    new = [IdentityKey(subscriber, now_us, os.urandom(KEY_BYTES)) for subscriber in wanted if subscriber not in known]
    result = known | {identity_key.subscriber_id: identity_key.key for identity_key in new}
    return {one: key for one, key in result.items() if key is not None}, new


def seal(key: bytes, subscriber_id: str, identity: Mapping[str, object]) -> bytes:
    """Seal an identity so that it opens only as this subscriber's."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, encode_canonical(identity).encode(), subscriber_id.encode())


def unseal(key: bytes, subscriber_id: str, sealed: bytes) -> dict[str, str]:
    """Return a sealed identity. Raises DamagedInput."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], subscriber_id.encode())
    except InvalidTag:
        raise DamagedInput(
            f"the identity of subscriber {subscriber_id[:12]} was altered", hint="sightline verify names what is wrong"
        ) from None
    identity: dict[str, str] = json.loads(plain)
    return identity


def find_keys(tables: Tables, subscribers: Iterable[str]) -> dict[str, bytes]:
    """Return the keys of subscribers whose identities were not purged."""
    result = tables[IdentityKey].select_within("subscriber_id", list(dict.fromkeys(subscribers)))
    return {identity_key.subscriber_id: identity_key.key for identity_key in result if identity_key.key is not None}


def list_purged(tables: Tables, subscribers: Iterable[str]) -> list[str]:
    """Return those of these subscribers whose identities were purged, which are few."""
    gone = [identity_key.subscriber_id for identity_key in tables[IdentityKey].select(key=None)]
    wanted = set(subscribers) if gone else frozenset()
    return [subscriber for subscriber in gone if subscriber in wanted]


def purge(officer_session: OfficerSession, subscriber_id: str, why: str) -> None:
    """Destroy the key of an identity, by two officers: its number and form can no longer be read.

    Raises UsageError if there is none, and NotAllowed.
    """
    thing = f"subscriber:{subscriber_id}"
    officer_session.require(Action.PURGE, thing)
    with officer_session.workspace.read() as tables:
        identity_key = tables[IdentityKey].get(subscriber_id)
    if identity_key is None or identity_key.key is None or subscriber_id == OWN:
        raise UsageError(f"no identity of {subscriber_id[:12]} is kept", hint="sightline resolve --subscribers")
    approval = approvals.require_approval(officer_session, Action.PURGE, thing, {"subscriber": subscriber_id}, why)
    with officer_session.change(Action.PURGE, thing) as change:
        approvals.use(change, approval)
        change.tables[IdentityKey].put(replace(identity_key, key=None))
        change.ledger.append(Verb.IDENTITY_PURGED, change.signer, thing, tells={"why": why})
    erase.empty_log(officer_session.workspace.engine)
