"""The server over real sockets: slow and idle clients, bodies, foreign names; and what it believes of a proxy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from fastapi.testclient import TestClient

from sightline.web import server as server_module
from sightline.web.app import AppConfig, create_app
from sightline.web.middleware import MOST_BYTES_SIGNED_OUT
from tests.office import Office
from tests.waits import wait_until
from tests.web.test_serve import free_port


@pytest.fixture
def port(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server that waits a second for a head and two for a body."""
    monkeypatch.setattr(server_module, "HEAD_S", 1.0)
    monkeypatch.setattr(server_module, "BODY_S", 2.0)
    monkeypatch.setattr(server_module, "CHECK_S", 0.2)
    monkeypatch.setattr(server_module._Server, "install_signal_handlers", lambda _self: None, raising=False)
    app, number = create_app(AppConfig(office.workspace, hosts=frozenset({"127.0.0.1"}))), free_port()
    servers: list[server_module._Server] = []
    monkeypatch.setattr(server_module._Server, "capture_signals", lambda self: _Watched(servers, self), raising=False)
    thread = threading.Thread(
        target=server_module.serve_app, args=(app,), kwargs={"port": number, "log_level": "error"}
    )
    thread.start()
    wait_until(lambda: servers and servers[0].started, "the server listens")
    yield number
    servers[0].should_exit = True
    thread.join()


class _Watched:
    """Signals are the test runner's; the server is kept so that it can be asked to end."""

    def __init__(self, servers: list[server_module._Server], server: server_module._Server) -> None:
        servers.append(server)

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def send_request(port: int, *parts: bytes, until_s: float = 20.0) -> bytes:
    """What comes back, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(until_s)
        for part in parts:
            connection.sendall(part)
        found = b""
        while more := connection.recv(65536):
            found += more
        return found


def test_a_client_that_sends_nothing_or_half_a_head_is_disconnected(port: int) -> None:
    assert send_request(port) == b""
    assert send_request(port, b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More: ") == b""


def test_a_body_that_never_comes_is_not_waited_for(port: int) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    assert b"200" not in send_request(port, head, b"name=")


def test_one_address_cannot_have_all_connections(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_OF_ONE_PLACE", 3)
    head = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3)]
        for connection in held:
            connection.sendall(b"GET")
        with suppress(ConnectionError):
            assert send_request(port, head + b"\r\n") == b""
        held[0].close()
        response = _answered(port, head + b"Connection: close\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 200")


def _answered(port: int, request: bytes) -> bytes:
    """The first answer: the server may see a moment later that another connection has ended."""
    found: list[bytes] = []

    def is_answered() -> bool:
        with suppress(ConnectionError):
            found.append(send_request(port, request))
        return bool(found and found[-1])

    wait_until(is_answered, "an answer")
    return found[-1]


def test_a_whole_request_is_answered(port: int) -> None:
    response = send_request(port, b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 200")


def test_a_client_that_names_other_addresses_gets_no_new_tries(port: int) -> None:
    def attempt(number: int) -> bytes:
        head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.{number}\r\n"
        return send_request(port, f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())[:12]

    answers = [attempt(number) for number in range(12)]
    assert answers[0] == b"HTTP/1.1 400" and answers[-1] == b"HTTP/1.1 429", answers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": str(MOST_BYTES_SIGNED_OUT + 1)}, 413),
        ({"content-length": "١٢"}, 413),
        ({"transfer-encoding": "chunked"}, 413),
        ({"host": "elsewhere.example"}, 421),
        ({"host": "[::1]:8390"}, 421),
        ({"host": "127.0.0.1:8390"}, 303),
    ],
)
def test_a_large_or_misdirected_request_is_refused_before_it_is_read(
    office: Office, headers: dict[str, str], status: int
) -> None:
    client = TestClient(
        create_app(AppConfig(office.workspace, hosts=frozenset({"127.0.0.1"}))), base_url="http://127.0.0.1"
    )
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    assert client.post("/leads/all/rebuild", headers=encoded, follow_redirects=False).status_code == status


def test_no_redirect_repeats_the_host_of_a_request(office: Office) -> None:
    client = TestClient(create_app(AppConfig(office.workspace)), base_url="http://elsewhere.example")
    for path in ("/leads/", "/sign-in/", "//elsewhere.example/", "/"):
        answer = client.get(path, follow_redirects=False)
        assert "elsewhere" not in answer.headers.get("location", ""), path
