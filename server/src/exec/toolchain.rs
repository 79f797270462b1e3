//! The compiler itself, behind rustup's stand-in: that costs several milliseconds at every call.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::record::Stamp;
use super::{Failure, cache};
use crate::build::stamp::Digest;
use crate::os;

/// How many answers of rustup are kept.
const MOST_ANSWERS: usize = 100;

/// The rustc that a call in this folder with this environment would reach.
pub(super) fn rustc() -> Result<PathBuf, Failure> {
    let found = std::env::var_os("RUSTC").map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
    let found = found
        .map_or_else(|| os::on_path("rustc"), |path| find(&path.to_string_lossy()))
        .ok_or_else(missing)?;
    if is_stand_in(&found) { behind(&found) } else { Ok(found) }
}

fn missing() -> Failure {
    Failure::message(
        "there is no `rustc` on the PATH; install Rust from https://rustup.rs, or set RUSTC to a compiler",
    )
}

/// As a shell finds it.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    os::on_path(program)
}

/// rustup is its own `rustc`, by a symbolic or a hard link.
fn is_stand_in(rustc: &Path) -> bool {
    let Ok(real) = fs::canonicalize(rustc) else { return false };
    let is_named_so = real.file_name().is_some_and(|name| name == "rustup");
    let file = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino())).ok();
    is_named_so || file(&real).is_some_and(|own| file(&rustc.with_file_name("rustup")) == Some(own))
}

/// Asks rustup once for each state of what it decides by.
fn behind(stand_in: &Path) -> Result<PathBuf, Failure> {
    let answers = cache::folder()?.join("toolchains.json");
    let known: BTreeMap<String, PathBuf> =
        fs::read(&answers).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let question = question(stand_in);
    if let Some(rustc) = known.get(&question).filter(|rustc| rustc.is_file()) {
        return Ok(rustc.clone());
    }
    let rustc = ask(stand_in)?;
    let mut known = if known.len() < MOST_ANSWERS { known } else { BTreeMap::new() };
    known.insert(question, rustc.clone());
    if let Ok(text) = serde_json::to_vec(&known) {
        // Without it rustup is asked again.
        let _ = os::write_atomically(&answers, &text);
    }
    Ok(rustc)
}

fn question(stand_in: &Path) -> String {
    let mut digest = Digest::default();
    digest.add(stand_in.as_os_str().as_encoded_bytes());
    for name in ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "HOME"] {
        digest.add(std::env::var_os(name).unwrap_or_default().as_encoded_bytes());
    }
    let folder = std::env::current_dir().unwrap_or_default();
    for file in deciding_files(&folder) {
        digest.add(Stamp::of(&file).identity());
    }
    // rustup's directory overrides are by path.
    digest.add(folder.as_os_str().as_encoded_bytes());
    digest.finish().0
}

/// The files by which rustup chooses a toolchain for a folder.
pub(super) fn deciding_files(folder: &Path) -> Vec<PathBuf> {
    let home = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".rustup")));
    let settings = home.map(|home| home.join("settings.toml"));
    let names = ["rust-toolchain.toml", "rust-toolchain"];
    let own = folder.ancestors().flat_map(|folder| names.map(|name| folder.join(name)));
    settings.into_iter().chain(own).collect()
}

fn ask(stand_in: &Path) -> Result<PathBuf, Failure> {
    let output = Command::new(stand_in)
        .args(["--print", "sysroot"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::message(format!("cannot start {}: {error}", stand_in.display())))?;
    let rustc = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin").join("rustc");
    if output.status.success() && rustc.is_file() {
        return Ok(rustc);
    }
    Err(Failure::message(
        "rustup has no toolchain for this folder; `rustup default stable` installs one (rustup's own words stand above)",
    ))
}
