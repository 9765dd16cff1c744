"""Dnstap: the file that BIND writes, and what Unbound sends into a socket, each of the usual questions."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from .addresses import NAMESERVER, NAMESERVER6, UPSTREAM, client_of
from .bind import ZONE
from .logs import Log
from .nameserver import nameserver
from .questions import every
from .resolver import ask_all, send_garbage
from .server import listens, running

PACKAGES = ("bind9", "unbound")
PROGRAMS = ("named", "unbound")
_READY, _ACCEPT, _STOP, _FINISH = 4, 1, 3, 5
_CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
_UNTIL_SENT_S = 2.0  # it sends once a second, and at its end no more
_EXAMPLE = (
    ZONE
    + """\
news A 203.0.113.80
news AAAA 2001:db8:5::80
flagged A 203.0.113.66
www.flagged CNAME flagged
notflagged A 203.0.113.80
*.news A 203.0.113.80
"""
)


def _named_conf(place: Path) -> str:
    """The named.conf of a private instance: authoritative for the root, so that it asks nobody."""
    return f"""\
options {{
    directory "{place}";
    pid-file "{place}/named.pid";
    session-keyfile none;
    listen-on port 53 {{ {NAMESERVER}; }};
    listen-on-v6 port 53 {{ {NAMESERVER6}; }};
    dnssec-validation no;
    notify no;
    recursion yes;
    allow-recursion {{ any; }};
    dnstap {{ all; }};
    dnstap-output file "{place}/named.dnstap";
    dnstap-identity "ns.example";
    dnstap-version none;
}};
controls {{ }};
zone "." {{ type primary; file "{place}/root.zone"; }};
zone "example" {{ type primary; file "{place}/example.zone"; }};
"""


def _unbound_conf(place: Path) -> str:
    """The unbound.conf of a private instance, which asks nobody but the made-up name server."""
    return f"""\
server:
    directory: "{place}"
    chroot: ""
    username: ""
    pidfile: "{place}/unbound.pid"
    use-syslog: no
    logfile: "{place}/unbound.log"
    do-daemonize: no
    num-threads: 1
    interface: {NAMESERVER}
    interface: {NAMESERVER6}
    access-control: 0.0.0.0/0 allow
    access-control: ::0/0 allow
    do-not-query-localhost: no
    outgoing-interface: {NAMESERVER}
    module-config: "iterator"
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: {UPSTREAM}
dnstap:
    dnstap-enable: yes
    dnstap-socket-path: "{place}/dnstap.sock"
    dnstap-bidirectional: yes
    dnstap-identity: "resolver.example"
    dnstap-log-client-query-messages: yes
    dnstap-log-client-response-messages: yes
    dnstap-log-forwarder-query-messages: yes
    dnstap-log-forwarder-response-messages: yes
"""


def _frames(content: bytes) -> Iterator[bytes]:
    """Each frame of a stream, its lengths before it."""
    at = 0
    while at < len(content):
        head = 4 if (length := struct.unpack_from(">I", content, at)[0]) else 8
        end = at + head + (length or struct.unpack_from(">I", content, at + 4)[0])
        yield content[at:end]
        at = end


def _control(kind: int, content_type: bytes = b"") -> bytes:
    fields = struct.pack(">II", 1, len(content_type)) + content_type if content_type else b""
    return struct.pack(">III", 0, 4 + len(fields), kind) + fields


@contextlib.contextmanager
def _receiver(path: Path, into: bytearray) -> Iterator[None]:
    """While inside, what a server sends into the socket is accepted and kept, its side of the talk whole."""
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    wire.bind(str(path))
    path.chmod(0o777)
    wire.listen(1)
    thread = threading.Thread(target=_receive, args=(wire, into))
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
        wire.close()


def _receive(wire: socket.socket, into: bytearray) -> None:
    peer, _ = wire.accept()
    with peer:
        is_accepted = False
        while piece := peer.recv(65536):
            into += piece
            if not is_accepted:
                peer.sendall(_control(_ACCEPT, _CONTENT_TYPE))
                is_accepted = True
            if into.endswith(_control(_STOP)):
                with contextlib.suppress(BrokenPipeError):
                    peer.sendall(_control(_FINISH))
                return


def _bind(place: Path) -> Log:
    own = place / "bind"
    own.mkdir()
    config = own / "named.conf"
    config.write_text(_named_conf(own))
    (own / "root.zone").write_text(ZONE)
    (own / "example.zone").write_text(_EXAMPLE)
    with running(["named", "-g", "-n", "1", "-c", str(config)], own, lambda: listens(NAMESERVER, 53)):
        ask_all(every(), NAMESERVER, NAMESERVER6)
        send_garbage(client_of(1), NAMESERVER)
    content = (own / "named.dnstap").read_bytes()
    return _log("bind", content, config.read_text().replace(str(own), "DIR"), "A file of one direction.")


def _unbound(place: Path) -> Log:
    own = place / "unbound"
    own.mkdir()
    config = own / "unbound.conf"
    config.write_text(_unbound_conf(own))
    received = bytearray()
    with (
        nameserver(),
        _receiver(own / "dnstap.sock", received),
        running(["unbound", "-d", "-c", str(config)], own, lambda: listens(NAMESERVER, 53)),
    ):
        ask_all(every(), NAMESERVER, NAMESERVER6)
        time.sleep(_UNTIL_SENT_S)
    says = (
        "What it sent into a socket that it talks to both ways, as captured there; its questions to others are "
        "comments."
    )
    return _log("unbound", bytes(received), config.read_text().replace(str(own), "DIR"), says)


def _log(name: str, content: bytes, configuration: str, says: str) -> Log:
    """A question and its answer are a record each, every other frame a comment."""
    asked = every()
    return Log(
        "dnstap",
        f"real-dnstap-{name}.log",
        content,
        2 * len(asked),
        2 * sum(question.visits for question in asked),
        configuration,
        says,
        {},
        sum(1 for _ in _frames(content)) - 2 * len(asked),
    )


def collect(place: Path) -> list[Log]:
    """One log of each server."""
    return [_bind(place), _unbound(place)]
