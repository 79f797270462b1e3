//! What a game can show of its reloads: in an overlay, or in its log.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::Fault;

/// The number of a library's build; grows by one with every build that succeeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

impl Generation {
    /// What the engine was linked with.
    pub const LINKED: Self = Self(0);
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that a person at the game may want to know, from [`crate::Scripts::take_events`].
///
/// Its `Display` is one line for an overlay. A release build has none.
/// ```no_run,standalone_crate
/// # #[liveline::interface]
/// # pub trait Script { fn update(&mut self); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut scripts = liveline::attach::<dyn Script>()?;
/// scripts.poll();
/// for event in scripts.take_events() {
///     match event {
///         liveline::Event::Faulted(fault) => eprintln!("{fault}"),
///         other => println!("{other}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A server builds for this engine.
    Attached {
        /// The server's name and version.
        server: String,
        /// How the server names this engine.
        session: String,
    },
    /// The server is gone. The scripts go on, and it is looked for.
    Detached {
        /// Why.
        reason: String,
    },
    /// A compiler runs.
    BuildStarted {
        /// The library's name.
        library: String,
    },
    /// There is a new generation; [`Event::Reloaded`] or [`Event::Refused`] follows.
    BuildSucceeded {
        /// The library's name.
        library: String,
        /// Warning diagnostics.
        warnings: u32,
    },
    /// The code does not build; the last good code goes on.
    BuildFailed {
        /// The library's name.
        library: String,
        /// Error diagnostics.
        errors: u32,
        /// The first of them.
        first: Option<BuildError>,
    },
    /// A newer save or a person ended the build.
    BuildCancelled {
        /// The library's name.
        library: String,
    },
    /// New code runs.
    Reloaded(Reloaded),
    /// A generation was not taken; the one before goes on.
    Refused {
        /// The library's name.
        library: String,
        /// The generation that was not taken.
        generation: Generation,
        /// Why, and what to do.
        reason: String,
    },
    /// A generation panicked in its first calls; the one before runs again.
    Restored {
        /// The library's name.
        library: String,
        /// The generation that was taken back.
        generation: Generation,
        /// What runs again.
        back_to: Generation,
        /// What happened.
        reason: String,
    },
    /// A script is not in its library's new generation; its instances keep the old code.
    ScriptGone {
        /// The library's name.
        library: String,
        /// The script's name.
        script: String,
        /// How many instances keep the old code.
        instances: usize,
    },
    /// A script's call ended in a fault. Told once for each place and generation.
    Faulted(Fault),
    /// Something keeps reloads from working, and what to do.
    Trouble {
        /// A sentence or two.
        message: String,
    },
}

/// The first error of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// As rustc names it, usually relative to the workspace.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// Without level or code.
    pub message: String,
}

/// A swap of code, with its times.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reloaded {
    /// The library's name.
    pub library: String,
    /// What runs now.
    pub generation: Generation,
    /// From the save of the file to the swap; absent where no save led to the build.
    pub save_to_live: Option<Duration>,
    /// The compiler's part.
    pub build: Duration,
    /// Reading, checking and loading, off the game's thread.
    pub load: Duration,
    /// On the game's thread, inside `poll`.
    pub swap: Duration,
    /// Whether the code was built before it was saved.
    pub speculated: bool,
    /// What became of each state type that has instances.
    pub state: Vec<StateReport>,
}

/// A swap that is about to happen or has happened, for the hooks of [`Scripts::before_swap`](crate::Scripts::before_swap)
/// and [`Scripts::after_swap`](crate::Scripts::after_swap).
/// ```no_run,standalone_crate
/// # #[liveline::interface]
/// # pub trait Script { fn update(&mut self); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut scripts = liveline::attach::<dyn Script>()?;
/// scripts.after_swap(|swap| {
///     for report in &swap.state {
///         println!("{} {} → {}: {report}", swap.library, swap.from, swap.to);
///     }
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Swap {
    /// The library's name.
    pub library: String,
    /// What ran before.
    pub from: Generation,
    /// What runs afterwards.
    pub to: Generation,
    /// The files whose change led to it, absolute; none where a generation is taken back.
    pub changed: Vec<PathBuf>,
    /// What becomes of each state type that has instances.
    pub state: Vec<StateReport>,
}

/// What became of one state type's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateReport {
    /// The type's name.
    pub type_name: String,
    /// What became of them.
    pub change: StateChange,
    /// What differs, where anything does.
    pub reason: Option<String>,
}

/// How a script's call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// It panicked.
    Panic,
    /// A fatal signal: an invalid memory reference, a stack overflow, an abort. Comes back from a call only where the
    /// engine recovers from crashes; else it is the end of the process, and told to the server.
    Crash,
    /// It has not returned in time. Told while the call lasts; the call itself gives what it gives.
    Hang,
}

/// What became of state across a swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateChange {
    /// Same layout: the same bytes at the same address.
    Kept,
    /// Moved to the new layout by field name.
    Migrated,
    /// Back to the values from before a generation that was taken back.
    Restored,
    /// Started anew from its default.
    Reset,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attached { server, .. } => write!(f, "attached to {server}"),
            Self::Detached { reason } => write!(f, "detached: {reason}"),
            Self::BuildStarted { library } => write!(f, "building {library}"),
            Self::BuildSucceeded { library, .. } => write!(f, "built {library}"),
            Self::BuildFailed { library, errors, first } => {
                write!(f, "{library} does not build ({})", Counted((*errors).into(), "error"))?;
                first.as_ref().map_or(Ok(()), |first| write!(f, ": {first}"))
            }
            Self::BuildCancelled { library } => write!(f, "build of {library} cancelled"),
            Self::Reloaded(reloaded) => reloaded.fmt(f),
            Self::Refused { library, generation, reason } => {
                write!(f, "{library} generation {generation} refused: {reason}")
            }
            Self::Restored { library, generation, reason, .. } => {
                write!(f, "{library} generation {generation} taken back: {reason}")
            }
            Self::ScriptGone { library, script, instances } => {
                let keep = if *instances == 1 { "keeps" } else { "keep" };
                let instances = Counted(*instances as u64, "instance");
                write!(f, "{library} has no script `{script}` any more; {instances} {keep} the old code")
            }
            Self::Faulted(fault) => fault.fmt(f),
            Self::Trouble { message } => f.write_str(message),
        }
    }
}

/// `1 error`, `2 errors`.
struct Counted(u64, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} generation {} is live", self.library, self.generation)?;
        if let Some(time) = self.save_to_live {
            write!(f, ", {:.0} ms after the save", time.as_secs_f64() * 1e3)?;
        }
        for report in self.state.iter().filter(|report| report.change != StateChange::Kept) {
            write!(f, "; {report}")?;
        }
        Ok(())
    }
}

impl fmt::Display for StateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.change {
            StateChange::Kept => "kept",
            StateChange::Migrated => "went over to its new layout",
            StateChange::Restored => "is as it was before",
            StateChange::Reset => "started anew",
        };
        write!(f, "`{}` {change}", self.type_name)?;
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        let failed =
            |errors| Event::BuildFailed { library: "hud".to_owned(), errors, first: None }.to_string();
        assert_eq!(failed(1), "hud does not build (1 error)");
        assert_eq!(failed(2), "hud does not build (2 errors)");
        let gone = |instances| {
            let (library, script) = ("hud".to_owned(), "score".to_owned());
            Event::ScriptGone { library, script, instances }.to_string()
        };
        assert_eq!(gone(1), "hud has no script `score` any more; 1 instance keeps the old code");
        assert_eq!(gone(0), "hud has no script `score` any more; 0 instances keep the old code");
    }
}
