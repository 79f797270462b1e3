//! The middle of the server: `(state, event, now) → (state, actions)`, as plain values. No process, no socket,
//! no clock and no editor protocol comes in here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use liveline_protocol::engine::{
    ArtifactKind, Attach, Build, BuildState, Fault, FaultKind, Frame, Generation, Outcome as Answer, Place,
    Ran, Reload, Reloaded, Trigger,
};
use liveline_protocol::status::{self, LastReload, Status};
use serde_json::Value;

use crate::build::job::{Order, Outcome, Progress};
use crate::diagnostics::book::{Book, FileDiagnostics};
use crate::diagnostics::{Diagnostic, Position, Severity, Source, at_file};
use crate::face::{Command, HubEvent, Level};
use crate::project::{self, Broken, Project};

mod builds;
mod engines;
mod library;
#[cfg(test)]
mod tests;

pub use library::{BuildId, LibraryState, Want};

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

/// What happens to the server.
#[derive(Debug)]
pub enum Event {
    /// cargo has said what the workspace is.
    ProjectLoaded(Result<Arc<Project>, Broken>),
    /// Files have other content now.
    Changed {
        /// Absolute.
        paths: Vec<PathBuf>,
        /// An editor's save, or something that no editor announced.
        trigger: Trigger,
        /// When, in microseconds since the Unix epoch.
        saved_at: u64,
    },
    /// A build says something on its way.
    Progress {
        /// Which build.
        build: BuildId,
        /// Of which library.
        library: String,
        /// What it says.
        progress: Progress,
    },
    /// A build has ended.
    Ended {
        /// Which build.
        build: BuildId,
        /// Of which library.
        library: String,
        /// How.
        outcome: Outcome,
        /// The files whose change would change the library.
        inputs: Vec<PathBuf>,
    },
    /// An engine has attached and was given `libraries()`.
    EngineAttached {
        /// Its connection.
        session: Session,
        /// What it said.
        attach: Attach,
    },
    /// An engine has reported.
    EngineSaid {
        /// Its connection.
        session: Session,
        /// What it said.
        said: EngineSaid,
    },
    /// An engine's connection has ended.
    EngineGone {
        /// Its connection.
        session: Session,
    },
    /// A person asks for something.
    Command {
        /// Who wants the answer.
        face: FaceId,
        /// For the answer.
        id: u64,
        /// What is asked.
        command: Command,
    },
    /// A deadline that was asked for has come.
    Tick,
}

/// What an engine reports.
#[derive(Debug)]
pub enum EngineSaid {
    /// What became of a reload.
    Reloaded(Reloaded),
    /// A script failed.
    Fault(Fault),
    /// Script functions were called.
    Ran(Ran),
}

