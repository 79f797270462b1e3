//! The middle of the server: `(state, event, now) → (state, actions)`, as plain values. No process, no socket,
//! no clock and no editor protocol comes in here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use liveline_protocol::engine::{
    ArtifactKind, Attach, BuildState, Cause, Fault, FaultKind, Frame, Generation, Outcome as Answer, Place,
    Reload, Reloaded, Retired, Trigger,
};
use liveline_protocol::status::{self, LastReload, Status};
use serde_json::Value;

use crate::build::job::{Order, Outcome, Overlay, Progress, Purpose};
use crate::config::{self, Apply, Config, Loader, Preferences};
use crate::diagnostics::book::{Book, FileDiagnostics};
use crate::diagnostics::{Diagnostic, Position, Severity, Source, at_file};
use crate::face::{Command, HubEvent, Level, Speculated};
use crate::hash::{Hash, hash};
use crate::project::{self, Broken, Project, WithPackage, script_file};

mod builds;
mod chronicle;
mod crashes;
mod engines;
mod forms;
mod history;
mod library;
mod live_tests;
mod messages;
mod preferences;
mod proof;
mod refusals;
mod speculation;
#[cfg(test)]
mod tests;
mod undo;

use chronicle::Chronicle;
use speculation::{Buffer, Overlaid};

pub use library::{BuildId, LibraryState, Want};
pub use messages::{Action, ApisAsked, EngineSaid, Event};

/// How soon what is broken from outside is tried again: doubled each time up to [`SLOWEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(2);
const SLOWEST_RETRY: Duration = Duration::from_secs(30);
/// How many different faults of one generation are shown.
const MOST_FAULTS: usize = 20;
/// The book's page for troubles with the workspace itself.
const WORKSPACE: &str = "workspace";

/// When something happened.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For people and other processes: microseconds since the Unix epoch.
    pub unix_micros: u64,
}

/// Names an attached engine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session(pub String);

/// Names a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceId(pub u64);

/// One attached engine.
#[derive(Debug)]
struct Engine {
    session: Session,
    attach: Attach,
    /// Where it is, if it is on another host.
    address: Option<String>,
    running: BTreeMap<String, Generation>,
    /// What it ran before that: what runs again where it takes a generation back.
    before: BTreeMap<String, Generation>,
    /// What it was told to run and does not.
    refused: BTreeMap<String, status::Refused>,
    /// The generations of saves that were announced while it was attached: only these have a time from save to
    /// live.
    awaited: BTreeMap<String, Generation>,
    /// The generations that it wants in another form than they are in, and the form.
    wanted: BTreeMap<String, (Generation, ArtifactKind)>,
}

/// All that the server knows.
#[derive(Debug)]
pub struct Core {
    /// How many builds of saved text run at once.
    parallel: usize,
    buffers: BTreeMap<PathBuf, Buffer>,
    project: Option<Arc<Project>>,
    libraries: BTreeMap<String, LibraryState>,
    engines: Vec<Engine>,
    /// Where engines on other hosts attach.
    remote: Option<status::Remote>,
    /// The faces that run the game.
    runners: BTreeSet<FaceId>,
    /// What the faces' users want, the one that spoke last at the end.
    preferences: Vec<(FaceId, Preferences)>,
    book: Book,
    chronicle: Chronicle,
    /// What troubled the workspace last, so that it is told once.
    trouble: Option<Broken>,
    retry: Option<(Instant, Duration)>,
    builds: u64,
    status: Status,
    wake_at: Option<Instant>,
}

impl Core {
    /// Knows nothing yet; at most `parallel` builds of saved text run at once.
    pub fn new(parallel: usize) -> Self {
        Self {
            parallel: parallel.max(1),
            buffers: BTreeMap::new(),
            project: None,
            libraries: BTreeMap::new(),
            engines: Vec::new(),
            remote: None,
            runners: BTreeSet::new(),
            preferences: Vec::new(),
            book: Book::default(),
            chronicle: Chronicle::default(),
            trouble: None,
            retry: None,
            builds: 0,
            status: Status::default(),
            wake_at: None,
        }
    }

