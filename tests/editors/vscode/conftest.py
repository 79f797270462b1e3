"""A code-server and a browser for each test."""

from __future__ import annotations

import os
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
def page(run, request) -> Iterator[Page]:
    with sync_playwright() as playwright:
        context = browser(playwright, run)
        yield context.pages[0]
        folder = os.environ.get("LIVELINE_PICTURES")
        if folder and getattr(request.node, "failed", False):
            context.pages[0].screenshot(path=Path(folder) / "failed.png")
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets the page's fixture know how the test ended."""
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed
