"""A test's child process: its output line by line, a deadline on every wait, its end when the test ends."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# How long an awaited event may take on a slow, busy machine.
DEADLINE = 120.0

# What `cargo run` and `cargo test` set for their children and a terminal does not.
_SET_BY_CARGO = ("CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "LIVELINE_", "NEXTEST")
# The server copies there what it says, for `lsp/test_recordings.py`.
_KEPT = "LIVELINE_LSP_RECORD"
_SET_BY_CARGO_EXACTLY = ("CARGO", "CARGO_TARGET_DIR", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "LD_LIBRARY_PATH")


def environment(**more: str) -> dict[str, str]:
    """A terminal's environment, with `more` in it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == _KEPT or (not name.startswith(_SET_BY_CARGO) and name not in _SET_BY_CARGO_EXACTLY)
    }
    return kept | more


class Child:
    """A process in a group of its own."""

    def __init__(self, name: str, command: list[str | Path], cwd: Path, **variables: str):
        self.name = name
        self.heard: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=environment(**variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, what: str, pick: Callable[[str], T | None]) -> T:
        """The first value that `pick` makes of a line that was not waited for before."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(self._failure(f"{what}: not within {DEADLINE:.0f} s")) from None
            if line is None:
                raise AssertionError(self._failure(f"{what}: it ended before, with {self.process.wait(DEADLINE)}"))
            self.heard.append(line)
            value = pick(line)
            if value is not None:
                return value

    def wait_for_end(self) -> int:
        """Its exit status."""
        return self.process.wait(DEADLINE)

    def transcript(self) -> str:
        """All that it has said so far."""
        while not self._lines.empty():
            line = self._lines.get()
            if line is None:
                self._lines.put(None)
                break
            self.heard.append(line)
        return "\n".join(self.heard)

    def end(self) -> None:
        """Ends it and the children in its group. Its number stays taken until it is waited for."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.decode("utf-8", "replace").rstrip("\n"))
        self._lines.put(None)

    def _failure(self, why: str) -> str:
        return "\n".join([f"{self.name}: {why}; it said:", *self.heard[-60:]])
