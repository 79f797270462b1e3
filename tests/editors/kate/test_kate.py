"""Kate on a display of its own, with the file of `assets/editors/kate`, as users have it: keys go in, pixels come out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.breakage import LIBRARY, Breakage
from support.child import DEADLINE
from support.project import Project, event, program

SETTINGS = Path(__file__).parents[3] / "assets/editors/kate/settings.json"
PROGRAMS = {"kate": "kate", "Xvfb": "xvfb", "xdotool": "xdotool", "import": "imagemagick", "dbus-run-session": "dbus-daemon"}
MISSING = sorted(package for name, package in PROGRAMS.items() if not shutil.which(name))
WIDTH, HEIGHT = 1280, 900
# Where the editor shows the ends of lines, which no text reaches.
MARGIN = "200x700+900+110"
KATERC = "[General]\nShow welcome view for new window=false\nStartup Session=new\n\n[Kate Plugins]\nlspclientplugin=true\n"

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"no Kate to look at: `apt-get install --no-install-recommends {' '.join(MISSING)}` gets it"
)


class Kate:
    """One window with one file."""

    def __init__(self, project: Project, file: Path, home: Path):
        _configure(home)
        display = project.start("Xvfb", "Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24")
        number = display.wait("a display", lambda line: line if line.isdecimal() else None)
        real = Path.home()
        self._env = os.environ | {
            "DISPLAY": f":{number}",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(real / ".cargo")),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(real / ".rustup")),
            "PATH": f"{home}/bin:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "xcb",
        }
        variables = {name: value for name, value in self._env.items() if os.environ.get(name) != value}
        project.start("kate", "dbus-run-session", "--", "kate", "-n", file, **variables)
        self._file = file

    def allow_the_server(self) -> None:
        """Kate asks at the first time."""
        self._focus("LSP server start requested")
        self._do("key", "Return")
        window = self._focus(self._file.name)
        self._do("windowmove", window, "0", "0")
        self._do("windowsize", window, str(WIDTH), str(HEIGHT))

    def type_line(self, line: int, text: str) -> None:
        """Replaces the line; it is not saved."""
        self._focus(self._file.name)
        self._do("key", "Escape", "ctrl+Home")
        self._do("key", "--repeat", str(line - 1), "--delay", "20", "Down")
        self._do("key", "End", "shift+Home", "shift+Home", "Delete")
        self._do("type", "--delay", "20", text)

    def save(self) -> None:
        self._do("key", "Escape", "ctrl+s")

    def wait_for_error(self, shown: bool) -> None:
        """Until a line has the background of an error, or none has."""
        deadline = time.monotonic() + DEADLINE
        while self._marks_an_error() is not shown:
            assert time.monotonic() < deadline, f"an error {'is not' if shown else 'stays'} marked"

    def _marks_an_error(self) -> bool:
        image = subprocess.run(
            ["import", "-window", "root", "-crop", MARGIN, "-depth", "8", "rgb:-"],
            env=self._env,
            check=True,
            capture_output=True,
        ).stdout
        pixels = zip(image[0::3], image[1::3], image[2::3], strict=True)
        return sum(red > 235 and 200 < green < 235 and abs(green - blue) < 12 for red, green, blue in pixels) > 1000

    def _focus(self, title: str) -> str:
        """The window of this title, to which keys go then."""
        deadline = time.monotonic() + DEADLINE
        while True:
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", title], env=self._env, capture_output=True)
            windows = re.findall(r"\d+", found.stdout.decode())
            if windows:
                self._do("windowfocus", "--sync", windows[-1])
                return windows[-1]
            assert time.monotonic() < deadline, f"no window `{title}`"

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._env, check=True, timeout=DEADLINE)


def _configure(home: Path) -> None:
    for folder in ["bin", "run", "config/kate/lspclient"]:
        (home / folder).mkdir(parents=True)
    (home / "run").chmod(0o700)
    (home / "bin/liveline").symlink_to(program("LIVELINE_BIN"))
    (home / "config/katerc").write_text(KATERC, encoding="utf-8")
    shutil.copy(SETTINGS, home / "config/kate/lspclient/settings.json")


@pytest.fixture
def home() -> Iterator[Path]:
    # The path of a socket has no more than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="kate-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_an_error_is_marked_before_the_save_and_a_save_changes_the_game(arena: Project, home: Path):
    breakage = Breakage.of(arena)
    game = arena.play("--headless")
    kate = Kate(arena, arena.root / breakage.file, home)
    kate.allow_the_server()
    first = game.wait("the scripts in the game", event("reloaded", library=LIBRARY))["generation"]
    before = arena.read(breakage.file)
    kate.wait_for_error(False)

    # xdotool does not type what no keyboard has.
    kate.type_line(breakage.line, re.sub(r"/\*.*?\*/ ", "", breakage.broken))
    kate.wait_for_error(True)
    assert arena.read(breakage.file) == before

    kate.type_line(breakage.line, breakage.mended)
    kate.wait_for_error(False)
    kate.save()
    reloaded = game.wait("the mended script in the game", event("reloaded", library=LIBRARY))
    assert reloaded["generation"] > first, reloaded
    game.wait("a whole frame of it", event("running", library=LIBRARY, generation=reloaded["generation"]))
    assert breakage.mended in arena.read(breakage.file)
