//! `liveline check`: whether every library builds, loads with both loaders and answers its interface.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use liveline_protocol::engine::{ArtifactKind, Reload, Trigger};
use serde::Serialize;

use crate::build::compile::Cancel;
use crate::build::job::{Order, Outcome, Overlay, Progress, Purpose, Workshop};
use crate::diagnostics::{Diagnostic, Severity};
use crate::project::{Library, Project};

mod interface;
pub mod loading;

use interface::Record;
use loading::Loads;

/// What is said on the way.
#[derive(Clone, Debug)]
pub enum Step {
    /// A library's turn has come.
    Begun {
        /// Which.
        library: String,
    },
    /// A compiler runs, for a person to read.
    Stage(String),
    /// What a compiler says.
    Said(Vec<Diagnostic>),
}

/// What came of all.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// By name.
    pub libraries: Vec<Checked>,
    /// What no single library is to blame for.
    pub troubles: Vec<String>,
}

/// What came of one library.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Its name.
    pub library: String,
    /// Whether it builds.
    pub build: Verdict,
    /// Whether it loads as a shared library.
    pub dylib: Verdict,
    /// Whether it loads as objects.
    pub object: Verdict,
    /// Whether its scripts, or the functions that it exports, are there.
    pub interface: Verdict,
    /// The scripts that it enters into an engine's list, by name.
    pub scripts: Vec<Entry>,
    /// The functions that it exports for engines without scripts, by name.
    pub functions: Vec<String>,
    /// What its compiler said, as rustc renders it.
    pub messages: Vec<String>,
    #[serde(skip)]
    facts: Option<Facts>,
}

/// One script, as an engine's list has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Entry {
    /// Its name.
    pub script: String,
    /// The path of the interface that it implements.
    pub interface: String,
    /// The interface's methods with their signatures, in its order.
    pub methods: Vec<String>,
}

/// What is compared over libraries.
#[derive(Clone, Debug)]
struct Facts {
    reload: Reload,
    records: Vec<Record>,
}

/// What came of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "verdict", content = "text")]
pub enum Verdict {
    /// It is as it should be; with what there is to say of that.
    Good(String),
    /// It cannot be looked at, and that is no fault.
    Note(String),
    /// It is not, and why.
    Failed(String),
    /// What comes before it failed.
    Skipped,
}

impl Report {
    /// Every failure, as `library: what: why`.
    pub fn failures(&self) -> Vec<String> {
        let of_libraries = self.libraries.iter().flat_map(|checked| {
            let failed = |(what, verdict): (&str, &Verdict)| match verdict {
                Verdict::Failed(why) => Some(format!("{}: {what}: {why}", checked.library)),
                _ => None,
            };
            checked.columns().into_iter().filter_map(failed).collect::<Vec<_>>()
        });
        of_libraries.chain(self.troubles.iter().cloned()).collect()
    }
}

