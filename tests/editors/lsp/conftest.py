"""An editor with the capabilities of a real one, whose server's every message must be valid."""

from __future__ import annotations

import pytest
import pytest_asyncio
from lsp.client import Editor
from pytest_lsp import client_capabilities

EDITORS = ["visual-studio-code", "neovim@v0.7.0", "neovim@v0.11.0", "emacs@v29.1"]


@pytest_asyncio.fixture(params=EDITORS)
async def editor(request, sample):
    editor = Editor(sample)
    await editor.start(client_capabilities(request.param))
    yield editor
    assert await editor.stop() == 0
    assert editor.problems == []
