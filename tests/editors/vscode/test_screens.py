"""What of the extension is only to be seen: the walkthrough, the engine's terminal, the language status, the comparison of
several files, the offer beside rust-analyzer, and `liveline.toml` as it is typed."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from vscode.code_server import CodeServer, command, open_file, save_line
from vscode.other_extension import OFFER, rust_analyzer
from vscode.screen import PATIENCE, generation_row, item, live_generation, notification, picture, problems, status, wait_until

STEPS = ["Attach an engine", "Open a script", "Save, and see it live", "Go back"]
PLAYER, LIBRARY_ROOT = "scripts/src/player.rs", "scripts/src/lib.rs"


def test_the_walkthrough_leads_from_a_game_in_a_terminal_to_a_change_and_back(sample, run, page):
    sample.write("liveline.toml", '[engine]\ncommand = ["cargo", "run", "--quiet", "--package", "game"]\n')
    page.goto(CodeServer.start(sample, run).address(sample.root))
    status(page, re.compile("no engine"))
    # It shows its pictures beside the steps where there is room.
    command(page, "View: Close Primary Side Bar")
    open_walkthrough(page)
    for step in STEPS:
        show(page, step)
        shown = page.locator(".getting-started-media img").first
        expect(shown).to_be_visible()
        wait_until(page, lambda shown=shown: shown.evaluate("image => image.complete && image.naturalWidth > 500"))
        assert shown.get_attribute("alt"), step
    assert done(page) == []
    picture(page, "walkthrough.png")

    # The first step's own button starts the game.
    show(page, STEPS[0]).get_by_role("button", name="Start the Engine").click()
    expect(page.locator(".part.panel")).to_contain_text("Liveline: engine", timeout=PATIENCE)
    first = live_generation(page)
    picture(page, "terminal.png")
    wait_until(page, lambda: done(page) == STEPS[:1])

    open_file(page, "player.rs")
    language_status(page, re.compile(rf"Liveline: live · gen {first}"))
    text = sample.read(PLAYER)
    line = next(number for number, text in enumerate(text.split("\n"), 1) if '"one"' in text)
    save_line(page, line, 'world.say("two");')
    wait_until(page, lambda: live_generation(page) > first)

    # Two files differ from the first generation, so they are compared in one view.
    open_file(page, "lib.rs")
    page.keyboard.press("Control+End")
    page.keyboard.type("// More of it.\n")
    page.keyboard.press("Control+S")
    wait_until(page, lambda: live_generation(page) > first + 1)
    item(page).first.click()
    page.locator(".pane-header", has_text=sample.root.name).click()
    generation_row(page, first).click()
    page.locator(".tab.active", has_text=f"generation {first} ↔ now").wait_for()
    compared = page.locator(".multiDiffEntry:visible, .multiDiffEditor .header:visible")
    for name in ["lib.rs", "player.rs"]:
        compared.filter(has_text=name).first.wait_for()
    picture(page, "several-files.png")

    row = generation_row(page, first)
    row.hover()
    row.locator('.action-label[aria-label="Run This Generation"]').click()
    status(page, re.compile(rf"gen {first} · undone"))
    open_walkthrough(page)
    wait_until(page, lambda: done(page) == STEPS)


def test_liveline_toml_is_completed_and_checked_as_it_is_typed(sample, run, page):
    sample.write("liveline.toml", "[engine]\n")
    page.goto(CodeServer.start(sample, run).address(sample.root))
    status(page, re.compile("no engine"))
    open_file(page, "liveline.toml")
    page.keyboard.press("Control+End")
    page.keyboard.type("\n[buil")
    suggestion = page.locator(".suggest-widget .monaco-list-row", has_text="build")
    wait_until(page, lambda: suggest(page) and suggestion.first.is_visible())
    page.keyboard.press("Tab")
    page.keyboard.press("Control+End")
    page.keyboard.type("\nspeculat = true\n")
    problem = problems(page).filter(has_text="did you mean `speculate`?")
    problem.wait_for()
    # Where it stands in the text that is shown, not in the one on the disk.
    expect(problem).to_contain_text("[Ln 4, Col 1]")
    assert sample.read("liveline.toml") == "[engine]\n"
    picture(page, "liveline-toml.png")


def test_who_does_not_want_to_be_asked_is_not_asked_again(sample, run, page):
    server = CodeServer.start(sample, run, rust_analyzer(run))
    page.goto(server.address(sample.root))
    status(page, re.compile("no engine"))
    offer = notification(page, OFFER)
    picture(page, "offer.png")
    offer.get_by_role("button", name="Don't Ask Again").click()
    offer.wait_for(state="detached")
    assert not (sample.root / ".vscode").exists()
    # The window keeps what it has been told when it is closed as a person closes it.
    command(page, "Developer: Reload Window")
    item(page).first.wait_for(state="detached")
    for folder in [sample.root, sample.root / "scripts"]:
        page.goto(server.address(folder))
        status(page, re.compile("no engine"))
        command(page, "Notifications: Show Notifications")
        page.locator(".notifications-center").wait_for()
        expect(page.locator(".notification-list-item", has_text=OFFER)).to_have_count(0)


def open_walkthrough(page: Page) -> None:
    command(page, "Welcome: Open Walkthrough...")
    page.locator(".quick-input-widget input").fill("Scripts That Run")
    page.locator(".quick-input-list .monaco-list-row", has_text="Scripts That Run as You Save Them").wait_for()
    page.keyboard.press("Enter")
    page.locator(".getting-started-step").first.wait_for()


def show(page: Page, step: str) -> Locator:
    """Opens a step of the walkthrough, if it is not open."""
    found = page.locator(".getting-started-step", has_text=step).first
    if "expanded" not in (found.get_attribute("class") or ""):
        found.click()
    expect(found).to_have_class(re.compile("expanded"))
    return found


def done(page: Page) -> list[str]:
    """The steps of the walkthrough that have a mark."""
    marked = page.locator(".getting-started-step", has=page.locator(".codicon-getting-started-step-checked"))
    return [step for step in STEPS if marked.filter(has_text=step).count() > 0]


def language_status(page: Page, words: re.Pattern[str]) -> None:
    """Waits until the language status of the file says this."""
    page.locator('[id="status.languageStatus"]').hover()
    expect(page.locator(".hover-language-status").first).to_contain_text(words, timeout=PATIENCE)
    page.keyboard.press("Escape")


def suggest(page: Page) -> bool:
    """Asks for suggestions."""
    page.keyboard.press("Control+Space")
    return True