impl Checked {
    /// All verdicts, by what they are of.
    pub fn columns(&self) -> [(&'static str, &Verdict); 4] {
        [
            ("build", &self.build),
            ("dylib", &self.dylib),
            ("object", &self.object),
            ("interface", &self.interface),
        ]
    }

    fn new(library: &Library, build: Verdict, messages: Vec<String>) -> Self {
        let skipped = || Verdict::Skipped;
        Self {
            library: library.name.clone(),
            build,
            dylib: skipped(),
            object: skipped(),
            interface: skipped(),
            scripts: Vec::new(),
            functions: Vec::new(),
            messages,
            facts: None,
        }
    }
}

impl Entry {
    fn of(record: &Record) -> Self {
        let Record { script, interface, methods, .. } = record.clone();
        Self { script, interface, methods: methods.lines().map(str::to_owned).collect() }
    }
}

/// Checks every library of a workspace. What is built goes into `folder`, which nobody else may build in. What takes
/// longer than `patience` to load hangs.
pub fn check(
    project: &Arc<Project>,
    folder: &Path,
    patience: Duration,
    say: &(dyn Fn(Step) + Sync),
) -> Report {
    let workshop = Workshop::open(folder);
    let loads = Loads::new(project, folder, patience);
    let waiting = Mutex::new(project.libraries.iter());
    let checked = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(library) = next() {
            say(Step::Begun { library: library.name.clone() });
            let done = One { project, workshop: &workshop, loads: &loads, library, say }.check();
            checked.lock().unwrap_or_else(PoisonError::into_inner).push(done);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut libraries = checked.into_inner().unwrap_or_else(PoisonError::into_inner);
    libraries.sort_by(|one, other| one.library.cmp(&other.library));
    let troubles = disagreements(&libraries);
    Report { libraries, troubles }
}

/// The check of one library.
struct One<'a> {
    project: &'a Arc<Project>,
    workshop: &'a Workshop,
    loads: &'a Loads,
    library: &'a Library,
    say: &'a (dyn Fn(Step) + Sync),
}

/// What a build came to.
struct Build {
    outcome: Outcome,
    messages: Vec<String>,
    /// Why there are no objects.
    reason: Option<String>,
}

impl One<'_> {
    fn check(&self) -> Checked {
        let mut build = self.build(false);
        if let Some(reload) = reload_of(&build.outcome)
            && reload.artifact.kind == ArtifactKind::Dylib
        {
            // Perhaps only because that was asked for the last time.
            build = self.build(true);
        }
        let Build { outcome, messages, reason } = build;
        let Some(reload) = reload_of(&outcome) else {
            return Checked::new(self.library, Verdict::Failed(why_not(&outcome, messages.len())), messages);
        };
        let mut checked = Checked::new(self.library, Verdict::Good("ok".to_owned()), messages);
        let name = &self.library.name;
        let dylib = self.workshop.in_form(name, reload.generation, ArtifactKind::Dylib);
        let path = |reload: &Reload| self.workshop.artifacts().join(&reload.artifact.file);
        let read = |reload: &Reload| std::fs::read(path(reload)).map_err(|error| error.to_string());
        let (mut records, mut exports) = (Vec::new(), Vec::new());
        match dylib.and_then(|dylib| Ok((read(&dylib)?, dylib))) {
            Ok((bytes, dylib)) => {
                exports = interface::exports(&bytes);
                checked.interface = self.interface(interface::of_dylib(&bytes), &exports, &mut records);
                checked.dylib = self.loads.load(name, ArtifactKind::Dylib, &path(&dylib), &exports);
            }
            Err(reason) => checked.dylib = Verdict::Failed(reason),
        }
        checked.object = match reload.artifact.kind {
            ArtifactKind::Object => self.object(&reload, &path(&reload), &exports, &records, &mut checked),
            ArtifactKind::Dylib => {
                Verdict::Note(reason.unwrap_or_else(|| "it is built as a shared library".to_owned()))
            }
        };
        checked.scripts = records.iter().map(Entry::of).collect();
        checked.scripts.sort();
        checked.functions = exports;
        checked.functions.sort();
        checked.facts = Some(Facts { reload, records });
        checked
    }

    fn build(&self, force: bool) -> Build {
        let order = Order {
            project: self.project.clone(),
            library: self.library.clone(),
            purpose: Purpose::Saved,
            overlay: Overlay::default(),
            kind: ArtifactKind::Object,
            force,
            trigger: Trigger::Command,
            changed: Vec::new(),
            saved_at: None,
            is_save: Arc::default(),
        };
        let (mut messages, mut reason) = (Vec::new(), None);
        let outcome = self.workshop.build(&order, &Cancel::default(), &mut |progress| match progress {
            Progress::Stage(stage) => {
                if let Some((_, why)) = stage.split_once("a shared library, since ") {
                    reason = Some(why.to_owned());
                }
                (self.say)(Step::Stage(stage));
            }
            Progress::Diagnostics(diagnostics) => {
                let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
                messages.extend(errors.map(rendered));
                (self.say)(Step::Said(diagnostics));
            }
            Progress::Anew => messages.clear(),
        });
        Build { outcome, messages, reason }
    }

