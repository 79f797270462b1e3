"""All that a person does with a script, for every editor to do in the arena: break, mend, undo, redo, let it panic."""

from __future__ import annotations

from dataclasses import dataclass

from .breakage import LIBRARY, Breakage
from .child import Child
from .project import Project, event

CLOCK = "        self.clock += dt;"
PANICS = CLOCK + ' assert!(dt < 0.0, "the enemies stumble");'


@dataclass(frozen=True)
class Round:
    """A line that is broken and mended, and another one that is made to panic and made whole."""

    breakage: Breakage
    # 1-based.
    panic_line: int
    panic_column: int

    @classmethod
    def of(cls, project: Project) -> Round:
        breakage = Breakage.of(project)
        lines = project.read(breakage.file).split("\n")
        return cls(breakage, lines.index(CLOCK) + 1, PANICS.index("assert!") + 1)

    def variables(self, project: Project) -> dict[str, str]:
        """What a script inside an editor is told of it."""
        own = {"PANIC_LINE": str(self.panic_line), "PANICS": PANICS, "WHOLE": CLOCK}
        return self.breakage.variables(project) | own

    def expect(self, project: Project, editor: Child, game: Child) -> None:
        """Follows what an editor reports of it, and what the game does meanwhile. What a status line said stands in
        the reports as `words`."""
        first = editor.wait("the game is live", event("live"))
        assert first["words"].startswith("live · "), first

        seen = editor.wait("the error", event("error"))
        assert (seen["line"], seen["column"]) == (self.breakage.line, self.breakage.column), seen
        assert "mismatched types" in seen["message"], seen
        assert seen["words"] == f"error · {LIBRARY}", seen
        assert game.process.poll() is None, game.transcript()

        mended = editor.wait("the mended script is live", event("mended"))
        after = mended["generation"]
        assert after > first["generation"]
        assert mended["words"].startswith(f"live · {LIBRARY} {after} · "), mended
        assert mended["words"].endswith(" ms"), mended
        self._runs(game, after)

        undone = editor.wait("an earlier generation is live", event("undone"))
        assert undone["generation"] < after
        assert undone["words"].startswith(f"live · {LIBRARY} {undone['generation']} · undone"), undone
        self._runs(game, undone["generation"])
        redone = editor.wait("the newest generation is live again", event("redone"))
        assert redone["generation"] == after, redone
        self._runs(game, after)

        fault = editor.wait("the panic", event("fault"))
        self.expect_fault(fault)
        assert fault["words"].endswith(" · 1 fault"), fault
        assert game.process.poll() is None, game.transcript()
        editor.wait("no fault", event("whole"))

        assert editor.wait_for_end() == 0, editor.transcript()
        assert self.breakage.mended in project.read(self.breakage.file)

    def expect_fault(self, fault: dict) -> None:
        """The panic is shown at its place."""
        assert fault["line"] == self.panic_line, fault
        # Emacs shows a place without a length as the word around it.
        assert fault["column"] in (self.panic_column, self.panic_column - 1), fault
        assert "the enemies stumble" in fault["message"], fault

    def _runs(self, game: Child, generation: int) -> None:
        what = f"a whole frame of generation {generation} in the game"
        game.wait(what, event("running", library=LIBRARY, generation=generation))
