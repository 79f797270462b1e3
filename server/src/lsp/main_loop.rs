//! The one loop: takes events in order and gives them to the state.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;

use super::event::Event;
use super::state::State;
use super::{initialize, parent, service};
use crate::face::HubEvent;
use crate::folders;
use crate::link::Link;

/// Makes the link to the hub of the workspace at a path.
pub(super) type Connect = Box<dyn FnMut(PathBuf) -> Link + Send>;

/// Runs until [`Event::Stop`] or until the editor's process has died.
pub(super) async fn run(mut state: State, mut events: mpsc::Receiver<Event>, connect: Connect) {
    let mut connect = Some(connect);
    let mut updates: Option<UnboundedReceiver<HubEvent>> = None;
    let mut editor = parent::Watch::default();
    loop {
        let event = tokio::select! {
            // Not `biased`: a flood of edits lets the hub speak in between.
            event = events.recv() => event.unwrap_or(Event::Stop),
            update = next(&mut updates) => update.map_or(Event::HubGone, Event::Hub),
            () = until(state.deadline()) => Event::Paused,
            () = state.client.outbox.caught_up(), if state.is_holding_back() => Event::CaughtUp,
            () = editor.died() => return,
        };
        match &event {
            Event::Initialize(params) => {
                editor.watch(params.process_id);
                if let Some(connect) = connect.take() {
                    let all = folders::connect(initialize::roots(params), connect);
                    state.hub.link(all.link.events);
                    state.folders = Some(all.folders);
                    updates = Some(all.link.updates);
                }
            }
            Event::HubGone => updates = None,
            _ => {}
        }
        let is_last = matches!(event, Event::Stop);
        handle(&mut state, event);
        if is_last {
            return;
        }
    }
}

/// The log's target for how long edits took: `LIVELINE_LOG=liveline::typing=trace`.
const TYPING: &str = "liveline::typing";

/// A handler that fails costs its own answer.
fn handle(state: &mut State, event: Event) {
    let (started, is_edit) = (Instant::now(), matches!(event, Event::Changed(_)));
    let handled = catch_unwind(AssertUnwindSafe(|| state.handle(event, Instant::now())));
    if let Err(panic) = handled {
        tracing::error!("a handler panicked: {}", service::panic_message(panic.as_ref()));
    }
    if is_edit {
        tracing::trace!(target: TYPING, nanos = started.elapsed().as_nanos(), "didChange handled");
    }
}

async fn next(updates: &mut Option<UnboundedReceiver<HubEvent>>) -> Option<HubEvent> {
    match updates {
        Some(updates) => updates.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
