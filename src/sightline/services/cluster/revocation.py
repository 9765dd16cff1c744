"""Further certificates of a cluster's authority, and the list of those that it revoked (RFC 5280)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import DamagedInput, OutputExists, UsageError, name_output_on_error
from sightline.private_files import require_server_key
from sightline.services.cluster.certificates import (
    AUTHORITY,
    MOST_DAYS,
    Role,
    make_certificate,
    make_private_key,
    write_pair,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateRevocationList

REVOKED = f"{AUTHORITY}.crl"
ISSUED = "issued"
"""The folder of an authority with a copy of each further certificate, so that a lost one can be revoked."""


def issue_keys(authority: Path, role: Role, folder: Path, now: datetime, days: int) -> list[Path]:
    """Write a key and certificate of a role into a folder, with the authority's own certificate and revocations.

    Raises OutputExists if the folder has a key of the role.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"--days {days}: from 1 to {MOST_DAYS}", hint="make new keys before these expire")
    issuer = _read_authority(authority)
    paths = [folder / f"{AUTHORITY}.pem", folder / f"{role}.pem", folder / f"{role}.key"]
    if result := next((path for path in paths[1:] if path.exists()), None):
        raise OutputExists(f"{result} exists already", hint="choose a new folder: --out DIR")
    key = make_private_key()
    certificate = make_certificate(role, key, issuer, now, days)
    with name_output_on_error(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (f"{AUTHORITY}.pem", REVOKED):
            if (authority / name).exists():
                (folder / name).write_bytes((authority / name).read_bytes())
        write_pair(folder, role, key, certificate)
    with name_output_on_error(authority):
        (authority / ISSUED).mkdir(exist_ok=True)
        copy = authority / ISSUED / f"{role}-{certificate.serial_number:x}.pem"
        copy.write_bytes((folder / f"{role}.pem").read_bytes())
    return [*paths, copy]


def revoke_certificate(authority: Path, certificate: Path, now: datetime) -> Path:
    """Add a certificate to the authority's list of revoked ones, and return the list's file.

    A certificate that is on the list already stays on it. Raises UsageError for one of another authority.
    """
    from cryptography import x509  # noqa: PLC0415
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    key, issuer = _read_authority(authority)
    revoked = _read_certificate(certificate)
    try:
        revoked.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise UsageError(
            f"{certificate} was not issued by {authority / AUTHORITY}.pem", hint="name its own authority: --authority"
        ) from None
    path = authority / REVOKED
    before = read_revoked(path) if path.exists() else None
    known = (
        {}
        if before is None
        else {revoked_certificate.serial_number: revoked_certificate for revoked_certificate in before}
    )
    if revoked.serial_number not in known:
        entry = x509.RevokedCertificateBuilder().serial_number(revoked.serial_number).revocation_date(now)
        known[revoked.serial_number] = entry.build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(now)
    # The list is replaced by hand, so it is valid for as long as its authority.
    builder = builder.next_update(max(now, issuer.not_valid_after_utc))
    for revoked_entry in known.values():
        builder = builder.add_revoked_certificate(revoked_entry)
    unfinished = path.with_suffix(".crl.tmp")
    with name_output_on_error(unfinished):
        unfinished.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        unfinished.replace(path)
    return path


def read_revoked(path: Path) -> CertificateRevocationList:
    """Return a list of revoked certificates. Raises DamagedInput for another file."""
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.load_pem_x509_crl(path.read_bytes())
    except (ValueError, OSError):
        raise DamagedInput(f"{path} is no list of revoked certificates", hint="copy it from the authority") from None


def find_revoked(folder: Path, role: Role) -> Path | None:
    """Return the list of revoked certificates in a member's folder of keys, or None without one.

    Raises UsageError if the member's own certificate is on it, and DamagedInput for a list of another authority.
    """
    path = folder / REVOKED
    if not path.exists():
        return None
    revoked, authority = read_revoked(path), _read_certificate(folder / f"{AUTHORITY}.pem")
    if not revoked.is_signature_valid(authority.public_key()):  # type: ignore[arg-type]
        raise DamagedInput(f"{path} was not signed by {AUTHORITY}.pem", hint="copy both from one authority")
    own = _read_certificate(folder / f"{role}.pem")
    if revoked.get_revoked_certificate_by_serial_number(own.serial_number) is not None:
        raise UsageError(
            f"{folder / role}.pem was revoked", hint="get new keys from the authority: sightline cluster issue"
        )
    return path


def _read_authority(folder: Path) -> tuple[EllipticCurvePrivateKey, Certificate]:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    path = folder / f"{AUTHORITY}.key"
    if not path.is_file():
        raise UsageError(f"{path} is missing", hint="name the folder with ca.pem and ca.key: --authority DIR")
    require_server_key(path)
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise DamagedInput(f"{path} is no key of an authority", hint="sightline cluster create-keys makes one")
    return key, _read_certificate(folder / f"{AUTHORITY}.pem")


def _read_certificate(path: Path) -> Certificate:
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (ValueError, OSError):
        raise UsageError(f"{path} is no certificate", hint="name the .pem of the machine") from None
