"""Write a referral as a sealed package: BagIt (RFC 8493), signed tag manifest (minisign), zip, encryption (age).

The bag has the same bytes for the same content and approval. Only age's encryption differs each time.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyrage

from sightline import __version__
from sightline.errors import name_output_on_error
from sightline.evidence.bundle_zip import StoredZip
from sightline.file_digests import compute_sha256
from sightline.ledger.instants import to_instant
from sightline.services.referrals import content
from sightline.stages.lists.signature import SecretKey, hash_stream, sign_digest
from sightline.storage.rows import Force, Referral

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAGS, SIGNATURE = "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig"
INFO = "bag-info.txt"
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PackageDigests:
    """The digests of the bag's zip before and after encryption."""

    package_sha256: str
    sealed_sha256: str


def pack_referral(
    folder: Path, files: Mapping[str, str], referral: Referral, force: Force, key: SecretKey, sealed: Path
) -> PackageDigests:
    """Encrypt the content of a folder to a force, as a signed bag. The zip is beside the folder meanwhile."""
    tags = build_signed_tags(folder, files, referral, force, key)
    package = folder.parent / f"{folder.name}.zip"
    try:
        with name_output_on_error(package), package.open("xb") as out:
            bag = StoredZip(out)
            for name, data in tags.items():
                bag.add(name, [data])
            for name in sorted(files):
                bag.add(f"data/{name}", _read_parts(folder / name))
            bag.close()
        recipient = pyrage.x25519.Recipient.from_str(force.age_recipient)
        with name_output_on_error(sealed), package.open("rb") as plain, sealed.open("wb") as out:
            pyrage.encrypt_io(plain, out, [recipient])
        return PackageDigests(compute_sha256(package), compute_sha256(sealed))
    finally:
        package.unlink(missing_ok=True)


def build_signed_tags(
    folder: Path, files: Mapping[str, str], referral: Referral, force: Force, key: SecretKey
) -> dict[str, bytes]:
    """Return the tag files of a bag by name: declaration, description, both manifests, and the last one's signature.

    The tag manifest has the digests of all others, and the manifest those of the content: one signature covers all.
    """
    sizes = [(folder / name).stat().st_size for name in files]
    tags = {
        "bagit.txt": BAGIT,
        INFO: _format_info(referral, force, key, f"{sum(sizes)}.{len(sizes)}"),
        MANIFEST: content.write_manifest(files),
    }
    listed = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(tags.items()))
    comment = format_comment(referral.number, force.code, referral.content_sha256)
    minisig = sign_digest(hash_stream(io.BytesIO(listed.encode())), key, comment)
    return dict(sorted((tags | {TAGS: listed.encode(), SIGNATURE: minisig.encode()}).items()))


def format_comment(number: str, code: str, content_sha256: str) -> str:
    """Return the signed comment of a package: what it is, which force it is for, and its content."""
    return f"sightline referral v1 number={number} to={code} content={content_sha256}"


def _format_info(referral: Referral, force: Force, key: SecretKey, oxum: str) -> bytes:
    """Return bag-info.txt. It holds the approval, which was given after the content that it approves was made."""
    approved = to_instant(referral.approved_at_us or 0)
    tags = {
        "Source-Organization": key.issuer,
        "External-Identifier": referral.number,
        "Internal-Sender-Identifier": referral.referral_id,
        "External-Description": f"Leads of its own states for {force.code}",
        "Bagging-Date": f"{approved:%Y-%m-%d}",
        "Payload-Oxum": oxum,
        "Bag-Software-Agent": f"sightline {__version__}",
        "Approval-Identifier": referral.approval_id or "",
        "Approval-Date": f"{approved:%Y-%m-%dT%H:%M:%SZ}",
        "Content-Digest": referral.content_sha256,
    }
    return "".join(f"{name}: {value}\n" for name, value in tags.items()).encode()


def _read_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(READ_BYTES), b"")
