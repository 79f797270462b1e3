//! One library's state: what runs, what waits, what was good.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liveline_protocol::engine::{ArtifactKind, Build, BuildState, FirstError, Generation, Reload, Trigger};
use liveline_protocol::status::{LastReload, LibraryState as StatusState};

use super::Session;
use super::history::History;
use super::proof::Proof;
use super::speculation::{Overlaid, Speculation};
use crate::build::job::Purpose;
use crate::diagnostics::{Diagnostic, Severity};
use crate::project::{Broken, Library, Project, is_rust};
use crate::test_report::TestReport;

/// Names a build; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildId(pub u64);

/// Why a library is to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Even if nothing has changed.
    pub force: bool,
    /// What started it.
    pub trigger: Trigger,
    /// The files whose change led to it.
    pub changed: BTreeSet<PathBuf>,
    /// When the newest of them was saved.
    pub saved_at: Option<u64>,
}

impl Want {
    /// Without any file.
    pub fn new(trigger: Trigger) -> Self {
        Self { force: false, trigger, changed: BTreeSet::new(), saved_at: None }
    }

    fn merge(&mut self, newer: Self) {
        self.force |= newer.force;
        // Where a retry or a reload of the project joins a save, the save is what the user waits for.
        if newer.saved_at.is_some() || self.saved_at.is_none() {
            self.trigger = newer.trigger;
        }
        self.changed.extend(newer.changed);
        self.saved_at = newer.saved_at.max(self.saved_at);
    }

    /// An editor has saved these; whether that is what led to it.
    fn editor_saved<T>(&mut self, files: &BTreeMap<PathBuf, T>) -> bool {
        let is_it =
            self.trigger == Trigger::Watch && self.changed.iter().any(|path| files.contains_key(path));
        if is_it {
            self.trigger = Trigger::Save;
        }
        is_it
    }
}

#[derive(Debug)]
struct Running {
    build: BuildId,
    purpose: Purpose,
    /// What it is to reach, if it is a build of what is saved.
    want: Option<Want>,
    /// The unsaved text that it builds.
    overlaid: Overlaid,
    began: Instant,
    stage: Option<String>,
    said: Vec<Diagnostic>,
}

/// One library.
#[derive(Debug)]
pub struct LibraryState {
    /// What it is.
    pub library: Library,
    /// The last good build.
    pub current: Option<Reload>,
    /// The good builds before it, and it.
    pub history: History,
    /// Where engines went back to by a command; they run the last good build otherwise.
    pub undone: Option<Generation>,
    /// What the disk knows of that.
    pub kept_undone: Option<Generation>,
    /// When engines were told of another generation last, in microseconds since the Unix epoch.
    pub moved_at: u64,
    /// What engines were told last, as they were told.
    pub announced: Option<Reload>,
    /// What engines are to run in the forms in which it has been made so far.
    pub forms: BTreeMap<ArtifactKind, Reload>,
    /// How its last reload went.
    pub last_reload: Option<LastReload>,
    /// The files whose change would change it.
    pub inputs: BTreeSet<PathBuf>,
    /// What was in the way of its last build, so that it is told once.
    pub trouble: Option<Broken>,
    /// What its running code has failed with, or why it is not taken, by engine.
    pub faults: Vec<(Session, Diagnostic)>,
    /// What came of its tests last.
    pub tests: Option<TestReport>,
    /// What is known of its calls.
    pub(super) proof: Proof,
    /// What is built ahead of the next save.
    pub speculation: Speculation,
    running: Option<Running>,
    waiting: Option<Want>,
    failed: bool,
    retry: Option<(Instant, Duration)>,
}

impl LibraryState {
    /// Never built.
    pub fn new(library: Library) -> Self {
        Self {
            library,
            current: None,
            history: History::default(),
            undone: None,
            kept_undone: None,
            moved_at: 0,
            announced: None,
            forms: BTreeMap::new(),
            last_reload: None,
            inputs: BTreeSet::new(),
            trouble: None,
            faults: Vec::new(),
            tests: None,
            proof: Proof::default(),
            speculation: Speculation::default(),
            running: None,
            waiting: None,
            failed: false,
            retry: None,
        }
    }

    /// Whether a change of `path` can change this library. A script's log or picture below the package's folder
    /// must not: it would end every build.
    pub fn concerns(&self, path: &Path, project: &Project) -> bool {
        if self.inputs.contains(path) || self.library.source == path {
            return true;
        }
        self.library.file.is_none()
            && is_rust(path)
            && project.packages_of(&self.library).any(|package| path.starts_with(&package.folder))
    }

