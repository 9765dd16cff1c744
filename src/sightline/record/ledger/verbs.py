"""What an entry of the ledger, or a row of the journal, can tell of: `subject:action`, in the past tense.

A verb is never renamed or used for something else: entries that bear it are there for good.
"""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What changed the record; each is one entry, in the transaction of its change."""

    WORKSPACE_MADE = "workspace:made"
    """The first entry of each ledger: the workspace's own, with its log key."""

    OFFICER_ENROLLED = "officer:enrolled"
    """An officer, with a role and the public key that signs from now on."""
    OFFICER_CHANGED = "officer:changed"
    """An officer's role or station is another."""
    KEY_ENROLLED = "key:enrolled"
    """The key of an officer who was just enrolled: the row of the key itself."""
    KEY_ROTATED = "key:rotated"
    """An officer's key is another from now on; the one before signs nothing more."""
    KEY_REVOKED = "key:revoked"
    """An officer's key signs nothing more."""

    ISSUER_ENROLLED = "issuer:enrolled"
    """The key of an issuer of flag lists is trusted."""
    ISSUER_REVOKED = "issuer:revoked"
    """The key of an issuer is trusted no more."""

    APPROVAL_ASKED = "approval:asked"
    """One officer asks for an act that takes two."""
    APPROVAL_GIVEN = "approval:given"
    """A second officer agrees."""
    APPROVAL_REFUSED = "approval:refused"
    """A second officer does not agree."""
    APPROVAL_USED = "approval:used"
    """The act was done; the approval serves for no other."""

    CASE_OPENED = "case:opened"
    """A registered matter has its place in the record."""
    CASE_CHANGED = "case:changed"
    """Its officers, sections or state are others."""

    AUTHORITY_ADDED = "authority:added"
    """The instrument under which records may be read, with its term and scope."""
    AUTHORITY_ENDED = "authority:ended"
    """It is in force no longer, sooner than its term."""

    SOURCE_ADDED = "source:added"
    """Where records come from, with the declarations about its clock."""
    SOURCE_CHANGED = "source:changed"
    """Its declarations, or its use, are others."""

    LIST_REGISTERED = "list:registered"
    """A flag list that a run used, with its issuer and version."""

    DATASET_IMPORTED = "dataset:imported"
    """A data set of places, networks or relays, with its name and date."""

    EXHIBIT_REGISTERED = "exhibit:registered"
    """A file of records under an authority, by its SHA-256."""
    EXHIBIT_HELD = "exhibit:held"
    """That an exhibit is held under an authority, of a source, and where it lay."""
    EXHIBIT_CHANGED = "exhibit:changed"
    """What is declared of this one exhibit, apart from its source, is another."""
    EXHIBIT_RECEIVED = "exhibit:received"
    """Custody: it came into these hands."""
    EXHIBIT_MOVED = "exhibit:moved"
    """Custody: it went to another place or into other hands."""
    EXHIBIT_OPENED = "exhibit:opened"
    """Custody: its seal was broken or its bytes were read."""
    EXHIBIT_COPIED = "exhibit:copied"
    """Custody: a copy of it was made."""
    EXHIBIT_RETURNED = "exhibit:returned"
    """Custody: it went back to where it came from."""

    RUN_REGISTERED = "run:registered"
    """An exhibit was read to its end with lists and options: its hits, segments and manifest."""
    RUN_SUPERSEDED = "run:superseded"
    """A newer run of the same exhibit stands in its place; it stays for proof."""
    SCAN_SWEPT = "scan:swept"
    """What an attempt that never ended left behind was removed; nothing of it was registered."""

    HOLD_SET = "hold:set"
    """A legal hold: nothing of the thing may be purged."""
    HOLD_LIFTED = "hold:lifted"
    """The hold is over."""
    PURGE_DONE = "purge:done"
    """Content was destroyed by two officers; that it was there, and went, stays."""

    CERTIFICATE_MADE = "certificate:made"
    """A certificate and its hash report, by their digests."""
    BUNDLE_MADE = "bundle:made"
    """A bundle left the record: its kind, for what it was made, and the digest of its file list."""
    TIP_REGISTERED = "tip:registered"
    """A referral that names an address and a time itself."""

    BACKUP_MADE = "backup:made"
    """A backup of the whole workspace, by its digest."""
    BACKUP_RESTORED = "backup:restored"
    """The workspace goes on from a backup: what came after it is not here."""

    JOURNAL_SEALED = "journal:sealed"
    """Rows of the journal, by first, last and root; the workspace's own."""
    WITNESS_ENROLLED = "witness:enrolled"
    """One who countersigns checkpoints, by name and public key."""
    CHECKPOINT_COUNTERSIGNED = "checkpoint:countersigned"
    """A countersignature of a witness came back."""


class Seen(StrEnum):
    """What changed nothing, and is kept all the same: one row of the journal."""

    VIEW_CASE = "view:case"
    """A case was shown."""
    VIEW_EXHIBIT = "view:exhibit"
    """An exhibit or its custody chain was shown."""
    VIEW_OFFICERS = "view:officers"
    """The list of officers, issuers or approvals was shown."""
    VIEW_RUN = "view:run"
    """A run's account or manifest was shown."""
    VIEW_HITS = "view:hits"
    """Hits were shown, addresses masked."""
    VIEW_ADDRESS = "view:address"
    """An address was opened, with the officer's reason."""
    VIEW_LEDGER = "view:ledger"
    """Entries were shown."""
    VIEW_JOURNAL = "view:journal"
    """Rows of the journal were shown."""

    REFUSED_RIGHT = "refused:right"
    """The officer's role does not allow it."""
    REFUSED_AUTHORITY = "refused:authority"
    """No authority in force covers it."""
    REFUSED_LIST = "refused:list"
    """The list is unsigned, altered, expired, or of an issuer who is not trusted."""
    REFUSED_APPROVAL = "refused:approval"
    """It takes two officers, and the second has not agreed."""
    REFUSED_HOLD = "refused:hold"
    """A legal hold stands against it."""
    REFUSED_CAP = "refused:cap"
    """More than the day's cap was asked for."""

    LOGIN_DONE = "login:done"
    """An officer's key was opened."""
    LOGIN_FAILED = "login:failed"
    """A passphrase or key was wrong, or the officer is not known."""

    VERIFY_RUN = "verify:run"
    """The record was verified; the text says with what result."""
    EXPORT_CHECKPOINT = "export:checkpoint"
    """A checkpoint was written out."""
    EXPORT_HITS = "export:hits"
    """Hits were written out."""
    EXPORT_DOCUMENT = "export:document"
    """A document was written out."""
