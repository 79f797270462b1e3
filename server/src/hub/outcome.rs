//! What the core is told when a build has ended: what engines wait for first, the rest behind it.

use std::path::PathBuf;

use crate::build::job::{Order, Outcome, Workshop};
use crate::core::{BuildId, Event};

/// Tells of a build's end, and of what is known of the library's generations by then.
pub(super) fn tell(
    workshop: &Workshop,
    order: &Order,
    build: BuildId,
    outcome: Outcome,
    inputs: Vec<PathBuf>,
    send: impl Fn(Event),
) {
    let library = || order.library.name.clone();
    if let Outcome::Built(reload) | Outcome::Unchanged { reload, .. } = &outcome {
        reload.api.iter().for_each(|api| workshop.keep_api(order, api));
    }
    // At the start it decides what engines are told.
    let past = if is_decided(&outcome) { workshop.first_past(&library()) } else { None };
    let is_first = past.is_some();
    if let Some(past) = past {
        send(Event::Past { library: library(), past, undone: workshop.undone(&library()) });
    }
    let (generation, is_new) = match &outcome {
        Outcome::Built(reload) => (Some(reload.generation), true),
        Outcome::Unchanged { reload, .. } => (Some(reload.generation), false),
        _ => (None, false),
    };
    send(Event::Ended { build, library: library(), outcome, inputs });
    if let Some(generation) = generation {
        if is_new && !is_first {
            let past = workshop.past_generation(&library(), generation).into_iter().collect();
            send(Event::Past { library: library(), past, undone: None });
        }
        let diagnostics = workshop.edited_initialisers(order, generation);
        if is_new && !diagnostics.is_empty() {
            send(Event::Flagged { library: library(), generation, diagnostics });
        }
    }
    workshop.write_past(&library());
}

/// Whether it says something of the code.
pub(super) fn is_decided(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Cancelled | Outcome::NotNow | Outcome::Stale)
}
