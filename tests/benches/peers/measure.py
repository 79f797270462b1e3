#!/usr/bin/env python3
"""Measures other hot reloaders on the text that Liveline is measured on, from a save to running code.

    cargo xtask measure-peers [--peer hot-lib-reloader] [--peer subsecond] [--peer 'subsecond in Bevy'] [--samples 15]

Installs what it needs below DIR (`dx` takes many minutes) and writes DIR/peers.json, which `measure` puts beside its own
figures. Nobody runs this in continuous integration."""

import argparse
import json
import os
import queue
import shutil
import subprocess
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LENGTHS = (41, 347, 3407)
REST = 1.0
PATIENCE = 120
DX = "0.7.10"


class Lines:
    """A child's output, line by line, with a deadline on every wait."""

    def __init__(self, command, **options):
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True, **options)
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait(self, part, patience=PATIENCE):
        deadline = time.time() + patience
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.time()))
            except queue.Empty:
                line = None
            if line is None:
                raise SystemExit(f"no {part!r} in:\n" + "".join(self.seen[-40:]))
            self.seen.append(line)
            if part in line:
                return line[line.index(part):]

    def end(self):
        try:
            os.killpg(self.child.pid, 15)
            self.child.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            self.child.kill()


def text(lines):
    """The script that Liveline's measurements have, behind a plain function."""
    measure = os.environ.get("LIVELINE_MEASURE", "measure")
    return subprocess.run([measure, "text", str(lines)], check=True, capture_output=True, text=True).stdout


def project(folder, name, lines):
    """A fresh copy of the peer's project, which keeps what was built before."""
    root = folder / name
    shutil.copytree(HERE / name, root, dirs_exist_ok=True)
    shutil.copytree(HERE / "game-api", root / "game-api", dirs_exist_ok=True)
    script = root / ("scripts/src/script000.rs" if name == "hot-lib-reloader" else "src/script000.rs")
    script.write_text(text(lines))
    return root, script


def bevy_project(folder):
    """The arena in Bevy as one crate: what Bevy's hot patching can patch. The text is what `measure --only bevy` edits."""
    root, example = folder / "bevy-subsecond", HERE / "../../../examples/bevy-arena"
    shutil.copytree(HERE / "bevy-subsecond", root, dirs_exist_ok=True)
    plain = {
        "liveline_bevy::interface!();": "",
        "use liveline_bevy::{ScriptApp, ScriptSystems};": "",
        "use liveline_bevy::ScriptApp;": "",
        "use liveline_bevy::ScriptSystems;": "",
        "step.after(ScriptSystems)": "step",
        "BevyScript, ": "",
        "game_api::": "crate::game_api::",
        "#[liveline_bevy::component]": "#[derive(Component)]",
        "#[liveline_bevy::resource]": "#[derive(Resource)]",
        "#[liveline_bevy::script]\nfn": "pub fn",
        "&mut ScriptApp": "&mut App",
    }
    sources = {"enemy": folder.parent / "bevy/live/scripts/src/enemy.rs", "game_api": example / "game-api/src/lib.rs",
               "player": example / "scripts/src/player.rs", "spawner": example / "scripts/src/spawner.rs",
               "rules": example / "game/src/rules.rs"}
    for name, path in sources.items():
        if not path.exists():
            raise SystemExit(f"there is no {path}: run `cargo xtask measure --only bevy` first")
        source = path.read_text()
        for said, otherwise in plain.items():
            source = source.replace(said, otherwise)
        target = root / f"src/{name}.rs"
        if not target.exists() or target.read_text() != source:
            target.write_text(source)
    return root, root / "src/enemy.rs"


def mark_line(lines, number):
    return int(lines.wait(f"mark {number} ").split()[2])


