//! A script's call that failed, as a value: what the game gets instead of a result.

use std::fmt;

use crate::{FaultKind, Generation};

/// How a script's call failed.
#[derive(Clone, Debug)]
pub struct Fault {
    parts: Box<Parts>,
}

/// Boxed, so that the result of every call stays small.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) kind: FaultKind,
    pub(crate) library: String,
    pub(crate) generation: Generation,
    pub(crate) script: String,
    pub(crate) function: String,
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
    /// The generation that runs again from the next poll on.
    pub(crate) restored: Option<Generation>,
}

/// Where a panic began, as rustc names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Fault {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts: Box::new(parts) }
    }

    /// How the call failed.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.parts.kind
    }

    /// The panic's message, the signal, or how long the call has lasted.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.parts.message
    }

    /// The function that was called, as `Type::method`.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.parts.function
    }

    /// The library that the script is in.
    #[must_use]
    pub fn library(&self) -> &str {
        &self.parts.library
    }

    /// The script's name.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.parts.script
    }

    /// The generation that failed.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.parts.generation
    }

    /// The source file, line and column, each 1-based, where they are known.
    #[must_use]
    pub fn location(&self) -> Option<(&str, u32, u32)> {
        self.parts.place.as_ref().map(|place| (place.file.as_str(), place.line, place.column))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind() {
            FaultKind::Panic => "panicked",
            FaultKind::Crash => "crashed",
            FaultKind::Hang => "hangs",
        };
        write!(f, "{} {kind}", self.function())?;
        if let Some((file, line, column)) = self.location() {
            write!(f, " at {file}:{line}:{column}")?;
        }
        write!(f, ": {}", self.message())
    }
}

impl std::error::Error for Fault {}
