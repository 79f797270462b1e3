//! What a poll does when something has come: events, new code, reports of what ran.

use std::collections::BTreeSet;
use std::rc::Weak;
use std::time::{Duration, Instant};

use liveline_protocol::engine as wire;

use crate::mode::keep::Keeper;
use crate::mode::mailbox::{Loaded, LoadedScript, Mail};
use crate::mode::outbox::Report;
use crate::mode::panics;
use crate::mode::plan::Change;
use crate::mode::swap::Code;
use crate::mode::verdict::{self, Refusal};
use crate::{Event, Generation, Interface, Scripts, StateChange, StateReport, Swap};

impl<I: ?Sized + Interface> Scripts<I> {
    #[cold]
    pub(super) fn read_mail(&mut self, keeper: &mut dyn Keeper) {
        if panics::in_script() {
            return;
        }
        for mail in self.mailbox.take() {
            match mail {
                Mail::Event(event) => self.outbox.tell(event),
                Mail::Loaded(loaded) => self.take_in(loaded, keeper),
                Mail::Superseded { loaded, by } => {
                    self.report(&loaded, Err(&Refusal::superseded(by)), Duration::ZERO);
                }
                Mail::Retired { library } => self.retire(&library),
                Mail::Renumbered { library, generation } => self.renumber(library, generation),
                Mail::CountsDue => {
                    self.report_calls();
                    self.end_probations();
                    self.take_snapshot();
                }
                Mail::SnapshotDue => self.renew_snapshot(),
                Mail::Probation { calls } => self.probation = calls,
                Mail::Failed { library, generation, reason } => {
                    self.take_back(&library, generation, reason, keeper);
                }
            }
        }
    }

    fn take_in(&mut self, mut loaded: Loaded, keeper: &mut dyn Keeper) {
        let start = Instant::now();
        let scripts = std::mem::take(&mut loaded.scripts);
        let result = self.swap(&loaded, scripts, keeper);
        let swap = start.elapsed();
        match result {
            Ok(state) => {
                self.report(&loaded, Ok(&state), swap);
                let reloaded = loaded.into_reloaded(swap, state);
                self.last_reload = Some(reloaded.clone());
                self.outbox.tell(Event::Reloaded(reloaded));
            }
            Err(refused) => {
                self.report(&loaded, Err(&refused), swap);
                let (library, generation, reason) = (loaded.library, loaded.generation, refused.reason);
                self.outbox.tell(Event::Refused { library, generation, reason });
            }
        }
    }

    /// Tells the server what became of a generation.
    fn report(&self, loaded: &Loaded, result: Result<&[StateReport], &Refusal>, swap: Duration) {
        let (library, generation, load) = (&loaded.library, loaded.generation, loaded.load);
        self.outbox.report(Report::Reloaded(match result {
            Ok(state) => wire::Reloaded {
                reason: change_reason(state),
                state: Some(state.iter().map(on_wire).collect()),
                ..verdict::answer(library, generation, wire::Outcome::Applied, load, swap)
            },
            Err(refusal) => refusal.answer(library, generation, load, swap),
        }));
    }

    /// All of a library's instances go on with the new code, or, on an error, none.
    fn swap(
        &mut self,
        loaded: &Loaded,
        scripts: Vec<LoadedScript>,
        keeper: &mut dyn Keeper,
    ) -> Result<Vec<StateReport>, Refusal> {
        let (library, generation) = (loaded.library.as_str(), loaded.generation);
        let codes: Vec<&'static Code<I>> = scripts
            .into_iter()
            .filter(|script| self.belongs(script.entry.own_library(), library))
            .map(|script| Code::new(script, library, generation))
            .collect::<Result<_, _>>()?;
        self.check_names(&codes)?;
        let mut plan = self.plan(&codes, loaded.reset.as_deref())?;
        plan.state.extend(self.plan_kept(loaded, keeper)?);
        let swap = Swap {
            library: library.to_owned(),
            from: self.libraries.get(library).copied().unwrap_or_default(),
            to: generation,
            changed: loaded.changed.clone(),
            state: plan.state.clone(),
        };
        self.hooks_before.iter_mut().for_each(|hook| hook(&swap));
        match loaded.trigger {
            // Who goes back to a generation, or starts state anew, wants just that.
            wire::Trigger::Undo | wire::Trigger::Command => self.end_probation(library),
            _ => self.begin_probation(library, generation, &codes),
        }
        for Change { slot, code, fresh } in plan.changes {
            match fresh {
                None => _ = slot.keep(code),
                Some(value) => slot.replace(code, value, code.way_back().is_some()),
            }
        }
        keeper.commit();
        self.publish(library, generation, codes);
        self.hooks_after.iter_mut().for_each(|hook| hook(&swap));
        Ok(plan.state)
    }

