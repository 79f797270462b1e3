//! The programs under test and the environment that a person's terminal would give them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What `cargo test` and `cargo run` set for their children and a terminal does not.
const SET_BY_CARGO: &[&str] = &[
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
    "CARGO",
    "CARGO_TARGET_DIR",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "LD_LIBRARY_PATH",
    "OUT_DIR",
];
const SET_BY_CARGO_PREFIXES: &[&str] =
    &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "NEXTEST", "LIVELINE_"];

/// The server copies there what it and editors say, for `tests/editors/lsp/test_recordings.py`.
const KEPT: &str = "LIVELINE_LSP_RECORD";

/// A command as from a terminal: nothing of the test runner's own environment reaches it.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str().filter(|text| *text != KEPT) else { continue };
        if SET_BY_CARGO.contains(&text) || SET_BY_CARGO_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` lies in the repository")
}

/// The target directory that this test was built in.
pub(crate) fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a file");
    let profile =
        test.ancestors().find(|folder| folder.join("deps").is_dir()).expect("cargo's `deps` folder");
    profile.parent().expect("a profile lies in a target directory").to_owned()
}

/// The `liveline` program: `$LIVELINE_BIN`, or built here and now by cargo.
pub fn liveline() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var_os("LIVELINE_BIN").map_or_else(build_liveline, PathBuf::from))
}

fn build_liveline() -> PathBuf {
    let status = command("cargo")
        .args(["build", "--quiet", "--package", "liveline-server", "--bin", "liveline", "--target-dir"])
        .arg(target())
        .current_dir(repository())
        .status()
        .expect("cargo runs");
    assert!(status.success(), "`liveline` does not build");
    target().join("debug").join("liveline")
}
