"""The files for editors that cannot be run everywhere: each is what its editor reads, and names what the server has."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
EDITORS = ROOT / "assets/editors"
# What has rust-analyzer leave errors to Liveline; the rounds beside it in Neovim, Emacs and Kakoune see that it does.
LEAVES_ERRORS = {"checkOnSave": False, "diagnostics": {"enable": False}}
SERVER_COMMANDS = set(re.findall(r'"(liveline\.\w+)"', (ROOT / "server/src/lsp/commands.rs").read_text().split("];")[0]))


def toml(file: str) -> dict:
    return tomllib.loads((EDITORS / file).read_text(encoding="utf-8"))


def read(file: str):
    return json.loads((EDITORS / file).read_text(encoding="utf-8"))


def test_helix_has_both_servers_for_rust():
    languages = toml("helix/languages.toml")
    liveline = languages["language-server"]["liveline"]
    assert [liveline["command"], *liveline["args"]] == ["liveline", "lsp"]
    (rust,) = languages["language"]
    assert rust["name"] == "rust"
    assert rust["language-servers"] == ["rust-analyzer", "liveline"]
    assert languages["language-server"]["rust-analyzer"]["config"] == LEAVES_ERRORS


def test_zed_starts_the_server_that_its_extension_names():
    settings = read("zed/settings.json")
    (name,) = toml("zed/extension.toml")["language_servers"]
    assert name in settings["lsp"]
    assert settings["languages"]["Rust"]["language_servers"] == ["rust-analyzer", name]
    assert settings["lsp"]["rust-analyzer"]["initialization_options"] == LEAVES_ERRORS
    binary = settings["lsp"][name]["binary"]
    assert [binary["path"], *binary["arguments"]] == ["liveline", "lsp"]
    assert toml("zed/Cargo.toml")["lib"]["crate-type"] == ["cdylib"]


def test_kate_starts_the_server_for_rust():
    rust = read("kate/settings.json")["servers"]["rust"]
    assert rust["command"] == ["liveline", "lsp"]
    assert re.match(rust["highlightingModeRegex"], "Rust")


def test_sublime_starts_the_server_and_has_its_commands():
    (name,) = read("sublime/LSP.sublime-settings")["clients"]
    client = read("sublime/LSP.sublime-settings")["clients"][name]
    assert client["command"] == ["liveline", "lsp"]
    commands = read("sublime/Liveline.sublime-commands")
    assert {command["args"]["session_name"] for command in commands} == {name}
    assert {command["args"]["command_name"] for command in commands} == SERVER_COMMANDS


def test_kakoune_has_both_servers_and_commands_that_there_are():
    script = (EDITORS / "kakoune/liveline.kak").read_text(encoding="utf-8")
    servers = tomllib.loads(script.split("lsp_servers %{")[1].split("\n    }\n")[0])
    assert set(servers) == {"rust-analyzer", "liveline"}
    assert servers["liveline"]["args"] == ["lsp"]
    assert servers["rust-analyzer"]["settings"]["rust-analyzer"] == LEAVES_ERRORS
    named = set(re.findall(r"lsp-execute-command (\S+)", script))
    assert named == SERVER_COMMANDS - {"liveline.showLog"}


def test_each_editor_and_each_command_is_explained():
    text = (EDITORS / "README.md").read_text(encoding="utf-8")
    for folder in sorted(path.name for path in EDITORS.iterdir() if path.is_dir()):
        assert f"`{folder}/" in text, folder
    for command in SERVER_COMMANDS:
        assert f"`{command}`" in text, command
