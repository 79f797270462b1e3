"""One change for the worse and one for the better, for every editor to make in the arena."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .project import Project, program

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
            "MISTYPED": self.mistyped,
            "MENDED": self.mended,
            "LIBRARY": LIBRARY,
        }
