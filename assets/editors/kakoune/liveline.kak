# Liveline beside rust-analyzer, for kakoune-lsp 18 or newer. Source it in `kakrc`, after
# `eval %sh{kak-lsp}`.

remove-hooks global lsp-filetype-rust
hook -group lsp-filetype-rust global BufSetOption filetype=rust %{
    set-option buffer lsp_servers %{
        [rust-analyzer]
        root_globs = ["Cargo.toml"]
        single_instance = true
        [rust-analyzer.experimental]
        commands.commands = ["rust-analyzer.runSingle"]
        hoverActions = true
        # It leaves errors to Liveline, whose build has them anyway.
        [rust-analyzer.settings.rust-analyzer]
        checkOnSave = false
        diagnostics.enable = false

        [liveline]
        root_globs = ["liveline.toml", "Cargo.lock", "Cargo.toml"]
        args = ["lsp"]
        settings_section = "liveline"
        # What is set here goes before the project's `liveline.toml`; "all", "errors" or "off".
        [liveline.settings.liveline]
        diagnostics = "all"
    }
}
hook global WinSetOption filetype=rust %{
    lsp-enable-window
    # Kakoune shows text between lines since 2024; before, there are flags beside them.
    try %{
        lsp-inlay-diagnostics-enable window
        lsp-inlay-code-lenses-enable window
    }
}

define-command liveline-build -docstring "build the scripts now" %{ lsp-execute-command liveline.build '[]' liveline }
define-command liveline-reload -docstring "load the current generation again" %{ lsp-execute-command liveline.reload '[]' liveline }
define-command liveline-undo -docstring "run the generation before" %{ lsp-execute-command liveline.undo '[]' liveline }
define-command liveline-redo -docstring "run the next generation again" %{ lsp-execute-command liveline.redo '[]' liveline }
define-command liveline-test -docstring "run the scripts' tests" %{ lsp-execute-command liveline.test '[]' liveline }
define-command liveline-reset-state -docstring "start the scripts' state anew" %{ lsp-execute-command liveline.resetState '[]' liveline }
define-command liveline-clear-faults -docstring "clear what running scripts failed with" %{ lsp-execute-command liveline.clearFaults '[]' liveline }
define-command liveline-restart-engine -docstring "restart the game that `liveline run` started" %{ lsp-execute-command liveline.restartEngine '[]' liveline }
