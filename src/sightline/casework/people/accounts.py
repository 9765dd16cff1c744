"""Accounts of the web app: an officer's key and TOTP secret, sealed under a password (ADR 19).

A password is right only if it opens the seal. Nobody but its officer ever has it.
"""

from __future__ import annotations

import hmac
import os
import re
import threading
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyotp
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import Signer
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.storage.database import run_transaction
from sightline.storage.rows import Account
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change, Workspace

SHORTEST = 12
"""Minimum length of a password in characters (NIST SP 800-63B-4, 3.1.1.2: 15 alone, 8 with a second factor)."""
LONGEST = 256
MEMORY_KIB, PASSES, LANES = 1 << 16, 3, 1
"""Argon2id: 64 MiB, three passes (RFC 9106, 4: the second recommended option)."""
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
STEP_S = 30
TRIES = 5
LOCKED_US = 15 * 60 * 1_000_000
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
AT_ONCE = threading.Semaphore(2)
"""Number of passwords tried at one time. Each takes 64 MiB."""
NOBODY = Account("", "", "", 0, bytes(SALT_BYTES), bytes(NONCE_BYTES + KEY_BYTES + 16))
"""The account tried for an unknown name, so that it takes as long as a known one."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new account, and the secret for an authenticator, which is shown once."""

    account: Account
    totp_secret: str = field(repr=False)

    @property
    def uri(self) -> str:
        """Return the `otpauth` URI that authenticators read from a QR code."""
        return pyotp.TOTP(self.totp_secret).provisioning_uri(name=self.account.name, issuer_name="Sightline")


def create_account(officer_session: OfficerSession, name: str, password: str) -> Enrolment:
    """Create the account of the session's officer, or replace its password and TOTP secret."""
    checked = _check_account_name(name), _check_password(password)
    with officer_session.change(Action.ACCOUNT_MAKE, f"officer:{officer_session.officer.officer_id}") as change:
        return make_within(change, officer_session.signer, *checked)


def check_sign_in(name: str, password: str) -> None:
    """Raise UsageError for a name or password that no account can have."""
    _check_account_name(name)
    _check_password(password)


def make_within(change: Change, signer: Signer, name: str, password: str) -> Enrolment:
    """Create an officer's account in a transaction, its key sealed under the password. Raises UsageError."""
    table = change.tables[Account]
    if any(account.officer_id != signer.officer_id for account in table.select(name=_check_account_name(name))):
        raise UsageError(f"the sign-in name {name} is taken", hint="choose another name to sign in with")
    secret, salt = pyotp.random_base32(), os.urandom(SALT_BYTES)
    sealed = _seal_secret(
        _check_password(password), salt, signer.officer_id, signer.private.private_bytes_raw() + secret.encode()
    )
    made = Account(signer.officer_id, name, signer.key_id, change.now_us, salt, sealed)
    if table.get(signer.officer_id) is None:
        change.add(Verb.ACCOUNT_MADE, made, key_id=made.key_id)
    else:
        change.put(Verb.ACCOUNT_CHANGED, made, key_id=made.key_id)
    return Enrolment(made, secret)


def change_password(officer_session: OfficerSession, password: str, new: str) -> Account:
    """Change the password of the session's officer. The authenticator stays. Raises NotAllowed."""
    plain = _unseal_own_secret(officer_session, password)
    salt, checked = os.urandom(SALT_BYTES), _check_password(new)
    with officer_session.change(Action.ACCOUNT_MAKE, f"officer:{officer_session.officer.officer_id}") as change:
        current = change.tables[Account].get(officer_session.officer.officer_id)
        assert current is not None
        account = replace(current, salt=salt, sealed=_seal_secret(checked, salt, current.officer_id, plain), failures=0)
        change.put(Verb.ACCOUNT_CHANGED, account, key_id=account.key_id)
    return account


def replace_authenticator(officer_session: OfficerSession, password: str) -> Enrolment:
    """Replace the TOTP secret of the session's officer. The password stays. Raises NotAllowed."""
    plain = _unseal_own_secret(officer_session, password)
    secret, salt = pyotp.random_base32(), os.urandom(SALT_BYTES)
    with officer_session.change(Action.ACCOUNT_MAKE, f"officer:{officer_session.officer.officer_id}") as change:
        current = change.tables[Account].get(officer_session.officer.officer_id)
        assert current is not None
        sealed = _seal_secret(password, salt, current.officer_id, plain[:KEY_BYTES] + secret.encode())
        account = replace(current, salt=salt, sealed=sealed, failures=0, last_step=0)
        change.put(Verb.ACCOUNT_CHANGED, account, key_id=account.key_id)
    return Enrolment(account, secret)


def get_account(tables: Tables, officer_id: str) -> Account | None:
    """Return an officer's account in the web app, or None."""
    return tables[Account].get(officer_id)


def _unseal_own_secret(officer_session: OfficerSession, password: str) -> bytes:
    """Return key and TOTP secret of the session's officer. A wrong password counts. Raises NotAllowed."""
    now = officer_session.clock()
    with officer_session.workspace.read() as tables:
        account = tables[Account].get(officer_session.officer.officer_id)
    was_locked = account is not None and is_locked(account, now)
    opened = None if account is None or was_locked else _decrypt_login_secrets(account, password)
    if opened is None:
        if account is not None:
            _count_wrong_attempt(officer_session.workspace, account, now)
        who, failure = officer_session.officer.officer_id, "the account is locked" if was_locked else "a wrong password"
        officer_session.workspace.append_to_journal(who, JournalVerb.LOGIN_FAILED, f"officer:{who}", failure, now)
        wrong = NotAllowed(
            "wrong password, or too many attempts", hint="wait a while and try again, or ask for a recovery"
        )
        wrong.is_kept = True
        raise wrong
    return opened[0].private_bytes_raw() + opened[1].encode()


