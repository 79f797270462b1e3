//! New generations on probation: one that panics in its first calls is taken back.

use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use liveline_protocol::engine as wire;

use crate::mode::exchange::on_wire;
use crate::mode::keep::Keeper;
use crate::mode::outbox::Report;
use crate::mode::swap::{Code, Slot};
use crate::mode::{panics, verdict};
use crate::{Event, Generation, Interface, Scripts, StateChange, StateReport, Swap};

/// A generation that panics in this many first calls of one of its scripts is taken back, unless it is said otherwise.
pub(super) const CALLS: u64 = 100;

/// What a generation on probation is taken back to.
pub(super) struct Probation<I: ?Sized + 'static> {
    pub(super) generation: Generation,
    before: Generation,
    scripts: BTreeMap<&'static str, &'static Code<I>>,
}

impl<I: ?Sized + Interface> Scripts<I> {
    /// Notes what runs of a library before a generation takes its place.
    pub(super) fn begin_probation(
        &mut self,
        library: &str,
        generation: Generation,
        codes: &[&'static Code<I>],
    ) {
        self.end_probation(library);
        let Some(before) = self.libraries.get(library).copied().filter(|_| self.probation > 0) else {
            return;
        };
        let scripts: BTreeMap<_, _> = self
            .scripts
            .iter()
            .filter(|(name, code)| code.library == library || codes.iter().any(|new| new.name == **name))
            .map(|(name, code)| (*name, *code))
            .collect();
        for code in codes.iter().filter(|code| scripts.contains_key(code.name)) {
            code.begin_probation(before, self.probation);
        }
        self.probations.insert(library.to_owned(), Probation { generation, before, scripts });
    }

    /// What was before is no way back any more.
    pub(super) fn end_probation(&mut self, library: &str) {
        if let Some(probation) = self.probations.remove(library) {
            self.slots_of(library, probation.generation).for_each(|slot| slot.forget_earlier());
        }
    }

    /// Ends what has gone well.
    pub(super) fn end_probations(&mut self) {
        let over: Vec<String> = self
            .probations
            .keys()
            .filter(|library| {
                let codes = || self.scripts.values().filter(|code| code.library == **library);
                codes().all(|code| code.is_proven()) && codes().next().is_some()
            })
            .cloned()
            .collect();
        over.iter().for_each(|library| self.end_probation(library));
    }

    fn slots_of(&self, library: &str, generation: Generation) -> impl Iterator<Item = Rc<Slot<I>>> {
        let is_its = move |code: &Code<I>| code.library == library && code.generation.get() == generation;
        self.slots.iter().filter_map(Weak::upgrade).filter(move |slot| is_its(slot.code()))
    }

    /// A generation has panicked in its first calls: the one before runs again, with the state that it had where the
    /// layouts differ.
    pub(super) fn take_back(
        &mut self,
        library: &str,
        generation: Generation,
        reason: String,
        keeper: &mut dyn Keeper,
    ) {
        let start = Instant::now();
        if self.probations.get(library).is_none_or(|probation| probation.generation != generation) {
            return;
        }
        let Some(probation) = self.probations.remove(library) else { return };
        let slots: Vec<_> = self.slots_of(library, generation).collect();
        let mut state: Vec<StateReport> = Vec::new();
        let mut back = Vec::new();
        for slot in slots {
            let Some(code) = probation.scripts.get(slot.code().name).copied() else { continue };
            let change = if slot.code().layout.difference(&code.layout).is_none() {
                StateChange::Kept
            } else {
                StateChange::Restored
            };
            if !state.iter().any(|report| report.type_name == code.type_name) {
                state.push(StateReport { type_name: code.type_name.to_owned(), change, reason: None });
            }
            back.push((slot, code));
        }
        let swap = Swap {
            library: library.to_owned(),
            from: generation,
            to: probation.before,
            changed: Vec::new(),
            state: state.clone(),
        };
        self.hooks_before.iter_mut().for_each(|hook| hook(&swap));
        for (slot, code) in back {
            code.end_probation();
            if !slot.go_back(code) {
                // One that was spawned since, in a layout that the code before does not have.
                match code.make(&self.outbox) {
                    Ok(value) => slot.replace(code, value, false),
                    Err(fault) => self.outbox.tell(Event::Faulted(fault)),
                }
            }
        }
        keeper.take_back(library);
        self.scripts.retain(|_, code| code.library != library);
        self.codes.extend(probation.scripts.values());
        self.scripts.extend(probation.scripts);
        self.libraries.insert(library.to_owned(), probation.before);
        panics::forget_printed();
        let reason = format!("{reason}; generation {} runs again", probation.before);
        self.outbox.report(Report::Reloaded(wire::Reloaded {
            reason: Some(reason.clone()),
            state: Some(state.iter().map(on_wire).collect()),
            ..verdict::answer(library, generation, wire::Outcome::Restored, Duration::ZERO, start.elapsed())
        }));
        let (library, back_to) = (library.to_owned(), probation.before);
        self.outbox.tell(Event::Restored { library, generation, back_to, reason });
        self.hooks_after.iter_mut().for_each(|hook| hook(&swap));
    }
}
