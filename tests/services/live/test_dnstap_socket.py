"""A socket for dnstap: a real Unbound writes into it, and so do senders that keep to nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.errors import Refused, UsageError
from sightline.services.live.dnstap_socket import DnstapSocket
from sightline.services.live.dnstap_url import DnstapUrl, parse_dnstap_url
from sightline.services.live.frame_streams import (
    ACCEPT,
    CONTENT_TYPE,
    FINISH,
    MOST_OF_FRAME,
    READY,
    START,
    STOP,
    FrameReceiver,
    NotFrames,
    build_control_frame,
)
from sightline.services.live.piece import FeedPiece
from sightline.workspace import keys
from tests.real_servers.install import PATH
from tests.servers.fixtures import missing
from tests.servers.program import HOST, NotHere, Program, free_ports
from tests.services.live.unit import LiveOffice
from tests.waits import HUNG_S, wait_until

FIRST = build_control_frame(READY) + build_control_frame(START)


def frame(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[DnstapSocket]:
    dnstap_socket = DnstapSocket(DnstapUrl(tmp_path / "s"), 1 << 12, "stream 1", None)
    yield dnstap_socket
    dnstap_socket.close()


def send(feed: DnstapSocket, *contents: bytes) -> socket.socket:
    """A sender that sends all of it; it may be cut off meanwhile."""
    sender = socket.socket(socket.AF_UNIX)
    sender.settimeout(HUNG_S)
    sender.connect(feed.name.removeprefix("dnstap://"))
    for content in contents:
        sender.sendall(content)
    return sender


def next_piece(feed: DnstapSocket) -> FeedPiece:
    wait_until(lambda: feed.read() is not None)
    found = feed.read()
    assert found is not None
    return found


def test_frames_become_parts_that_are_frame_streams_of_their_own(feed: DnstapSocket) -> None:
    sender = send(feed, build_control_frame(READY))
    assert sender.recv(100) == build_control_frame(ACCEPT)
    sender.sendall(build_control_frame(START) + frame(b"one") + frame(b"two")[:5])
    wait_until(lambda: feed.count_waiting_bytes() == 7)
    first = next_piece(feed)
    assert first.content == build_control_frame(START) + frame(b"one") + build_control_frame(STOP)
    feed.accept(first)
    sender.sendall(frame(b"two")[5:] + build_control_frame(STOP))
    assert sender.recv(100) == build_control_frame(FINISH)
    second = next_piece(feed)
    assert second.content == build_control_frame(START) + frame(b"two") + build_control_frame(STOP)
    assert (second.first_offset, second.place.offset, second.gap) == (7, 14, None)
    feed.accept(second)
    assert feed.read() is None and feed.count_waiting_bytes() == 0


def test_a_piece_that_was_not_accepted_is_read_again_and_parts_end_at_the_limit(feed: DnstapSocket) -> None:
    send(feed, FIRST, *(frame(bytes([number]) * 1000) for number in range(7)))
    wait_until(lambda: feed.count_waiting_bytes() == 7 * 1004)
    first = feed.read()
    assert first is not None and first == feed.read()
    assert first.content.count(b"\x00\x00\x03\xe8") == 5
    feed.accept(first)
    second = feed.read()
    assert second is not None and second.first_offset == 5 * 1004


HOSTILE = {
    "a frame that is too long": FIRST + struct.pack(">I", MOST_OF_FRAME + 1),
    "a control frame that is too long": bytes(4) + struct.pack(">I", 513),
    "another content": build_control_frame(READY).replace(CONTENT_TYPE, b"protobuf:dnstap.Dnstap".upper()),
    "data before the start": build_control_frame(READY) + frame(b"x"),
    "a control frame without a type": bytes(8),
    "an unknown control frame": bytes(4) + struct.pack(">II", 4, 99),
    "a field that is cut off": bytes(4) + struct.pack(">IIII", 12, START, 1, 5),
    "a stop before the start": build_control_frame(STOP),
    "a second start": FIRST + build_control_frame(START),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_sender_is_cut_off_and_counted_and_disturbs_no_other(feed: DnstapSocket, what: str) -> None:
    good = send(feed, FIRST)
    bad = send(feed, HOSTILE[what])
    # The answer to a greeting may come before the end.
    while bad.recv(1000):
        pass
    good.sendall(frame(b"one"))
    piece = next_piece(feed)
    assert frame(b"one") in piece.content
    assert piece.gap is not None and "cut off" in piece.gap and "1 senders" in piece.gap
    feed.accept(piece)
    good.sendall(frame(b"two"))
    assert next_piece(feed).gap is None


def test_frames_before_what_is_wrong_count_however_they_are_cut() -> None:
    content = FIRST + frame(b"one") + frame(b"two") + bytes(8)
    for size in (1, 3, len(content)):
        receiver = FrameReceiver()
        with pytest.raises(NotFrames):
            for at in range(0, len(content), size):
                receiver.feed(content[at : at + size])
        assert receiver.frames == [frame(b"one"), frame(b"two")]


def test_no_more_is_held_than_twice_the_limit_and_one_read(feed: DnstapSocket) -> None:
    sender = send(feed, FIRST)
    sender.settimeout(0.5)
    with pytest.raises(TimeoutError):
        for _ in range(10_000):
            sender.sendall(frame(bytes(1000)))
    assert (feed.count_waiting_bytes() or 0) <= (2 << 12) + (1 << 16) + 1004


def test_a_socket_in_use_is_refused_and_one_that_was_left_is_taken(feed: DnstapSocket, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="another program listens"):
        DnstapSocket(DnstapUrl(tmp_path / "s"), 1 << 12, "stream 2", None)
    left = tmp_path / "left"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(left))
    DnstapSocket(DnstapUrl(left), 1 << 12, "stream 2", None).close()
    assert not left.exists()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(Refused, match="another program listens"):
        DnstapSocket(DnstapUrl(tmp_path / "file"), 1 << 12, "stream 2", None)
    assert (tmp_path / "file").read_text() == "kept"
    with pytest.raises(UsageError, match="too long") as why:
        DnstapSocket(DnstapUrl(tmp_path / ("x" * 120)), 1 << 12, "stream 2", None)
    assert "107 bytes" in (why.value.hint or "")
    with pytest.raises(UsageError, match="not the URL of a socket"):
        parse_dnstap_url("dnstap://relative/path")


def unbound(place: Path, at: Path, port: int) -> Program:
    """A real Unbound that knows two names, and sends what clients ask into the socket."""
    program = shutil.which("unbound", path=PATH)
    if program is None:
        raise NotHere("unbound (Debian package unbound)")
    (place / "unbound").mkdir()
    (place / "unbound.conf").write_text(f"""\
