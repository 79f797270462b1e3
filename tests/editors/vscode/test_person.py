"""VS Code as a person uses it: break a script of the arena, see the error, mend it, see the running game change."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from support.breakage import LIBRARY, Breakage
from support.child import DEADLINE
from support.project import event
from vscode.code_server import MILLISECONDS, open_file, replace_line

PATIENCE = DEADLINE * MILLISECONDS


def test_a_person_breaks_and_mends_the_arena(arena, code_server, page):
    breakage = Breakage.of(arena)
    game = arena.play("--headless")
    page.goto(code_server.address(arena.root))
    before = live_generation(page)
    open_file(page, Path(breakage.file).name)

    replace_line(page, breakage.line, breakage.broken)
    page.locator(".squiggly-error").first.wait_for()
    status(page, re.compile(f"{LIBRARY} failed"))
    page.keyboard.press("F8")
    page.locator(".zone-widget .marker-widget", has_text="mismatched types").wait_for()
    picture(page, "inline-error.png")
    page.keyboard.press("Escape")
    problem = problems(page).filter(has_text="mismatched types")
    problem.wait_for()
    # VS Code counts UTF-16 units: the letter outside the basic plane before the error is two of them.
    expect(problem).to_contain_text(f"[Ln {breakage.line}, Col {breakage.column + 1}]")
    assert game.process.poll() is None, game.transcript()
    page.keyboard.press("Control+Shift+M")

    page.locator(".editor-instance .view-lines").first.click()
    replace_line(page, breakage.line, breakage.mended)
    expect(page.locator(".squiggly-error")).to_have_count(0, timeout=PATIENCE)
    after = live_generation(page, at_least=before + 1)
    game.wait("a whole frame of it in the game", event("running", library=LIBRARY, generation=after))
    assert breakage.mended in arena.read(breakage.file)


def status(page: Page, words: re.Pattern[str]) -> str:
    """Waits until the status item says this."""
    item = page.locator('.statusbar-item[id*="liveline" i]').first
    expect(item).to_contain_text(words, timeout=PATIENCE)
    return item.inner_text()


def live_generation(page: Page, at_least: int = 1) -> int:
    """Waits until the status item shows a live generation of at least this."""
    numbers = "|".join(str(number) for number in range(at_least, at_least + 20))
    shown = status(page, re.compile(rf"live · gen ({numbers})\b"))
    return int(re.search(r"gen (\d+)", shown)[1])


def problems(page: Page):
    """The rows of the Problems panel."""
    page.keyboard.press("Control+Shift+M")
    page.locator(".markers-panel").wait_for()
    return page.locator(".markers-panel .monaco-list-row")


def picture(page: Page, name: str) -> None:
    """Takes a screenshot where `LIVELINE_PICTURES` says; the README's are made in this way."""
    folder = os.environ.get("LIVELINE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / name)