    /// Adds to what waits. A build of saved text is out of date by that, so what it was to reach waits too.
    pub fn add(&mut self, want: Want) {
        let running = self.running.as_ref().and_then(|running| running.want.clone());
        match self.waiting.take().or(running) {
            Some(mut waiting) => {
                waiting.merge(want);
                self.waiting = Some(waiting);
            }
            None => self.waiting = Some(want),
        }
    }

    /// Makes what waits run, if nothing runs.
    pub fn begin(&mut self, build: BuildId, now: Instant) -> Option<Want> {
        if self.running.is_some() {
            return None;
        }
        let want = self.waiting.take()?;
        let overlaid = Overlaid::default();
        self.running = Some(Running::new(build, Purpose::Saved, Some(want.clone()), overlaid, now));
        Some(want)
    }

    /// Takes note of a build of unsaved text. Nothing may run.
    pub fn begin_unsaved(&mut self, build: BuildId, purpose: Purpose, overlaid: Overlaid, now: Instant) {
        self.running = Some(Running::new(build, purpose, None, overlaid, now));
    }

    /// An editor has saved these; gives the running build, if that is what it builds.
    pub fn editor_saved<T>(&mut self, files: &BTreeMap<PathBuf, T>) -> Option<BuildId> {
        if let Some(want) = &mut self.waiting {
            want.editor_saved(files);
        }
        let running = self.running.as_mut()?;
        running.want.as_mut()?.editor_saved(files).then_some(running.build)
    }

    /// What waits for its turn.
    pub fn waiting(&self) -> Option<&Want> {
        self.waiting.as_ref()
    }

    /// What the running build is for.
    pub fn purpose(&self) -> Option<Purpose> {
        self.running.as_ref().map(|running| running.purpose)
    }

    /// The unsaved text that the running build builds.
    pub fn overlaid(&self) -> Option<&Overlaid> {
        let unsaved = self.running.as_ref().filter(|running| running.purpose != Purpose::Saved);
        unsaved.map(|running| &running.overlaid)
    }

    /// The build that runs.
    pub fn running_build(&self) -> Option<BuildId> {
        self.running.as_ref().map(|running| running.build)
    }

    /// Whether something newer waits than what runs.
    pub fn is_superseded(&self) -> bool {
        self.waiting.is_some()
    }

    /// Ends the running build's account.
    pub fn end(&mut self) {
        self.running = None;
    }

    /// The running build has to be done again.
    pub fn requeue(&mut self) {
        if let Some(want) = self.running.as_ref().and_then(|running| running.want.clone()) {
            self.add(want);
        }
    }

    /// Nothing more is wanted; gives the build to end.
    pub fn give_up(&mut self) -> Option<BuildId> {
        self.waiting = None;
        self.running_build()
    }

    /// A compiler runs now; whether one did before in this build.
    pub fn stage(&mut self, stage: String) -> bool {
        self.running.as_mut().is_some_and(|running| running.stage.replace(stage).is_some())
    }

    /// Whether anyone has been told of the running build: one that finds nothing to do is not worth a word.
    pub fn was_told(&self) -> bool {
        let running = self.running.as_ref();
        running.is_none_or(|running| running.purpose == Purpose::Saved)
            && (self.failed || running.is_some_and(|running| running.stage.is_some()))
    }

    /// Takes in diagnostics of the running build.
    pub fn hear(&mut self, diagnostics: &[Diagnostic]) {
        if let Some(running) = &mut self.running {
            running.said.extend_from_slice(diagnostics);
        }
    }

    /// The running build says everything again.
    pub fn forget_said(&mut self) {
        if let Some(running) = &mut self.running {
            running.said.clear();
        }
    }

    /// All diagnostics of the running build.
    pub fn said(&self) -> Vec<Diagnostic> {
        self.running.as_ref().map(|running| running.said.clone()).unwrap_or_default()
    }

    /// There is a good generation, new or found again.
    pub fn good(&mut self, reload: Reload) {
        if self.generation() != reload.generation {
            self.forms.clear();
        }
        if self.undone.is_none() {
            self.forms.insert(reload.artifact.kind, reload.clone());
        }
        self.history.add(reload.clone());
        self.current = Some(reload);
        self.failed = false;
        self.trouble = None;
        self.retry = None;
    }

    /// Where the first build of this server fails, the last good one is an earlier server's; whether there is one.
    pub fn regain(&mut self) -> bool {
        let newest = self.history.newest().filter(|_| self.current.is_none()).cloned();
        let Some(newest) = newest else { return false };
        self.good(newest);
        self.go_to(self.undone);
        true
    }

    /// The last build failed.
    pub fn bad(&mut self, trouble: Option<Broken>) {
        self.failed = true;
        if trouble.is_none() {
            self.retry = None;
        }
        self.trouble = trouble;
    }

