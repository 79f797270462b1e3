"""Emacs with the files of `assets/editors/emacs`, as users have them: with eglot and with lsp-mode."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.child import environment
from support.project import Project
from support.round import Round

HERE = Path(__file__).parent
FILES = HERE.parents[2] / "assets/editors/emacs"
WORDS = HERE.parent / "status-words.json"
EMACS = ["emacs", "--batch", "-Q", "-l", str(HERE / "place.el")]


@pytest.mark.parametrize("client", ["eglot", "lsp-mode"])
def test_a_script_is_broken_mended_undone_and_panics(client: str, arena: Project, tmp_path: Path):
    round_ = Round.of(arena)
    home = tmp_path / "home"
    home.mkdir()
    variables = round_.variables(arena) | {"CLIENT": client, "LIVELINE_EMACS": str(FILES)}
    variables |= emacs_home(home)
    game = arena.play("--headless")
    editor = arena.start("emacs", *EMACS, "-l", HERE / "round.el", **variables)
    round_.expect(arena, editor, game)


def test_the_mode_line_has_its_words():
    cases = json.loads(WORDS.read_text(encoding="utf-8"))
    said = [json.loads(line) for line in run("-l", str(HERE / "words.el"), CASES=str(WORDS)).splitlines()]
    assert said == [{key: case[key] for key in ("about", "words", "details")} for case in cases]


@pytest.mark.parametrize("file", sorted(path.name for path in FILES.glob("*.el")))
def test_a_file_compiles_without_a_warning(file: str, tmp_path: Path):
    copy = tmp_path / file
    copy.write_bytes((FILES / file).read_bytes())
    strict = "(setq byte-compile-error-on-warn t)"
    run("--eval", strict, "-f", "batch-byte-compile", str(copy))
    assert copy.with_suffix(".elc").is_file()


def emacs_home(home: Path) -> dict[str, str]:
    """Emacs's own folders below `home`; cargo and rustup stay where they are."""
    real = Path.home()
    tools = {"CARGO_HOME": str(real / ".cargo"), "RUSTUP_HOME": str(real / ".rustup")}
    return {"HOME": str(home)} | {name: value for name, value in tools.items() if name not in environment()}


def run(*arguments: str, **variables: str) -> str:
    """What Emacs prints."""
    said = environment(LIVELINE_EMACS=str(FILES), **variables)
    ended = subprocess.run([*EMACS, *arguments], env=said, capture_output=True, timeout=60)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout.decode()
