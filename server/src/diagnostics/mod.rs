//! What a build or a running script has to say about a place in the source, as plain values.
//!
//! Lines and columns are rustc's: 1-based, columns in characters. The LSP face turns them into the encoding
//! that its editor counts in, since it has the text.

pub mod book;
pub mod crash;
pub mod from_rustc;
mod lints;
pub mod mapper;
mod places;
mod suggestions;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

/// One message at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Who says it.
    pub source: Source,
    /// How bad it is.
    pub severity: Severity,
    /// rustc's code (`E0308`, `unused_variables`) and where it is explained.
    pub code: Option<Code>,
    /// The message, its children as further lines.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// Edits that mend it.
    pub fixes: Vec<Fix>,
    /// Commands that mend it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandFix>,
    /// How an editor may render the span.
    pub tags: Vec<Tag>,
    /// rustc's own rendering, without colours.
    pub rendered: Option<String>,
    /// What files held that it speaks of, where that may be an earlier text than the one built last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<PathBuf, Hash>,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The build: LSP source `liveline`.
    Build,
    /// The running script: LSP source `liveline run`.
    Run,
    /// A test: LSP source `liveline test`.
    Test,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not build, or it failed.
    Error,
    /// A lint.
    Warning,
    /// For information.
    Information,
    /// A hint.
    Hint,
}

/// A diagnostic's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// `E0308`, `unused_variables`, `clippy::needless_return`.
    pub value: String,
    /// The page that explains it.
    pub href: Option<String>,
}

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Absolute.
    pub path: PathBuf,
    /// First character.
    pub start: Position,
    /// Behind the last character.
    pub end: Position,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters (Unicode scalar values).
    pub column: u32,
}

/// Another place that belongs to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What stands there.
    pub message: String,
}

/// A way to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// For the menu.
    pub title: String,
    /// All of them or none.
    pub edits: Vec<Edit>,
    /// Whether rustc is sure (`MachineApplicable`).
    pub preferred: bool,
}

/// A command of `workspace/executeCommand` that mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandFix {
    /// For the menu.
    pub title: String,
    /// `liveline.resetState` and the like.
    pub command: String,
    /// Its arguments.
    pub arguments: Vec<serde_json::Value>,
}

/// Text that takes the place of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// LSP's diagnostic tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    /// Rendered faded.
    Unnecessary,
    /// Rendered struck through.
    Deprecated,
}

/// A diagnostic about a whole file, at its first character.
pub fn at_file(path: &std::path::Path, severity: Severity, message: String) -> Diagnostic {
    let start = Position { line: 1, column: 1 };
    Diagnostic {
        source: Source::Build,
        severity,
        code: None,
        message,
        span: Span { path: path.to_owned(), start, end: start },
        related: Vec::new(),
        fixes: Vec::new(),
        commands: Vec::new(),
        tags: Vec::new(),
        rendered: None,
        seen: BTreeMap::new(),
    }
}

impl Diagnostic {
    /// Whether another says the same, perhaps in other words of rustc's: it names a lint's default level only once
    /// in each crate, wherever that lint came up first.
    pub fn repeats(&self, other: &Self) -> bool {
        self.span == other.span && self.says_what(other)
    }

    /// The same, wherever it stands.
    pub fn says_what(&self, other: &Self) -> bool {
        let who = |one: &Self| (one.source, one.severity, one.code.as_ref().map(|code| code.value.clone()));
        who(self) == who(other) && self.words().eq(other.words()) && self.seen == other.seen
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        let is_level = |line: &&str| line.strip_prefix("note: ").is_some_and(from_rustc::is_default_level);
        self.message.lines().filter(move |line| !is_level(line))
    }
}
