//! One try of a compiler at a library: its surroundings, what it made or why it made nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::compile::Cancel;
use super::inputs::Inputs;
use super::job::{Order, Progress};
use super::link_line::LinkLine;
use crate::diagnostics::Diagnostic;
use crate::project::{Broken, Library};

/// Where the libraries' own outputs and incremental caches are, in Liveline's folder.
pub(super) const BUILD_FOLDER: &str = "build";
/// How the folder of one attempt begins.
const ATTEMPT: &str = "attempt-";

/// A running build's surroundings.
pub(super) struct Bench<'a> {
    pub(super) order: &'a Order,
    /// Liveline's folder.
    pub(super) folder: &'a Path,
    /// This program, which stands in for compilers and linkers.
    pub(super) program: &'a Path,
    pub(super) cancel: &'a Cancel,
    pub(super) say: &'a mut (dyn FnMut(Progress) + Send),
}

impl Bench<'_> {
    /// Where this library's own outputs go.
    pub(super) fn own_folder(&self) -> PathBuf {
        own_folder(self.folder, &self.order.library.name)
    }
}

/// Where a library's own outputs go.
pub(super) fn own_folder(folder: &Path, library: &str) -> PathBuf {
    folder.join(BUILD_FOLDER).join(library)
}

/// What a compiler made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) output: Output,
    pub(super) inputs: Inputs,
    /// What was said of the code.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Holds the outputs, and goes with them. Without one they are cargo's.
    pub(super) attempt: Option<Arc<TempDir>>,
}

/// In which form the code came out.
#[derive(Debug)]
pub(super) enum Output {
    /// A shared library.
    Dylib(PathBuf),
    /// What a linker would have been given.
    Objects(LinkLine),
}

/// How a compiler run ended.
#[derive(Debug)]
pub(super) enum Compiled {
    Made(Box<Made>),
    /// The code does not build: what was said of it, and what was read, if rustc came so far as to say that.
    Failed(Vec<Diagnostic>, Option<Inputs>),
    Cancelled,
    Broken(Broken),
    /// A compile that was started ahead did not go as a plain one would: it has to be made anew.
    Odd(String),
}

/// A fresh, empty folder for one attempt: rustc never cleans its output folder.
pub(super) fn fresh_folder(parent: &Path) -> std::io::Result<TempDir> {
    fs::create_dir_all(parent)?;
    tempfile::Builder::new().prefix(ATTEMPT).tempdir_in(parent)
}

/// A killed server could not remove the folders of its attempts.
pub(super) fn remove_attempts(folder: &Path) {
    let folders = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let builds = folder.join(BUILD_FOLDER);
    for path in folders(&builds).flat_map(|library| folders(&library).collect::<Vec<_>>()) {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(ATTEMPT)) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// The disk is full, or a folder is not ours to write.
pub(super) fn cannot_write(library: &Library, folder: &Path, error: &std::io::Error) -> Broken {
    let message = format!("cannot write below {}: {error}. Is the disk full?", folder.display());
    Broken::at_file(library.source.clone(), message)
}
