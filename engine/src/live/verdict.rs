//! What becomes of a generation, and how the server is answered.

use std::time::Duration;

use liveline_protocol::engine::{ArtifactKind, Cause, Outcome, Place, Reloaded, StateChange, StateOutcome};

use crate::Generation;

/// Why a generation is not taken.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    /// A sentence.
    pub(crate) reason: String,
    /// Where in the source it lies.
    pub(crate) at: Option<Place>,
    /// As what the generation might be loaded all the same.
    pub(crate) retry: Option<ArtifactKind>,
    /// What kind of reason it is.
    pub(crate) cause: Option<Cause>,
    /// The state type that is in the way.
    pub(crate) state: Option<&'static str>,
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { reason, ..Self::default() }
    }
}

impl Refusal {
    /// A newer one has come.
    pub(crate) fn superseded(by: Generation) -> Self {
        Self::from(format!("generation {by} came before the game's next poll"))
    }

    /// For the server.
    pub(crate) fn answer(
        &self,
        library: &str,
        generation: Generation,
        load: Duration,
        swap: Duration,
    ) -> Reloaded {
        // What it would take to have the generation all the same.
        let would_reset = |name: &str| StateOutcome {
            type_name: name.to_owned(),
            outcome: StateChange::Reset,
            reason: None,
        };
        Reloaded {
            reason: Some(self.reason.clone()),
            at: self.at.clone(),
            state: self.state.map(|name| vec![would_reset(name)]),
            retry: self.retry,
            cause: self.cause,
            ..answer(library, generation, Outcome::Refused, load, swap)
        }
    }
}

/// An answer that says no more than how it went and how long it took.
pub(crate) fn answer(
    library: &str,
    generation: Generation,
    outcome: Outcome,
    load: Duration,
    swap: Duration,
) -> Reloaded {
    Reloaded {
        library: library.to_owned(),
        generation: liveline_protocol::engine::Generation(generation.0),
        outcome,
        reason: None,
        at: None,
        load_micros: micros(load),
        swap_micros: micros(swap),
        state: None,
        retry: None,
        cause: None,
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
