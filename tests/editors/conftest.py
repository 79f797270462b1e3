"""Fixtures: each test has a project in a folder of its own, and its processes end with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import Project


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Project]:
    """A copy of `tests/sample`."""
    project = Project.copy_of("sample", tmp_path / "sample")
    yield project
    project.end()


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[Project]:
    """A copy of the arena."""
    project = Project.copy_of("arena", tmp_path / "arena")
    yield project
    project.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at all that was recorded comes last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
