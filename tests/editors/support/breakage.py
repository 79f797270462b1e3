"""One change for the worse and one for the better, for every editor to make in the arena."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .child import Child
from .project import Project, event, program

LIBRARY = "enemy"
FILE = "scripts/src/enemy.rs"
COLOUR = re.compile(r"Color::hex\(0x[0-9a-f]{6}\)")


@dataclass(frozen=True)
class Breakage:
    """A line of a script, broken and mended."""

    file: str
    # 1-based.
    line: int
    broken: str
    # A mistake for which rustc knows the remedy, which makes it `mended`.
    mistyped: str
    mended: str
    # Where rustc sees the error: 1-based, in characters.
    column: int

    @classmethod
    def of(cls, project: Project) -> Breakage:
        """The first line of the arena's enemies that names a colour, with a text where the number belongs."""
        lines = project.read(FILE).split("\n")
        index = next(index for index, line in enumerate(lines) if COLOUR.search(line))
        # A letter outside the basic plane stands before the error: one character, two UTF-16 units, four bytes.
        broken = COLOUR.sub('/* 𝔾: green */ Color::hex("pink")', lines[index])
        mended = COLOUR.sub("Color::hex(0x10ff40)", lines[index])
        mistyped = mended.replace("Color::hex", "Color::hexx")
        return cls(FILE, index + 1, broken, mistyped, mended, broken.index('"pink"') + 1)

    def variables(self, project: Project) -> dict[str, str]:
        """What a script inside an editor is told of it."""
        return {
            "SERVER": str(program("LIVELINE_BIN")),
            "ROOT": str(project.root),
            "FILE": str(project.root / self.file),
            "LINE": str(self.line),
            "BROKEN": self.broken,
            "MENDED": self.mended,
            "LIBRARY": LIBRARY,
        }


def expect_round(project: Project, breakage: Breakage, editor: Child, game: Child) -> None:
    """Follows an editor's report of the round, and the game's."""
    before = editor.wait("the game is live", event("live"))["generation"]
    seen = editor.wait("the error", event("error"))
    assert (seen["line"], seen["column"]) == (breakage.line, breakage.column), seen
    assert "mismatched types" in seen["message"], seen
    assert game.process.poll() is None, game.transcript()
    after = editor.wait("the mended script is live", event("mended"))["generation"]
    assert after > before
    game.wait("a whole frame of it in the game", event("running", library=LIBRARY, generation=after))
    assert editor.wait_for_end() == 0, editor.transcript()
    assert breakage.mended in project.read(breakage.file)
