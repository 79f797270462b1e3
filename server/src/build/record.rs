//! What is kept of every library across restarts: how it is built, what it was built from, its last good build.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use liveline_protocol::engine::{Generation, Reload};
use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use super::invocation::Invocation;
use super::stamp::Hash;
use crate::diagnostics::Diagnostic;
use crate::os;

/// The file's name in Liveline's folder.
const FILE: &str = "libraries.json";
/// Grows when the form of [`Record`] or the way of building changes: older files are then not read.
const FORM: u32 = 1;

/// One library's last good build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// How rustc is called.
    pub invocation: Invocation,
    /// The crate types and profile that it was captured for.
    pub plan: String,
    /// cargo's folder for the profile.
    pub profile_folder: PathBuf,
    /// What rustc read.
    pub inputs: Inputs,
    /// Of the inputs.
    pub source_digest: Hash,
    /// Of what cargo looks at.
    pub cargo_digest: Hash,
    /// What was announced.
    pub reload: Reload,
    /// Its warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// All records of a workspace.
#[derive(Debug, Default)]
pub struct Records {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    form: u32,
    /// Kept apart from the records: a generation's number is never given twice, even if a record is lost.
    generations: BTreeMap<String, Generation>,
    libraries: BTreeMap<String, Record>,
}

impl Records {
    /// Reads the file; one that cannot be read, or is of another form, only costs a build.
    pub fn load(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let text = std::fs::read(&path).unwrap_or_default();
        let kept = serde_json::from_slice(&text).ok().filter(|kept: &Kept| kept.form == FORM);
        Self { path, kept: kept.unwrap_or_default() }
    }

    /// A library's record.
    pub fn get(&self, library: &str) -> Option<&Record> {
        self.kept.libraries.get(library)
    }

    /// The number of a library's last good build.
    pub fn generation(&self, library: &str) -> Generation {
        self.kept.generations.get(library).copied().unwrap_or_default()
    }

    /// Keeps a good build. It must stand on the disk before any engine hears of it: otherwise a killed server
    /// could give its number to another build.
    pub fn keep(&mut self, record: Record) -> std::io::Result<()> {
        let library = record.reload.library.clone();
        self.kept.form = FORM;
        self.kept.generations.insert(library.clone(), record.reload.generation);
        self.kept.libraries.insert(library, record);
        os::write_atomically(&self.path, &serde_json::to_vec(&self.kept)?)
    }
}
