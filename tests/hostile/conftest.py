"""What tests of hostile inputs share: a server that must hear nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest


@dataclass
class Listener:
    """A server of this machine that only writes down what it hears."""

    port: int
    heard: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def ear() -> Iterator[Listener]:
    """A listening server."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(16)
    listener = Listener(server.getsockname()[1])

    def listen() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:  # the server was closed: the tests are over
                return
            with caller:
                caller.settimeout(2)
                try:
                    listener.heard.append(caller.recv(200).decode("latin-1"))
                    caller.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    listener.heard.append("a call that said nothing")

    threading.Thread(target=listen, daemon=True).start()
    yield listener
    server.close()


@pytest.fixture
def deaf(ear: Listener) -> Iterator[Listener]:
    """The listening server, which must have heard nothing by the end of the test."""
    before = len(ear.heard)
    yield ear
    assert ear.heard[before:] == []
