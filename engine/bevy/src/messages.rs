//! What the app's own systems can hear of reloads. A release build sends none of it.

use std::fmt;

use bevy::prelude::Message;
use liveline::{Event, Fault, Reloaded};

/// New code of scripts runs, its systems and values included.
#[derive(Message, Clone, Debug)]
pub struct ScriptReloaded(pub Reloaded);

/// A script's system panicked. The app goes on without what the system did not do; told once for each place and
/// generation.
#[derive(Message, Clone, Debug)]
pub struct ScriptFaulted {
    /// The system, as `chase`; none where it was not a system.
    pub system: Option<String>,
    /// What happened, and where.
    pub fault: Fault,
}

/// Anything that Liveline tells, reloads and faults included.
#[derive(Message, Clone, Debug)]
pub struct ScriptEvent(pub Event);

impl fmt::Display for ScriptFaulted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.system {
            Some(system) => write!(f, "system `{system}`: {}", self.fault),
            None => self.fault.fmt(f),
        }
    }
}