    /// Whether a library's generation brings what reloads with `own`: what is of its own package or file, and those of packages
    /// that it depends on, unless such a package or file is a library that reloads by itself.
    pub(super) fn belongs(&self, own: &str, library: &str) -> bool {
        own == library || self.libraries.get(own).is_none_or(|generation| *generation == Generation::LINKED)
    }

    fn check_names(&self, codes: &[&'static Code<I>]) -> Result<(), String> {
        let taken = codes.iter().find_map(|code| {
            let other = self.scripts.get(code.name)?;
            (other.library != code.library && other.package != code.package).then_some(other)
        });
        taken.map_or(Ok(()), |other| {
            Err(format!("there is a script `{}` in package `{}` already", other.name, other.package))
        })
    }

    /// From here on new instances have the new code too.
    fn publish(&mut self, library: &str, generation: Generation, codes: Vec<&'static Code<I>>) {
        let is_gone = |code: &&'static Code<I>| {
            code.library == library && !codes.iter().any(|new| new.name == code.name)
        };
        let gone: Vec<&'static str> =
            self.scripts.values().filter(|code| is_gone(code)).map(|code| code.name).collect();
        for script in gone {
            self.scripts.remove(script);
            self.tell_gone(library, script);
        }
        self.outbox.forget_faults(library);
        panics::forget_printed();
        self.libraries.insert(library.to_owned(), generation);
        self.codes.extend(&codes);
        self.scripts.extend(codes.into_iter().map(|code| (code.name, code)));
    }

    fn tell_gone(&self, library: &str, script: &str) {
        let slots = self.slots.iter().filter_map(Weak::upgrade);
        let instances = slots.filter(|slot| slot.code().name == script).count();
        let (library, script) = (library.to_owned(), script.to_owned());
        self.outbox.tell(Event::ScriptGone { library, script, instances });
    }

    /// A library is no more: its scripts cannot be spawned, and what was spawned keeps its code.
    fn retire(&mut self, library: &str) {
        let is_its = |code: &&'static Code<I>| code.library == library;
        let gone: Vec<&'static str> =
            self.scripts.values().filter(|code| is_its(code)).map(|code| code.name).collect();
        for script in gone {
            self.scripts.remove(script);
            self.tell_gone(library, script);
        }
        self.libraries.remove(library);
    }

    /// A server that lost count has built the very bytes that run.
    fn renumber(&mut self, library: String, generation: Generation) {
        for code in self.scripts.values().filter(|code| code.library == library) {
            code.generation.set(generation);
        }
        let none = Duration::ZERO;
        let answer = verdict::answer(&library, generation, wire::Outcome::Applied, none, none);
        self.outbox.report(Report::Reloaded(answer));
        self.libraries.insert(library, generation);
    }

    /// Calls of code that nothing runs any more need not be counted.
    fn forget_unused(&mut self) {
        if self.codes.len() == self.scripts.len() {
            return;
        }
        let spawned = self.slots.iter().filter_map(Weak::upgrade).map(|slot| slot.code());
        let used: BTreeSet<*const Code<I>> =
            self.scripts.values().copied().chain(spawned).map(std::ptr::from_ref).collect();
        self.codes.retain(|code| used.contains(&std::ptr::from_ref::<Code<I>>(code)));
    }

    /// Tells the server which functions ran, and forgets code that nothing runs any more.
    fn report_calls(&mut self) {
        for code in &self.codes {
            let functions = code.take_calls();
            if !functions.is_empty() {
                self.outbox.report(Report::Ran(wire::Ran {
                    library: code.library.clone(),
                    generation: wire::Generation(code.generation.get().0),
                    functions,
                }));
            }
        }
        self.forget_unused();
    }
}

fn change_reason(state: &[StateReport]) -> Option<String> {
    let resets: Vec<String> =
        state.iter().filter(|report| report.reason.is_some()).map(ToString::to_string).collect();
    (!resets.is_empty()).then(|| resets.join("; "))
}

pub(super) fn on_wire(report: &StateReport) -> wire::StateOutcome {
    wire::StateOutcome {
        type_name: report.type_name.clone(),
        outcome: match report.change {
            // What is back was never away: the server knows no other word for it.
            StateChange::Kept | StateChange::Restored => wire::StateChange::Kept,
            StateChange::Migrated => wire::StateChange::Migrated,
            StateChange::Reset => wire::StateChange::Reset,
        },
        reason: report.reason.clone(),
    }
}