    /// Takes in what has happened and says what to do.
    pub fn handle(&mut self, event: Event, now: Now) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::ProjectLoaded(Ok(project)) => self.project_loaded(project, now, &mut actions),
            Event::ProjectLoaded(Err(broken)) => self.project_broken(broken, now, &mut actions),
            Event::ScriptFiles(project) => self.script_files(project, &mut actions),
            Event::Changed { files, trigger, saved_at } => {
                self.changed(&files, trigger, saved_at, now, &mut actions)
            }
            Event::EditorSaved { files } => self.editor_saved(&files, now, &mut actions),
            Event::Opened { path, text } => self.opened(path, text, &mut actions),
            Event::Edited { path, text } => self.edited(path, text, now, &mut actions),
            Event::Closed { path } => self.closed(&path, now, &mut actions),
            Event::Formed { library, generation, kind, result } => {
                self.formed(&library, generation, kind, result, &mut actions);
            }
            Event::Tested(report) => self.tested(report, &mut actions),
            Event::Flagged { library, generation, diagnostics } => {
                self.flagged(&library, generation, diagnostics, &mut actions);
            }
            Event::Past { library, past, undone } => {
                self.chronicle.past_known(&library, &past);
                self.past_known(&library, past, undone);
            }
            Event::ApisCompared { asked, changes } => self.apis_compared(&asked, &changes, &mut actions),
            Event::Progress { build, library, progress } => {
                self.progress(build, &library, progress, now, &mut actions);
            }
            Event::Ended { build, library, outcome, inputs } => {
                self.ended(build, &library, outcome, inputs, now, &mut actions);
            }
            Event::EngineAttached { session, attach, address } => {
                self.attached(session, attach, address, &mut actions);
            }
            Event::Listens(remote) => self.remote = remote,
            Event::EngineSaid { session, said } => self.engine_said(&session, said, now, &mut actions),
            Event::EngineGone { session } => self.engine_gone(&session, &mut actions),
            Event::Command { face, id, command } => {
                let result = self.command(command, now, &mut actions);
                actions.push(Action::Answer { face, id, result });
            }
            Event::FaceRuns { face } => drop(self.runners.insert(face)),
            Event::FacePrefers { face, preferences } => {
                self.prefers(face, Some(preferences), now, &mut actions)
            }
            Event::FaceGone { face } => {
                self.runners.remove(&face);
                self.prefers(face, None, now, &mut actions);
            }
            Event::Tick => self.tick(now, &mut actions),
        }
        self.speculate(now, &mut actions);
        actions.extend(self.chronicle.observe(&actions, now));
        self.keep_marks(&mut actions);
        self.tell_status(&mut actions);
        self.set_alarm(&mut actions);
        actions
    }

    /// Asks to be woken at the next deadline, if that is another one than was asked for before.
    fn set_alarm(&mut self, actions: &mut Vec<Action>) {
        let retries = self.libraries.values().filter_map(LibraryState::retry_at);
        // What is due and has to wait for a build is looked at when that ends.
        let is_free = self.libraries.values().all(|state| state.running_build().is_none());
        let pauses = self.libraries.values().filter(|_| is_free).filter_map(|state| state.speculation.due());
        let next = retries.chain(pauses).chain(self.retry.map(|(at, _)| at)).min();
        if next != self.wake_at {
            self.wake_at = next;
            actions.push(Action::WakeAt(next));
        }
    }

    /// All that is worth knowing at a glance.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// All that a face that joins now has missed.
    pub fn picture(&self) -> Vec<HubEvent> {
        let mut events = vec![HubEvent::Status(self.status.clone())];
        events.extend(self.library_files());
        events.extend(self.proofs());
        events.extend(self.test_reports());
        let pages = self.book.picture().into_iter();
        events.extend(pages.map(|(path, diagnostics)| HubEvent::Diagnostics {
            path,
            diagnostics,
            seen: None,
        }));
        events
    }

    fn command(&mut self, command: Command, now: Now, actions: &mut Vec<Action>) -> Result<Value, String> {
        match command {
            Command::Build { library } => {
                for name in self.named(library.as_deref())? {
                    let mut want = Want::new(Trigger::Command);
                    want.force = true;
                    self.want(&name, want, now, actions);
                }
            }
            Command::Reload { library } => {
                for name in self.named(library.as_deref())? {
                    let told = self.libraries.get(&name).and_then(|state| state.told().cloned());
                    let reload = told.ok_or_else(|| format!("`{name}` has no good build yet"))?;
                    let reload = Reload { trigger: Trigger::Command, saved_at_unix_micros: None, ..reload };
                    self.announce(reload, actions);
                }
            }
            Command::Cancel { library } => {
                for name in self.named(library.as_deref())? {
                    let build = self.libraries.get_mut(&name).and_then(LibraryState::give_up);
                    actions.extend(build.map(Action::Cancel));
                }
            }
            Command::Undo { library, generation } => {
                self.undo(library.as_deref(), generation.map(Generation), now, actions)?;
            }
            Command::Redo { library } => self.redo(library.as_deref(), now, actions)?,
            Command::Test { library, test } => self.test(library.as_deref(), test.as_deref(), actions)?,
            Command::ResetState { library, types } => {
                self.reset_state(library.as_deref(), &types, actions)?;
            }
            Command::ClearFaults { library } => {
                for name in self.named(library.as_deref())? {
                    self.set_faults(&name, Vec::new(), actions);
                }
            }
            Command::RestartEngine => self.restart_engine(now, actions)?,
        }
        Ok(Value::Null)
    }

    fn named(&self, name: Option<&str>) -> Result<Vec<String>, String> {
        match name {
            None => Ok(self.libraries.keys().cloned().collect()),
            Some(name) if self.libraries.contains_key(name) => Ok(vec![name.to_owned()]),
            Some(name) => {
                let known: Vec<&str> = self.libraries.keys().map(String::as_str).collect();
                Err(format!("there is no library `{name}`; the libraries: {}", known.join(", ")))
            }
        }
    }

    fn tick(&mut self, now: Now, actions: &mut Vec<Action>) {
        self.wake_at = None;
        if self.retry.is_some_and(|(at, _)| at <= now.instant) {
            actions.push(Action::LoadProject);
        }
        let due: Vec<String> = self
            .libraries
            .iter()
            .filter(|(_, state)| state.retry_is_due(now.instant))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            self.want(&name, Want::new(Trigger::Watch), now, actions);
        }
    }

    fn tell_status(&mut self, actions: &mut Vec<Action>) {
        let status = Status {
            libraries: self.libraries.values().map(|library| self.library_status(library)).collect(),
            engines: self.engines.iter().map(engine_status).collect(),
            remote: self.remote.clone(),
        };
        if status != self.status {
            self.status = status.clone();
            actions.push(Action::Tell(HubEvent::Status(status)));
        }
    }

    fn library_status(&self, library: &LibraryState) -> status::Library {
        let name = library.library.name.clone();
        let generation = library.generation();
        let is_live = self.is_live(library);
        let last_reload: Option<LastReload> = library.last_reload;
        let unsaved = library.current.as_ref().is_some_and(|current| current.unsaved);
        let with_package =
            self.project.as_ref().map(|project| with_package(project, &name)).unwrap_or_default();
        let state = library.status(is_live);
        status::Library {
            state,
            generation,
            last_reload,
            unsaved,
            undone: library.undone,
            moved_at_unix_micros: Some(library.moved_at).filter(|at| *at > 0),
            with_package,
            workspace: None,
            library: name,
        }
    }
}

