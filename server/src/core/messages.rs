//! What happens to the server, and what it does about it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use liveline_protocol::engine::{
    ArtifactKind, Attach, Build, Fault, Generation, Ran, Reload, Reloaded, Retired, Trigger,
};
use liveline_protocol::status::Remote;
use serde_json::Value;

use super::{BuildId, FaceId, Session};
use crate::build::job::{Order, Outcome, Progress};
use crate::build::past::{Mark, Past};
use crate::config::Preferences;
use crate::diagnostics::Diagnostic;
use crate::face::{Command, HubEvent};
use crate::hash::Hash;
use crate::project::items::Change;
use crate::project::{Broken, Project};
use crate::test_report::TestReport;

/// What happens to the server.
#[derive(Debug)]
pub enum Event {
    /// cargo has said what the workspace is.
    ProjectLoaded(Result<Arc<Project>, Broken>),
    /// A script file has come or gone, or can no longer be built alone, or can again.
    ScriptFiles(Arc<Project>),
    /// Files have other content now.
    Changed {
        /// Absolute paths, and the hash of what is there now.
        files: BTreeMap<PathBuf, Option<Hash>>,
        /// An editor's save, or something that no editor announced.
        trigger: Trigger,
        /// When, in microseconds since the Unix epoch.
        saved_at: u64,
    },
    /// An editor has saved what was told of before, by the file watch.
    EditorSaved {
        /// Absolute paths, and the hash of what is there now.
        files: BTreeMap<PathBuf, Option<Hash>>,
    },
    /// An editor shows a file, as it is on the disk.
    Opened {
        /// Absolute.
        path: PathBuf,
        /// All of it.
        text: String,
    },
    /// An editor's buffer has other text than the disk.
    Edited {
        /// Absolute.
        path: PathBuf,
        /// All of it.
        text: String,
    },
    /// An editor shows a file no more.
    Closed {
        /// Absolute.
        path: PathBuf,
    },
    /// A generation has been made in another form, or cannot be.
    Formed {
        /// The library.
        library: String,
        /// Of the generation.
        generation: Generation,
        /// The form.
        kind: ArtifactKind,
        /// The generation in that form, or why not.
        result: Result<Reload, String>,
    },
    /// What a library can go back to is known.
    Past {
        /// The library.
        library: String,
        /// Its generations, oldest first.
        past: Vec<Past>,
        /// Where engines went back to when a server was here last.
        undone: Option<Generation>,
    },
    /// What differs between two builds of an API crate has been looked up.
    ApisCompared {
        /// What was asked.
        asked: ApisAsked,
        /// What differs.
        changes: Vec<Change>,
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
    /// Tests have been run, or cannot be.
    Tested(TestReport),
    /// A generation's statics start with other values than they did.
    Flagged {
        /// Of which library.
        library: String,
        /// The generation.
        generation: Generation,
        /// At the statics.
        diagnostics: Vec<Diagnostic>,
    },
    /// An engine has attached and was given `libraries()`.
    EngineAttached {
        /// Its connection.
        session: Session,
        /// What it said.
        attach: Attach,
        /// Where it is, if it is on another host.
        address: Option<String>,
    },
    /// Engines on other hosts can attach, or cannot any more.
    Listens(Option<Remote>),
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
    /// A face's user wants some things otherwise than `liveline.toml`.
    FacePrefers {
        /// Which face.
        face: FaceId,
        /// All that its user wants.
        preferences: Preferences,
    },
    /// A face runs the game and can restart it.
    FaceRuns {
        /// Which.
        face: FaceId,
    },
    /// A face is gone.
    FaceGone {
        /// Which.
        face: FaceId,
    },
    /// A deadline that was asked for has come.
    Tick,
}

/// An engine runs another build of the API crate than a library was built against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApisAsked {
    /// The engine.
    pub session: Session,
    /// The library.
    pub library: String,
    /// The generation that the engine would not take.
    pub generation: Generation,
    /// The hash of the build that the engine runs.
    pub running: String,
    /// The hash of the build that the library was built against.
    pub built: String,
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
    /// Get ready for builds of a library that will probably be wanted.
    Prepare(Box<Order>),
    /// End a build.
    Cancel(BuildId),
    /// Run a library's tests; what ran of them before ends.
    Test {
        /// What was built.
        order: Box<Order>,
        /// As which generation.
        generation: Generation,
        /// The only test to run; without it, all.
        only: Option<String>,
    },
    /// End the tests of a library that run: its text is another now.
    EndTests(String),
    /// Make a library's current generation in another form.
    Form {
        /// The library.
        library: String,
        /// Of the generation.
        generation: Generation,
        /// The form.
        kind: ArtifactKind,
    },
    /// Keep where engines went back to over a restart.
    KeepUndone {
        /// The library.
        library: String,
        /// The generation; none while the last good build runs.
        undone: Option<Generation>,
    },
    /// Keep what speaks against a generation over a restart.
    KeepMark {
        /// The library.
        library: String,
        /// The generation.
        generation: Generation,
        /// All that speaks against it.
        mark: Mark,
    },
    /// Keep how soon a generation was live over a restart.
    KeepLive {
        /// The library.
        library: String,
        /// The generation.
        generation: Generation,
        /// From its save until the first engine ran it, in microseconds.
        micros: u64,
    },
    /// Keep that a generation is of an editor's save.
    KeepSave {
        /// The library.
        library: String,
        /// The generation.
        generation: Generation,
    },
    /// What a running build builds was saved by an editor.
    IsSave(BuildId),
    /// Look up what differs between two builds of an API crate.
    CompareApis(ApisAsked),
    /// Tell engines that a library is no more.
    TellRetired(Retired),
    /// Tell engines how a build is.
    TellBuild(Build),
    /// Tell engines to take a generation.
    TellReload {
        /// Which engines.
        sessions: Vec<Session>,
        /// What to take.
        reload: Reload,
    },
    /// Tell engines to keep their scripts' state where the next process finds it.
    TellSnapshot {
        /// Which engines.
        sessions: Vec<Session>,
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
    /// Send [`Event::Tick`] then; what was asked before does not count any more.
    WakeAt(Option<Instant>),
}