    /// Whether the last build failed.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Plans another try, later each time.
    pub fn retry_after(&mut self, first: Duration, slowest: Duration, now: Instant) -> Duration {
        let wait = self.retry.map_or(first, |(_, wait)| (wait * 2).min(slowest));
        self.retry = Some((now + wait, wait));
        wait
    }

    /// When another try is due, if none runs.
    pub fn retry_at(&self) -> Option<Instant> {
        self.retry.filter(|_| self.running.is_none()).map(|(at, _)| at)
    }

    /// Whether another try is due.
    pub fn retry_is_due(&self, now: Instant) -> bool {
        self.running.is_none() && self.retry.is_some_and(|(at, _)| at <= now)
    }

    /// An engine runs `generation`; gives the time from its save.
    pub fn live(&mut self, generation: Generation, unix_micros: u64) -> Option<u64> {
        let current = self.current.as_ref().filter(|current| current.generation == generation)?;
        let micros = unix_micros.saturating_sub(current.saved_at_unix_micros?);
        self.last_reload = Some(LastReload {
            save_to_live_micros: micros,
            build_micros: current.build_micros,
            speculated: current.speculated,
            generation: Some(generation),
        });
        Some(micros)
    }

    /// From now on engines are to run this generation of the past, or the last good build.
    pub fn go_to(&mut self, undone: Option<Generation>) {
        self.undone = undone.filter(|generation| *generation != self.generation());
        let told = self.told().cloned();
        self.forms = told.into_iter().map(|told| (told.artifact.kind, told)).collect();
    }

    /// What engines are to run: the last good build, or what they went back to.
    pub fn told(&self) -> Option<&Reload> {
        self.undone.map_or(self.current.as_ref(), |undone| self.history.get(undone))
    }

    /// What ran before what engines are to run, for one that comes where that was taken back; nothing: what it was
    /// linked with.
    pub fn before_told(&self) -> Option<&Reload> {
        self.history.get(self.history.before(self.told_generation())?)
    }

    /// Why what engines are to run was taken back, if no engine runs it.
    pub fn taken_back(&self) -> Option<&str> {
        self.history.mark(self.told_generation())?.taken_back.as_deref()
    }

    /// Of what engines are to run.
    pub fn told_generation(&self) -> Generation {
        self.told().map(|told| told.generation).unwrap_or_default()
    }

    /// Whether the running build is of a save.
    pub fn is_of_save(&self) -> bool {
        let want = self.running.as_ref().and_then(|running| running.want.as_ref());
        want.is_some_and(|want| want.saved_at.is_some())
    }

    /// Of the last good build.
    pub fn generation(&self) -> Generation {
        self.current.as_ref().map(|current| current.generation).unwrap_or_default()
    }

    /// For `liveline/status`.
    pub fn status(&self, is_live: bool) -> StatusState {
        match (&self.running, self.failed, is_live) {
            (Some(running), ..) if running.want.is_some() && running.stage.is_some() => StatusState::Building,
            (_, true, _) => StatusState::Failed,
            (_, false, true) => StatusState::Live,
            (_, false, false) => StatusState::Idle,
        }
    }

    /// What engines are told; files relative to the workspace root, as rustc names them.
    pub fn build(&self, state: BuildState, root: &Path) -> Build {
        let said = self.running.as_ref().map(|running| running.said.as_slice()).unwrap_or_default();
        let count = |severity| {
            u32::try_from(said.iter().filter(|d| d.severity == severity).count()).unwrap_or(u32::MAX)
        };
        let first = said
            .iter()
            .find(|diagnostic| diagnostic.severity == Severity::Error)
            .map(|d| first_error(d, root));
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        Build { library: self.library.name.clone(), state, errors, warnings, first }
    }

    /// What runs, for a progress display.
    pub fn stage_text(&self) -> String {
        self.running.as_ref().and_then(|running| running.stage.clone()).unwrap_or_default()
    }

    /// Since the build's start.
    pub fn micros(&self, now: Instant) -> u64 {
        let passed = self.running.as_ref().map(|running| now.saturating_duration_since(running.began));
        passed.map_or(0, |passed| u64::try_from(passed.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Running {
    fn new(build: BuildId, purpose: Purpose, want: Option<Want>, overlaid: Overlaid, began: Instant) -> Self {
        Self { build, purpose, want, overlaid, began, stage: None, said: Vec::new() }
    }
}

fn first_error(diagnostic: &Diagnostic, root: &Path) -> FirstError {
    let path = &diagnostic.span.path;
    FirstError {
        file: path.strip_prefix(root).unwrap_or(path).display().to_string(),
        line: diagnostic.span.start.line,
        column: diagnostic.span.start.column,
        message: diagnostic.message.lines().next().unwrap_or_default().to_owned(),
    }
}
