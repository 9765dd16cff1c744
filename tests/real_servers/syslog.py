"""Syslog collectors: one that keeps each datagram as it came, and a private rsyslogd."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .addresses import COLLECTOR
from .server import running, wait_for

RSYSLOG_PORT = 5140


@contextmanager
def receiver(port: int, into: Path) -> Iterator[None]:
    """While inside, every datagram to `port` becomes a line of `into`, priority and header as the sender wrote them."""
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    wire.bind((COLLECTOR, port))
    wire.settimeout(0.3)
    ended = threading.Event()
    thread = threading.Thread(target=_keep, args=(wire, into, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        wire.close()


def _keep(wire: socket.socket, into: Path, ended: threading.Event) -> None:
    with into.open("wb", buffering=0) as sink:
        while True:
            try:
                datagram = wire.recv(65535)
            except TimeoutError:
                if ended.is_set():
                    return
                continue
            sink.write(datagram.removesuffix(b"\n") + b"\n")


RSYSLOG_CONFIGURATION = """\
global(maxMessageSize="64k" workDirectory="DIR")
module(load="imudp")
template(name="traditional" type="string"
         string="%TIMESTAMP% %HOSTNAME% %syslogtag%%msg:::sp-if-no-1st-sp%%msg:::drop-last-lf%\\n")
ruleset(name="received") {
    action(type="omfile" file="DIR/traditional.log" template="traditional")
    action(type="omfile" file="DIR/iso.log" template="RSYSLOG_FileFormat")
}
input(type="imudp" address="ADDRESS" port="PORT" ruleset="received")
"""


@contextmanager
def rsyslog(place: Path) -> Iterator[None]:
    """While inside, rsyslogd writes what RSYSLOG_PORT receives to `traditional.log` and `iso.log`."""
    config = place / "rsyslog.conf"
    text = RSYSLOG_CONFIGURATION.replace("DIR", str(place)).replace("ADDRESS", COLLECTOR)
    config.write_text(text.replace("PORT", str(RSYSLOG_PORT)))
    pid = place / "rsyslog.pid"
    with running(["rsyslogd", "-n", "-f", str(config), "-i", str(pid)], place, lambda: _is_bound(RSYSLOG_PORT)):
        yield


def _is_bound(port: int) -> bool:
    """Whether a program holds the UDP port: the namespace's own table says it (address 0, in hexadecimal)."""
    return f":{port:04X} " in Path("/proc/self/net/udp").read_text()


def wait_for_lines(path: Path, lines: int) -> None:
    """Return when the file has so many lines."""
    wait_for(f"{lines} lines in {path.name}", lambda: path.exists() and path.read_bytes().count(b"\n") >= lines)
