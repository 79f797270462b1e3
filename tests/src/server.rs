//! A `liveline headless --json`: each line of its output is one serialised [`HubEvent`].

use std::ops::{Deref, DerefMut};

use liveline_server::face::HubEvent;

use crate::Running;

/// A headless server.
#[derive(Debug)]
pub struct Server {
    running: Running,
}

impl Server {
    /// Starts a command that is a `liveline headless --json` of some kind.
    pub fn start(command: std::process::Command) -> Self {
        Self::new(Running::start("liveline headless", command))
    }

    pub(crate) fn new(running: Running) -> Self {
        Self { running }
    }

    /// The first value that `pick` makes of an event not waited for before ([`crate::events`] has some picks).
    ///
    /// # Panics
    /// After [`crate::DEADLINE`], when the server ends before, and on a line that is no event.
    pub fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&HubEvent) -> Option<T>) -> T {
        self.running.wait_for_line(what, |line| pick(&parse(line)))
    }

    /// All events that have arrived and were not waited for; waits for none.
    ///
    /// # Panics
    /// On a line that is no event.
    pub fn heard(&mut self) -> Vec<HubEvent> {
        self.running.heard_lines(|line| Some(parse(line)))
    }
}

fn parse(line: &str) -> HubEvent {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("not an event ({error}): {line}"))
}

impl Deref for Server {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}
