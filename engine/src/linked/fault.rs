//! A release build has no faults: a panic unwinds through the engine as in any program.

use std::convert::Infallible;
use std::fmt;

use crate::{FaultKind, Generation};

/// How a script's call failed.
///
/// In a release build there is no value of this type, so the compiler removes what handles one.
#[derive(Clone, Debug)]
pub struct Fault {
    never: Infallible,
}

impl Fault {
    /// How the call failed.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        match self.never {}
    }

    /// The panic's message.
    #[must_use]
    pub fn message(&self) -> &str {
        match self.never {}
    }

    /// The function that was called, as `Type::method`.
    #[must_use]
    pub fn function(&self) -> &str {
        match self.never {}
    }

    /// The library that the script is in.
    #[must_use]
    pub fn library(&self) -> &str {
        match self.never {}
    }

    /// The script's name.
    #[must_use]
    pub fn script(&self) -> &str {
        match self.never {}
    }

    /// The generation that failed.
    #[must_use]
    pub fn generation(&self) -> Generation {
        match self.never {}
    }

    /// The source file, line and column, each 1-based, where they are known.
    #[must_use]
    pub fn location(&self) -> Option<(&str, u32, u32)> {
        match self.never {}
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.never {}
    }
}

impl std::error::Error for Fault {}
