"""What the design promises an engine, held against an engine that knows nothing but the design."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine.client import Refused
from support.project import event


def test_an_engine_gets_the_current_generation_and_each_new_one(plain):
    engine = plain.engine()
    attached = engine.attach()
    assert attached["protocol"] == 1
    assert attached["server"]["name"] == "liveline"
    (current,) = attached["libraries"]
    assert current["library"] == "plain"
    assert current["generation"] == 1
    assert engine.load(current).answer() == 41

    plain.set_answer("42")
    assert engine.next("build", library="plain", state="started")["errors"] == 0
    new = engine.next("reload", library="plain")
    assert new["generation"] == 2
    assert new["trigger"] == "watch"
    assert new["speculated"] is False
    assert new["buildMicros"] > 0
    assert [Path(file).name for file in new["changed"]] == ["lib.rs"]
    assert engine.load(new).answer() == 42


def test_code_that_does_not_build_is_told_with_its_place_and_replaces_nothing(plain):
    engine = plain.engine()
    engine.attach()
    plain.set_answer("true")
    failed = engine.next("build", library="plain", state="failed")
    assert failed["errors"] == 1
    assert (failed["first"]["line"], failed["first"]["column"]) == (3, 5)
    plain.set_answer("43")
    engine.run_until(43)


def test_what_an_engine_reports_reaches_those_who_watch(plain):
    engine = plain.engine()
    session = engine.attach()["session"]
    plain.server.wait("the engine", event("engineAttached", session=session))
    outcome = {"library": "plain", "generation": 1, "outcome": "applied", "loadMicros": 5, "swapMicros": 1}
    engine.notify("reloaded", outcome)
    told = plain.server.wait("the report", event("reloaded", session=session))
    assert told["reloaded"]["outcome"] == "applied"
    engine.notify("ran", {"library": "plain", "generation": 1, "functions": {"answer": 3}})
    told = plain.server.wait("the calls", event("ran", session=session))
    assert told["ran"]["functions"] == {"answer": 3}
    assert engine.request("detach", {}) is None
    engine.close()
    plain.server.wait("the farewell", event("engineDetached", session=session))


def test_unknown_notifications_are_ignored_and_unknown_requests_answered(plain):
    engine = plain.engine()
    engine.attach()
    engine.notify("tomorrow", {"a": 1})
    with pytest.raises(Refused) as refused:
        engine.request("tomorrow", {})
    assert refused.value.code == -32601
    plain.set_answer("44")
    engine.run_until(44)


def test_the_socket_and_the_artifacts_are_this_users_alone(plain, mode):
    engine = plain.engine()
    engine.attach()
    assert engine.endpoint["protocol"] == 1
    assert engine.endpoint["pid"] == plain.server.process.pid
    assert mode(Path(engine.endpoint["transport"]["unix"]).parent) == 0o700
