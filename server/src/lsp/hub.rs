//! The face's end of the link: what is told while there is a hub, and what waits until there is one.

use tokio::sync::mpsc::UnboundedSender;

use super::uri::real;
use crate::face::{Command, FaceEvent};

/// The hub as the loop sees it.
#[derive(Debug, Default)]
pub(super) struct Hub {
    events: Option<UnboundedSender<FaceEvent>>,
    is_connected: bool,
    /// Commands that were given before the first connection.
    early: Vec<FaceEvent>,
}

impl Hub {
    /// There is a link; whether there is a hub at its end will be heard.
    pub(super) fn link(&mut self, events: UnboundedSender<FaceEvent>) {
        self.events = Some(events);
    }

    /// A hub has connected. It is told of all open files by the caller, then of the commands that waited.
    pub(super) fn connected(&mut self) -> Vec<FaceEvent> {
        self.is_connected = true;
        std::mem::take(&mut self.early)
    }

    /// There will be no hub any more.
    pub(super) fn gone(&mut self) {
        self.is_connected = false;
        self.events = None;
    }

    /// Tells the hub of a file. Without a hub this is lost: one that connects is told of all open files.
    pub(super) fn tell(&self, event: FaceEvent) {
        if let Some(events) = self.events.as_ref().filter(|_| self.is_connected) {
            // Fails if the hub is going, which is heard on the other channel.
            let _ = events.send(by_real_name(event));
        }
    }

    /// Whether a text has to be made for [`Self::tell`].
    pub(super) fn is_listening(&self) -> bool {
        self.is_connected && self.events.is_some()
    }

    /// Gives a command.
    pub(super) fn command(&mut self, id: u64, command: Command) -> bool {
        self.ask(FaceEvent::Command { id, command })
    }

    /// Says what is answered; before the first connection it waits. `false` if there will be no hub any more.
    pub(super) fn ask(&mut self, event: FaceEvent) -> bool {
        match &self.events {
            Some(events) if self.is_connected => events.send(event).is_ok(),
            Some(_) => {
                self.early.push(event);
                true
            }
            None => false,
        }
    }
}

/// cargo and rustc know a workspace by its real path, whatever links the editor came by.
fn by_real_name(event: FaceEvent) -> FaceEvent {
    match event {
        FaceEvent::Opened { path, text } => FaceEvent::Opened { path: real(&path), text },
        FaceEvent::Edited { path, text } => FaceEvent::Edited { path: real(&path), text },
        FaceEvent::Saved { path } => FaceEvent::Saved { path: real(&path) },
        FaceEvent::Closed { path } => FaceEvent::Closed { path: real(&path) },
        other => other,
    }
}
