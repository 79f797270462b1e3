"""What real editors say that they can do."""

from __future__ import annotations

import json
from pathlib import Path

from lsprotocol import types
from lsprotocol.converters import get_converter
from pytest_lsp import client_capabilities

# Recorded by pytest-lsp.
RECORDED = ["visual-studio-code", "neovim@v0.7.0", "neovim@v0.11.0", "emacs@v29.1"]
# In `clients/`, after these editors' public sources: what each sends in `initialize`.
WRITTEN = ["helix", "zed", "kate", "sublime"]
EDITORS = RECORDED + WRITTEN


def capabilities(editor: str) -> types.ClientCapabilities:
    if editor in RECORDED:
        return client_capabilities(editor)
    file = Path(__file__).parent / "clients" / f"{editor}.json"
    said = json.loads(file.read_text(encoding="utf-8"))["capabilities"]
    return get_converter().structure(said, types.ClientCapabilities)
