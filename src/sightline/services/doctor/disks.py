"""Checks of storage: disk encryption, free space, swap, core dumps."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

from sightline.services.doctor.check import Check, report_ok, report_problem, report_warning
from sightline.services.doctor.machine_facts import Mount, System

OVER_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "ceph", "glusterfs"})
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
GIB = 1 << 30
LEAST, LITTLE = GIB, 10 * GIB

ENCRYPT = (
    "move the workspace to a disk encrypted with LUKS; what lay here before stays readable until it is overwritten"
)
CHECK_YOURSELF = "find out who encrypts it, and write that down; then --accept disk"


def check_disk(system: System, folder: Path) -> Check:
    """Check that a folder's disk is encrypted."""
    mount = system.find_mount(folder)
    if mount is None:
        return report_warning("disk", "cannot tell whether the disk is encrypted: not on Linux", CHECK_YOURSELF)
    return _check_disk(system, folder, mount, "disk", "the workspace")


def _check_disk(system: System, folder: Path, mount: Mount, name: str, what: str) -> Check:
    on = f"{what} lies on {mount.source} ({mount.kind})"
    if mount.kind == "ecryptfs" or system.has_policy(folder):
        return report_ok(name, f"{on}, encrypted by the file system")
    if mount.kind in IN_MEMORY:
        return report_warning(name, f"{on}: in memory, gone at the next start", "move it to an encrypted disk")
    if mount.kind in OVER_NETWORK or mount.kind in {"overlay", "zfs"} or mount.kind.startswith("fuse"):
        return report_warning(name, f"{on}: cannot tell from here whether that is encrypted", CHECK_YOURSELF)
    block = system.find_block(mount.source if mount.device.startswith("0:") else mount.device)
    is_encrypted = system.is_encrypted(block)
    if is_encrypted is None:
        return report_warning(name, f"{on}: cannot tell whether that device is encrypted", CHECK_YOURSELF)
    if is_encrypted:
        return report_ok(name, f"{on}, an encrypted device")
    summary = f"{on}, which this system does not encrypt"
    return report_problem(name, summary, f"{ENCRYPT}; where the drive or the host encrypts by itself: --accept disk")


def check_swap(system: System) -> list[Check]:
    """Check that memory, which holds lines that match nothing, cannot be written to a disk."""
    swaps = system.list_swaps()
    if swaps is None:
        return [report_warning("swap", "cannot tell whether there is swap: not on Linux", "use none, or encrypt it")]
    return [_check_swap(system, swap) for swap in swaps] or [report_ok("swap", "there is none")]


def _check_swap(system: System, where: str) -> Check:
    if where.startswith("/dev/"):
        is_encrypted = system.is_encrypted(system.find_block(where))
    else:
        mount = system.find_mount(Path(where).parent)
        device = mount and (mount.source if mount.device.startswith("0:") else mount.device)
        is_encrypted = system.is_encrypted(system.find_block(device)) if device else None
    if is_encrypted:
        return report_ok("swap", f"{where} is encrypted, or memory itself")
    advice = "swapoff -a, or swap to an encrypted device (crypttab: swap,cipher=aes-xts-plain64 with /dev/urandom)"
    if is_encrypted is None:
        return report_warning("swap", f"cannot tell whether the swap on {where} is encrypted", advice)
    return report_problem("swap", f"the swap on {where} is not encrypted: memory comes to lie there", advice)


def check_core_dumps(system: System) -> Check:
    """Check that core dumps do not include this process's memory."""
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    is_piped = (system.read_text("proc/sys/kernel/core_pattern") or "").startswith("|")
    leaves_memory_out = int(system.read_text("proc/self/coredump_filter") or "0", 16) == 0
    if soft == 0 and (leaves_memory_out or not is_piped):
        return report_ok("cores", "core dumps of Sightline hold no memory")
    return report_problem("cores", "a core dump would hold memory", "ulimit -c 0; and sysctl kernel.core_pattern=core")


def check_space(folder: Path) -> Check:
    """Check the free space."""
    usage = shutil.disk_usage(folder)
    return judge_space(usage.free, usage.total)


def judge_space(free: int, total: int) -> Check:
    """Return the check for this much free space."""
    summary = f"{free / GIB:,.1f} GiB of {total / GIB:,.1f} GiB are free"
    if free < LEAST:
        return report_problem("space", summary, "make room: a scan or a change that finds none is given up")
    if free < LITTLE and free * 10 < total:
        return report_warning("space", summary, "make room before the next large scan")
    return report_ok("space", summary)
