"""The client's side of DNS: ask a server, from a question's own address."""

import contextlib
import socket
import struct
from collections.abc import Iterable

from .questions import Question

_TIMEOUT_S = 3.0
_NO_ANSWER_S = 0.3


def ask(question: Question, server: str, number: int, timeout_s: float = _TIMEOUT_S, port: int = 53) -> bytes | None:
    """The answer, or None if none came in time."""
    packet = question.packet(number)
    kind = socket.SOCK_STREAM if question.tcp else socket.SOCK_DGRAM
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with contextlib.closing(socket.socket(family, kind)) as wire:
        wire.settimeout(timeout_s)
        wire.bind((question.client, 0))
        wire.connect((server, port))
        wire.sendall(struct.pack(">H", len(packet)) + packet if question.tcp else packet)
        try:
            return wire.recv(65535) or None
        except (TimeoutError, ConnectionError):
            return None


def ask_all(
    questions: Iterable[Question], v4: str, v6: str, silent: frozenset[str] = frozenset(), port: int = 53
) -> None:
    """Ask each at the server's address of its family; raise TimeoutError for a name not in `silent` without answer."""
    for number, question in enumerate(questions, 1):
        timeout_s = _NO_ANSWER_S if question.name in silent else _TIMEOUT_S
        answer = ask(question, v6 if ":" in question.client else v4, number, timeout_s, port)
        if answer is None and question.name not in silent:
            raise TimeoutError(f"no answer to {question}")


def send_garbage(client: str, server: str, port: int = 53) -> None:
    """Send packets that are no question; no query log has a line for them."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as wire:
        wire.bind((client, 0))
        for packet in (b"", b"\xff" * 12, b"GET / HTTP/1.1\r\n\r\n"):
            wire.sendto(packet, (server, port))
