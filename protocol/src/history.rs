//! `liveline/history`, `liveline/sources` and `liveline/source`: the generations that are kept, and what they were
//! built from, for editors.

use serde::{Deserialize, Serialize};

use crate::engine::{Generation, Trigger};

/// request, client → server: `{}` → [`History`].
pub const METHOD: &str = "liveline/history";
/// request, client → server: [`SourcesParams`] → [`Sources`].
pub const SOURCES: &str = "liveline/sources";
/// request, client → server: [`SourceParams`] → [`Source`].
pub const SOURCE: &str = "liveline/source";

/// The generations that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct History {
    /// Sorted by name.
    pub libraries: Vec<Library>,
}

/// Those of one library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "HistoryLibrary"))]
#[serde(rename_all = "camelCase")]
pub struct Library {
    /// Its name.
    pub library: String,
    /// The generation that engines are to run; zero before the first.
    pub told: Generation,
    /// Newest first.
    pub generations: Vec<Entry>,
}

/// One generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number.
    pub generation: Generation,
    /// What it was built for.
    pub trigger: Trigger,
    /// When it was built, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_unix_micros: Option<u64>,
    /// Of the compiler, in microseconds.
    pub build_micros: u64,
    /// From the save to the first engine's report that it is in place, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_to_live_micros: Option<u64>,
    /// Whether it was built before the save.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speculated: bool,
    /// Whether it was built from text that was never saved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
    /// The worst that came of it in an engine; nothing where none has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it was refused or taken back, or how it crashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The names of the engines that run it now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs_in: Vec<String>,
}

/// What came of a generation, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "HistoryOutcome"))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It runs or has run.
    Applied,
    /// An engine never took it.
    Refused,
    /// An engine took it back.
    Restored,
    /// It ended an engine.
    Crashed,
}

/// The parameters of [`SOURCES`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourcesParams {
    /// Which library.
    pub library: String,
    /// Which of its generations.
    pub generation: Generation,
}

/// The files of the workspace that a generation was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sources {
    /// Sorted by path.
    pub files: Vec<SourceFile>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceFile {
    /// Absolute.
    pub path: String,
    /// Whether the disk holds something else now.
    pub differs: bool,
}

/// The parameters of [`SOURCE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceParams {
    /// Which library.
    pub library: String,
    /// Which of its generations.
    pub generation: Generation,
    /// Of the file, as in [`SourceFile::path`].
    pub path: String,
}

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Source {
    /// All of it.
    pub text: String,
}
