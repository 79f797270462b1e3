//! The editor: what it can do, what it is told and asked.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use tower_lsp::ls_types::{notification::Notification, request::Request};

use super::initialize::Capabilities;
use super::output::Outbox;
use crate::text::Encoding;

/// The editor as the loop sees it.
#[derive(Debug)]
pub(super) struct Client {
    /// What goes to it.
    pub(super) outbox: Outbox,
    /// What it can do.
    pub(super) capabilities: Capabilities,
    /// What its columns count.
    pub(super) encoding: Encoding,
    /// Whether it has said `initialized`. Before that only log and messages may be sent.
    pub(super) is_ready: bool,
    asked: HashMap<u64, Asked>,
    last_id: u64,
}

/// What the editor was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To make room for a progress display.
    Progress {
        /// Of the display.
        token: String,
    },
    /// For the settings.
    Configuration,
    /// To tell when the settings change.
    Registration,
    /// To ask for code lenses again.
    LensRefresh,
    /// To open a file.
    Document,
}

impl Client {
    /// An editor that has not introduced itself.
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            capabilities: Capabilities::default(),
            encoding: Encoding::default(),
            is_ready: false,
            asked: HashMap::new(),
            last_id: 0,
        }
    }

    /// Tells it something that LSP defines.
    pub(super) fn notify<N: Notification>(&self, params: &N::Params) {
        self.notify_as(N::METHOD, params);
    }

    /// Tells it something.
    pub(super) fn notify_as(&self, method: &str, params: &impl Serialize) {
        self.outbox.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks it something. Nobody waits: the answer is an event.
    pub(super) fn ask<R: Request>(&mut self, params: &R::Params, asked: Asked) {
        self.last_id += 1;
        self.asked.insert(self.last_id, asked);
        let message = json!({ "jsonrpc": "2.0", "id": self.last_id, "method": R::METHOD, "params": params });
        self.outbox.send(&message);
    }

    /// What an answer answers; `None` for an answer to nothing, which editors do send.
    pub(super) fn answered(&mut self, id: &Value) -> Option<Asked> {
        let asked = id.as_u64().and_then(|id| self.asked.remove(&id));
        if asked.is_none() {
            tracing::warn!(%id, "the editor answered what it was not asked");
        }
        asked
    }
}
