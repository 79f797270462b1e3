"""Liveline and rust-analyzer on the same script, for every editor that can have both."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from .child import Child
from .project import event
from .round import Round

# Who shows errors, as `assets/editors/README.md` has it.
MODES = ["liveline", "rust-analyzer"]


def rust_analyzer_works() -> bool:
    """rustup's stand-in for it is there also where it is not installed."""
    found = shutil.which("rust-analyzer")
    return found is not None and subprocess.run([found, "--version"], capture_output=True).returncode == 0


needs_rust_analyzer = pytest.mark.skipif(
    not rust_analyzer_works(), reason="no rust-analyzer: `rustup component add rust-analyzer` gets it"
)


def expect(mode: str, round_: Round, editor: Child) -> None:
    """Follows what an editor reports of an error beside rust-analyzer."""
    if mode == "liveline":
        helped = editor.wait("completion and hover", event("help"))
        assert helped["hover_of_liveline"] is None, helped
        assert helped["said"] == [], helped
        assert helped["completion"]["of_liveline"] is None, helped
        assert len(set(helped["encodings"].values())) == 1, helped
    else:
        # What is to be avoided is there without the settings.
        twice = editor.wait("the error of both", event("twice"))
        assert {"liveline"} < set(twice["sources"]), twice
    shown = editor.wait("the error", event("error"))
    assert len(shown["sources"]) == 1, shown
    mended = editor.wait("the mended script is live", event("mended"))
    if mode == "liveline":
        assert {"liveline"} == {action["of"] for action in mended["actions"] if "similar name" in action["title"]}
    fault = editor.wait("the panic", event("fault"))
    round_.expect_fault(fault)
    seen = set(editor.wait("all that was seen", event("seen"))["sources"])
    # Whoever leaves errors to the other never shows one, not even for a moment.
    assert seen == {"liveline"} if mode == "liveline" else "liveline" not in seen, seen
    assert editor.wait_for_end() == 0, editor.transcript()
