"""What editors and servers have said to each other, as the server copies it for `LIVELINE_LSP_RECORD`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lsp.client import problem

PROGRESS = "$/progress"
CREATE = "window/workDoneProgress/create"


def messages(file: Path) -> Iterator[Any]:
    """The messages of one side; what is no frame of JSON is left out: some tests send such. So is the last one of
    a process that was killed."""
    data = file.read_bytes()
    at = 0
    while (head := data.find(b"Content-Length:", at)) >= 0:
        end = data.find(b"\r\n\r\n", head)
        if end < 0:
            return
        try:
            length = int(data[head + 15 : end].split(b"\r\n")[0])
            body = data[end + 4 : end + 4 + length]
            yield json.loads(body)
            at = end + 4 + length
        except ValueError:
            at = head + 15


class Recording:
    """One conversation."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.client = [message for message in messages(folder / "client") if isinstance(message, dict)]
        self.server = list(messages(folder / "server"))
        asked = (message for message in self.client if "method" in message and "id" in message)
        self.requests = {str(message["id"]): message["method"] for message in asked}

    def problems(self, known: set[str]) -> list[str]:
        """All that is wrong; `known` holds what was looked at before and is right."""
        found = [*self.wrong_messages(known), *self.unpaired_progress()]
        return [f"{self.folder.name}: {problem}" for problem in found]

    def wrong_messages(self, known: set[str]) -> Iterator[str]:
        for message in self.server:
            request = None if "method" in message else self.requests.get(str(message.get("id")))
            looks = json.dumps([request, {name: value for name, value in message.items() if name != "id"}])
            if looks in known:
                continue
            # Requests that no client of LSP makes (tests do) are answered by an error.
            wrong = None if self.is_of_unknown(message, request) else problem(message, request)
            if wrong is None:
                known.add(looks)
            else:
                yield f"{wrong}\n  {message}"

    def is_of_unknown(self, message: dict, request: str | None) -> bool:
        """An error for what was no request, or for one of no method of LSP's."""
        return "method" not in message and "error" in message and (request is None or "/" in request)

    def unpaired_progress(self) -> Iterator[str]:
        """Displays that were begun and not ended, or moved without being there."""
        asked, begun = set(), set()
        for message in self.server:
            method, parameters = message.get("method"), message.get("params") or {}
            token = parameters.get("token") if method in (CREATE, PROGRESS) else None
            if method == CREATE:
                asked.add(token)
            elif method == PROGRESS:
                kind = parameters["value"]["kind"]
                if kind == "begin" and (token not in asked or token in begun):
                    yield f"{token} begins twice, or unasked"
                if kind != "begin" and token not in begun:
                    yield f"{token}: {kind} without a beginning"
                (begun.add if kind == "begin" else begun.discard if kind == "end" else set().add)(token)
        if begun and self.has_ended_well():
            yield f"never ended: {sorted(begun)}"

    def has_ended_well(self) -> bool:
        """Whether the server has answered `shutdown`: a killed one ends nothing."""
        return any(
            "result" in message and self.requests.get(str(message.get("id"))) == "shutdown" for message in self.server
        )
