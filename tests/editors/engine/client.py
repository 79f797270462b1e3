"""An engine in Python, written from the engine channel's description alone: no code of the project is in it."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import socket
from pathlib import Path

DEADLINE = 120.0


class Refused(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: dict):
        super().__init__(error.get("message"))
        self.code = error.get("code")


class Engine:
    """A connection to the server that `endpoint.json` names."""

    def __init__(self, target: Path):
        self.endpoint = json.loads((target / "liveline" / "endpoint.json").read_text(encoding="utf-8"))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(DEADLINE)
        self._socket.connect(self.endpoint["transport"]["unix"])
        self._bytes = b""
        self._id = 0
        self._waiting: list[dict] = []
        self.artifacts: Path | None = None

    def attach(self, protocol: int = 1, name: str = "python", loaders: tuple[str, ...] = ("dylib",)) -> dict:
        """Attaches; the answer holds the current generation of every library."""
        engine = {"name": name, "pid": os.getpid()}
        target = f"{platform.machine()}-unknown-linux-gnu"
        params = {"protocol": protocol, "engine": engine, "target": target, "loaders": list(loaders)}
        answer = self.request("attach", params)
        self.artifacts = Path(answer["artifacts"])
        return answer

    def load(self, reload: dict) -> ctypes.CDLL:
        """Checks a generation's artifact as an engine must, and loads it."""
        artifact = reload["artifact"]
        assert artifact["kind"] == "dylib"
        assert os.path.basename(artifact["file"]) == artifact["file"], "a file name, never a path"
        assert self.artifacts is not None and self.artifacts.is_absolute()
        path = self.artifacts / artifact["file"]
        content = path.read_bytes()
        assert len(content) == artifact["bytes"]
        assert hashlib.sha256(content).hexdigest() == artifact["sha256"]
        return ctypes.CDLL(str(path))

    def run_until(self, answer: int) -> None:
        """Loads generation after generation until the library's `answer` is this."""
        while self.load(self.next("reload")).answer() != answer:
            pass

    def request(self, method: str, params: object) -> dict:
        """Sends a request and gives its result; what else arrives meanwhile waits its turn."""
        self._id += 1
        self.send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") != self._id:
                self._waiting.append(message)
            elif "error" in message:
                raise Refused(message["error"])
            else:
                return message["result"]

    def notify(self, method: str, params: object) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def next(self, method: str, **fields: object) -> dict:
        """The parameters of the next notification of this method with these fields; others are dropped."""
        while True:
            message = self._waiting.pop(0) if self._waiting else self._receive()
            params = message.get("params") or {}
            if message.get("method") == method and all(params.get(name) == value for name, value in fields.items()):
                return params

    def send(self, message: dict) -> None:
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_bytes(self, content: bytes) -> None:
        self._socket.sendall(content)

    def wait_until_dropped(self) -> None:
        """Returns when the server has closed the connection."""
        try:
            while self._socket.recv(65536):
                pass
        except ConnectionError:
            pass

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> dict:
        while True:
            head, gap, rest = self._bytes.partition(b"\r\n\r\n")
            if gap:
                fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
                length = int(fields[b"Content-Length"])
                if len(rest) >= length:
                    self._bytes = rest[length:]
                    message = json.loads(rest[:length])
                    assert message["jsonrpc"] == "2.0"
                    return message
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("the server closed the connection")
            self._bytes += chunk
