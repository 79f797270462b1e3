//! `liveline/status` and `experimental/serverStatus`: sent when they change, the newest only.

use liveline_protocol::status::{self, LibraryState, Status};
use serde_json::{Value, json};

use super::event::Reply;
use super::state::State;

/// The status, and what the editor knows of it.
#[derive(Debug, Default)]
pub(super) struct StatusBoard {
    now: Option<Status>,
    sent: Option<Status>,
    sent_health: Option<Value>,
}

impl StatusBoard {
    /// A new hub will say how things are.
    pub(super) fn forget(&mut self) {
        self.now = None;
    }

    /// How things are, as far as is known.
    pub(super) fn now(&self) -> Option<&Status> {
        self.now.as_ref()
    }

    /// Whether the editor knows it.
    pub(super) fn is_sent(&self) -> bool {
        self.now.is_none() || self.now == self.sent
    }
}

impl State {
    /// The hub says how things are.
    pub(super) fn status_changed(&mut self, status: Status) {
        self.lenses.touch();
        self.status.now = Some(status);
    }

    /// The editor asks how things are.
    pub(super) fn asked_status(&self, reply: Reply<Status>) {
        let _ = reply.send(Ok(self.status.now.clone().unwrap_or_default()));
    }

    /// Sends the status if the editor knows another and keeps up.
    pub(super) fn publish_status(&mut self) {
        let Some(now) = &self.status.now else { return };
        if self.status.is_sent() || !self.client.is_ready || self.client.outbox.is_behind() {
            return;
        }
        self.client.notify_as(status::METHOD, now);
        let health = health(now);
        if self.client.capabilities.server_status && self.status.sent_health.as_ref() != Some(&health) {
            self.client.notify_as("experimental/serverStatus", &health);
            self.status.sent_health = Some(health);
        }
        self.status.sent = Some(now.clone());
    }
}

/// rust-analyzer's extension of LSP. `error` would mean that the server itself is of no use.
fn health(status: &Status) -> Value {
    let in_state = |state| status.libraries.iter().filter(move |library| library.state == state);
    let failed: Vec<_> = in_state(LibraryState::Failed).map(|library| library.library.as_str()).collect();
    let is_quiescent = in_state(LibraryState::Building).next().is_none();
    match failed.is_empty() {
        true => json!({ "health": "ok", "quiescent": is_quiescent }),
        false => json!({
            "health": "warning",
            "quiescent": is_quiescent,
            "message": format!("does not build: {}", failed.join(", ")),
        }),
    }
}
