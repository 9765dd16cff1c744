"""Check that a trusted key signed a list, that it is unaltered, and that it is still valid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sightline.errors import UntrustedList, UsageError
from sightline.model import ListUse
from sightline.stages.lists import compiled
from sightline.stages.lists.comment import CommentError, ListComment, read_comment
from sightline.stages.lists.model import Signature
from sightline.stages.lists.signature import (
    KeyFileError,
    PublicKey,
    SignatureError,
    SignatureFile,
    hash_stream,
    read_public_key,
    read_signature,
    verify_signature,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SMALL_FILE_BYTES = 1 << 14


def verify_list(path: Path, keys: Sequence[PublicKey], now: datetime) -> Signature:
    """Return the trusted signature of the list at `path`, plain or compiled.

    Raises UntrustedList if it is unsigned, altered, expired, or signed by none of `keys`.
    """
    with path.open("rb") as stream:
        if compiled.is_compiled(stream):
            head = compiled.read_head(stream, str(path))
            return verify_unexpired(head.prehash, head.minisig, keys, now, str(path))
        text = read_signature_text(path)
        if text is None:
            raise _build_unsigned_error(str(path))
        return verify_unexpired(hash_stream(stream), text, keys, now, str(path))


def verify_unexpired(
    digest: bytes, minisig: str | None, keys: Sequence[PublicKey], now: datetime, name: str
) -> Signature:
    """Check a list's `prehash` and the text of its signature file in the same way. Errors show `name`."""
    signature = verify_genuine(digest, minisig, keys, name)
    if signature.valid_until <= now:
        raise UntrustedList(
            f"{name}: the list expired: {signature.issuer} vouched for it until {signature.valid_until.isoformat()}",
            hint="ask the issuer for the current version",
        )
    return signature


def verify_genuine(digest: bytes, minisig: str | None, keys: Sequence[PublicKey], name: str) -> Signature:
    """Return the trusted signature, even if it has expired since: a rerun as of an earlier date may need it."""
    if minisig is None:
        raise _build_unsigned_error(name)
    signed = _read(minisig, name)
    key = next((key for key in keys if key.key_id == signed.key_id), None)
    if key is None:
        known = ", ".join(f"{key.issuer} {key.key_id}" for key in keys) or "none"
        raise UntrustedList(
            f"{name}: signed with the key {signed.key_id}, which is not trusted (trusted: {known})",
            hint="if you know whose key it is, get CODE.pub from the issuer by another way and give it with --trust",
        )
    try:
        verify_signature(signed, digest, key)
    except SignatureError as error:
        raise UntrustedList(
            f"{name}: {error}", hint=f"get the list and its .minisig from {key.issuer} again; do not use this copy"
        ) from None
    comment = _read_comment(signed, name)
    if comment.issuer != key.issuer:
        raise UntrustedList(
            f"{name}: the signature says that the issuer is {comment.issuer}, but the key is bound to {key.issuer}",
            hint="a key speaks for one issuer only; ask both which is right",
        )
    return build_signature(signed, comment, minisig)


def build_signature(signed: SignatureFile, comment: ListComment, minisig: str) -> Signature:
    """Return the signature with the comment's texts parsed."""
    return Signature(
        comment.issuer,
        _EPOCH + timedelta(microseconds=comment.valid_until_us),
        ListUse(comment.use or ListUse.STATISTICS),
        comment.version,
        comment.category,
        comment.transcribed_by,
        comment.original_sha256,
        signed.key_id,
        minisig,
        comment.series,
    )


def read_unverified(minisig: str, name: str) -> Signature:
    """Return the unverified content of a signature file: for display only. Raises UntrustedList if it is unreadable."""
    signed = _read(minisig, name)
    return build_signature(signed, _read_comment(signed, name), minisig)


def derive_signature_path(path: Path) -> Path:
    """Return the path of the signature for the list at `path`."""
    return Path(f"{path}.minisig")


def read_signature_text(path: Path) -> str | None:
    """Return the text of the signature file beside a list, or None without one."""
    beside = derive_signature_path(path)
    try:
        return read_small_text(beside)
    except FileNotFoundError:
        return None
    except ValueError:
        raise UntrustedList(f"{beside} is not a minisign signature", hint="get it from the issuer again") from None


def read_trusted_keys(paths: Sequence[Path]) -> list[PublicKey]:
    """Return the public keys in these files. Raises UsageError for a file without one."""
    keys: list[PublicKey] = []
    for path in paths:
        try:
            keys.append(read_public_key(read_small_text(path), path.stem))
        except FileNotFoundError:
            raise UsageError(f"{path}: there is no such key file", hint="--trust takes an issuer's CODE.pub") from None
        except KeyFileError as error:
            raise UsageError(f"{path}: {error}", hint="--trust takes an issuer's CODE.pub") from None
        except ValueError:
            raise UsageError(f"{path}: not a minisign public key", hint="--trust takes an issuer's CODE.pub") from None
    return keys


def read_small_text(path: Path) -> str:
    """Return the text of a key or signature file. Raises ValueError if it is too large for one, no text, or no file."""
    if path.exists() and not path.is_file():
        raise ValueError("no regular file")
    with path.open("rb") as stream:
        raw = stream.read(_SMALL_FILE_BYTES + 1)
    if len(raw) > _SMALL_FILE_BYTES:
        raise ValueError("too large")
    return raw.decode()


def _read(minisig: str, name: str) -> SignatureFile:
    try:
        return read_signature(minisig)
    except SignatureError as error:
        raise UntrustedList(f"{name}: {error}", hint="get the list and its .minisig from the issuer again") from None


def _read_comment(signed: SignatureFile, name: str) -> ListComment:
    try:
        return read_comment(signed.trusted_comment)
    except CommentError as error:
        raise UntrustedList(
            f"{name}: the trusted comment is not a flag list's: {error}",
            hint="the issuer must sign it with: sightline lists sign FILE --key KEY --valid-until DATE --use USE",
        ) from None


def _build_unsigned_error(name: str) -> UntrustedList:
    return UntrustedList(
        f"{name}: not signed: there is no {Path(name).name}.minisig beside it",
        hint="get it from the issuer, or sign yours: sightline lists sign FILE --key KEY --valid-until DATE --use USE",
    )
