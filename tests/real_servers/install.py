"""Install the servers' Debian packages without starting or enabling any of their services."""

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_POLICY = Path("/usr/sbin/policy-rc.d")


def version(package: str) -> str:
    """The installed version of a package, or an empty text."""
    asked = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def distribution() -> str:
    """The distribution's name and version."""
    return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")


def packages(wanted: list[str]) -> None:
    """Install those that are missing; their services stay stopped and are not enabled."""
    missing = [package for package in dict.fromkeys(wanted) if not version(package)]
    if not missing:
        return
    enabled = _enabled()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        subprocess.run(["apt-get", "-qq", "update"], env=environment, check=True)
        wait = ["-o", "DPkg::Lock::Timeout=120"]
        command = ["apt-get", "-qq", *wait, "install", "--yes", "--no-install-recommends", *missing]
        subprocess.run(command, env=environment, check=True)
    for unit in sorted(_enabled() - enabled):
        subprocess.run(["systemctl", "--quiet", "disable", unit], capture_output=True, check=True)


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """While inside, packages may not start services (policy-rc.d, Debian policy 9.3.3.1)."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _enabled() -> set[str]:
    """The names of services that systemd would start; some belong to a dependency (nginx-common)."""
    return {link.name for link in Path("/etc/systemd/system").glob("*.wants/*.service")}
