//! What a face (the language server, the headless modes, a second server) and the hub say to each other.
//!
//! The hub owns the builds and the engines. A face owns what its user sees. They share nothing but these
//! messages, so a face works alike with the hub in its own process and with one in another (`crate::link`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use liveline_protocol::engine::{Build, Fault, Generation, Ran, Reload, Reloaded};
use liveline_protocol::status::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Preferences;
use crate::diagnostics::Diagnostic;
use crate::hash::Hash;
use crate::test_report::TestReport;

/// Face → hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FaceEvent {
    /// An editor opened a file.
    Opened {
        /// Absolute.
        path: PathBuf,
        /// The buffer's text, saved or not.
        text: String,
    },
    /// A buffer's text changed and is not saved.
    Edited {
        /// Absolute.
        path: PathBuf,
        /// All of it.
        text: String,
    },
    /// An editor saved a file.
    Saved {
        /// Absolute.
        path: PathBuf,
    },
    /// An editor closed a file.
    Closed {
        /// Absolute.
        path: PathBuf,
    },
    /// The face runs the game: [`HubEvent::RestartEngine`] is for it.
    Runs,
    /// What the face's user wants otherwise than `liveline.toml`. Of several faces, the last one is heard.
    Prefers(Preferences),
    /// A person asked for something; answered by [`HubEvent::CommandDone`] with the same id.
    Command {
        /// Chosen by the face.
        id: u64,
        /// What is asked.
        command: Command,
    },
    /// A face wants to know something of the past; answered by [`HubEvent::CommandDone`] with the same id.
    Asked {
        /// Chosen by the face, as a command's.
        id: u64,
        /// What is asked.
        question: Question,
    },
}

/// For a person: where the hub is that a face has connected to ([`HubEvent::Connected`]).
pub fn who_builds(root: &Path, owner: bool, pid: u32) -> String {
    let how = if owner { "this server builds".to_owned() } else { format!("process {pid} builds") };
    format!("{}: {how}", root.display())
}

/// What a face can ask of the generations that are kept. The answers are `liveline_protocol::history`'s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Question {
    /// Which there are, and what came of them.
    History,
    /// The files that one was built from.
    Sources {
        /// Of which library.
        library: String,
        /// Which.
        generation: Generation,
    },
    /// What a file held that one was built from.
    Source {
        /// Of which library.
        library: String,
        /// Which.
        generation: Generation,
        /// The file, absolute.
        path: PathBuf,
    },
}

impl Question {
    /// The library that it is about; none where it is about all.
    pub fn library(&self) -> Option<&str> {
        match self {
            Self::History => None,
            Self::Sources { library, .. } | Self::Source { library, .. } => Some(library),
        }
    }
}

/// What a person can ask for. Without a library's name, all of them are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// Build now, even if nothing has changed.
    Build {
        /// Which.
        library: Option<String>,
    },
    /// Announce the current generation to the engines once more.
    Reload {
        /// Which.
        library: Option<String>,
    },
    /// End the running build.
    Cancel {
        /// Which.
        library: Option<String>,
    },
    /// Go back to the generation before, or to any other.
    Undo {
        /// Which.
        library: Option<String>,
        /// To which; without it, to the one before.
        #[serde(default)]
        generation: Option<u64>,
    },
    /// Take an undo back, one generation.
    Redo {
        /// Which.
        library: Option<String>,
    },
    /// Run the tests of the last good build.
    Test {
        /// Which.
        library: Option<String>,
        /// The only test to run; without it, all.
        #[serde(default)]
        test: Option<String>,
    },
    /// Start the scripts' state anew.
    ResetState {
        /// Which.
        library: Option<String>,
        /// The state types; none stands for all.
        #[serde(default)]
        types: Vec<String>,
    },
    /// Take what running scripts have failed with out of the editor.
    ClearFaults {
        /// Which.
        library: Option<String>,
    },
    /// Restart the engine that `liveline run` started.
    RestartEngine,
}

