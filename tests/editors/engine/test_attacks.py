"""Peers that break the rules are dropped or refused, and an engine beside them never notices."""

from __future__ import annotations

import json
import os

import pytest
from engine.client import Engine, Refused

MIB = 1024 * 1024


@pytest.fixture
def bystander(plain) -> Engine:
    """An engine that must be unharmed: it gets the next generation whatever the others did."""
    engine = plain.engine()
    engine.attach(name="bystander")
    yield engine
    assert plain.server.process.poll() is None
    plain.set_answer("99")
    try:
        engine.run_until(99)
    except ConnectionError:
        state = plain.server.process.poll()
        pytest.fail(f"the bystander was dropped; the server's state is {state}; it said:\n{plain.server.transcript()}")


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


GARBAGE = {
    "random bytes": os.urandom(64 * 1024),
    "another protocol": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no length": b"Content-Type: text/plain\r\n\r\n{}",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a length that is no number": b"Content-Length: many\r\n\r\n",
    "a header without end": b"X" * 64 * 1024,
    "an oversize frame": b"Content-Length: %d\r\n\r\n" % (8 * MIB + 1),
    "a length past all integers": b"Content-Length: 99999999999999999999999999\r\n\r\n",
    "a body that is no JSON": frame(b"{]"),
    "a body that is no object": frame(b"[[[]]]"),
    "text that is no UTF-8": frame(b'{"jsonrpc":"2.0","method":"\xff"}'),
    "an attach without parameters": frame(b'{"jsonrpc":"2.0","id":1,"method":"attach"}'),
    "a deep nest": frame(b"[" * 100_000),
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_harms_no_one(plain, bystander, content):
    attacker = plain.engine()
    try:
        attacker.send_bytes(content)
    except ConnectionError:
        pass  # Dropped before the last byte was sent.


@pytest.mark.parametrize("name", ["a negative length", "an oversize frame", "a header without end", "no length"])
def test_a_stream_that_cannot_be_read_further_is_dropped(plain, bystander, name):
    attacker = plain.engine()
    try:
        attacker.send_bytes(GARBAGE[name])
    except ConnectionError:
        pass
    attacker.wait_until_dropped()


def test_half_open_connections_harm_no_one(plain, bystander):
    silent = [plain.engine() for _ in range(50)]
    halves = [plain.engine() for _ in range(50)]
    for half in halves:
        half.send_bytes(b"Content-Length: 100\r\n\r\n{")
    for half in halves[:25]:
        half.close()
    assert len(silent) == 50


def test_an_engine_that_never_reads_holds_no_one_up(plain, bystander):
    deaf = plain.engine()
    deaf.attach(name="deaf")
    for answer in range(10):
        plain.set_answer(str(answer))
        bystander.run_until(answer)


def test_another_protocol_version_is_refused_with_both_versions(plain, bystander):
    stranger = plain.engine()
    with pytest.raises(Refused, match="1.*7|7.*1"):
        stranger.attach(protocol=7)


def test_messages_before_attach_are_refused(plain, bystander):
    stranger = plain.engine()
    report = {"library": "plain", "generation": 1, "outcome": "applied", "loadMicros": 1, "swapMicros": 1}
    stranger.notify("reloaded", report)
    with pytest.raises((Refused, ConnectionError)):
        stranger.request("detach", {})


def test_reports_of_what_does_not_exist_are_survived(plain, bystander):
    liar = plain.engine()
    liar.attach(name="liar")
    liar.notify("ran", {"library": "nothing", "generation": 2**63, "functions": {"x": 2**53}})
    liar.notify("fault", {"library": "plain", "generation": 0, "kind": "panic", "message": "", "frames": []})
    liar.notify("reloaded", {"library": "plain", "generation": "one"})
    liar.notify("reloaded", json.loads("null"))
    liar.close()
