"""The extension through VS Code's API, in the extension host of a running VS Code."""

from __future__ import annotations

import queue
from pathlib import Path

from playwright.sync_api import Page
from support.breakage import Breakage
from support.child import DEADLINE
from support.project import Project
from vscode.code_server import MILLISECONDS, CodeServer

HERE = Path(__file__).parent
EXTENSION = HERE.parents[2] / "vscode-extension"


def test_the_round_through_the_api(arena, run, page):
    game = arena.play("--headless")
    status, log = run_suite(arena, run, page, "suite")
    assert status == 0, log
    print("\n".join(line for line in log.splitlines() if "activation" in line))
    assert game.process.poll() is None, game.transcript()


def test_a_failing_suite_is_seen_to_fail(arena, run, page):
    status, log = run_suite(arena, run, page, "control")
    assert status != 0
    assert "fails on purpose" in log


def run_suite(arena: Project, run: Path, page: Page, suite: str) -> tuple[int, str]:
    """Lets the extension host run a suite; gives its exit status and what was logged."""
    # The variables reach the extension host through the server's environment.
    server = CodeServer.start(arena, run, **Breakage.of(arena).variables(arena))
    exits: queue.Queue[int] = queue.Queue()
    log: list[str] = []
    page.expose_function("codeAutomationExit", lambda code, *_: exits.put(code))
    page.expose_function("codeAutomationLog", lambda kind, parts: log.append(f"{kind}: {parts}"[:400]))
    address = server.address(
        arena.root,
        extensionDevelopmentPath=server.remote(EXTENSION),
        extensionTestsPath=server.remote(HERE / suite / "index.js"),
        skipWelcome="true",
        enableProposedApi="",
    )
    page.goto(address)
    waited = 0.0
    while exits.empty() and waited < 3 * DEADLINE:
        # Lets the browser's calls through.
        page.wait_for_timeout(0.1 * MILLISECONDS)
        waited += 0.1
    return (exits.get() if not exits.empty() else -1), "\n".join(log)
