"""A network namespace that holds nothing but the documentation ranges on its loopback.

No packet can leave it, it takes no port of the machine, and it ends with the process.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .addresses import V4_ADDRESSES, V4_NETWORKS, V6_ADDRESSES

_INSIDE = "SIGHTLINE_REAL_SERVERS_NAMESPACE"


def why_not() -> str | None:
    """Why no namespace can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root: servers change user, and clients bind to addresses of a network namespace"
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            return f"needs the program {program} (Debian packages util-linux and iproute2)"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "needs a network namespace, and this machine makes none (unshare --net fails)"
    return None


def enter() -> None:
    """Return inside the namespace: outside of it, start this same command again within."""
    inside = os.environ.get(_INSIDE)
    if inside is None:
        own = str(Path("/proc/self/ns/net").readlink())
        command = ["unshare", "--net", sys.executable, "-m", __package__ or "tests.real_servers", *sys.argv[1:]]
        os.execvpe("unshare", command, {**os.environ, _INSIDE: own})
    if str(Path("/proc/self/ns/net").readlink()) == inside:
        raise SystemExit(f"{_INSIDE} is set, but this is the namespace it was set in: unset it")
    _bring_up()


def _bring_up() -> None:
    Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6").write_text("0\n")
    lines = ["link set lo up"]
    lines += [f"addr add {network} dev lo" for network in V4_NETWORKS]
    lines += [f"addr add {address}/32 dev lo" for address in V4_ADDRESSES]
    lines += [f"addr add {address}/128 dev lo nodad" for address in V6_ADDRESSES]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
