"""Kakoune with kakoune-lsp and the file of `assets/editors/kakoune`, as users have it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from kakoune.screen import ERROR_COLOUR, READY, Kakoune
from support.beside import MODES, needs_rust_analyzer
from support.breakage import LIBRARY
from support.child import Child
from support.project import Project, event, program
from support.round import CLOCK, PANICS, Round

CONFIGURATION = Path(__file__).parents[3] / "assets/editors/kakoune/liveline.kak"

pytestmark = [
    pytest.mark.skipif(not shutil.which("kak"), reason="no Kakoune: `apt-get install kakoune` gets it"),
    pytest.mark.skipif(not shutil.which("kak-lsp"), reason="no kakoune-lsp: `cargo install --locked kak-lsp` gets it"),
]
FIND_ERROR = [":", *"lsp", "<minus>", *"find", "<minus>", *"error", "<ret>"]
Open = Callable[[Project, Round, str], Kakoune]


@pytest.fixture
def open_() -> Iterator[Open]:
    """Starts Kakoune on the script, with a configuration of its own."""
    opened: list[Kakoune] = []
    # The path of a socket has no more than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="kak-") as name:
        run = Path(name)

        def start(project: Project, round_: Round, configuration: str) -> Kakoune:
            file = project.root / round_.breakage.file
            opened.append(Kakoune(_start(project, file, run, configuration), file))
            return opened[-1]

        yield start
        for kakoune in opened:
            with suppress(AssertionError, OSError):
                kakoune.end()
        # It leaves Kakoune's process group, so it is ended by the number it left.
        for left in run.rglob("pid"):
            with suppress(OSError, ValueError):
                os.kill(int(left.read_text()), signal.SIGTERM)


def _start(project: Project, file: Path, run: Path, configuration: str) -> Child:
    (run / "bin").mkdir()
    (run / "bin/liveline").symlink_to(program("LIVELINE_BIN"))
    (run / "kak").mkdir()
    (run / "liveline.kak").write_text(configuration, encoding="utf-8")
    lines = ["eval %sh{kak-lsp}", f"source {run}/liveline.kak", f"set-face global DiagnosticError {ERROR_COLOUR}"]
    (run / "kak/kakrc").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return project.start(
        "kakoune",
        *("kak", "-ui", "json", "-s", "round", "-e", f"echo {READY}", file),
        XDG_CONFIG_HOME=str(run),
        XDG_RUNTIME_DIR=str(run),
        TMPDIR=str(run),
        PATH=f"{run}/bin:{os.environ['PATH']}",
    )


def both() -> str:
    return CONFIGURATION.read_text(encoding="utf-8")


def without_rust_analyzer() -> str:
    """As README.md says for those who do not have it."""
    head, rest = both().split("        [rust-analyzer]\n")
    return head + "        [liveline]\n" + rest.split("        [liveline]\n")[1]


def leaving_errors_to_rust_analyzer() -> str:
    """As README.md says for those who want it so."""
    text = both().replace('diagnostics = "all"', 'diagnostics = "off"')
    return text.replace("        checkOnSave = false\n", "").replace("        diagnostics.enable = false\n", "")


def test_the_configuration_is_read_without_a_complaint(open_: Open, arena: Project):
    kakoune = open_(arena, Round.of(arena), without_rust_analyzer())
    kakoune.wait("the file", lambda: any("use game_api" in row for row in kakoune.text()))
    kakoune.command("buffer *debug*")
    kakoune.wait("what Kakoune complains of", lambda: any("session is" in row for row in kakoune.text()) or kakoune.text())
    assert not [row for row in kakoune.text() if re.search(r"error|kakrc|wrong", row)], kakoune.text()


def test_a_script_is_broken_mended_undone_and_panics(open_: Open, arena: Project):
    round_ = Round.of(arena)
    breakage = round_.breakage
    game = arena.play("--headless")
    kakoune = open_(arena, round_, without_rust_analyzer())
    before = generation(kakoune, round_, lambda _: True)

    kakoune.type_line(breakage.line, breakage.broken)
    kakoune.wait("the error before the save", lambda: kakoune.has_flag(breakage.line) and kakoune.marked_column(breakage.line))
    assert kakoune.marked_column(breakage.line) == breakage.column, kakoune.text()
    assert "mismatched types" in kakoune.hover(breakage.line, "pink")
    assert breakage.broken not in arena.read(breakage.file)

    kakoune.save_line(breakage.line, breakage.mistyped)
    kakoune.again("a quick fix", lambda: apply_fix(kakoune))
    kakoune.wait("the mended line", lambda: kakoune.text()[breakage.line - 1].endswith(breakage.mended))
    kakoune.command("write")
    after = generation(kakoune, round_, lambda now: now > before)
    game.wait("the mended script in the game", event("running", library=LIBRARY, generation=after))
    kakoune.wait("no error", lambda: not kakoune.has_flag(breakage.line))
    assert breakage.mended in arena.read(breakage.file)

    kakoune.command("liveline-undo")
    undone = generation(kakoune, round_, lambda now: now < after)
    game.wait("the generation before", event("running", library=LIBRARY, generation=undone))
    kakoune.command("liveline-redo")
    game.wait("the newest again", event("running", library=LIBRARY, generation=after))

    panic_and_mend(kakoune, round_)
    kakoune.end()


@needs_rust_analyzer
@pytest.mark.parametrize("mode", MODES)
def test_beside_rust_analyzer_an_error_stands_once(mode: str, open_: Open, arena: Project):
    round_ = Round.of(arena)
    line = round_.breakage.line
    arena.play("--headless")
    kakoune = open_(arena, round_, both() if mode == "liveline" else leaving_errors_to_rust_analyzer())
    before = generation(kakoune, round_, lambda _: True)
    kakoune.again("a hover of rust-analyzer", lambda: "f32" in kakoune.hover(round_.panic_line, "clock"))

    kakoune.type_line(line, round_.breakage.broken)
    if mode == "liveline":
        kakoune.wait("the error before the save", lambda: kakoune.has_flag(line))
    kakoune.command("write")
    shown = kakoune.again("the error", lambda: [one["who"] for one in kakoune.errors() if one["line"] == line])
    if mode == "liveline":
        assert len(shown) == 1 and "[liveline]" in shown[0], shown
    else:
        # Between its own finding and that of its check, rust-analyzer may show both.
        assert not [who for who in shown if "[liveline]" in who], shown

    kakoune.save_line(line, round_.breakage.mended)
    generation(kakoune, round_, lambda now: now > before)
    kakoune.again("no error", lambda: not kakoune.errors())
    panic_and_mend(kakoune, round_)
    kakoune.end()


def generation(kakoune: Kakoune, round_: Round, fits: Callable[[int], bool]) -> int:
    """What the code lens above the panicking function says is live, once it fits."""

    def look() -> int | None:
        choices = kakoune.choices("lsp-code-lens", *f"{round_.panic_line - 1}g")
        kakoune.keys("<esc>", "<esc>")
        for choice in choices:
            said = re.match(r"live · generation (\d+)", choice)
            if said and fits(int(said[1])):
                return int(said[1])
        return None

    return kakoune.again("a live generation", look)


def apply_fix(kakoune: Kakoune) -> bool:
    """Takes the quick fix for a name that is similar, if the menu at the first error has it."""
    choices = kakoune.choices("lsp-code-actions", *"gg", *FIND_ERROR)
    if not any("similar name" in choice for choice in choices):
        kakoune.keys("<esc>", "<esc>")
        return False
    kakoune.type("similar name")
    kakoune.wait("that choice alone", lambda: len(kakoune.menu or []) == 1)
    kakoune.keys("<ret>")
    return True


def panic_and_mend(kakoune: Kakoune, round_: Round) -> None:
    """What a running script failed with stands at its line until the script is whole."""
    kakoune.save_line(round_.panic_line, PANICS)
    kakoune.wait("the panic's flag", lambda: kakoune.has_flag(round_.panic_line))
    (fault,) = kakoune.again("the panic", lambda: [one for one in kakoune.errors() if "stumble" in one["message"]])
    assert "[liveline run]" in fault["who"], fault
    round_.expect_fault(fault | {"column": len(PANICS.encode()[: fault["byte"] - 1].decode()) + 1})
    kakoune.save_line(round_.panic_line, CLOCK)
    kakoune.again("no fault", lambda: not kakoune.errors())
