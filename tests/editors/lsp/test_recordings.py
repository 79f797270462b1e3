"""Every message that any server has sent in all tests of a run: valid, and each progress display ended."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from lsp.recordings import Recording

FOLDER = "LIVELINE_LSP_RECORD"


def framed(*said: dict) -> bytes:
    bodies = [json.dumps(message).encode() for message in said]
    return b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)


def progress(token: str, kind: str) -> dict:
    value = {"kind": kind, "title": "t"} if kind == "begin" else {"kind": kind}
    return {"jsonrpc": "2.0", "method": "$/progress", "params": {"token": token, "value": value}}


def create(token: str) -> dict:
    return {"jsonrpc": "2.0", "id": 1, "method": "window/workDoneProgress/create", "params": {"token": token}}


BYE = {"jsonrpc": "2.0", "id": 7, "method": "shutdown"}
GONE = {"jsonrpc": "2.0", "id": 7, "result": None}
CASES = {
    "in order": ([create("a"), progress("a", "begin"), progress("a", "report"), progress("a", "end"), GONE], 0),
    "killed before the end": ([create("a"), progress("a", "begin")], 0),
    "never ended": ([create("a"), progress("a", "begin"), GONE], 1),
    "unasked": ([progress("a", "begin"), progress("a", "end"), GONE], 1),
    "ended twice": ([create("a"), progress("a", "begin"), progress("a", "end"), progress("a", "end"), GONE], 1),
    "begun twice": ([create("a"), progress("a", "begin"), progress("a", "begin"), progress("a", "end"), GONE], 1),
    "no such method": ([{"jsonrpc": "2.0", "method": "window/logMessages", "params": {}}, GONE], 1),
}


@pytest.mark.parametrize(("said", "problems"), CASES.values(), ids=CASES.keys())
def test_the_check_finds_what_is_wrong(tmp_path: Path, said, problems):
    (tmp_path / "client").write_bytes(b"garbage" + framed(BYE))
    (tmp_path / "server").write_bytes(framed(*said) + b"Content-Length: 90\r\n\r\n{")
    assert len(Recording(tmp_path).problems(set())) == problems


@pytest.mark.last
def test_every_recorded_message_is_valid():
    folder = os.environ.get(FOLDER)
    if not folder:
        pytest.skip(f"{FOLDER} is not set: `cargo xtask test` sets it for all its stages")
    recordings = sorted(folder for folder in Path(folder).iterdir() if (folder / "server").is_file())
    assert recordings, f"no conversation was recorded in {folder}"
    known: set[str] = set()
    said, problems = 0, []
    for folder in recordings:
        recording = Recording(folder)
        said += len(recording.server)
        problems += recording.problems(known)
    print(f"{said} messages of {len(recordings)} servers, {len(known)} kinds of them")
    assert not problems, "\n".join([f"{len(problems)} problems:", *problems[:20]])