fn with_package(project: &Project, library: &str) -> Vec<status::WithPackage> {
    let of_library = project.with_package.iter().filter(|file| file.owner == library);
    of_library
        .map(|file| status::WithPackage {
            file: file.path.strip_prefix(&project.root).unwrap_or(&file.path).display().to_string(),
            reason: file.reason.clone(),
        })
        .collect()
}

fn engine_status(engine: &Engine) -> status::Engine {
    status::Engine {
        session: engine.session.0.clone(),
        name: engine.attach.engine.name.clone(),
        pid: engine.attach.engine.pid,
        libraries: engine.running.clone(),
        address: engine.address.clone(),
        refused: engine.refused.clone(),
        workspace: None,
    }
}

fn trouble_diagnostic(broken: &Broken) -> Diagnostic {
    let mut diagnostic = at_file(&broken.path, Severity::Error, broken.message.clone());
    diagnostic.span.start = broken.at;
    diagnostic.span.end = broken.at;
    diagnostic
}

fn no_libraries(project: &Project) -> String {
    format!(
        "{} has no script library: no workspace package that depends on `liveline` is a `cdylib` or `dylib`. Add \
         `crate-type = [\"lib\", \"cdylib\"]` to the [lib] of the scripts' package, or list it in liveline.toml",
        project.root.display()
    )
}

fn show(files: Vec<FileDiagnostics>, actions: &mut Vec<Action>) {
    show_unsaved(files, &Overlaid::default(), actions);
}

/// Of a build that saw unsaved text.
fn show_unsaved(files: Vec<FileDiagnostics>, overlaid: &Overlaid, actions: &mut Vec<Action>) {
    let tells = files.into_iter().map(|(path, diagnostics)| {
        let seen = overlaid.get(&path).cloned();
        HubEvent::Diagnostics { path, diagnostics, seen }
    });
    actions.extend(tells.map(Action::Tell));
}

fn tell(level: Level, text: String) -> Action {
    Action::Tell(HubEvent::Message { level, text })
}
