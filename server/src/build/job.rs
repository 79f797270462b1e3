//! One build of one library, from the look at its inputs to an artifact or the reasons why there is none.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use liveline_protocol::engine::{Api, Generation, Reload, Trigger};

use super::compile::{Cancel, Ended};
use super::inputs::{self, Inputs, Snapshot};
use super::invocation::Invocation;
use super::record::{Record, Records};
use super::stamp::{Hash, Stamps};
use super::{artifact, cargo, direct};
use crate::diagnostics::{Diagnostic, Severity};
use crate::os;
use crate::project::{Broken, Library, Project};

/// Where the libraries' own outputs and incremental caches are, in Liveline's folder.
const BUILD_FOLDER: &str = "build";
/// How the folder of one attempt begins.
const ATTEMPT: &str = "attempt-";

/// What all builds of a workspace share.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    stamps: Mutex<Stamps>,
    records: Mutex<Records>,
    /// cargo locks its target directory: a second one would only wait, and could not be killed politely.
    cargo: Mutex<()>,
    /// Ends a build that only fills a library's incremental cache.
    warming: Mutex<HashMap<String, Cancel>>,
}

/// What to build.
#[derive(Clone, Debug)]
pub struct Order {
    /// The workspace.
    pub project: Arc<Project>,
    /// The library.
    pub library: Library,
    /// Build even if nothing has changed.
    pub force: bool,
    /// What started it.
    pub trigger: Trigger,
    /// The files whose change led to it.
    pub changed: Vec<PathBuf>,
    /// When they were saved.
    pub saved_at: Option<u64>,
}

/// What a build says on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A compiler runs now, for a person to read.
    Stage(String),
    /// Diagnostics, in the order in which they come.
    Diagnostics(Vec<Diagnostic>),
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
    /// Something outside of the code is in the way.
    Broken(Broken),
}

/// What a compiler made.
pub(super) struct Made {
    pub(super) invocation: Invocation,
    pub(super) profile_folder: PathBuf,
    pub(super) dylib: PathBuf,
    pub(super) dep_info: PathBuf,
    /// Holds these files, and goes with them. Without one they are cargo's.
    pub(super) attempt: Option<tempfile::TempDir>,
}

/// A compiler's good run, and what it has to be judged by.
struct Attempt {
    made: Made,
    plan: String,
    /// The inputs as they stood before.
    before: Option<Snapshot>,
    /// What cargo would look at, as it stood before, where cargo did not run.
    cargo_digest: Option<Hash>,
    started: Instant,
}

/// How a compiler run ended, before its output is looked at.
pub(super) enum Compiled {
    Made(Box<Made>),
    Failed,
    Cancelled,
    Broken(Broken),
}

impl Compiled {
    /// What an unsuccessful end means.
    pub(super) fn of_failure(ended: &Ended) -> Option<Self> {
        match ended {
            Ended::Cancelled => Some(Self::Cancelled),
            Ended::With(status) if !status.success() => Some(Self::Failed),
            Ended::With(_) => None,
        }
    }
}

/// A running build's surroundings.
pub(super) struct Bench<'a> {
    pub(super) order: &'a Order,
    pub(super) folder: &'a Path,
    pub(super) cancel: &'a Cancel,
    pub(super) say: &'a mut (dyn FnMut(Progress) + Send),
}

impl Bench<'_> {
    /// Where this library's own outputs go.
    pub(super) fn own_folder(&self) -> PathBuf {
        self.folder.join(BUILD_FOLDER).join(&self.order.library.name)
    }
}

impl Workshop {
    /// For a workspace whose Liveline folder is `folder`. The artifact directory is there from now on: an engine
    /// may attach before anything is built.
    pub fn open(folder: &Path) -> Self {
        remove_attempts(&folder.join(BUILD_FOLDER));
        if let Err(error) = os::private_directory(&folder.join(artifact::FOLDER)) {
            tracing::error!(%error, "cannot make the artifact directory in {}", folder.display());
        }
        let records = Mutex::new(Records::load(folder));
        Self {
            folder: folder.to_owned(),
            stamps: Mutex::default(),
            records,
            cargo: Mutex::default(),
            warming: Mutex::default(),
        }
    }

    /// The artifact directory, absolute.
    pub fn artifacts(&self) -> PathBuf {
        self.folder.join(artifact::FOLDER)
    }