def sign_in(
    workspace: Workspace, name: str, password: str, code: str, now: datetime, client: str = "unknown"
) -> OfficerSession:
    """Return the session of the officer with this password and code. Raises NotAllowed, always with the same words.

    The journal counts each wrong attempt with its origin (`client`). Five in a row lock the account for a quarter
    of an hour.
    """
    with workspace.read() as tables:
        account = next(iter(tables[Account].select(name=name.strip().lower())), None)
    known = account or NOBODY
    opened = _decrypt_login_secrets(known, password)
    if opened is None or is_locked(known, now) or not _use_code_once(workspace, known, opened[1], code, now):
        count_failure(workspace, account, now, "a wrong password or code", client)
        raise sign_in_refusal()
    return authenticate(workspace, opened[0], lambda: datetime.now(now.tzinfo))


def sign_in_refusal() -> NotAllowed:
    """Return the one answer to a failed sign-in. It does not say what was wrong."""
    why = NotAllowed(
        "wrong name, password or code, or too many attempts", hint="wait a while and try again, or ask for a recovery"
    )
    why.is_kept = True
    return why


def _decrypt_login_secrets(account: Account, password: str) -> tuple[Ed25519PrivateKey, str] | None:
    """Return the key and TOTP secret under a password, or None if it is wrong."""
    nonce, sealed = account.sealed[:NONCE_BYTES], account.sealed[NONCE_BYTES:]
    try:
        plain = AESGCM(_derive_key(password[:LONGEST], account.salt)).decrypt(
            nonce, sealed, account.officer_id.encode()
        )
    except InvalidTag:
        return None
    return Ed25519PrivateKey.from_private_bytes(plain[:KEY_BYTES]), plain[KEY_BYTES:].decode()


def _seal_secret(password: str, salt: bytes, officer_id: str, plain: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_derive_key(password, salt)).encrypt(nonce, plain, officer_id.encode())


def _derive_key(password: str, salt: bytes) -> bytes:
    """Return the key derived from a password."""
    with AT_ONCE:
        return hash_secret_raw(password.encode(), salt, PASSES, MEMORY_KIB, LANES, KEY_BYTES, Type.ID)


def _use_code_once(workspace: Workspace, account: Account, secret: str, code: str, now: datetime) -> bool:
    """Use a code and return whether it was valid: of this step or one beside it, and never used before."""
    step = int(now.timestamp()) // STEP_S
    code_bytes = convert_to_ascii_digits(code).encode(errors="replace")
    totp = pyotp.TOTP(secret)
    steps = (step - 1, step, step + 1)
    result = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code_bytes)]
    if not result or result[0] <= account.last_step:
        return False
    with run_transaction(workspace.engine, writes=True) as connection:
        return Tables(connection)[Account].change(
            [account.officer_id],
            {"last_step": account.last_step, "sealed": account.sealed},
            last_step=result[0],
            failures=0,
            locked_until_us=None,
        )


def convert_to_ascii_digits(code: str) -> str:
    """Return a code without blanks, its digits as ASCII: Hindi and Malayalam keyboards have digits of their own."""
    return "".join(str(unicodedata.decimal(character, character)) for character in code if not character.isspace())


def is_locked(account: Account, now: datetime) -> bool:
    """Return whether there were too many wrong attempts within the last quarter of an hour."""
    return (account.locked_until_us or 0) > to_microseconds(now)


def count_failure(workspace: Workspace, account: Account | None, now: datetime, why: str, client: str) -> None:
    """Count a wrong attempt without a session. Five in a row lock the account, with a journal row of its own."""
    if account is None:
        workspace.count(JournalVerb.LOGIN_FAILED, now, why="an unknown name", client=client)
        return
    failure = "the account is locked" if is_locked(account, now) else why
    workspace.count(JournalVerb.LOGIN_FAILED, now, why=failure, officer=account.officer_id, client=client)
    if _count_wrong_attempt(workspace, account, now):
        who, failure = account.officer_id, f"{TRIES} wrong tries in a row, the last from {client}: locked for a quarter"
        workspace.append_to_journal(who, JournalVerb.LOGIN_FAILED, f"officer:{who}", f"{failure} of an hour", now)


def _count_wrong_attempt(workspace: Workspace, account: Account, now: datetime) -> bool:
    """Count a wrong attempt; return whether it locked the account now. Attempts while locked do not count."""
    with run_transaction(workspace.engine, writes=True) as connection:
        table = Tables(connection)[Account]
        current = table.get(account.officer_id) or account
        if is_locked(current, now):
            return False
        failures = current.failures + 1
        is_too_many = failures % TRIES == 0
        until = to_microseconds(now) + LOCKED_US if is_too_many else current.locked_until_us
        table.put(replace(current, failures=failures, locked_until_us=until))
    return is_too_many


def _check_account_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid sign-in name",
            hint="use 2 to 40 of a-z, 0-9, dot, dash and underscore, for example s.rao",
        )
    return name


def _check_password(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"a password has {SHORTEST} to {LONGEST} characters",
            hint="four or five words that only you would choose",
        )
    return password
