"""Neovim's own client: break a script of the arena, see the error, mend it, see the running game change."""

from __future__ import annotations

from pathlib import Path

from support.breakage import Breakage, expect_round

SCRIPT = Path(__file__).with_name("round.lua")


def test_neovim_breaks_and_mends_the_arena(arena):
    breakage = Breakage.of(arena)
    game = arena.play("--headless")
    editor = arena.start(
        "neovim", "nvim", "--headless", "--clean", "-c", f"luafile {SCRIPT}", **breakage.variables(arena)
    )
    expect_round(arena, breakage, editor, game)