/// Hub → face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum HubEvent {
    /// What follows comes from a hub that knows nothing of what was said before: forget all diagnostics,
    /// builds and status.
    Connected {
        /// The workspace root, absolute.
        root: PathBuf,
        /// Whether the hub is in this process.
        owner: bool,
        /// The process that owns the workspace.
        pid: u32,
    },
    /// All diagnostics that a file has now; an empty list clears it.
    Diagnostics {
        /// Absolute.
        path: PathBuf,
        /// In the order in which they came.
        diagnostics: Vec<Diagnostic>,
        /// The unsaved text of this file that the newest of them speak of; nothing where they speak of the disk's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Hash>,
    },
    /// The status has changed.
    Status(Status),
    /// A build has moved on.
    Build {
        /// As told to engines.
        build: Build,
        /// What is being done, for a progress display: `cargo build`, `rustc`.
        stage: String,
        /// Microseconds since the build's start.
        micros: u64,
    },
    /// Unsaved text has been built ahead of its save.
    Speculated {
        /// The library.
        library: String,
        /// What came of it.
        outcome: Speculated,
        /// The unsaved text, by absolute path.
        seen: BTreeMap<PathBuf, Hash>,
        /// From the pause in typing to the end of the build, in microseconds.
        micros: u64,
    },
    /// Engines were told of a generation.
    Announced(Reload),
    /// An engine answered.
    Reloaded {
        /// Which engine.
        session: String,
        /// What it said.
        reloaded: Reloaded,
        /// From the save to this answer, in microseconds, where there was a save.
        save_to_live_micros: Option<u64>,
    },
    /// A script failed.
    Fault {
        /// Which engine.
        session: String,
        /// What it said.
        fault: Fault,
    },
    /// Tests have been run, or cannot be. The newest counts.
    Tested(TestReport),
    /// Script functions were called.
    Ran {
        /// Which engine.
        session: String,
        /// What it said.
        ran: Ran,
    },
    /// What is known of calls of the generation that engines are to run; all of it each time.
    Proof {
        /// Of which library.
        library: String,
        /// Which generation.
        generation: Generation,
        /// The functions that are known to have been called.
        functions: Vec<Proven>,
    },
    /// Which files are which library's.
    Libraries {
        /// All libraries.
        libraries: Vec<LibraryFiles>,
        /// The names of the workspace's packages.
        #[serde(default)]
        packages: Vec<String>,
    },
    /// An engine attached.
    EngineAttached {
        /// Which engine.
        session: String,
        /// Its name.
        name: String,
        /// Its process.
        pid: u32,
        /// Where it is, if it is on another host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// An engine went away.
    EngineDetached {
        /// Which engine.
        session: String,
    },
    /// Whoever runs the game is to end it and to start it again. Engines have been told to keep their state.
    RestartEngine,
    /// Something a person should know that has no place in the source.
    Message {
        /// How bad it is.
        level: Level,
        /// What happened, where, and what to do.
        text: String,
    },
    /// A command was carried out or not.
    CommandDone {
        /// Of the command.
        id: u64,
        /// A value for the caller, or why it failed.
        result: Result<Value, String>,
    },
}

/// What is known of one function's calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proven {
    /// `Player::update`.
    pub function: String,
    /// Of the generation that engines are to run, in all of them.
    pub calls: u64,
    /// Whether an engine that runs that generation still calls another one's code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_stale: bool,
}

/// The files of one library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryFiles {
    /// Its name.
    pub library: String,
    /// Its only file, absolute, where it is a script file.
    pub file: Option<PathBuf>,
    /// The folders of the packages that it is built from otherwise, its own first.
    pub folders: Vec<PathBuf>,
}

/// What came of building unsaved text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speculated {
    /// The save has nothing left to build.
    Ready,
    /// It has errors, which are shown.
    Failed,
    /// It is what was saved last.
    Unchanged,
}

/// How loud a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing works until it is mended: shown to the user.
    Error,
    /// Something does not work: shown to the user.
    Warning,
    /// For the log.
    Info,
}
