"""A name server of a few made-up answers, which the servers under test may ask in place of the world's."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address

from .addresses import ORIGIN, SERVER6, UPSTREAM

_ADDRESS = {1: ip_address(ORIGIN).packed, 28: ip_address(SERVER6).packed}
_NXDOMAIN = 3


def answer(packet: bytes, places: Mapping[str, str]) -> bytes | None:
    """The answer to one query: an address for names in `example`, NXDOMAIN for `missing` and all others.

    `places` gives the IPv4 address of names that have one of their own, and no IPv6.
    """
    end = _name_end(packet) + 4
    if len(packet) < end:
        return None
    number, question = packet[:2], packet[12:end]
    name = question[:-4].lower()
    type_ = struct.unpack(">H", question[-4:-2])[0]
    known = name.endswith(b"\x07example\0") and b"missing" not in name
    own = places.get(_text(name))
    data = (_ADDRESS.get(type_) if own is None else _own_address(type_, own)) if known else None
    head = struct.pack(">HHHHH", 0x8580 | (0 if known else _NXDOMAIN), 1, int(data is not None), 0, 0)
    record = struct.pack(">HHHIH", 0xC00C, type_, 1, 60, len(data)) + data if data else b""
    return number + head + question + record


def _name_end(packet: bytes) -> int:
    at = 12
    while at < len(packet) and packet[at]:
        at += 1 + packet[at]
    return at + 1


def _own_address(type_: int, address: str) -> bytes | None:
    return ip_address(address).packed if type_ == 1 else None


def _text(name: bytes) -> str:
    labels, at = [], 0
    while name[at]:
        labels.append(name[at + 1 : at + 1 + name[at]])
        at += 1 + name[at]
    return b".".join(labels).decode("latin-1")


@contextmanager
def nameserver(places: Mapping[str, str] | None = None) -> Iterator[None]:
    """While inside, UPSTREAM answers on port 53."""
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind((UPSTREAM, 53))
    wire.settimeout(0.2)
    ended = threading.Event()
    thread = threading.Thread(target=_serve, args=(wire, ended, places or {}))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        wire.close()


def _serve(wire: socket.socket, ended: threading.Event, places: Mapping[str, str]) -> None:
    while not ended.is_set():
        try:
            packet, client = wire.recvfrom(4096)
        except TimeoutError:
            continue
        if reply := answer(packet, places):
            wire.sendto(reply, client)
