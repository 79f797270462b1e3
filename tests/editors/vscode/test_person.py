"""VS Code as a person uses it: break a script of the arena, mend it, see the running game change, and go back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from support.breakage import LIBRARY, Breakage
from support.project import event
from vscode.code_server import CodeServer, command, open_file, save_line, type_line
from vscode.other_extension import OFFER, rust_analyzer
from vscode.screen import PATIENCE, generation_row, go_to, item, live_generation, notification, picture, problems, status, wait_until

EXTENSION = Path(__file__).parents[3] / "vscode-extension"
TICK = "self.clock += dt;"
PANICS = ' assert!(self.clock < 0.0, "too late");'


def test_a_person_breaks_and_mends_the_arena_and_goes_back(arena, code_server, page):
    breakage = Breakage.of(arena)
    game = arena.play("--headless")
    page.goto(code_server.address(arena.root))
    live_generation(page)
    open_file(page, Path(breakage.file).name)
    page.locator(".codelens-decoration", has_text="live · generation").first.wait_for()
    picture_of_attached(page)

    # It is seen without a save.
    on_disk = arena.read(breakage.file)
    type_line(page, breakage.line, breakage.broken)
    page.locator(".squiggly-error").first.wait_for()
    page.keyboard.press("F8")
    page.locator(".zone-widget .marker-widget", has_text="mismatched types").wait_for()
    picture(page, "inline-error.png")
    page.keyboard.press("Escape")
    problem = problems(page).filter(has_text="mismatched types")
    problem.wait_for()
    # VS Code counts UTF-16 units: the letter outside the basic plane before the error is two of them.
    expect(problem).to_contain_text(f"[Ln {breakage.line}, Col {breakage.column + 1}]")
    page.keyboard.press("Control+Shift+M")
    assert arena.read(breakage.file) == on_disk

    # Saved, it fails; the game goes on.
    page.locator(".editor-instance .view-lines").first.click()
    save_line(page, breakage.line, breakage.broken)
    status(page, re.compile(f"{LIBRARY} failed"))
    assert game.process.poll() is None, game.transcript()

    # The quick fix mends it.
    type_line(page, breakage.line, breakage.mistyped)
    problem = problems(page).filter(has_text="hexx")
    problem.wait_for()
    page.keyboard.press("Control+Shift+M")
    page.locator(".editor-instance .view-lines").first.click()
    go_to(page, breakage.line, breakage.mistyped.index("hexx") + 2)
    page.keyboard.press("Control+.")
    page.locator(".action-widget .action", has_text="similar name").first.click()
    expect(page.locator(".squiggly-error")).to_have_count(0, timeout=PATIENCE)
    page.keyboard.press("Control+S")
    mended = live_generation(page)
    game.wait("a whole frame of it in the game", event("running", library=LIBRARY, generation=mended))
    assert breakage.mended in arena.read(breakage.file)
    page.locator(".codelens-decoration", has_text=f"live · generation {mended}").first.wait_for()
    picture(page, "live.png")

    # A panic stands at its line.
    lines = arena.read(breakage.file).split("\n")
    line = next(number for number, text in enumerate(lines) if TICK in text) + 1
    save_line(page, line, lines[line - 1].strip() + PANICS)
    game.wait("the panic", event("fault", library=LIBRARY))
    problem = problems(page).filter(has_text="panicked: too late")
    problem.first.wait_for()
    expect(problem.first).to_contain_text(f"[Ln {line}, ")
    page.keyboard.press("Control+Shift+M")
    status(page, re.compile(rf"{LIBRARY} · gen {mended + 1} · taken back"))

    # The history goes back to what was mended.
    command(page, "View: Hide Panel")
    item(page).first.click()
    page.locator(".pane-header", has_text=arena.root.name).click()
    row = generation_row(page, mended)
    row.hover()
    row.locator('.action-label[aria-label="Run This Generation"]').click()
    status(page, re.compile(rf"gen {mended} · undone"))
    game.wait("what was mended runs again", event("running", library=LIBRARY, generation=mended))
    generation_row(page, mended).click()
    page.locator(".editor-instance .diff-editor, .monaco-diff-editor").first.wait_for()
    expect(page.locator(".tab.active")).to_contain_text(f"generation {mended} ↔ now")
    expect(page.locator(".monaco-diff-editor .line-insert").first).to_be_visible()
    picture(page, "history.png")


def test_beside_rust_analyzer_it_offers_once_to_serve_instead(arena, run, page):
    server = CodeServer.start(arena, run, rust_analyzer(run))
    page.goto(server.address(arena.root))
    status(page, re.compile("no engine"))
    offer = notification(page, OFFER)
    offer.get_by_role("button", name="Use Liveline's Build").click()
    offer.wait_for(state="detached")
    settings = arena.root / ".vscode" / "settings.json"
    accepted = {"rust-analyzer.checkOnSave": False, "rust-analyzer.diagnostics.enable": False}
    wait_until(page, lambda: settings.is_file() and json.loads(settings.read_text()) == accepted)


def test_a_workspace_that_is_not_trusted_is_not_built(arena, run, page):
    endpoint = arena.root / "target/liveline/endpoint.json"
    endpoint.unlink(missing_ok=True)
    server = CodeServer.start(arena, run, trusts=False)
    page.goto(server.address(arena.root))
    page.locator(".statusbar-item", has_text="Restricted Mode").click()
    page.locator(".workspace-trust-editor", has_text="are disabled or have limited").wait_for()
    expect(item(page)).to_have_count(0)
    assert not endpoint.exists()
    page.locator(".workspace-trust-editor").get_by_role("button", name="Trust", exact=True).first.click()
    status(page, re.compile("no engine|starting|building"))


def test_which_is_faster_can_be_cancelled_and_is_shown(sample, run, page):
    program, pid = measuring_program(run)
    server = CodeServer.start(sample, run, liveline=program)
    page.goto(server.address(sample.root))
    status(page, re.compile("no engine"))

    command(page, "Liveline: Which Is Faster?")
    progress = notification(page, "round 1 of 5")
    measuring = int(pid.read_text())
    progress.get_by_role("button", name="Cancel").click()
    wait_until(page, lambda: not Path(f"/proc/{measuring}").exists())
    progress.wait_for(state="detached")

    command(page, "Liveline: Which Is Faster?")
    view = page.frame_locator("iframe.webview.ready").frame_locator("iframe#active-frame")
    view.get_by_role("heading", name="Which is faster?").wait_for()
    expect(view.locator("tr.fastest")).to_have_count(1)
    bars = view.locator(".bar rect").evaluate_all("all => all.map(bar => bar.getBoundingClientRect().width)")
    assert max(bars) > 2 * min(bars) > 0, bars


def measuring_program(run: Path) -> tuple[Path, Path]:
    """Liveline, but what it measures is known: the first time it takes too long, then there is a report."""
    program, pid = run / "liveline", run / "measuring.pid"
    report = EXTENSION / "test" / "bench-report.json"
    program.write_text(f"""#!/bin/sh
[ "$1" = bench ] || exec '{os.environ["LIVELINE_BIN"]}' "$@"
if [ -e '{pid}' ]; then exec cat '{report}'; fi
echo $$ > '{pid}.new' && mv '{pid}.new' '{pid}'
echo 'scripts: round 1 of 5' >&2
exec sleep 600
""")
    program.chmod(0o755)
    return program, pid




def picture_of_attached(page: Page) -> None:
    """The status item with its tooltip, as it is after the first builds and when the game has attached."""
    wait_until(page, lambda: "never built" not in tooltip(page))
    assert "is attached" in tooltip(page)
    picture(page, "attached.png")
    page.keyboard.press("Escape")
    page.mouse.move(500, 300)


def tooltip(page: Page) -> str:
    """What the status item says when it is pointed at."""
    page.mouse.move(500, 300)
    page.locator(".monaco-hover:visible").wait_for(state="detached")
    item(page).first.hover()
    shown = page.locator(".monaco-hover:visible", has_text="History")
    shown.wait_for()
    return shown.inner_text()
