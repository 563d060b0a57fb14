"""A server of this machine that must hear nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# In a process of its own: who calls from within a library may hold up all threads of this one.
_SERVER = """
import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(64)
print(server.getsockname()[1], flush=True)
with open(sys.argv[1], "a", buffering=1) as log:
    while True:
        caller, _ = server.accept()
        with caller:
            caller.settimeout(2)
            try:
                said = caller.recv(200).decode("latin-1").splitlines()
                log.write((said[0] if said else "a call that said nothing") + "\\n")
                caller.sendall(b"HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n")
            except OSError:
                log.write("a call that said nothing\\n")
"""


@dataclass(frozen=True)
class Listener:
    """A server that only writes down what it hears."""

    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def heard(self) -> list[str]:
        """The first line of each call so far."""
        return self.log.read_text("utf-8").splitlines() if self.log.exists() else []


@contextmanager
def listening() -> Iterator[Listener]:
    """A server for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "heard"
        call = [sys.executable, "-c", _SERVER, str(log)]
        server = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            yield Listener(int(server.stdout.readline()), log)
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