/// What the server does.
#[derive(Debug)]
pub enum Action {
    /// Ask cargo what the workspace is.
    LoadProject,
    /// Start a build.
    Build {
        /// Its name.
        build: BuildId,
        /// What to build.
        order: Box<Order>,
    },
    /// End a build.
    Cancel(BuildId),
    /// Tell engines how a build is.
    TellBuild(Build),
    /// Tell engines to take a generation.
    TellReload {
        /// Which engines.
        sessions: Vec<Session>,
        /// What to take.
        reload: Reload,
    },
    /// Tell every face.
    Tell(HubEvent),
    /// Answer a command.
    Answer {
        /// Who asked.
        face: FaceId,
        /// For the face.
        id: u64,
        /// A value, or why not.
        result: Result<Value, String>,
    },
    /// Keep the diagnostics of a good generation for the next start.
    KeepDiagnostics {
        /// The generation's library and number.
        reload: Reload,
        /// Its warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// Watch these files wherever they are.
    Watch(Vec<PathBuf>),
    /// Send [`Event::Tick`] then.
    WakeAt(Instant),
}

/// One attached engine.
#[derive(Debug)]
struct Engine {
    session: Session,
    attach: Attach,
    running: BTreeMap<String, Generation>,
    /// The generations of saves that were announced while it was attached: only these have a time from save to
    /// live.
    awaited: BTreeMap<String, Generation>,
}

/// All that the server knows.
#[derive(Debug, Default)]
pub struct Core {
    project: Option<Arc<Project>>,
    libraries: BTreeMap<String, LibraryState>,
    engines: Vec<Engine>,
    book: Book,
    /// What troubled the workspace last, so that it is told once.
    trouble: Option<Broken>,
    retry: Option<(Instant, Duration)>,
    builds: u64,
    status: Status,
}

impl Core {
    /// Takes in what has happened and says what to do.
    pub fn handle(&mut self, event: Event, now: Now) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::ProjectLoaded(Ok(project)) => self.project_loaded(project, now, &mut actions),
            Event::ProjectLoaded(Err(broken)) => self.project_broken(broken, now, &mut actions),
            Event::Changed { paths, trigger, saved_at } => {
                self.changed(&paths, trigger, saved_at, now, &mut actions)
            }
            Event::Progress { build, library, progress } => {
                self.progress(build, &library, progress, now, &mut actions);
            }
            Event::Ended { build, library, outcome, inputs } => {
                self.ended(build, &library, outcome, inputs, now, &mut actions);
            }
            Event::EngineAttached { session, attach } => self.attached(session, attach, &mut actions),
            Event::EngineSaid { session, said } => self.engine_said(&session, said, now, &mut actions),
            Event::EngineGone { session } => self.engine_gone(&session, &mut actions),
            Event::Command { face, id, command } => {
                let result = self.command(command, now, &mut actions);
                actions.push(Action::Answer { face, id, result });
            }
            Event::Tick => self.tick(now, &mut actions),
        }
        self.tell_status(&mut actions);
        actions
    }

    /// The current generation of every library, for an engine that attaches now. Their saves are history.
    pub fn current(&self) -> Vec<Reload> {
        let reloads = self.libraries.values().filter_map(|library| library.current.clone());
        reloads.map(|reload| Reload { saved_at_unix_micros: None, ..reload }).collect()
    }

    /// All that is worth knowing at a glance.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// All that a face that joins now has missed.
    pub fn picture(&self) -> Vec<HubEvent> {
        let mut events = vec![HubEvent::Status(self.status.clone())];
        let pages = self.book.picture().into_iter();
        events.extend(pages.map(|(path, diagnostics)| HubEvent::Diagnostics { path, diagnostics }));
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
                    let current = self.libraries.get(&name).and_then(|state| state.current.clone());
                    let reload = current.ok_or_else(|| format!("`{name}` has no good build yet"))?;
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
            Command::Undo { .. } | Command::ResetState { .. } | Command::RestartEngine => {
                return Err("this version of the Liveline server cannot do that yet".to_owned());
            }
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
        };
        if status != self.status {
            self.status = status.clone();
            actions.push(Action::Tell(HubEvent::Status(status)));
        }
    }

    fn library_status(&self, library: &LibraryState) -> status::Library {
        let name = library.library.name.clone();
        let generation = library.generation();
        let is_live = self.engines.iter().any(|engine| engine.running.get(&name) == Some(&generation));
        let last_reload: Option<LastReload> = library.last_reload;
        status::Library { state: library.status(is_live), generation, last_reload, library: name }
    }
}

fn engine_status(engine: &Engine) -> status::Engine {
    status::Engine {
        session: engine.session.0.clone(),
        name: engine.attach.engine.name.clone(),
        pid: engine.attach.engine.pid,
        libraries: engine.running.clone(),
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
    let tells = files.into_iter().map(|(path, diagnostics)| HubEvent::Diagnostics { path, diagnostics });
    actions.extend(tells.map(Action::Tell));
}

fn tell(level: Level, text: String) -> Action {
    Action::Tell(HubEvent::Message { level, text })
}
