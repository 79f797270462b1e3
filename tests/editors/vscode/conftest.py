"""A code-server and a browser for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from vscode.code_server import CodeServer, browser


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder for profiles and settings of this run."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.fixture
def code_server(arena, run) -> CodeServer:
    return CodeServer.start(arena, run)


@pytest.fixture
def page(run) -> Iterator[Page]:
    with sync_playwright() as playwright:
        context = browser(playwright, run)
        yield context.pages[0]
        context.close()
