"""Kakoune in its own JSON interface: keys go in as a person's, and what a terminal would show comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from support.child import Child

T = TypeVar("T")

# No colour of a colour scheme, so what has it is an error.
ERROR_COLOUR = "rgb:fe0102"
ROWS, COLUMNS = 50, 400
# What Kakoune is told to say when it has read its configuration.
READY = "ready"
_NAMES = {"\n": "<ret>", " ": "<space>", "<": "<lt>", ">": "<gt>", "-": "<minus>"}
_ENTRY = re.compile(r"(\S+):(\d+):(\d+): \[error\]((?:\[[^\]]+\])+) (.*)")


class Kakoune:
    """One window with one file."""

    def __init__(self, child: Child, file: Path):
        self.child = child
        self.file = file
        self._rows: list[list[dict]] = []
        self._prompt = ""
        self._mode_line = ""
        self.info: str | None = None
        self.menu: list[str] | None = None
        # Keys that come before are lost.
        self.wait("Kakoune to be ready", lambda: self._prompt == READY)
        self._send("resize", [ROWS, COLUMNS])

    def wait(self, what: str, found: Callable[[], T | None]) -> T:
        """What `found` gives of the screen, as soon as it gives something."""
        first = found()
        if first:
            return first

        def pick(line: str) -> T | None:
            self._take(line)
            return found() or None

        try:
            return self.child.wait(what, pick)
        except AssertionError as late:
            why = str(late).split("\n", 1)[0]
            raise AssertionError("\n".join([why, "the screen:", *self.text(), self._prompt, self._mode_line])) from None

    def again(self, what: str, do: Callable[[], T | None]) -> T:
        """What `do` gives, which acts on the screen; until it gives something."""
        deadline = 300
        for _ in range(deadline):
            value = do()
            if value:
                return value
            # Kakoune asks its servers when keys have come and no more follow.
            self.idle()
        raise AssertionError("\n".join([f"{what}: not in {deadline} looks; the screen:", *self.text(), self._mode_line]))

    def idle(self) -> None:
        """Waits as long as Kakoune takes to find that nobody types."""
        self.keys("<esc>")
        self.command("nop %sh{sleep 0.3}; echo idle")
        self.wait("an idle moment", lambda: self._prompt == "idle")
        self.command("echo")
        self.wait("an empty line", lambda: self._prompt == "")

    def keys(self, *keys: str) -> None:
        self._send("keys", list(keys))

    def type(self, text: str) -> None:
        self.keys(*(_NAMES.get(letter, letter) for letter in text))

    def command(self, text: str) -> None:
        self.keys("<esc>", ":")
        self.type(text + "\n")

    def type_line(self, line: int, text: str) -> None:
        """Replaces the line; it is not saved."""
        self.keys("<esc>", *f"{line}g", "<a-L>", "c")
        self.type(text)
        self.keys("<esc>")

    def save_line(self, line: int, text: str) -> None:
        self.type_line(line, text)
        self.command("write")

    def text(self) -> list[str]:
        """The rows of the screen; in each, a flag stands before the text."""
        return ["".join(part["contents"] for part in row).rstrip("\n") for row in self._rows]

    def has_flag(self, line: int) -> bool:
        """Whether an error is flagged at the line, of a window that shows the file from its beginning."""
        rows = self.text()
        return len(rows) >= line and rows[line - 1].startswith("*")

    def marked_column(self, line: int) -> int | None:
        """Where in the line an error is marked: 1-based, in characters. The flag takes one column."""
        before = 0
        for part in self._rows[line - 1][1:]:
            if part["face"]["fg"] == ERROR_COLOUR:
                return before + 1
            before += len(part["contents"])
        return None

    def hover(self, line: int, text: str) -> str:
        """What the info box says of `text` in the line."""
        self.keys("<esc>", *f"{line}g", "<a-L>", "s")
        self.type(re.escape(text) + "\n")
        self.keys(";")
        self.info = None
        self.command("lsp-hover")
        said = self.wait("an info box", lambda: self.info)
        self.keys("<esc>")
        return said

    def errors(self) -> list[dict]:
        """All that `:lsp-diagnostics` lists as errors: the file's last name, 1-based places, and in brackets who says so."""
        self.command("lsp-diagnostics")
        self.wait("the list", lambda: "*diagnostics*" in self._mode_line and self._rows)
        found = []
        for row in self.text():
            entry = _ENTRY.match(row.strip())
            if entry:
                path, line, column, who, message = entry.groups()
                found.append({"file": Path(path).name, "line": int(line), "byte": int(column), "who": who, "message": message})
        self.command("delete-buffer")
        self.wait("the file", lambda: self.file.name in self._mode_line and "*diagnostics*" not in self._mode_line)
        return found

    def choices(self, command: str, *way: str) -> list[str]:
        """What a command's menu offers where these keys lead; the menu is left open."""
        self.keys("<esc>", *way)
        self.menu = self.info = None
        self.command(command)
        # `info` tells of failures.
        self.wait(f"the menu of {command}", lambda: self._is_asked() or self.info)
        return self.menu or []

    def _is_asked(self) -> bool:
        """Whether there is a menu that is not the one of commands' names."""
        return bool(self.menu) and not self._prompt.startswith(":")

    def end(self) -> None:
        if self.child.process.poll() is None:
            self.command("kill!")
            assert self.child.wait_for_end() == 0

    def _send(self, method: str, params: list) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        assert self.child.process.stdin is not None
        self.child.process.stdin.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
        self.child.process.stdin.flush()

    def _take(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            return
        params = message["params"]
        match message["method"]:
            case "draw":
                self._rows = params[0]
            case "draw_status":
                self._prompt, self._mode_line = (_join(part) for part in params[:2])
            case "info_show":
                self.info = "\n".join(_join(part) for part in params[1])
            case "info_hide":
                self.info = None
            case "menu_show":
                self.menu = [_join(part) for part in params[0]]
            case "menu_hide":
                self.menu = None


def _join(parts: list[dict]) -> str:
    return "".join(part["contents"] for part in parts)
