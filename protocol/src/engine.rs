//! The engine channel: attach, builds, reloads, and what the engine reports back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The method names of the channel.
pub mod method {
    /// engine → server, request: [`super::Attach`] → [`super::Attached`].
    pub const ATTACH: &str = "attach";
    /// engine → server, request: `{}` → `null`.
    pub const DETACH: &str = "detach";
    /// server → engine, notification: [`super::Build`].
    pub const BUILD: &str = "build";
    /// server → engine, notification: [`super::Reload`].
    pub const RELOAD: &str = "reload";
    /// server → engine, notification: [`super::Retired`].
    pub const RETIRED: &str = "retired";
    /// server → engine, notification, no parameters: keep the scripts' state where the next process finds it.
    pub const SNAPSHOT: &str = "snapshot";
    /// engine → server, notification: [`super::Reloaded`].
    pub const RELOADED: &str = "reloaded";
    /// engine → server, notification: [`super::Fault`].
    pub const FAULT: &str = "fault";
    /// engine → server, notification: [`super::Ran`].
    pub const RAN: &str = "ran";
}

/// The number of a library's build; grows by one with every build that succeeds. Zero is what the engine was
/// linked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    /// The one after this.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The parameters of `attach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attach {
    /// See [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// Who attaches.
    pub engine: Engine,
    /// The target triple that the engine was built for.
    pub target: String,
    /// `rustc -V` of the engine's build; absent for engines not written in Rust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rustc: Option<String>,
    /// What the engine can load; one that offers only `dylib` gets only dylibs.
    pub loaders: Vec<ArtifactKind>,
    /// The API crate that runs in the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
}

/// An engine's name for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Engine {
    /// Usually the executable's file name.
    pub name: String,
    /// The operating system's process id.
    pub pid: u32,
    /// The game's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// An API crate's build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Api {
    /// The cargo package's name.
    pub package: String,
    /// sha256, in lower-case hexadecimal, of the crate metadata (the `.rustc` section) of the API's `dylib`, without
    /// its own crate hash ([`crate::api::without_crate_hash`]).
    pub hash: String,
}

/// The answer to `attach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attached {
    /// The server's protocol version.
    pub protocol: u32,
    /// Names this connection in `liveline/status`.
    pub session: String,
    /// Who answers.
    pub server: Server,
    /// The absolute directory that artifacts are loaded from; fixed for the session.
    pub artifacts: String,
    /// The current generation of every library that has one: a late engine misses nothing.
    pub libraries: Vec<Reload>,
    /// A call that lasts longer than this many milliseconds is reported as a hang; zero: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang_millis: Option<u64>,
    /// A generation that panics in this many first calls is taken back; zero: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probation: Option<u64>,
}

/// A server's name for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Server {
    /// `liveline`.
    pub name: String,
    /// The package version.
    pub version: String,
}

/// The parameters of `build`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Build {
    /// The library's name.
    pub library: String,
    /// What has happened.
    pub state: BuildState,
    /// Error diagnostics so far.
    pub errors: u32,
    /// Warning diagnostics so far.
    pub warnings: u32,
    /// The first error, for an overlay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstError>,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BuildState {
    /// A compiler runs.
    Started,
    /// There is a new generation.
    Succeeded,
    /// The code does not build.
    Failed,
    /// A newer save or a person ended it.
    Cancelled,
}

/// The first error of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FirstError {
    /// As rustc names it, usually relative to the workspace root.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// Without level or code.
    pub message: String,
}

/// A new generation to load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reload {
    /// The library's name.
    pub library: String,
    /// Greater than that of every earlier build of this library.
    pub generation: Generation,
    /// What to load.
    pub artifact: Artifact,
    /// The files whose change led to this build, absolute.
    pub changed: Vec<String>,
    /// What started the build.
    pub trigger: Trigger,
    /// Whether it was built before the save.
    pub speculated: bool,
    /// Whether it was built from text that is not saved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
    /// From the build's start to its artifact, in microseconds.
    pub build_micros: u64,
    /// When the file was saved, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_at_unix_micros: Option<u64>,
    /// The API crate that the library was built against; an engine with another one refuses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// The state types whose values start anew, by name; an empty list stands for all of the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Vec<String>>,
}

/// A file in the artifact directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Artifact {
    /// How to load it.
    pub kind: ArtifactKind,
    /// A file name, never a path.
    pub file: String,
    /// Of the file's bytes, lower-case hexadecimal.
    pub sha256: String,
    /// The file's length.
    pub bytes: u64,
}

/// A loader, and what it loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ArtifactKind {
    /// A shared library for `dlopen`.
    Dylib,
    /// One `ar` archive of relocatable ELF objects.
    Object,
}

impl std::fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dylib => "dylib",
            Self::Object => "object",
        })
    }
}

/// What started a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// The server's start.
    Initial,
    /// An editor's save.
    Save,
    /// A change of a file that no editor announced.
    Watch,
    /// A person's command.
    Command,
    /// Going back to an earlier generation.
    Undo,
}

/// The parameters of `reloaded`: what became of a [`Reload`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reloaded {
    /// The library's name.
    pub library: String,
    /// Of the reload that this answers.
    pub generation: Generation,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused or restored, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where in the source the reason lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// Reading, checking and loading, off the game's thread.
    pub load_micros: u64,
    /// On the game's thread, inside `poll`.
    pub swap_micros: u64,
    /// What became of each state type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Vec<StateOutcome>>,
    /// Of a generation that was refused only because of the loader: the kind of artifact to send it as once more,
    /// under the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<ArtifactKind>,
    /// What kind of reason a refusal has, where a person can do something about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// What stands between a generation and the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// Values of a state type cannot go over to its new layout: they can be reset.
    State,
    /// The engine runs another build of the API crate: it can be restarted.
    Api,
    /// The engine calls another interface: it can be restarted.
    Interface,
}

/// The parameters of `retired`: a library that is gone from the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Retired {
    /// The library's name.
    pub library: String,
}

/// What became of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It runs.
    Applied,
    /// The one before runs on.
    Refused,
    /// It ran and failed; the one before runs again.
    Restored,
}

/// What became of the values of one state type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StateOutcome {
    /// The type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What became of them.
    pub outcome: StateChange,
    /// What differs between the layouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of state across a swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StateChange {
    /// Same layout: the same bytes at the same address.
    Kept,
    /// Moved to the new layout by field name.
    Migrated,
    /// Started anew from its default.
    Reset,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// As rustc names it.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

/// The parameters of `fault`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fault {
    /// The library's name.
    pub library: String,
    /// The generation that failed.
    pub generation: Generation,
    /// How it failed.
    pub kind: FaultKind,
    /// The panic's message, the signal's name, or how long the call has lasted.
    pub message: String,
    /// Innermost first.
    pub frames: Vec<Frame>,
    /// The generation that runs instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Generation>,
}

/// How script code failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// It panicked.
    Panic,
    /// A fatal signal.
    Crash,
    /// It did not return in time.
    Hang,
}

/// One frame of a backtrace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Frame {
    /// Demangled.
    pub function: String,
    /// As rustc names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// 1-based.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// The parameters of `ran`: proof that a generation's code runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ran {
    /// The library's name.
    pub library: String,
    /// The generation whose functions were called.
    pub generation: Generation,
    /// Calls since the last `ran` of this library.
    pub functions: BTreeMap<String, u64>,
}
