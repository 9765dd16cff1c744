"""Facts of the machine from Linux, below a root that tests replace. Other systems report little."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path

POLICY_EX = 0xC0096616
"""FS_IOC_GET_ENCRYPTION_POLICY_EX (linux/fscrypt.h)."""
UNSYNCHRONISED = 0x40
"""STA_UNSYNC (linux/timex.h)."""
STATUS_AT, TIMEX_BYTES = 40, 256
"""Where `status` lies in struct timex on machines of 64 bits, and room for all of it."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: its folder, its kind, its source, and the number of its device."""

    point: str
    kind: str
    source: str
    device: str


@dataclass(frozen=True, slots=True)
class System:
    """The machine. `root` is `/`, except in tests."""

    root: Path = Path("/")

    def read_text(self, path: str) -> str | None:
        """Return the stripped text of a file, or None if it cannot be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def find_mount(self, folder: Path) -> Mount | None:
        """Return the file system of a folder, or None if unknown."""
        path, best = str(folder.resolve()), None
        for line in (self.read_text("proc/self/mountinfo") or "").splitlines():
            mount = _parse_mount(line)
            holds = mount and (path == mount.point or path.startswith(mount.point.rstrip("/") + "/"))
            # Of several on one point the last one is seen.
            if mount and holds and (best is None or len(mount.point) >= len(best.point)):
                best = mount
        return best

    def list_swaps(self) -> list[str] | None:
        """Return the files and devices that memory is swapped to, or None if unknown."""
        swaps_text = self.read_text("proc/swaps")
        return (
            None
            if swaps_text is None
            else [_unescape_text(line.split()[0]) for line in swaps_text.splitlines()[1:] if line]
        )

    def find_block(self, device: str) -> Path | None:
        """Return the folder below `/sys` of a block device, by number (`8:1`) or path (`/dev/mapper/x`)."""
        if device.startswith("/dev/"):
            path = self.root / "sys/class/block" / (self.root / device[1:]).resolve().name
        else:
            path = self.root / "sys/dev/block" / device
        return path.resolve() if path.exists() else None

    def is_encrypted(self, block: Path | None) -> bool | None:
        """Return whether this system encrypts a whole block device, or None if unknown."""
        if block is None or (block / "loop").exists():
            return None
        uuid = _read_text(block / "dm/uuid")
        if uuid.startswith(("CRYPT-LUKS", "CRYPT-PLAIN", "CRYPT-TCRYPT", "CRYPT-BITLK", "CRYPT-FVAULT2")):
            return True
        below = sorted((block / "slaves").glob("*"))
        if below:
            each = [self.is_encrypted(path.resolve()) for path in below]
            return None if None in each and False not in each else all(each)
        if (block / "partition").exists():
            return self.is_encrypted(block.parent)
        return block.name.startswith("zram")

    def has_policy(self, folder: Path) -> bool:
        """Return whether the file system encrypts that folder itself (fscrypt)."""
        argument = bytearray(struct.pack("Q", 24) + bytes(32))
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return False
        try:
            fcntl.ioctl(handle, POLICY_EX, argument)
        except OSError:
            return False
        finally:
            os.close(handle)
        return True

    def is_synchronised(self) -> bool | None:
        """Return whether the kernel's clock is synchronised (adjtimex(2)), or None if unknown."""
        buffer = ctypes.create_string_buffer(TIMEX_BYTES)
        try:
            if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) < 0:
                return None
        except (OSError, AttributeError):
            return None
        return not struct.unpack_from("i", buffer.raw, STATUS_AT)[0] & UNSYNCHRONISED


def _parse_mount(line: str) -> Mount | None:
    """A line of mountinfo (proc(5))."""
    left, dash, right = line.partition(" - ")
    first, second = left.split(" "), right.split(" ")
    if not dash or len(first) < 6 or len(second) < 2:
        return None
    return Mount(_unescape_text(first[4]), second[0], _unescape_text(second[1]), first[2])


def _unescape_text(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
