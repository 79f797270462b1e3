//! What the game's thread tells: events to the game, reports to the server.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};

use liveline_protocol::engine as wire;

use crate::mode::fault::{Parts, Place};
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
}

impl Outbox {
    pub(crate) fn new(reports: Reports) -> Self {
        Self { events: RefCell::default(), reports, told: RefCell::default() }
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
        },
        message: parts.message,
        frames: vec![frame],
        restored: None,
    }
}
