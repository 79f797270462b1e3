//! Crashes and hangs in words: the functions and lines of what a signal's handler found.

use std::cell::RefCell;
use std::time::Duration;

use liveline_protocol::engine as wire;
use liveline_protocol::engine::Frame;

use crate::mode::backtrace;
use crate::mode::crash::{Crash, Trace};
use crate::mode::fault::{Parts, Place};
use crate::mode::hang::Hang;
use crate::mode::marks::Target;
use crate::mode::outbox::Outbox;
use crate::mode::panics;
use crate::{Event, Fault, FaultKind};

/// How long names and lines may take: the process waits.
const PATIENCE: Duration = Duration::from_millis(1000);

/// A crash for the server.
pub(crate) fn crashed(crash: &Crash) -> wire::Fault {
    let mut frames = backtrace::frames(crash.trace.addresses(), PATIENCE);
    let mut message = crash.message();
    if let Some(panic) = Some(crash).filter(|crash| crash.is_abort()).and_then(|c| panics::uncaught(c.thread))
    {
        message = format!("SIGABRT: a panic that cannot unwind: {}", panic.message);
        frames.splice(0..0, panic.place.map(|place| panicked(place, frames.first())));
    }
    fault(&crash.trace, wire::FaultKind::Crash, message, frames)
}

/// Where the panic began, in front of where it ended the process.
fn panicked(place: Place, ended: Option<&Frame>) -> Frame {
    Frame {
        function: ended.map_or_else(|| "<unknown>".to_owned(), |frame| frame.function.clone()),
        file: Some(place.file),
        line: Some(place.line),
        column: Some(place.column),
    }
}

/// A crash that an engine has come back from, as its call's result. Told once for each place, as a panic is.
pub(crate) fn recovered(crash: &Crash, called: Option<&Target>, outbox: &Outbox) -> Fault {
    thread_local! {
        /// The faults of earlier calls: a script may crash in every frame, and names and lines take their time.
        static KNOWN: RefCell<Vec<(usize, u64, wire::Fault)>> = const { RefCell::new(Vec::new()) };
    }
    let key = (crash.trace.start().unwrap_or(0), crash.trace.generation.0);
    let known = KNOWN.with_borrow(|known| known.iter().find(|of| (of.0, of.1) == key).map(|of| of.2.clone()));
    let fault = known.unwrap_or_else(|| {
        let fault = crashed(crash);
        KNOWN.with_borrow_mut(|known| {
            known.truncate(63);
            known.insert(0, (key.0, key.1, fault.clone()));
        });
        fault
    });
    panics::forget_uncaught();
    let parts = Parts {
        kind: FaultKind::Crash,
        library: called.map(|called| called.code.library().to_owned()).unwrap_or_default(),
        generation: called.map_or(crash.trace.generation, |called| called.code.generation()),
        script: called.map(|called| called.code.script().to_owned()).unwrap_or_default(),
        function: called.map(|called| called.code.function(called.method)).unwrap_or_default(),
        message: fault.message,
        place: place(&fault.frames),
        restored: None,
    };
    outbox.fault_with(parts, fault.frames)
}

/// The innermost line of the game's.
fn place(frames: &[Frame]) -> Option<Place> {
    let frame = frames.iter().find(|frame| backtrace::is_own(frame))?;
    Some(Place { file: frame.file.clone()?, line: frame.line?, column: frame.column.unwrap_or(1) })
}

/// A hang for the server and for the game, which hears of it when it goes on.
pub(crate) fn hangs(hang: &Hang) -> (wire::Fault, Event) {
    let traces = hang.samples.iter().map(|trace| backtrace::frames(trace.addresses(), PATIENCE / 4));
    let traces: Vec<Vec<Frame>> = traces.collect();
    let chosen = most_frequent(&traces);
    let trace = &hang.samples[chosen];
    let frames = traces.into_iter().nth(chosen).unwrap_or_default();
    let message = format!("`{}` has not returned for {:.1} s", hang.function, hang.lasts.as_secs_f64());
    let event = Event::Faulted(Fault::new(Parts {
        kind: FaultKind::Hang,
        library: trace.target.map(|target| target.code.library().to_owned()).unwrap_or_default(),
        generation: trace.generation,
        script: trace.target.map(|target| target.code.script().to_owned()).unwrap_or_default(),
        function: hang.function.clone(),
        message: message.clone(),
        place: place(&frames),
        restored: None,
    }));
    (fault(trace, wire::FaultKind::Hang, message, frames), event)
}

/// The trace whose innermost own frame is the most frequent one: where the time goes.
fn most_frequent(traces: &[Vec<Frame>]) -> usize {
    let own = |index: usize| traces[index].iter().find(|frame| backtrace::is_own(frame));
    let count = |index: usize| (0..traces.len()).filter(|other| own(*other) == own(index)).count();
    let known = (0..traces.len()).filter(|index| own(*index).is_some());
    // Of several, the first.
    known.rev().max_by_key(|index| count(*index)).unwrap_or(0)
}

fn fault(trace: &Trace, kind: wire::FaultKind, message: String, mut frames: Vec<Frame>) -> wire::Fault {
    let target = trace.target;
    if let Some(target) = target.filter(|_| frames.is_empty()) {
        // Without debug information the function is all that is known.
        let function = target.code.function(target.method);
        frames.push(Frame { function, file: None, line: None, column: None });
    }
    wire::Fault {
        library: target.map(|target| target.code.library().to_owned()).unwrap_or_default(),
        generation: wire::Generation(trace.generation.0),
        kind,
        message,
        frames,
        restored: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32) -> Vec<Frame> {
        let file = Some("scripts/src/lib.rs".to_owned());
        vec![Frame { function: "update".to_owned(), file, line: Some(line), column: None }]
    }

    #[test]
    fn a_hang_stands_where_most_samples_are() {
        assert_eq!(most_frequent(&[at(1), at(2), at(3), at(2)]), 1);
        assert_eq!(most_frequent(&[at(1), at(2)]), 0);
        assert_eq!(most_frequent(&[Vec::new(), Vec::new(), at(7)]), 2);
        assert_eq!(most_frequent(&[Vec::new()]), 0);
    }
}