def edits(script, lines, samples, saved, game, statement="world.mark = {};"):
    """Saves one edit after the other; milliseconds from each save to the frame that ran it."""
    original, found = script.read_text(), []
    for number in range(1, samples + 2):
        time.sleep(REST)
        edited = original.replace(statement.format(0), statement.format(number))
        script.write_text(edited)
        at = time.time_ns() // 1000
        saved()
        found.append((mark_line(game, number) - at) / 1000)
        print(f"  {lines} lines: {found[-1]:.0f} ms", flush=True)
    script.write_text(original)
    return found[1:]


def hot_lib_reloader(folder, samples, default_debounce):
    """Its documentation has `cargo watch` build; building at once is kinder to it."""
    results, environment = {}, dict(os.environ)
    for lines in LENGTHS:
        root, script = project(folder, "hot-lib-reloader", lines)
        cargo = ["cargo", "build", "--quiet"]
        features = ["--features", "game/default-debounce"] if default_debounce else []
        subprocess.run([*cargo, "--workspace", *features], cwd=root, check=True)
        libraries = subprocess.run(["rustc", "--print", "target-libdir"], capture_output=True, text=True, check=True)
        target = root / "target/debug"
        environment["LD_LIBRARY_PATH"] = f"{target}:{target / 'deps'}:{libraries.stdout.strip()}"
        game = Lines([str(target / "game")], cwd=root, env=environment)
        try:
            build = lambda: subprocess.run([*cargo, "--package", "scripts"], cwd=root, check=True)
            results[str(lines)] = edits(script, lines, samples, build, game)
        finally:
            game.end()
    return results


def dx(folder):
    """The path of `dx`, installed on demand."""
    found = shutil.which("dx") or str(folder / "dx/bin/dx")
    if not Path(found).exists():
        subprocess.run(["nice", "-n", "19", "cargo", "install", "dioxus-cli", "--version", DX, "--locked",
                        "--root", str(folder / "dx")], check=True)
    return found


def subsecond(folder, samples):
    """`dx serve --hot-patch`."""
    program, results = dx(folder), {}
    for lines in LENGTHS:
        root, script = project(folder, "subsecond", lines)
        serve = [program, "serve", "--hot-patch", "--interactive", "false", "--open", "false"]
        game = Lines(serve, cwd=root)
        try:
            time.sleep(1)
            results[str(lines)] = edits_when_up(script, lines, samples, game)
        finally:
            game.end()
    return results


def bevy_subsecond(folder, samples):
    """Bevy's feature `hotpatching`, under the same `dx`."""
    root, script = bevy_project(folder)
    game = Lines([dx(folder), "serve", "--hot-patch", "--interactive", "false", "--open", "false"], cwd=root)
    try:
        game.wait("Build completed successfully", 1800)
        time.sleep(5)
        lines = len(script.read_text().splitlines())
        return {"bevy-arena": edits(script, lines, samples, lambda: None, game, "tell({});")}
    finally:
        game.end()


def edits_when_up(script, lines, samples, game):
    """It says when the game runs; the first edits may come too early for it."""
    game.wait("Build completed successfully", 600)
    time.sleep(3)
    return edits(script, lines, samples, lambda: None, game)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--peer", action="append")
    options.add_argument("--samples", type=int, default=15)
    options = options.parse_args()
    folder = options.folder.resolve()
    peers = folder / "peers"
    peers.mkdir(parents=True, exist_ok=True)
    file = folder / "peers.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    ways = {
        "hot-lib-reloader": lambda: hot_lib_reloader(peers, options.samples, False),
        "hot-lib-reloader as it comes": lambda: hot_lib_reloader(peers, options.samples, True),
        "subsecond": lambda: subsecond(peers, options.samples),
        "subsecond in Bevy": lambda: bevy_subsecond(peers, options.samples),
    }
    # Bevy's first build takes minutes: only where it is asked for.
    for name in options.peer or [name for name in ways if name != "subsecond in Bevy"]:
        print(name, flush=True)
        results[name] = ways[name]()
        file.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
