"""Dask's security settings of a member of a cluster: mutual TLS, and the list of revoked members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sightline.errors import DamagedInput, UsageError
from sightline.private_files import require_server_key
from sightline.services.cluster.addresses import ClusterAddress
from sightline.services.cluster.certificates import AUTHORITY, Role
from sightline.services.cluster.revocation import find_revoked


def build_security(address: ClusterAddress, folder: Path | None, role: Role) -> Any:  # noqa: ANN401  - it has no types
    """Return Dask's security settings of a role: mutual TLS for `tls://`, nothing for loopback."""
    import ssl  # noqa: PLC0415

    from distributed.security import Security  # noqa: PLC0415

    if not address.is_encrypted:
        if folder is not None:
            raise UsageError(f"keys are for tls://, and {address} is tcp://", hint="leave the folder of keys out")
        return Security(require_encryption=False)
    if folder is None:
        raise UsageError(
            f"{address}: the folder of keys is missing",
            hint="name it (--keys DIR; of a scan --cluster-keys DIR); sightline cluster create-keys makes one",
        )
    files = {name: folder / f"{name}.pem" for name in (AUTHORITY, role)} | {"key": folder / f"{role}.key"}
    for path in files.values():
        if not path.is_file():
            raise UsageError(f"{path} is missing", hint="copy it from where sightline cluster create-keys wrote it")
    require_server_key(files["key"])
    _check_pair(files[role], files["key"])
    side = "client" if role == "coordinator" else role
    pair = {f"tls_{side}_cert": str(files[role]), f"tls_{side}_key": str(files["key"])}
    # TLS 1.3 has no weak cipher.
    revoked = find_revoked(folder, role)
    kind = Security if revoked is None else _make_refusing_class(Security, revoked)
    return kind(
        tls_ca_file=str(files[AUTHORITY]), require_encryption=True, tls_min_version=ssl.TLSVersion.TLSv1_3, **pair
    )


def _make_refusing_class(of_dask: Any, revoked: Path) -> Any:  # noqa: ANN401  - distributed has no types
    """Return Dask's class of settings, whose connections check a list of revoked certificates."""

    class RefusingSecurity(of_dask):  # type: ignore[misc]
        """Dask's settings. Both sides of a connection refuse a revoked certificate."""

        def get_connection_args(self, role: str) -> dict[str, Any]:
            """Return the settings of a connection that this process opens."""
            return _with_revoked(super().get_connection_args(role), revoked)

        def get_listen_args(self, role: str) -> dict[str, Any]:
            """Return the settings of connections that this process accepts."""
            return _with_revoked(super().get_listen_args(role), revoked)

    return RefusingSecurity


def _with_revoked(arguments: dict[str, Any], revoked: Path) -> dict[str, Any]:
    import ssl  # noqa: PLC0415

    context: ssl.SSLContext | None = arguments["ssl_context"]
    if context is not None:
        context.load_verify_locations(revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return arguments


def _check_pair(certificate: Path, key: Path) -> None:
    import ssl  # noqa: PLC0415

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key)
    except (ssl.SSLError, ValueError) as error:
        reason = str(error).partition("(")[0].rstrip()
        raise DamagedInput(
            f"{certificate} and {key} cannot be used: {reason}", hint="make new keys: sightline cluster create-keys"
        ) from None