    /// The files whose change would change the last good build of a library.
    pub fn inputs(&self, order: &Order) -> Vec<PathBuf> {
        let name = &order.library.name;
        let Some(record) = lock(&self.records).get(name).cloned() else { return Vec::new() };
        let cargo = inputs::cargo_files(&order.project, name, &record.profile_folder);
        record.inputs.files.into_iter().chain(cargo).collect()
    }

    /// The last good build of a library, if its artifact is still there.
    pub fn last_good(&self, library: &str) -> Option<Reload> {
        let reload = lock(&self.records).get(library)?.reload.clone();
        self.artifacts().join(&reload.artifact.file).is_file().then_some(reload)
    }

    /// Does what the order says.
    pub fn build(&self, order: &Order, cancel: &Cancel, say: &mut (dyn FnMut(Progress) + Send)) -> Outcome {
        let started = Instant::now();
        self.stop_warming(Some(&order.library.name));
        let record = lock(&self.records).get(&order.library.name).cloned();
        let plan = plan(order);
        let direct =
            record.as_ref().filter(|record| record.plan == plan && self.is_cargo_content(order, record));
        if let Some(record) = direct.filter(|_| !order.force)
            && let Some(outcome) = self.unchanged(record)
        {
            return outcome;
        }
        let before = record.as_ref().map(|record| record.inputs.snapshot());
        tracing::debug!(elapsed = ?started.elapsed(), "looked at the inputs");
        let mut bench = Bench { order, folder: &self.folder, cancel, say };
        let compiled = match direct {
            Some(record) => direct::compile(&mut bench, record),
            None => {
                let _one = lock(&self.cargo);
                cargo::compile(&mut bench)
            }
        };
        tracing::debug!(elapsed = ?started.elapsed(), "compiled");
        match compiled {
            Compiled::Made(made) => {
                let cargo_digest = direct.map(|record| record.cargo_digest.clone());
                self.finish(order, Attempt { made: *made, plan, before, cargo_digest, started })
            }
            Compiled::Failed => Outcome::Failed,
            Compiled::Cancelled => Outcome::Cancelled,
            Compiled::Broken(broken) => Outcome::Broken(broken),
        }
    }

    /// Fills the incremental cache of a library that has been built by cargo only, so that its first save need not.
    /// What comes out is thrown away; the next build of the library ends it.
    pub fn warm(&self, order: &Order) {
        let name = &order.library.name;
        let own = self.folder.join(BUILD_FOLDER).join(name);
        let Some(record) = lock(&self.records).get(name).cloned() else { return };
        if own.join(direct::INCREMENTAL).exists() {
            return;
        }
        let cancel = Cancel::default();
        lock(&self.warming).insert(name.clone(), cancel.clone());
        let mut bench = Bench { order, folder: &self.folder, cancel: &cancel, say: &mut |_| {} };
        if !matches!(direct::compile(&mut bench, &record), Compiled::Made(_)) {
            tracing::info!(library = name, "warming was not finished");
        }
        lock(&self.warming).remove(name);
    }

    /// Ends what only warms: for one library, or for all.
    pub fn stop_warming(&self, library: Option<&str>) {
        let warming = lock(&self.warming);
        let ended = warming.iter().filter(|(name, _)| library.is_none_or(|library| library == *name));
        ended.for_each(|(_, cancel)| cancel.cancel());
    }

    /// Whether nothing has changed that cargo would look at.
    fn is_cargo_content(&self, order: &Order, record: &Record) -> bool {
        record.invocation.externs.iter().all(|path| path.exists())
            && self.cargo_digest(order, &record.profile_folder, &record.invocation) == record.cargo_digest
    }

    /// One hash over all that cargo would look at.
    fn cargo_digest(&self, order: &Order, profile_folder: &Path, invocation: &Invocation) -> Hash {
        let files = inputs::cargo_files(&order.project, &order.library.name, profile_folder);
        inputs::cargo_digest(&files, invocation, &mut lock(&self.stamps))
    }

    fn unchanged(&self, record: &Record) -> Option<Outcome> {
        let same = record.inputs.digest(&record.invocation, &mut lock(&self.stamps)) == record.source_digest;
        let reload = self.last_good(&record.reload.library).filter(|_| same)?;
        Some(Outcome::Unchanged { reload, diagnostics: record.diagnostics.clone() })
    }

