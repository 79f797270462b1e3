//! `liveline/status`: what is built, live and attached, for editors and for `liveline status`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{Generation, Outcome};

/// The method name of the LSP notification (server → client) and request (client → server).
pub const METHOD: &str = "liveline/status";

/// All that is worth knowing at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// Sorted by name.
    pub libraries: Vec<Library>,
    /// In the order in which they attached.
    pub engines: Vec<Engine>,
    /// Where engines on other hosts attach, if they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
}

/// How engines on other hosts attach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Remote {
    /// The address at which the server listens.
    pub address: String,
    /// The absolute path of the token's file on the server's host.
    pub token: String,
}

/// One library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "StatusLibrary"))]
#[serde(rename_all = "camelCase")]
pub struct Library {
    /// Its name.
    pub library: String,
    /// Its state.
    pub state: LibraryState,
    /// Of its last good build; zero before the first.
    pub generation: Generation,
    /// The last generation that an engine reported running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reload: Option<LastReload>,
    /// Whether the last generation was built from text that is not saved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
    /// The generation that engines went back to by a command: what runs is not what is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Generation>,
    /// When a save or a command last gave engines another generation of it, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_at_unix_micros: Option<u64>,
    /// The listed script files that are built with this package, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with_package: Vec<WithPackage>,
    /// The root of its workspace, where an editor has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// A script file that is no library of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WithPackage {
    /// Relative to the workspace root.
    pub file: String,
    /// Why not.
    pub reason: String,
}

/// What a library does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LibraryState {
    /// Built or not, and not every engine runs what engines are to run.
    Idle,
    /// A compiler runs.
    Building,
    /// Its last build failed.
    Failed,
    /// Every engine that can take it runs what engines are to run.
    Live,
}

/// The times of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastReload {
    /// From the save to the engine's report that the new code is in place, in microseconds.
    pub save_to_live_micros: u64,
    /// Of that, the compiler, in microseconds.
    pub build_micros: u64,
    /// Whether it was built before the save.
    pub speculated: bool,
    /// Which generation it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

/// One attached engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "StatusEngine"))]
pub struct Engine {
    /// See [`crate::engine::Attached::session`].
    pub session: String,
    /// Its name.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// What it runs, by library name.
    pub libraries: BTreeMap<String, Generation>,
    /// Where it is, if it is on another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What it does not run although it was told to, by library name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, Refused>,
    /// The root of the workspace that it attached to, where an editor has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// A generation that an engine does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Refused {
    /// Which.
    pub generation: Generation,
    /// Never taken, or taken back.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
}
