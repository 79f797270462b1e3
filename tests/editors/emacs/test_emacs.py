"""Emacs with eglot: break a script of the arena, see the error, mend it, see the running game change."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.breakage import Breakage, expect_round

SCRIPT = Path(__file__).with_name("round.el")


def test_emacs_breaks_and_mends_the_arena(arena):
    # Emacs takes the folder under version control for the project.
    subprocess.run(["git", "init", "--quiet"], cwd=arena.root, check=True)
    breakage = Breakage.of(arena)
    game = arena.play("--headless")
    editor = arena.start("emacs", "emacs", "--batch", "-Q", "-l", SCRIPT, **breakage.variables(arena))
    expect_round(arena, breakage, editor, game)