server:
  interface: {HOST}@{port}
  username: ""
  chroot: ""
  pidfile: ""
  directory: "{place}/unbound"
  use-syslog: no
  local-zone: "example." static
  local-data: "board.example. A 192.0.2.1"
  local-data: "news.example. A 192.0.2.2"
remote-control:
  control-enable: no
dnstap:
  dnstap-enable: yes
  dnstap-bidirectional: yes
  dnstap-socket-path: "{at}"
  dnstap-log-client-query-messages: yes
""")
    return Program([program, "-d", "-c", place / "unbound.conf"], place / "unbound", signal="KILL")


def asks(port: int, name: str) -> bool:
    """Ask for a name; whether an answer came."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.sendto(question, (HOST, port))
        try:
            return bool(client.recv(1000))
        except OSError:
            return False


def test_the_questions_to_a_real_unbound_become_hits(tmp_path: Path) -> None:
    live, at = LiveOffice.found(tmp_path), tmp_path / "dnstap.sock"
    key = tmp_path / "io.key"
    keys.write_private(key, live.office.io.signer.private, None)
    under = ["--source", "feed", "--authority", "s.69B 4/2026", "--list", str(live.request.scan.lists[0])]
    officer_session = ["--workspace", str(live.office.workspace.folder), "--key", str(key)]
    command = ["watch", f"dnstap://{at}", *under, "--format", "dnstap", "--no-leads", *officer_session]
    with subprocess.Popen(
        [sys.executable, "-m", "sightline", *command], stderr=subprocess.PIPE, text=True, env=os.environ
    ) as watch:
        wait_until(lambda: at.exists() or watch.poll() is not None)
        (port,) = free_ports(1)
        try:
            server = unbound(tmp_path, at, port)
        except NotHere as why:
            watch.kill()
            missing(why)
            raise
        try:
            server.wait_until(lambda: asks(port, "news.example"))
            for number in range(20):
                assert asks(port, "board.example" if number % 4 == 0 else "news.example")
            wait_until(lambda: live.has_parts() and sum(part.lines for part in live.parts()) >= 20)
        finally:
            server.stop(signal.SIGTERM)
        watch.send_signal(signal.SIGTERM)
        _, error_text = watch.communicate(timeout=HUNG_S)
    assert watch.returncode == 0, error_text
    assert "5 hits, 0 rejects" in error_text.splitlines()[-1], error_text
    assert not at.exists()
