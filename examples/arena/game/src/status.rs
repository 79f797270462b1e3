//! What the overlay shows: a picture of Liveline's state, kept from its events.

use std::time::{Duration, Instant};

use liveline::{Event, Reloaded, StateChange};

/// What Liveline is doing, as the game was told.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Whether this build of the game can reload scripts at all.
    pub live: bool,
    /// Whether a server is there.
    pub attached: bool,
    /// The library that was replaced last.
    pub library: Option<String>,
    /// Its generation; 0 is what the game was built with.
    pub generation: u64,
    /// From the save to the new code being live.
    pub save_to_live: Option<Duration>,
    /// When the last reload landed.
    pub landed: Option<Instant>,
    /// What the compiler is doing.
    pub build: Build,
    /// What keeps new code from running, cleared by the next reload.
    pub trouble: Option<String>,
    /// The scripts that the last reload started anew, and why.
    pub started_anew: Option<String>,
    /// The last script that panicked, crashed or hung, and where; cleared by the next reload.
    pub fault: Option<String>,
    /// Milliseconds that a frame takes, smoothed.
    pub frame_millis: f32,
}

/// What the compiler is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Build {
    /// Nothing.
    #[default]
    Idle,
    /// Building.
    Running,
    /// It found an error: the first one, with its place.
    Failed(String),
}

impl Status {
    /// Keeps what is worth showing of an event.
    pub fn note(&mut self, event: &Event) {
        self.live = true;
        match event {
            Event::Attached { .. } => self.attached = true,
            Event::Detached { .. } => self.attached = false,
            Event::BuildStarted { .. } => self.build = Build::Running,
            Event::BuildSucceeded { .. } | Event::BuildCancelled { .. } => self.build = Build::Idle,
            Event::BuildFailed { errors, first, .. } => {
                let first = first.as_ref().map(ToString::to_string);
                self.build = Build::Failed(first.unwrap_or_else(|| format!("{errors} errors")));
            }
            Event::Reloaded(reloaded) => self.reloaded(reloaded),
            Event::Faulted(fault) => self.fault = Some(fault.to_string()),
            other => self.trouble = Some(other.to_string()),
        }
    }

    /// Counts the time that a frame took.
    pub fn took(&mut self, time: Duration) {
        self.frame_millis += (time.as_secs_f32() * 1000.0 - self.frame_millis) * 0.1;
    }

    fn reloaded(&mut self, reloaded: &Reloaded) {
        self.library = Some(reloaded.library.clone());
        self.generation = reloaded.generation.0;
        self.save_to_live = reloaded.save_to_live;
        self.landed = Some(Instant::now());
        let resets = reloaded.state.iter().filter(|report| report.change == StateChange::Reset);
        let resets: Vec<String> = resets.map(ToString::to_string).collect();
        self.started_anew = Some(resets.join(", ")).filter(|text| !text.is_empty());
        (self.trouble, self.fault) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveline::BuildError;

    fn library() -> String {
        "scripts".to_owned()
    }

    #[test]
    fn the_first_error_stays_until_a_build_succeeds() {
        let (file, message) = ("scripts/src/player.rs".to_owned(), "cannot find value `x`".to_owned());
        let first = Some(BuildError { file, line: 14, column: 9, message });
        let mut status = Status::default();
        status.note(&Event::BuildFailed { library: library(), errors: 2, first });
        let error = "scripts/src/player.rs:14:9: cannot find value `x`".to_owned();
        assert_eq!(status.build, Build::Failed(error));
        status.note(&Event::BuildSucceeded { library: library(), warnings: 0 });
        assert_eq!(status.build, Build::Idle);
    }

    #[test]
    fn a_lost_server_is_seen() {
        let mut status = Status::default();
        status.note(&Event::Attached { server: "liveline 0.1.0".to_owned(), session: "1".to_owned() });
        assert!(status.attached);
        status.note(&Event::Detached { reason: "connection closed".to_owned() });
        assert!(!status.attached && status.live);
    }

    #[test]
    fn a_refusal_says_why() {
        let mut status = Status::default();
        let reason = "signatures differ".to_owned();
        status.note(&Event::Refused { library: library(), generation: liveline::Generation(4), reason });
        assert_eq!(status.trouble.as_deref(), Some("scripts generation 4 refused: signatures differ"));
    }
}
