//! What a swap will do with each instance's state, with all that can fail behind it.

use std::rc::{Rc, Weak};

use liveline_protocol::engine::{Cause, Place};

use crate::mode::keep::{Candidate, Keeper, KeptType, Unmoved};
use crate::mode::layout::TypeLayout;
use crate::mode::mailbox::Loaded;
use crate::mode::memory::Value;
use crate::mode::migrate::Failure;
use crate::mode::panics::{self, Panic};
use crate::mode::swap::{Code, Slot};
use crate::mode::verdict::Refusal;
use crate::{Interface, Scripts, StateChange, StateReport, Swap};

/// What a swap will do.
pub(super) struct Plan<I: ?Sized + 'static> {
    pub(super) changes: Vec<Change<I>>,
    pub(super) state: Vec<StateReport>,
}

/// What becomes of one instance.
pub(super) struct Change<I: ?Sized + 'static> {
    pub(super) slot: Rc<Slot<I>>,
    pub(super) code: &'static Code<I>,
    /// Its new state, unless the old one stays.
    pub(super) fresh: Option<Value<I>>,
}

impl<I: ?Sized + Interface> Scripts<I> {
    /// Makes the new state of every instance whose layout has changed: a script's own code may run and panic.
    /// `reset`: the state types that start anew; an empty list stands for all.
    pub(super) fn plan(
        &self,
        codes: &[&'static Code<I>],
        reset: Option<&[String]>,
    ) -> Result<Plan<I>, Refusal> {
        let mut plan = Plan { changes: Vec::new(), state: Vec::new() };
        for slot in self.slots.iter().filter_map(Weak::upgrade) {
            let old = slot.code();
            let Some(code) = codes.iter().copied().find(|code| code.name == old.name) else { continue };
            let difference = old.layout.difference(&code.layout);
            let is_reset = reset
                .is_some_and(|types| types.is_empty() || types.iter().any(|name| name == code.type_name));
            let (change, fresh) = match &difference {
                _ if is_reset => {
                    (StateChange::Reset, Some(code.make(&self.outbox).map_err(|fault| fault.to_string())?))
                }
                None => (StateChange::Kept, None),
                Some(_) => (StateChange::Migrated, Some(migrated(&slot, code)?)),
            };
            let reason = if is_reset { Some("asked for".to_owned()) } else { difference };
            note(&mut plan.state, StateReport { type_name: code.type_name.to_owned(), change, reason });
            plan.changes.push(Change { slot, code, fresh });
        }
        Ok(plan)
    }

    /// The same for the values that the engine holds itself.
    pub(super) fn plan_kept(
        &self,
        loaded: &Loaded,
        keeper: &mut dyn Keeper,
    ) -> Result<Vec<StateReport>, Refusal> {
        let own = |kept: &&&'static KeptType| self.belongs(kept.own_library(), &loaded.library);
        let types: Vec<&'static KeptType> = loaded.kept.iter().filter(own).copied().collect();
        let candidate = Candidate {
            library: &loaded.library,
            generation: loaded.generation,
            types: &types,
            reset: loaded.reset.as_deref(),
        };
        match panics::catch(|| keeper.plan(&candidate)) {
            Ok(Ok(state)) => Ok(state),
            Ok(Err(Unmoved::Value { name, old, new, failure })) => Err(refusal(&failure, name, &old, &new)),
            Ok(Err(Unmoved::Type { name, layout, reason })) => Err(Refusal {
                reason,
                at: layout.and_then(|layout| layout.at).map(place),
                cause: Some(Cause::State),
                state: Some(name).filter(|name| !name.is_empty()),
                ..Refusal::default()
            }),
            Err(panic) => Err(panicked("the values that the engine holds", panic, None)),
        }
    }
}

/// An instance's state in another layout.
pub(super) fn migrated<I: ?Sized>(slot: &Slot<I>, code: &'static Code<I>) -> Result<Value<I>, Refusal> {
    let moved = code.catch(|| {
        let saved = slot.take_apart(false)?;
        Value::restored(code.vtable, &saved, false)
    });
    match moved {
        Ok(moved) => {
            moved.map_err(|failure| refusal(&failure, code.type_name, &slot.code().layout, &code.layout))
        }
        Err(panic) => {
            Err(panicked(&format!("the state of `{}`", code.type_name), panic, Some(code.type_name)))
        }
    }
}

fn panicked(what: &str, panic: Panic, state: Option<&'static str>) -> Refusal {
    Refusal {
        reason: format!("moving {what} to its new layout panicked: {}", panic.message),
        at: panic.place.map(|place| Place { file: place.file, line: place.line, column: place.column }),
        cause: Some(Cause::State),
        state,
        ..Refusal::default()
    }
}

fn refusal(failure: &Failure, state: &'static str, old: &TypeLayout, new: &TypeLayout) -> Refusal {
    let mend = "reset the state, keep the old type, or mark the field `#[state(skip)]`";
    let Some(field) = failure.trail.first() else {
        return Refusal {
            reason: format!("the state of `{state}` cannot go over: {}; {mend}", failure.why),
            at: new.at.map(place),
            cause: Some(Cause::State),
            state: Some(state),
            ..Refusal::default()
        };
    };
    let names: Vec<&str> =
        failure.trail.iter().rev().map(|field| field.earlier.unwrap_or(field.name)).collect();
    let before = old.written(&names).filter(|written| *written != field.written);
    let types = match before {
        Some(before) => format!("was `{before}` and is `{}`", field.written),
        None => format!("is `{}`", field.written),
    };
    Refusal {
        reason: format!(
            "the state of `{state}` cannot go over: field `{}` of `{}` {types}: {}; {mend}",
            field.name, field.owner, failure.why
        ),
        at: Some(place(field.at)),
        cause: Some(Cause::State),
        state: Some(state),
        ..Refusal::default()
    }
}

fn place((file, line, column): (&str, u32, u32)) -> Place {
    Place { file: file.to_owned(), line, column }
}

/// Adds what became of one instance's state: one report for each type, any change going before a keep.
fn note(reports: &mut Vec<StateReport>, report: StateReport) {
    match reports.iter_mut().find(|other| other.type_name == report.type_name) {
        None => reports.push(report),
        Some(other) if other.change == StateChange::Kept => *other = report,
        Some(_) => {}
    }
}

/// Called around swaps.
pub(super) type Hook = Box<dyn FnMut(&Swap)>;
