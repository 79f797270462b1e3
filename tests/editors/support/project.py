"""A project to edit: a built copy of a sample, and the game that runs in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .child import Child, environment


def program(name: str) -> Path:
    """The path of a program under test, which `cargo xtask test` names in the environment."""
    value = os.environ.get(name)
    assert value, f"{name} is not set: run `cargo xtask test --only editors`"
    return Path(value)


@dataclass
class Project:
    """A workspace in a folder of the test's own."""

    root: Path
    children: list[Child] = field(default_factory=list)

    @classmethod
    def copy_of(cls, sample: str, root: Path) -> Project:
        """A built copy of `tests/sample` or of the arena."""
        subprocess.run([program("LIVELINE_SAMPLE"), sample, root], check=True)
        return cls(root.resolve())

    def start(self, name: str, *command: str | Path, **variables: str) -> Child:
        """Starts a child that ends with the test."""
        child = Child(name, list(command), self.root, **variables)
        self.children.append(child)
        return child

    def headless(self) -> Child:
        """Starts `liveline headless --json` here."""
        return self.start("liveline", program("LIVELINE_BIN"), "headless", "--json", "--root", self.root)

    def play(self, *arguments: str) -> Child:
        """Starts the game as its programmer would, but told where the server's endpoint file is: the copied game
        has the folder in itself that it was built in, which is another workspace."""
        endpoint = str(self.root / "target" / "liveline" / "endpoint.json")
        command = ["cargo", "run", "--quiet", "--package", "game", "--", *arguments]
        return self.start("game", *command, LIVELINE_ENDPOINT=endpoint)

    def target(self) -> Path:
        """cargo's target directory, as cargo tells it."""
        command = ["cargo", "metadata", "--format-version=1", "--no-deps"]
        answer = subprocess.run(command, cwd=self.root, env=environment(), check=True, capture_output=True)
        return Path(json.loads(answer.stdout)["target_directory"])

    def read(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        (self.root / file).write_text(text, encoding="utf-8")

    def end(self) -> None:
        """Ends the children and removes the folder: a built project is hundreds of megabytes."""
        for child in reversed(self.children):
            child.end()
        shutil.rmtree(self.root, ignore_errors=True)


def event(kind: str, **fields: object):
    """Picks a JSON line with this `event` and these fields, for `Child.wait`."""

    def pick(line: str) -> dict | None:
        try:
            value = json.loads(line)
        except ValueError:
            return None
        if not isinstance(value, dict) or value.get("event") != kind:
            return None
        return value if all(value.get(name) == wanted for name, wanted in fields.items()) else None

    return pick


def says(text: str):
    """Picks a line that starts with `text`, for `Child.wait`."""
    return lambda line: line if line.startswith(text) else None
