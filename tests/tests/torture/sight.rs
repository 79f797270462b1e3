//! What a server's events say, taken together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use liveline_protocol::engine::{Fault, Generation, Outcome};
use liveline_protocol::status::{Engine, Library, LibraryState, Status};
use liveline_server::diagnostics::{Diagnostic, Severity, Source};
use liveline_server::face::HubEvent;

/// Everything that a person sees now.
#[derive(Debug, Default)]
pub struct Sight {
    status: Status,
    shown: BTreeMap<PathBuf, Vec<Diagnostic>>,
    /// What failed as it ran since the server's start, with the engine's session.
    faults: Vec<Fault>,
}

impl Sight {
    /// One more event.
    pub fn note(&mut self, event: &HubEvent) {
        match event {
            HubEvent::Status(status) => self.status = status.clone(),
            HubEvent::Diagnostics { path, diagnostics, .. } => {
                self.shown.insert(path.clone(), diagnostics.clone());
            }
            HubEvent::Fault { fault, .. } => self.faults.push(fault.clone()),
            _ => {}
        }
    }

    /// The only library.
    pub fn library(&self) -> Option<&Library> {
        self.status.libraries.iter().find(|library| library.library == "scripts")
    }

    /// Of the last good build.
    pub fn newest(&self) -> u64 {
        self.library().map(|library| library.generation.0).unwrap_or_default()
    }

    /// Whether every engine runs what it is to run, as far as the server says.
    pub fn is_live(&self) -> bool {
        self.library().is_some_and(|library| library.state == LibraryState::Live)
    }

    /// Where engines went back to.
    pub fn undone(&self) -> Option<u64> {
        self.library()?.undone.map(|generation| generation.0)
    }

    fn engine(&self, pid: u32) -> Option<&Engine> {
        self.status.engines.iter().find(|engine| engine.pid == pid)
    }

    /// Whether an engine is attached.
    pub fn has(&self, pid: u32) -> bool {
        self.engine(pid).is_some()
    }

    /// What an engine runs.
    pub fn runs(&self, pid: u32) -> Option<u64> {
        self.engine(pid)?.libraries.get("scripts").map(|generation| generation.0)
    }

    /// Whether an engine has not taken a generation, or has taken it back.
    pub fn refuses(&self, pid: u32, generation: u64, outcome: Outcome) -> bool {
        let refused = self.engine(pid).and_then(|engine| engine.refused.get("scripts"));
        refused
            .is_some_and(|refused| refused.generation == Generation(generation) && refused.outcome == outcome)
    }

    /// Where the errors of a file are: of rustc, or of what runs.
    pub fn errors(&self, file: &Path, source: Source) -> Vec<u32> {
        let all = self.shown.get(file).map(Vec::as_slice).unwrap_or_default();
        let is_it = |one: &&Diagnostic| one.severity == Severity::Error && one.source == source;
        let mut lines: Vec<u32> = all.iter().filter(is_it).map(|one| one.span.start.line).collect();
        // Engines whose values differ say different things of one line.
        lines.dedup();
        lines
    }

    /// Whether nothing at all is said of a file.
    pub fn is_clear(&self, file: &Path) -> bool {
        self.shown.get(file).is_none_or(Vec::is_empty)
    }

    /// A generation's fault.
    pub fn fault(&self, generation: u64) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.generation == Generation(generation))
    }
}
