//! What is asked of a build of one library, what it says on its way, and how it ends.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use liveline_protocol::engine::{ArtifactKind, Reload, Trigger};

pub use super::workshop::Workshop;
use crate::diagnostics::Diagnostic;
use crate::project::{Broken, Library, Project};

/// Unsaved text by absolute path.
pub type Overlay = BTreeMap<PathBuf, Arc<str>>;

/// What becomes of a good build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is published: what was built is on the disk.
    Saved,
    /// It is kept until the text is saved.
    Speculative,
    /// It is published although its text is not saved.
    Live,
}

/// What to build.
#[derive(Clone, Debug)]
pub struct Order {
    /// The workspace.
    pub project: Arc<Project>,
    /// The library.
    pub library: Library,
    /// What becomes of it.
    pub purpose: Purpose,
    /// What stands in place of files; empty for what is saved.
    pub overlay: Overlay,
    /// The artifact that engines want.
    pub kind: ArtifactKind,
    /// Build even if nothing has changed.
    pub force: bool,
    /// What started it.
    pub trigger: Trigger,
    /// The files whose change led to it.
    pub changed: Vec<PathBuf>,
    /// When they were saved.
    pub saved_at: Option<u64>,
    /// Whether an editor has said that it was its save: the file watch may have been quicker.
    pub is_save: Arc<AtomicBool>,
}

impl Order {
    /// What started it, as far as is known by now.
    pub fn began_with(&self) -> Trigger {
        match self.trigger {
            Trigger::Watch if self.is_save.load(Ordering::Relaxed) => Trigger::Save,
            trigger => trigger,
        }
    }
}

/// What a build says on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A compiler runs now, for a person to read.
    Stage(String),
    /// Diagnostics, in the order in which they come.
    Diagnostics(Vec<Diagnostic>),
    /// The diagnostics so far do not count: the compiler starts again, and says all of its own.
    Anew,
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// There is a new generation.
    Built(Reload),
    /// The sources are those of the current generation.
    Unchanged {
        /// The current generation.
        reload: Reload,
        /// Its warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// The code does not build; the diagnostics have said why.
    Failed,
    /// It was asked to end.
    Cancelled,
    /// A source changed while it was read: what was built is neither the old text nor the new.
    Stale,
    /// A speculative build is good and waits for the save.
    Ready {
        /// From the order to the artifact, in microseconds.
        micros: u64,
    },
    /// A speculative build cannot be made now: cargo has to run first.
    NotNow,
    /// Something outside of the code is in the way.
    Broken(Broken),
}
