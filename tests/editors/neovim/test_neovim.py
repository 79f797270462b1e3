"""Neovim with the plugin of `assets/editors/neovim`, as users have it: `LIVELINE_NVIM` may name further Neovims,
separated by colons."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from support import beside
from support.beside import needs_rust_analyzer
from support.child import Child, environment
from support.project import Project
from support.round import Round

HERE = Path(__file__).parent
PLUGIN = HERE.parents[2] / "assets/editors/neovim"
WORDS = HERE.parent / "status-words.json"
NEOVIMS = ["nvim", *filter(None, os.environ.get("LIVELINE_NVIM", "").split(":"))]


@pytest.fixture(params=NEOVIMS)
def neovim(request) -> list[str]:
    """Neovim with no configuration but the plugin."""
    return [request.param, "--headless", "--clean", "--cmd", f"set runtimepath^={PLUGIN}"]


def test_a_script_is_broken_mended_undone_and_panics(neovim: list[str], arena: Project):
    round_ = Round.of(arena)
    game = arena.play("--headless")
    editor = start(neovim, "round.lua", arena, round_)
    round_.expect(arena, editor, game)


@needs_rust_analyzer
@pytest.mark.parametrize("mode", beside.MODES)
def test_beside_rust_analyzer_an_error_stands_once(neovim: list[str], mode: str, arena: Project):
    round_ = Round.of(arena)
    arena.play("--headless")
    editor = start(neovim, "beside.lua", arena, round_, MODE=mode)
    beside.expect(mode, round_, editor)


def test_the_status_line_has_its_words(neovim: list[str]):
    cases = json.loads(WORDS.read_text(encoding="utf-8"))
    said = run(neovim, "words.lua", CASES=str(WORDS))
    assert said == [{key: case[key] for key in ("about", "words", "details")} for case in cases]


def test_a_file_has_the_server_of_its_workspace(neovim: list[str], tmp_path: Path):
    (tmp_path / "game/scripts/src").mkdir(parents=True)
    (tmp_path / "game/Cargo.toml").write_text('[workspace]\nmembers = ["scripts"]\n')
    (tmp_path / "game/scripts/Cargo.toml").write_text('[package]\nname = "scripts"\n')
    (tmp_path / "alone/src").mkdir(parents=True)
    (tmp_path / "alone/Cargo.toml").write_text('[package]\nname = "alone"\n')
    cargo = tmp_path / "cargo"
    (cargo / "registry/src/dep/src").mkdir(parents=True)
    (cargo / "registry/src/dep/Cargo.toml").write_text('[package]\nname = "dep"\n')
    roots = {
        "game/scripts/src/player.rs": "game",
        "game/liveline.toml": "game",
        "alone/src/lib.rs": "alone",
        "loose.rs": None,
        "cargo/registry/src/dep/src/lib.rs": None,
    }
    files = [str(tmp_path / file) for file in roots]
    (found,) = run(neovim, "roots.lua", FILES=json.dumps(files), CARGO_HOME=str(cargo))
    assert found == [str(tmp_path / root) if root else "none" for root in roots.values()]


def start(neovim: list[str], script: str, project: Project, round_: Round, **more: str) -> Child:
    """Neovim with a Lua script that does something to a project and reports what is to be seen."""
    variables = round_.variables(project) | {"STEPS": str(HERE / "steps.lua")} | more
    return project.start("neovim", *neovim, "-c", f"luafile {HERE / script}", **variables)


def run(neovim: list[str], script: str, **variables: str) -> list:
    """What a Lua script prints: JSON, one value a line."""
    command = [*neovim, "-c", f"luafile {HERE / script}"]
    ended = subprocess.run(command, env=environment(**variables), capture_output=True, timeout=60, check=True)
    return [json.loads(line) for line in ended.stdout.decode().splitlines()]
