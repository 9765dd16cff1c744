"""nfdump: the CSV of flows that softflowd exported as NetFlow 9 and as IPFIX, out of packets of the namespace."""

import contextlib
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from .addresses import CLIENTS6, COLLECTOR, ORIGIN, SERVER6
from .browser import send_all
from .install import PATH
from .logs import Log
from .origin import origin
from .requests import ordinary
from .server import ZONE, running, wait_for

PACKAGES = ("nfdump", "softflowd")
PROGRAMS = ("nfdump", "nfcapd", "softflowd")
_PORT = 2055
_ONE_WAY = 4
_ETH_P_ALL = 3
_TO_PACKETS_OUT = 4  # PACKET_OUTGOING: on the loopback each packet is seen twice, going out and coming in


@contextlib.contextmanager
def captured(into: Path) -> Iterator[None]:
    """While inside, every packet of the loopback goes into a pcap file."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    wire.bind(("lo", 0))
    wire.settimeout(0.3)
    ended = threading.Event()
    thread = threading.Thread(target=_capture, args=(wire, into, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        wire.close()


def _capture(wire: socket.socket, into: Path, ended: threading.Event) -> None:
    with into.open("wb") as sink:
        sink.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        while True:
            try:
                packet, (_, _, kind, *_) = wire.recvfrom(65535)
            except TimeoutError:
                if ended.is_set():
                    return
                continue
            if kind == _TO_PACKETS_OUT:
                now = time.time()
                sink.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(packet), len(packet)) + packet)


def _drive() -> int:
    """Connections over IPv4, and datagrams over IPv6 that nobody answers; how many flows that is, each way counted."""
    connections = [request for request in ordinary() if not request.v6][:20]
    send_all(connections, ORIGIN, SERVER6, 80)
    with contextlib.closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as sink:
        sink.bind((SERVER6, 4433))
        for client in CLIENTS6[:_ONE_WAY]:
            with contextlib.closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as wire:
                wire.bind((client, 0))
                wire.sendto(b"x" * 100, (SERVER6, 4433))
    return 2 * len(connections) + _ONE_WAY


def _export(place: Path, pcap: Path, version: str) -> str:
    """The CSV of the flows in a pcap file, after export and collection."""
    flows = place / f"flows-{version}"
    flows.mkdir()
    collector = ["nfcapd", "-b", COLLECTOR, "-p", str(_PORT), "-w", str(flows), "-t", "3600"]
    with running(collector, place, lambda: any(flows.iterdir())):
        exporter = ["softflowd", "-d", "-r", str(pcap), "-n", f"{COLLECTOR}:{_PORT}", "-v", version, "-A", "milli"]
        environment = {"TZ": ZONE, "PATH": PATH, "LC_ALL": "C"}
        subprocess.run(exporter, cwd=place, check=True, capture_output=True, env=environment, timeout=60)
        time.sleep(0.5)
    wait_for("nfcapd to close its file", lambda: not list(flows.glob("*.current.*")))
    command = ["nfdump", "-R", str(flows), "-o", "csv"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | environment)
    return done.stdout


def collect(place: Path) -> list[Log]:
    """The same packets, exported in NetFlow 9 and in IPFIX."""
    pcap = place / "packets.pcap"
    with origin(), captured(pcap):
        flows = _drive()
        time.sleep(0.5)
    return [_log(place, pcap, name, version, flows) for name, version in (("netflow9", "9"), ("ipfix", "10"))]


def _log(place: Path, pcap: Path, name: str, version: str, flows: int) -> Log:
    return Log(
        "nfdump",
        f"real-nfdump-{name}.log",
        _export(place, pcap, version).encode(),
        flows,
        0,
        f"softflowd -r packets.pcap -n COLLECTOR -v {version} -A milli\nnfcapd -w DIR\nnfdump -R DIR -o csv",
        "Each direction of a connection is a flow. The last line holds the sums, which are no flow.",
        {"timezone": "+05:30"},
        3,
        {"column-count": 1},
    )
