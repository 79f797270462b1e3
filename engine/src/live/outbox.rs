//! What the game's thread tells: events to the game, reports to the server.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};

use std::sync::Arc;

use liveline_protocol::engine as wire;

use crate::mode::fault::{Parts, Place};
use crate::mode::mailbox::{Mail, Mailbox};
use crate::{Event, Fault, FaultKind, Generation};

/// A game that never asks for its events keeps the newest ones only.
const MOST_EVENTS: usize = 256;

/// A report for the server.
pub(crate) enum Report {
    Reloaded(wire::Reloaded),
    Fault(wire::Fault),
    Ran(wire::Ran),
}

/// Takes reports, and never waits.
pub(crate) type Reports = Box<dyn Fn(Report)>;

/// What makes two faults one for a person.
#[derive(PartialEq, Eq, Hash)]
struct Told {
    library: String,
    generation: Generation,
    function: String,
    place: Option<Place>,
}

/// Shared by [`crate::Scripts`] and its instances, on one thread.
pub(crate) struct Outbox {
    events: RefCell<VecDeque<Event>>,
    reports: Reports,
    /// A script that panics does so in every frame; each place of a generation is told once.
    told: RefCell<HashSet<Told>>,
    mailbox: Arc<Mailbox>,
}

impl Outbox {
    pub(crate) fn new(reports: Reports, mailbox: Arc<Mailbox>) -> Self {
        Self { events: RefCell::default(), reports, told: RefCell::default(), mailbox }
    }

    /// A generation has panicked while it was on probation: the next poll takes it back.
    pub(crate) fn failed(&self, library: String, generation: Generation, reason: String) {
        self.mailbox.put(Mail::Failed { library, generation, reason });
    }

    /// Leaves an event for the game.
    pub(crate) fn tell(&self, event: Event) {
        let mut events = self.events.borrow_mut();
        if events.len() == MOST_EVENTS {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// The events since the last call.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        self.events.take().into()
    }

    /// Sends a report to the server, if there is one.
    pub(crate) fn report(&self, report: Report) {
        (self.reports)(report);
    }

    /// Makes a fault of its parts, and tells it where it has not been told.
    pub(crate) fn fault(&self, parts: Parts) -> Fault {
        self.tell_once(parts, on_wire)
    }

    fn tell_once(&self, parts: Parts, on_wire: impl FnOnce(Parts) -> wire::Fault) -> Fault {
        let told = Told {
            library: parts.library.clone(),
            generation: parts.generation,
            function: parts.function.clone(),
            place: parts.place.clone(),
        };
        let fault = Fault::new(parts.clone());
        if self.told.borrow_mut().insert(told) {
            self.tell(Event::Faulted(fault.clone()));
            self.report(Report::Fault(on_wire(parts)));
        }
        fault
    }

    /// The same for a fault whose frames are known.
    pub(crate) fn fault_with(&self, parts: Parts, frames: Vec<wire::Frame>) -> Fault {
        self.tell_once(parts, |parts| wire::Fault { frames, ..on_wire(parts) })
    }

    /// Faults of a library's earlier generations can be forgotten: their code is gone.
    pub(crate) fn forget_faults(&self, library: &str) {
        self.told.borrow_mut().retain(|told| told.library != library);
    }
}

fn on_wire(parts: Parts) -> wire::Fault {
    let frame = wire::Frame {
        function: parts.function,
        line: parts.place.as_ref().map(|place| place.line),
        column: parts.place.as_ref().map(|place| place.column),
        file: parts.place.map(|place| place.file),
    };
    wire::Fault {
        library: parts.library,
        generation: wire::Generation(parts.generation.0),
        kind: match parts.kind {
            FaultKind::Panic => wire::FaultKind::Panic,
            FaultKind::Crash => wire::FaultKind::Crash,
            FaultKind::Hang => wire::FaultKind::Hang,
        },
        message: parts.message,
        frames: vec![frame],
        restored: parts.restored.map(|generation| wire::Generation(generation.0)),
    }
}
