"""Break a script, see the error at its place, mend it, see the running game change: with each client's capabilities."""

from __future__ import annotations

from lsp.client import live_generation
from lsprotocol import types
from support.project import says

PLAYER = "scripts/src/player.rs"
SAY = '        world.say("one");'


def line_of(text: str) -> int:
    return text.split("\n").index(SAY)


async def test_break_see_mend_run(editor, sample):
    game = sample.play()
    game.wait("the first word", says("says one"))
    editor.open(PLAYER)
    first = await editor.status(live_generation("scripts"))
    line = line_of(sample.read(PLAYER))

    # Characters outside ASCII and outside the basic plane stand before the error.
    before = "        /* é𝔾 */ world.say("
    editor.replace_line(PLAYER, line, before + "1);")
    (error, *_) = await editor.diagnostics(PLAYER, lambda found: any(one.source == "liveline" for one in found))
    assert error.severity == types.DiagnosticSeverity.Error
    assert error.code == "E0308"
    column = editor.columns(before)
    assert error.range == types.Range(types.Position(line, column), types.Position(line, column + 1))
    assert "mismatched types" in error.message
    assert game.process.poll() is None

    editor.replace_line(PLAYER, line, SAY.replace("one", "two"))
    await editor.diagnostics(PLAYER, lambda found: not found)
    second = await editor.status(lambda status: newer(status, first))
    assert second > first
    game.wait("the new word", says("says two"))


def newer(status, than: int) -> int | None:
    generation = live_generation("scripts")(status)
    return generation if generation is not None and generation > than else None


async def test_a_person_can_ask_for_a_build(editor, sample):
    sample.play().wait("the first word", says("says one"))
    first = await editor.status(live_generation("scripts"))
    await editor.command("liveline.build")
    assert await editor.status(lambda status: newer(status, first)) > first


async def test_the_status_can_be_asked_for(editor):
    await editor.status(lambda status: status.libraries or None)
    status = await editor.client.protocol.send_request_async("liveline/status", {})
    assert [library.library for library in status.libraries] == ["scripts"]
    assert status.engines == []


async def test_the_server_names_its_commands(editor):
    assert editor.server.server_info.name == "liveline"
    provider = editor.server.capabilities.execute_command_provider
    names = ["build", "reload", "undo", "resetState", "restartEngine", "showLog"]
    assert {f"liveline.{name}" for name in names} <= set(provider.commands)
