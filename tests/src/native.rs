//! What the tests of C and C++ engines need: compilers, and the C library.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::environment::{command, repository, target};

/// Whether these programs are here. Without one its tests do nothing.
///
/// # Panics
/// On CI, where nothing may be missing.
pub fn has(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|program| Command::new(program).arg("--version").output().is_err())
        .collect();
    let named = missing.join(", ");
    assert!(missing.is_empty() || std::env::var_os("CI").is_none(), "{named} missing: see CONTRIBUTING.md");
    if !missing.is_empty() {
        eprintln!("skipped: {named} missing");
    }
    missing.is_empty()
}

/// The folder with `liveline.h`.
pub fn headers() -> PathBuf {
    repository().join("engine/include")
}

/// Where cargo builds the C library, for tests and for the C++ arena.
pub fn c_target() -> PathBuf {
    target().join("c-library")
}

/// The folder of `libliveline.so` and `libliveline.a`, which are built if need be.
pub fn c_library() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let manifest = repository().join("engine/c/Cargo.toml");
        let mut cargo = command("cargo");
        cargo.args(["build", "--quiet", "--release", "--manifest-path"]).arg(manifest);
        succeed(cargo.arg("--target-dir").arg(c_target()));
        c_target().join("release")
    })
}

/// CMake in a folder.
pub fn cmake(folder: &Path) -> Command {
    let mut cmake = command("cmake");
    cmake.current_dir(folder);
    cmake
}

/// What CMake has to be told about a copy of the C++ arena.
pub fn cmake_settings() -> [String; 2] {
    let setting = |name: &str, path: &Path| format!("-D{name}={}", path.display());
    [setting("LIVELINE", repository()), setting("CARGO_BUILD", &c_target())]
}

/// Runs a command to its end.
///
/// # Panics
/// When it fails, with what it said.
pub fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