    /// Publishes what was made, unless a source changed under the compiler.
    fn finish(&self, order: &Order, attempt: Attempt) -> Outcome {
        match self.record(order, attempt) {
            Ok(Some(reload)) => Outcome::Built(reload),
            Ok(None) => Outcome::Stale,
            Err(error) => {
                let message =
                    format!("cannot write below {}: {error}. Is the disk full?", self.folder.display());
                Outcome::Broken(Broken::at_file(order.library.source.clone(), message))
            }
        }
    }

    fn record(&self, order: &Order, attempt: Attempt) -> std::io::Result<Option<Reload>> {
        let Attempt { made, plan, before, cargo_digest, started } = attempt;
        let inputs = Inputs::read(&made.dep_info, &made.invocation.folder)?;
        let after = inputs.snapshot();
        let moved = |before: &Snapshot| {
            after.iter().any(|(path, identity)| before.get(path).is_some_and(|earlier| earlier != identity))
        };
        if before.as_ref().is_some_and(moved) {
            return Ok(None);
        }
        let generation = lock(&self.records).generation(&order.library.name).next();
        let artifact = artifact::publish(&self.artifacts(), &order.library.name, generation, &made.dylib)?;
        drop(made.attempt);
        let reload = Reload {
            library: order.library.name.clone(),
            generation,
            artifact,
            changed: order.changed.iter().map(|path| path.display().to_string()).collect(),
            trigger: order.trigger,
            speculated: false,
            build_micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            saved_at_unix_micros: order.saved_at,
            api: api(&order.library, &made.invocation),
        };
        let cargo_digest =
            cargo_digest.unwrap_or_else(|| self.cargo_digest(order, &made.profile_folder, &made.invocation));
        let mut stamps = lock(&self.stamps);
        let record = Record {
            plan,
            source_digest: inputs.digest(&made.invocation, &mut stamps),
            cargo_digest,
            profile_folder: made.profile_folder,
            inputs,
            invocation: made.invocation,
            reload: reload.clone(),
            diagnostics: Vec::new(),
        };
        drop(stamps);
        lock(&self.records).keep(record)?;
        tracing::debug!(elapsed = ?started.elapsed(), "recorded");
        Ok(Some(reload))
    }

    /// Keeps the warnings of a library's current generation, to show them again after a restart.
    pub fn keep_diagnostics(&self, library: &str, generation: Generation, diagnostics: Vec<Diagnostic>) {
        let mut records = lock(&self.records);
        let Some(mut record) = records.get(library).cloned() else { return };
        if record.reload.generation == generation && record.diagnostics != diagnostics {
            record.diagnostics = diagnostics;
            if let Err(error) = records.keep(record) {
                tracing::warn!(%error, "cannot keep the warnings of {library}");
            }
        }
    }
}

/// What the captured call depends on beside files.
fn plan(order: &Order) -> String {
    let project = &order.project;
    format!("{} {} {}", order.library.crate_type, project.config.build.profile, project.engines.join(" "))
}

fn api(library: &Library, invocation: &Invocation) -> Option<Api> {
    let api = library.api.as_ref()?;
    let dylib = artifact::shared_form(&invocation.externs, &api.crate_name)?;
    Some(Api { package: api.package.clone(), hash: artifact::api_hash(dylib)?.0 })
}

/// A fresh, empty folder for one attempt: rustc never cleans its output folder.
pub(super) fn fresh_folder(parent: &Path) -> std::io::Result<tempfile::TempDir> {
    fs::create_dir_all(parent)?;
    tempfile::Builder::new().prefix(ATTEMPT).tempdir_in(parent)
}

/// A killed server could not remove the folders of its attempts.
fn remove_attempts(builds: &Path) {
    let folders = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in folders(builds).flat_map(|library| folders(&library).collect::<Vec<_>>()) {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(ATTEMPT)) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// A diagnostic that belongs to no place, put at the library's first line.
pub(super) fn at_library(library: &Library, severity: Severity, message: String) -> Diagnostic {
    crate::diagnostics::at_file(&library.source, severity, message)
}

/// A poisoned lock only says that a build panicked; what it guards is replaced whole or not at all.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
