"""An editor with the capabilities of a real one, whose server's every message must be valid."""

from __future__ import annotations

import pytest_asyncio
from lsp.client import Editor
from lsp.clients import EDITORS, capabilities


@pytest_asyncio.fixture(params=EDITORS)
async def editor(request, sample):
    editor = Editor(sample)
    await editor.start(capabilities(request.param))
    yield editor
    assert await editor.stop() == 0
    assert editor.problems == []
