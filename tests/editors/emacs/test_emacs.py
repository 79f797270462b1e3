"""Emacs with the files of `assets/editors/emacs`, as users have them: with eglot and with lsp-mode."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support import beside
from support.beside import needs_rust_analyzer
from support.child import Child, environment
from support.project import Project, event
from support.round import Round

HERE = Path(__file__).parent
FILES = HERE.parents[2] / "assets/editors/emacs"
WORDS = HERE.parent / "status-words.json"
EMACS = ["emacs", "--batch", "-Q", "-l", str(HERE / "place.el")]


@pytest.mark.parametrize("client", ["eglot", "lsp-mode"])
def test_a_script_is_broken_mended_undone_and_panics(client: str, arena: Project, tmp_path: Path):
    round_ = Round.of(arena)
    game = arena.play("--headless")
    editor = start("round.el", arena, round_, tmp_path, CLIENT=client)
    round_.expect(arena, editor, game)


@needs_rust_analyzer
@pytest.mark.parametrize("mode", beside.MODES)
def test_beside_rust_analyzer_an_error_stands_once(mode: str, arena: Project, tmp_path: Path):
    round_ = Round.of(arena)
    arena.play("--headless")
    editor = start("beside.el", arena, round_, tmp_path, CLIENT="lsp-mode", MODE=mode, DIAGNOSTICS="all")
    beside.expect(mode, round_, editor)


def test_with_diagnostics_off_only_faults_stand_at_their_line(arena: Project, tmp_path: Path):
    round_ = Round.of(arena)
    arena.play("--headless")
    editor = start("beside.el", arena, round_, tmp_path, CLIENT="lsp-mode", MODE="off", DIAGNOSTICS="off")
    assert editor.wait("the error that is not shown", event("error"))["sources"] == []
    round_.expect_fault(editor.wait("the panic", event("fault")))
    assert editor.wait("all that was seen", event("seen"))["sources"] == []
    assert editor.wait_for_end() == 0, editor.transcript()


@needs_rust_analyzer
def test_eglot_changes_between_liveline_and_rust_analyzer(arena: Project, tmp_path: Path):
    round_ = Round.of(arena)
    arena.play("--headless")
    editor = start("beside.el", arena, round_, tmp_path, CLIENT="eglot")
    for server in ["liveline", "rust-analyzer"]:
        shown = editor.wait(f"the error of {server}", event(server))
        assert (shown["line"], shown["column"]) == (round_.breakage.line, round_.breakage.column), shown
    editor.wait("Liveline again", event("back"))
    assert editor.wait_for_end() == 0, editor.transcript()


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


def start(script: str, project: Project, round_: Round, folder: Path, **more: str) -> Child:
    """Emacs with a script that does something to a project and reports what is to be seen."""
    home = folder / "home"
    home.mkdir()
    variables = round_.variables(project) | {"LIVELINE_EMACS": str(FILES)} | emacs_home(home) | more
    return project.start("emacs", *EMACS, "-l", HERE / script, **variables)


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
