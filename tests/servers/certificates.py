"""An authority of a test, and certificates that it signed, made by OpenSSL."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.servers.program import HOST


def make_certificates(folder: Path, *names: str) -> None:
    """Write `ca.pem`, and `NAME.pem` and a private `NAME.key` for each name, all valid for this machine's loopback."""
    _openssl(folder, "req", "-x509", *_new("ca"), "-out", "ca.pem", "-days", "3")
    (folder / "names.cnf").write_text(f"subjectAltName=IP:{HOST}\n")
    for name in names:
        _openssl(folder, "req", *_new(name), "-out", f"{name}.csr")
        signed_by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3", "-extfile", "names.cnf"]
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signed_by, "-out", f"{name}.pem")
        (folder / f"{name}.key").chmod(0o600)


def _new(name: str) -> list[str]:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
    return [*key, "-subj", f"/CN={name}"]


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
