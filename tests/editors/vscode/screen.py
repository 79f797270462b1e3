"""What is to be seen of the extension in VS Code's window."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from support.child import DEADLINE
from vscode.code_server import MILLISECONDS, command

PATIENCE = DEADLINE * MILLISECONDS


def item(page: Page):
    """The status item."""
    return page.locator('.statusbar-item[id*="liveline" i]')


def status(page: Page, words: re.Pattern[str]) -> re.Match[str]:
    """Waits until the status item says this, and gives what was found. It may say something else by now."""
    found: list[re.Match[str] | None] = [None]

    def says_it() -> bool:
        found[0] = words.search(" ".join(item(page).first.inner_text().split()))
        return found[0] is not None

    wait_until(page, says_it)
    return found[0]


def live_generation(page: Page) -> int:
    """Waits until the status item shows a live generation."""
    return int(status(page, re.compile(r"live · gen (\d+)"))[1])


def notification(page: Page, text: str):
    """A notification. Under the driver that API tests need, VS Code shows none until it is asked."""
    command(page, "Notifications: Show Notifications")
    found = page.locator(".notifications-center .notification-list-item", has_text=text)
    found.wait_for()
    return found


def problems(page: Page):
    """The rows of the Problems panel, which it opens."""
    page.keyboard.press("Control+Shift+M")
    page.locator(".markers-panel").wait_for()
    return page.locator(".markers-panel .monaco-list-row")


def generation_row(page: Page, generation: int):
    """A generation in the history view, of the library that was saved last."""
    label = page.locator(".label-name", has_text=re.compile(rf"^Generation {generation}$"))
    return page.locator(".pane .monaco-list-row", has=label).first


def go_to(page: Page, line: int, column: int) -> None:
    """Sets the cursor; the column is 1-based."""
    page.keyboard.press("Control+G")
    page.locator(".quick-input-widget input").fill(f":{line}:{column}")
    page.keyboard.press("Enter")
    page.locator(".quick-input-widget").wait_for(state="hidden")


def wait_until(page: Page, is_so) -> None:
    """Waits for what no event of the page tells."""
    waited = 0.0
    while not is_so():
        assert waited < DEADLINE, "not within the deadline"
        page.wait_for_timeout(0.05 * MILLISECONDS)
        waited += 0.05


def picture(page: Page, name: str) -> None:
    """Takes a screenshot where `LIVELINE_PICTURES` says; the README's are made in this way."""
    folder = os.environ.get("LIVELINE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / name)
