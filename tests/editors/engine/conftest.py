"""A plain `cdylib` without any dependency, served by a headless server."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine.client import Engine
from support.child import Child
from support.project import Project, event

MANIFEST = """\
[package]
name = "plain"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]
"""
SOURCE = """\
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> i32 {
    41
}
"""
CONFIGURATION = """\
[[library]]
package = "plain"
"""


@dataclass
class Served:
    """A project, its server, and the engines that a test attaches."""

    project: Project
    server: Child
    target: Path
    engines: list[Engine]

    def engine(self) -> Engine:
        engine = Engine(self.target)
        self.engines.append(engine)
        return engine

    def set_answer(self, answer: str) -> None:
        self.project.write("src/lib.rs", SOURCE.replace("41", answer))


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Served]:
    root = tmp_path / "plain"
    (root / "src").mkdir(parents=True)
    project = Project(root.resolve())
    project.write("Cargo.toml", MANIFEST)
    project.write("liveline.toml", CONFIGURATION)
    project.write("src/lib.rs", SOURCE)
    served = Served(project, project.headless(), project.target(), [])
    served.server.wait("the first build", event("announced", library="plain"))
    yield served
    for engine in served.engines:
        engine.close()
    project.end()


@pytest.fixture
def mode():
    """The permission bits of a path."""
    return lambda path: stat.S_IMODE(Path(path).stat().st_mode)
