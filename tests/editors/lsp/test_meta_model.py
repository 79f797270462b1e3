"""The check itself: a message that the protocol does not know must not pass it."""

from __future__ import annotations

import pytest
from lsp.client import problem

RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}


def published(**diagnostic) -> dict:
    parameters = {"uri": "file:///a.rs", "diagnostics": [{"range": RANGE, "message": "m"} | diagnostic]}
    return {"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": parameters}


def test_valid_messages_pass():
    assert problem(published(severity=1, code="E1", codeDescription={"href": "https://a"}, tags=[1]), None) is None
    assert problem({"jsonrpc": "2.0", "id": 1, "result": None}, "shutdown") is None
    report = {"token": "t", "value": {"kind": "begin", "title": "build", "cancellable": True}}
    assert problem({"jsonrpc": "2.0", "method": "$/progress", "params": report}, None) is None


WRONG = {
    "an unknown field": published(sevrity=1),
    "an unknown enumeration value": published(severity=9),
    "a wrong type": published(message=3),
    "a missing field": {"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": {"uri": "file:///a"}},
    "an unknown method": {"jsonrpc": "2.0", "method": "window/showMessages", "params": {"type": 1, "message": "m"}},
    "a client's method": {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {}},
    "no version": {"method": "window/logMessage", "params": {"type": 1, "message": "m"}},
    "an answer to nothing": {"jsonrpc": "2.0", "id": 9, "result": None},
}


@pytest.mark.parametrize("message", WRONG.values(), ids=WRONG.keys())
def test_invalid_messages_do_not(message):
    assert problem(message, None) is not None


COMMAND = {"title": "t", "command": "liveline.build", "arguments": [{"library": "a"}]}


def test_actions_and_commands_are_told_apart():
    def answer(*actions: dict) -> str | None:
        return problem({"jsonrpc": "2.0", "id": 1, "result": list(actions)}, "textDocument/codeAction")

    assert answer(COMMAND, {"title": "t", "kind": "quickfix", "command": COMMAND}) is None
    assert answer(COMMAND, {"title": "t", "kinds": "quickfix"}) is not None