    fn interface(
        &self,
        found: Result<Vec<Record>, String>,
        exports: &[String],
        records: &mut Vec<Record>,
    ) -> Verdict {
        let found = match found.and_then(|found| interface::consistent(&found).map(|()| found)) {
            Ok(found) => found,
            Err(reason) => return Verdict::Failed(reason),
        };
        let scripts: Vec<&str> = found.iter().map(|record| record.script.as_str()).collect();
        let verdict = match (scripts.len(), exports.len()) {
            (0, 0) => Verdict::Note("it has neither scripts nor exported functions".to_owned()),
            (0, _) => Verdict::Good(counted(exports.len(), "exported function")),
            (count, _) => Verdict::Good(format!("{}: {}", counted(count, "script"), scripts.join(", "))),
        };
        *records = found;
        verdict
    }

    fn object(
        &self,
        reload: &Reload,
        path: &Path,
        exports: &[String],
        records: &[Record],
        checked: &mut Checked,
    ) -> Verdict {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return Verdict::Failed(format!("{}: {error}", path.display())),
        };
        let found = interface::of_objects(&bytes);
        if checked.interface == Verdict::Skipped {
            checked.interface = self.interface(found, exports, &mut Vec::new());
        } else if found.is_ok_and(|found| !interface::same_scripts(&found, records)) {
            let reason = "its objects tell of other scripts than its shared library".to_owned();
            checked.interface = Verdict::Failed(reason);
        }
        self.loads.load(&reload.library, ArtifactKind::Object, path, exports)
    }
}

/// What a loader that has done its work is given.
fn loaded() -> Verdict {
    Verdict::Good("ok".to_owned())
}

fn reload_of(outcome: &Outcome) -> Option<Reload> {
    match outcome {
        Outcome::Built(reload) | Outcome::Unchanged { reload, .. } => Some(reload.clone()),
        _ => None,
    }
}

fn why_not(outcome: &Outcome, errors: usize) -> String {
    match outcome {
        Outcome::Failed => format!("the code does not build: {}", counted(errors, "error")),
        Outcome::Broken(broken) => broken.message.clone(),
        Outcome::Stale => "a source changed while it was built; check again".to_owned(),
        _ => "the build ended before it was done; check again".to_owned(),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// As rustc shows it.
pub fn rendered(diagnostic: &Diagnostic) -> String {
    let at = || {
        let span = &diagnostic.span;
        let (path, line, column) = (span.path.display(), span.start.line, span.start.column);
        format!("{}\n  --> {path}:{line}:{column}", diagnostic.message)
    };
    diagnostic.rendered.clone().unwrap_or_else(at)
}

/// One engine loads all libraries: they must be of one API crate, one compiler and one interface.
fn disagreements(libraries: &[Checked]) -> Vec<String> {
    let mut apis: BTreeMap<String, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    let mut records: Vec<(&str, &Record)> = Vec::new();
    for checked in libraries {
        let Some(facts) = &checked.facts else { continue };
        let name = checked.library.as_str();
        if let Some(api) = &facts.reload.api {
            apis.entry(api.package.clone()).or_default().entry(api.hash.clone()).or_default().push(name);
        }
        records.extend(facts.records.iter().map(|record| (name, record)));
    }
    let mut troubles = Vec::new();
    for (package, builds) in apis.iter().filter(|(_, builds)| builds.len() > 1) {
        let groups: Vec<String> = builds.values().map(|names| names.join(", ")).collect();
        troubles.push(format!(
            "no engine can load all libraries: {} were built against different builds of `{package}`",
            groups.join(" and ")
        ));
    }
    troubles.extend(interface::disagreement(&records));
    troubles
}
