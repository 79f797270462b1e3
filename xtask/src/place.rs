//! Where things are, and what kind of machine this is.

use std::path::{Path, PathBuf};

/// The repository and the machine.
#[derive(Debug)]
pub(crate) struct Place {
    /// The repository.
    pub(crate) root: PathBuf,
    /// cargo's target directory.
    pub(crate) target: PathBuf,
    /// Whether nobody watches (`CI` is set): then nothing may be missing.
    pub(crate) ci: bool,
}

impl Place {
    /// This repository, on this machine.
    pub(crate) fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default();
        // This program lies in `TARGET/PROFILE/`, whatever cargo's configuration says of the target directory.
        let own = std::env::current_exe().unwrap_or_default();
        let target = own.ancestors().nth(2).map_or_else(|| root.join("target"), Path::to_owned);
        Self {
            root,
            target,
            ci: std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false"),
        }
    }

    /// What may be deleted at any time: installed test tools.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("tests/.cache")
    }

    /// What editors and servers have said to each other in the tests of this run.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.cache().join("lsp-recordings")
    }

    /// The VS Code extension's sources.
    pub(crate) fn extension(&self) -> PathBuf {
        self.root.join("vscode-extension")
    }

    /// The arena, a cargo workspace of its own.
    pub(crate) fn arena(&self) -> PathBuf {
        self.root.join("examples/arena")
    }

    /// The arena in C++, whose scripts are a cargo workspace of their own.
    pub(crate) fn cpp_arena(&self) -> PathBuf {
        self.root.join("examples/cpp-arena")
    }

    /// The arena in Bevy, a cargo workspace of its own.
    pub(crate) fn bevy_arena(&self) -> PathBuf {
        self.root.join("examples/bevy-arena")
    }

    /// The adapter for Bevy, a cargo workspace of its own.
    pub(crate) fn bevy(&self) -> PathBuf {
        self.root.join("engine/bevy")
    }

    /// The C library, a cargo workspace of its own.
    pub(crate) fn c_library(&self) -> PathBuf {
        self.root.join("engine/c")
    }

    /// The editor tests.
    pub(crate) fn editors(&self) -> PathBuf {
        self.root.join("tests/editors")
    }
}

/// Whether a program of this name is on the `PATH`.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
