"""Certificates of a cluster's own authority, with which scheduler, workers and coordinator know each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sightline.errors import OutputExists, UsageError, name_output_on_error
from sightline.private_files import write_private_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

Role = Literal["scheduler", "worker", "coordinator"]
ROLES: tuple[Role, ...] = ("scheduler", "worker", "coordinator")
AUTHORITY = "ca"
MOST_DAYS = 825


def make_keys(folder: Path, now: datetime, days: int) -> list[Path]:
    """Write a new authority and a key and certificate for each role, and return the files.

    Raises OutputExists if the folder has any of them.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"--days {days}: from 1 to {MOST_DAYS}", hint="make new keys before these expire")
    names = [f"{name}.{suffix}" for name in (AUTHORITY, *ROLES) for suffix in ("pem", "key")]
    if path := next((folder / name for name in names if (folder / name).exists()), None):
        raise OutputExists(f"{path} exists already", hint="choose a new folder: --out DIR")
    with name_output_on_error(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = make_private_key()
        authority = make_certificate(AUTHORITY, key, None, now, days)
        write_pair(folder, AUTHORITY, key, authority)
        for role in ROLES:
            own = make_private_key()
            write_pair(folder, role, own, make_certificate(role, own, (key, authority), now, days))
    return [folder / name for name in names]


def make_private_key() -> EllipticCurvePrivateKey:
    """Return a new private key of a member or an authority."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    return ec.generate_private_key(ec.SECP256R1())


def make_certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    issuer: tuple[EllipticCurvePrivateKey, Certificate] | None,
    now: datetime,
    days: int,
) -> Certificate:
    """Return a certificate, signed by the issuer or, for the authority, by its own key."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: PLC0415

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Sightline cluster {name}")])
    is_authority = issuer is None
    signing, issued_by = (key, subject) if issuer is None else (issuer[0], issuer[1].subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .add_extension(_make_key_usage(is_authority=is_authority), critical=True)
    )
    if not is_authority:
        both_sides = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(both_sides), critical=False)
    return builder.sign(signing, hashes.SHA256())


def _make_key_usage(*, is_authority: bool) -> Any:  # noqa: ANN401  - x509.KeyUsage, loaded only where it is made
    from cryptography import x509  # noqa: PLC0415

    names = "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
    uses = dict.fromkeys(names.split(), False)
    signs = {"digital_signature": not is_authority, "key_cert_sign": is_authority, "crl_sign": is_authority}
    return x509.KeyUsage(**uses, **signs)


def write_pair(folder: Path, name: str, key: EllipticCurvePrivateKey, certificate: Certificate) -> None:
    """Write a key, readable by its owner only, and its certificate."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private_file(folder / f"{name}.key", text)
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
