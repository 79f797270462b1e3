//! The part of a session that has artifacts come over its connection, where the server is on another host.

use std::time::{Duration, Instant};

use liveline_protocol::engine::{Reload, Trigger};
use liveline_protocol::message::Message;
use liveline_protocol::remote::ARTIFACT;
use serde_json::Value;

use crate::mode::loader;
use crate::mode::session::Session;
use crate::mode::transfer::Arrived;
use crate::mode::verdict::Refusal;

impl Session<'_> {
    /// Of a library's generations only the newest is fetched.
    pub(super) fn announced_from_afar(&mut self, mut reload: Reload) -> Result<(), String> {
        // Two hosts' clocks differ by more than a reload takes.
        reload.saved_at_unix_micros = None;
        if let Some(coming) = self.transfers.of(&reload.library) {
            let is_same = coming.generation == reload.generation
                && coming.artifact.sha256.eq_ignore_ascii_case(&reload.artifact.sha256);
            let is_asked =
                reload.reset.is_some() || matches!(reload.trigger, Trigger::Command | Trigger::Undo);
            if is_same && !is_asked {
                return Ok(());
            }
            self.give_up(&reload)?;
        }
        self.reload(&reload)
    }

    fn give_up(&mut self, newer: &Reload) -> Result<(), String> {
        let Some(older) = self.transfers.give_up(&newer.library) else { return Ok(()) };
        if older.generation == newer.generation {
            self.answers.withdraw(&older);
            return Ok(());
        }
        let reason = format!("generation {} overtook it on its way", newer.generation);
        self.refuse(&older, Refusal::from(reason), Duration::ZERO)
    }

    pub(super) fn fetch(&mut self, reload: &Reload) -> Result<(), String> {
        if let Err(reason) = loader::check_announced(reload) {
            return self.refuse(reload, reason.into(), Duration::ZERO);
        }
        if let Some(arrived) = self.transfers.begin(reload.clone()) {
            self.arrived(&arrived)?;
        }
        self.ask_for_more()
    }

    pub(super) fn take_chunks(&mut self) -> Result<(), String> {
        while let Some(chunk) = self.wire.next_chunk() {
            if let Some(arrived) = self.transfers.take(&chunk)? {
                self.arrived(&arrived)?;
            }
            self.ask_for_more()?;
        }
        Ok(())
    }

    /// The server has refused a request.
    pub(super) fn cannot_fetch(&mut self, id: &Value, reason: String) -> Result<(), String> {
        if let Some(reload) = id.as_u64().and_then(|id| self.transfers.failed(id)) {
            self.refuse(&reload, reason.into(), Duration::ZERO)?;
        }
        self.ask_for_more()
    }

    fn arrived(&mut self, arrived: &Arrived) -> Result<(), String> {
        let start = Instant::now();
        let loaded = self.loader.load_arrived(arrived, self.facts, self.api);
        self.put(&arrived.reload, loaded, start)
    }

    fn ask_for_more(&mut self) -> Result<(), String> {
        self.transfers
            .ask()
            .iter()
            .try_for_each(|(id, wanted)| self.wire.send(&Message::request(*id, ARTIFACT, wanted)))
    }
}
