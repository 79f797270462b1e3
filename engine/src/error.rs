//! What can go wrong when an engine attaches or makes an instance.

use std::fmt;

use crate::Fault;

/// Why an engine could not attach. No server is not among the reasons: it is looked for as long as the game runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttachError {
    /// Two linked scripts of one interface have the same name.
    DuplicateScript {
        /// The interface.
        interface: &'static str,
        /// The name of both.
        script: &'static str,
        /// The packages that they are in.
        libraries: [&'static str; 2],
    },
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateScript { interface, script, libraries: [first, second] } => write!(
                f,
                "two scripts of `{interface}` are called `{script}`, in `{first}` and in `{second}`: \
                 give one another name with `#[liveline::script(name = \"…\")]`"
            ),
        }
    }
}

impl std::error::Error for AttachError {}

/// Why there is no instance of a script.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// No library has a script of that name for this interface.
    Unknown {
        /// The name asked for.
        script: String,
        /// The names there are, sorted.
        known: Vec<String>,
    },
    /// The script's `Default` panicked.
    Fault(Fault),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { script, known } if known.is_empty() => write!(
                f,
                "there is no script `{script}`, nor any other of its interface: say `use scripts as _;` in the \
                 game, with the name of the package that holds the scripts"
            ),
            Self::Unknown { script, known } => {
                write!(f, "there is no script `{script}`; there are: {}", known.join(", "))
            }
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown { .. } => None,
            Self::Fault(fault) => Some(fault),
        }
    }
}
