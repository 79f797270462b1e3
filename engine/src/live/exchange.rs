//! What a poll does when something has come: events, new code, reports of what ran.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use liveline_protocol::engine as wire;

use crate::mode::mailbox::{Loaded, LoadedScript, Mail};
use crate::mode::memory::Value;
use crate::mode::outbox::Report;
use crate::mode::panics;
use crate::mode::registry::Entry;
use crate::mode::swap::{Code, Slot};
use crate::{Event, Generation, Interface, Reloaded, Scripts, StateChange, StateReport};

/// What a swap will do, with all that can fail behind it.
struct Plan<I: ?Sized + 'static> {
    changes: Vec<Change<I>>,
    state: Vec<StateReport>,
}

/// What becomes of one instance.
struct Change<I: ?Sized + 'static> {
    slot: Rc<Slot<I>>,
    code: &'static Code<I>,
    /// Its new state, unless the old one stays.
    fresh: Option<Value<I>>,
}

impl<I: ?Sized + Interface> Scripts<I> {
    #[cold]
    pub(super) fn read_mail(&mut self) {
        if panics::in_script() {
            return;
        }
        let mail = self.mailbox.take();
        let newest = newest_loads(&mail);
        for (index, mail) in mail.into_iter().enumerate() {
            match mail {
                Mail::Event(event) => self.outbox.tell(event),
                Mail::Loaded(loaded) => match newest.get(&loaded.library) {
                    Some((last, generation)) if *last != index => {
                        self.report(&loaded, Err(&superseded(*generation)), Duration::ZERO);
                    }
                    _ => self.take_in(loaded),
                },
                Mail::Retired { library } => self.retire(&library),
                Mail::Renumbered { library, generation } => self.renumber(library, generation),
                Mail::CountsDue => self.report_calls(),
            }
        }
    }

    fn take_in(&mut self, mut loaded: Loaded) {
        let start = Instant::now();
        let scripts = std::mem::take(&mut loaded.scripts);
        let result = self.swap(&loaded.library, loaded.generation, scripts);
        let swap = start.elapsed();
        match result {
            Ok(state) => {
                self.report(&loaded, Ok(&state), swap);
                let reloaded = Reloaded {
                    library: loaded.library,
                    generation: loaded.generation,
                    save_to_live: loaded.saved_at_unix_micros.and_then(since),
                    build: loaded.build,
                    load: loaded.load,
                    swap,
                    speculated: loaded.speculated,
                    state,
                };
                self.last_reload = Some(reloaded.clone());
                self.outbox.tell(Event::Reloaded(reloaded));
            }
            Err(reason) => {
                self.report(&loaded, Err(&reason), swap);
                let (library, generation) = (loaded.library, loaded.generation);
                self.outbox.tell(Event::Refused { library, generation, reason });
            }
        }
    }

    /// Tells the server what became of a generation.
    fn report(&self, loaded: &Loaded, result: Result<&[StateReport], &str>, swap: Duration) {
        let outcome = if result.is_ok() { wire::Outcome::Applied } else { wire::Outcome::Refused };
        self.outbox.report(Report::Reloaded(wire::Reloaded {
            library: loaded.library.clone(),
            generation: wire::Generation(loaded.generation.0),
            outcome,
            reason: result.map_or_else(|reason| Some(reason.to_owned()), reset_reason),
            at: None,
            load_micros: micros(loaded.load),
            swap_micros: micros(swap),
            state: result.ok().map(|state| state.iter().map(on_wire).collect()),
            retry: None,
        }));
    }

    /// All of a library's instances go on with the new code, or, on an error, none.
    fn swap(
        &mut self,
        library: &str,
        generation: Generation,
        scripts: Vec<LoadedScript>,
    ) -> Result<Vec<StateReport>, String> {
        let codes: Vec<&'static Code<I>> = scripts
            .into_iter()
            .filter(|script| self.belongs(script.entry, library))
            .map(|script| Code::new(script, library, generation))
            .collect::<Result<_, _>>()?;
        self.check_names(&codes)?;
        let plan = self.plan(&codes)?;
        for Change { slot, code, fresh } in plan.changes {
            match fresh {
                None => slot.keep(code),
                Some(value) => slot.replace(code, value),
            }
        }
        self.publish(library, generation, codes);
        Ok(plan.state)
    }

    /// Whether a library's generation brings a script: those of its own package or file, and those of packages
    /// that it depends on, unless such a package or file is a library that reloads by itself.
    fn belongs(&self, entry: &Entry, library: &str) -> bool {
        let own = entry.file.unwrap_or(entry.library);
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

    /// Makes the new state of every instance whose layout has changed: a script's `Default` may panic.
    fn plan(&self, codes: &[&'static Code<I>]) -> Result<Plan<I>, String> {
        let mut plan = Plan { changes: Vec::new(), state: Vec::new() };
        for slot in self.slots.iter().filter_map(Weak::upgrade) {
            let old = slot.code();
            let Some(code) = codes.iter().copied().find(|code| code.name == old.name) else { continue };
            let reason = old.layout.difference(&code.layout);
            let fresh = match &reason {
                None => None,
                Some(_) => Some(code.make(&self.outbox).map_err(|fault| fault.to_string())?),
            };
            note(&mut plan.state, code.type_name, reason);
            plan.changes.push(Change { slot, code, fresh });
        }
        Ok(plan)
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
        self.outbox.report(Report::Reloaded(wire::Reloaded {
            library: library.clone(),
            generation: wire::Generation(generation.0),
            outcome: wire::Outcome::Applied,
            reason: None,
            at: None,
            load_micros: 0,
            swap_micros: 0,
            state: None,
            retry: None,
        }));
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

/// Where in the mail each library's newest code is: what it supersedes need not run.
fn newest_loads(mail: &[Mail]) -> BTreeMap<String, (usize, Generation)> {
    let loads = mail.iter().enumerate().filter_map(|(index, mail)| match mail {
        Mail::Loaded(loaded) => Some((loaded.library.clone(), (index, loaded.generation))),
        _ => None,
    });
    loads.collect()
}

fn superseded(by: Generation) -> String {
    format!("generation {by} came before the game's next poll")
}

/// Adds what became of one instance's state: one report for each type, a reset going before a keep.
fn note(reports: &mut Vec<StateReport>, type_name: &str, reason: Option<String>) {
    let change = if reason.is_some() { StateChange::Reset } else { StateChange::Kept };
    let report = StateReport { type_name: type_name.to_owned(), change, reason };
    match reports.iter_mut().find(|other| other.type_name == type_name) {
        None => reports.push(report),
        Some(other) if other.change == StateChange::Kept => *other = report,
        Some(_) => {}
    }
}

fn reset_reason(state: &[StateReport]) -> Option<String> {
    let resets: Vec<String> =
        state.iter().filter(|report| report.reason.is_some()).map(ToString::to_string).collect();
    (!resets.is_empty()).then(|| resets.join("; "))
}

fn on_wire(report: &StateReport) -> wire::StateOutcome {
    wire::StateOutcome {
        type_name: report.type_name.clone(),
        outcome: match report.change {
            StateChange::Kept => wire::StateChange::Kept,
            StateChange::Reset => wire::StateChange::Reset,
        },
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The time since a moment of the wall clock; none if the clock was set back.
fn since(unix_micros: u64) -> Option<Duration> {
    let moment = UNIX_EPOCH.checked_add(Duration::from_micros(unix_micros))?;
    SystemTime::now().duration_since(moment).ok()
}
