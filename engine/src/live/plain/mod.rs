//! Scripts that are plain functions, for engines that have no Rust interface: what the C library is made of.
//!
//! An engine binds functions by library and name, and calls them through addresses that change in
//! [`Functions::poll`] only. `liveline.h` has the same for C and C++, where more is said of it.

mod panics;
mod symbols;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use liveline_protocol::engine as wire;

use self::panics::{Names, Origin, Panics};
use self::symbols::Found;
use crate::mode::crash::{self, Crash};
use crate::mode::link::{Facts, Link};
use crate::mode::mailbox::{Loaded, Mail, Mailbox};
use crate::mode::marks::{Depth, Target};
use crate::mode::outbox::{Outbox, Report};
use crate::mode::report;
use crate::mode::scripts::start_link;
use crate::mode::verdict::{self, Refusal};
use crate::{Event, Fault, Generation};

pub(crate) use self::symbols::Symbols;

/// Looks for a server that builds the workspace around `folder`, now and as long as the engine runs. Never waits.
#[must_use]
pub fn attach(folder: &Path) -> Functions {
    crash::install();
    let mailbox = Arc::new(Mailbox::default());
    let facts = Facts { manifest_directory: folder.to_owned(), interface: None };
    let (link, outbox) = start_link(facts, &mailbox);
    Functions::new(link, outbox, mailbox)
}

/// The functions that an engine calls. Stays on the thread that attached; dropping it detaches.
pub struct Functions {
    libraries: BTreeMap<String, Library>,
    bound: Vec<Bound>,
    outbox: Outbox,
    mailbox: Arc<Mailbox>,
    panics: Arc<Panics>,
    names: Arc<Names>,
    /// This thread's mark of script calls.
    depth: Depth,
    /// Dropped with the rest: then the engine detaches.
    _link: Option<Link>,
}

/// The generation of a library that runs.
struct Library {
    generation: Generation,
    symbols: Symbols,
    origin: &'static Origin,
}

/// A function that the engine calls.
struct Bound {
    library: String,
    name: String,
    found: Option<Found>,
    /// Whose code it is.
    target: Option<&'static Target>,
    /// What the engine was built for, as far as it is known.
    signature: Option<&'static str>,
    /// Calls by [`Functions::call`] of a function that does not count by itself, since the last report.
    calls: Cell<u64>,
    /// All calls that were reported.
    reported: Cell<u64>,
}

/// One of the functions that are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding(usize);

/// A call of a function that is about to run, apart from [`Functions`]: what it runs may use them.
pub struct Call {
    depth: Depth,
    target: Option<&'static Target>,
    crash: Option<Box<Crash>>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

impl Call {
    /// Runs the call; no code is swapped meanwhile. An exception of another language may pass, unless the engine
    /// recovers from crashes.
    pub fn run(&mut self, code: impl FnOnce()) {
        let (depth, target) = (&self.depth, self.target);
        if !depth.recovers() {
            return depth.through(target, code);
        }
        // SAFETY: the engine called `recover_from_crashes`, whose contract this is.
        self.crash = unsafe { crash::recovering(depth, || depth.during(target, code)) }.err();
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.bound.iter().map(|bound| bound.name.as_str()).collect();
        f.debug_struct("Functions").field("names", &names).finish()
    }
}

impl Functions {
    fn new(link: Option<Link>, outbox: Outbox, mailbox: Arc<Mailbox>) -> Self {
        Self {
            libraries: BTreeMap::new(),
            bound: Vec::new(),
            outbox,
            mailbox,
            panics: Arc::default(),
            names: Arc::default(),
            depth: crate::mode::panics::depth(),
            _link: link,
        }
    }

    /// Binds a function. It has an address as soon as a generation of its library runs.
    ///
    /// Fails if one runs already and does not have it.
    pub fn bind(&mut self, library: &str, name: &str) -> Result<Binding, String> {
        if let Some(known) =
            self.bound.iter().position(|bound| bound.library == library && bound.name == name)
        {
            return Ok(Binding(known));
        }
        let found = self.libraries.get(library).map(|running| {
            running.symbols.function(name).ok_or_else(|| missing(library, running.generation, name))
        });
        let found = found.transpose()?;
        self.bound.push(Bound {
            library: library.to_owned(),
            name: name.to_owned(),
            found,
            target: self.libraries.get(library).map(|running| running.origin.target(self.bound.len())),
            signature: found.and_then(|found| found.signature()),
            calls: Cell::new(0),
            reported: Cell::new(0),
        });
        self.names.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        Ok(Binding(self.bound.len() - 1))
    }

    /// Where a function's newest code is; null until a generation of its library runs.
    #[must_use]
    pub fn address(&self, binding: Binding) -> *mut c_void {
        let found = self.bound.get(binding.0).and_then(|bound| bound.found);
        found.map_or(std::ptr::null_mut(), |found| found.address)
    }

    /// The generation of a library that runs.
    #[must_use]
    pub fn generation(&self, library: &str) -> Option<Generation> {
        self.libraries.get(library).map(|running| running.generation)
    }

    /// How often a function was called: all calls of one with `#[export]`, of another those by
    /// [`Self::call`].
    #[must_use]
    pub fn calls(&self, binding: Binding) -> u64 {
        self.bound.get(binding.0).map_or(0, |bound| {
            bound.count();
            bound.reported.get() + bound.calls.get()
        })
    }

    /// Whether a script's call is on this thread's stack.
    #[must_use]
    pub fn in_script(&self) -> bool {
        self.depth.is_inside()
    }

    /// Has calls on this thread come back from fatal signals. Whether that is possible here.
    ///
    /// # Safety
    /// What a call that crashes had on the stack is forgotten, and not dropped: locks stay taken, memory is lost,
    /// values are half changed. This process must be able to live with that.
    pub unsafe fn recover_from_crashes(&self) -> bool {
        self.depth.recover()
    }

    /// A call of a function, to be run and ended.
    #[must_use]
    pub fn call(&self, binding: Binding) -> Call {
        if let Some(bound) = self.bound.get(binding.0)
            && bound.found.is_some_and(|found| !found.counts())
        {
            bound.calls.set(bound.calls.get() + 1);
        }
        drop(panics::take_newest());
        let target = self.bound.get(binding.0).and_then(|bound| bound.target);
        Call { depth: Depth::clone(&self.depth), target, crash: None }
    }

    /// Ends a call that has run; gives what ended it, or a panic inside of it.
    pub fn end(&self, call: Call) -> Option<Fault> {
        let crashed = call.crash.map(|crash| report::recovered(&crash, call.target, &self.outbox));
        let panicked = panics::take_newest().map(|parts| self.outbox.fault(parts));
        let fault = crashed.or(panicked);
        self.tell_panics();
        fault
    }

    /// The events since the last time.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.outbox.take_events()
    }

    /// Swaps in what has been loaded since the last call: the only place where addresses change. Inside of a
    /// script's call it does nothing.
    pub fn poll(&mut self) {
        self.tell_panics();
        if !self.mailbox.has_mail() || self.in_script() {
            return;
        }
        for mail in self.mailbox.take() {
            match mail {
                Mail::Event(event) => self.outbox.tell(event),
                Mail::Loaded(loaded) => self.take_in(loaded),
                Mail::Superseded { loaded, by } => {
                    self.answer(&loaded, Err(&Refusal::superseded(by)), Duration::ZERO);
                }
                Mail::Retired { library } => self.retire(library),
                Mail::Renumbered { library, generation } => self.renumber(library, generation),
                Mail::CountsDue => self.report_calls(),
                // Their state is the engine's own, and a plain function says no more than that it panicked.
                Mail::SnapshotDue | Mail::Probation { .. } | Mail::Failed { .. } => {}
            }
        }
    }

    /// What happened on any thread, told once for each place.
    fn tell_panics(&self) {
        for parts in self.panics.take() {
            drop(self.outbox.fault(parts));
        }
    }

    fn take_in(&mut self, mut loaded: Loaded) {
        let start = Instant::now();
        let symbols = std::mem::take(&mut loaded.symbols);
        let result = self.swap(&loaded.library, loaded.generation, symbols);
        let swap = start.elapsed();
        self.answer(&loaded, result.as_ref(), swap);
        self.outbox.tell(match result {
            Ok(()) => Event::Reloaded(loaded.into_reloaded(swap, Vec::new())),
            Err(Refusal { reason, .. }) => {
                Event::Refused { library: loaded.library, generation: loaded.generation, reason }
            }
        });
    }

    /// All of a library's functions go on with the new code, or, on an error, none.
    fn swap(&mut self, library: &str, generation: Generation, symbols: Symbols) -> Result<(), Refusal> {
        let bound = self.bound.iter().enumerate().filter(|(_, bound)| bound.library == library);
        let changes: Vec<(usize, Found)> = bound
            .map(|(index, bound)| {
                let found = symbols.function(&bound.name);
                let found = found.ok_or_else(|| missing(library, generation, &bound.name))?;
                bound.check(&found)?;
                Ok((index, found))
            })
            .collect::<Result<_, Refusal>>()?;
        // Its last calls are counted before they are out of reach.
        self.report_calls_of(library);
        let origin = Origin::of(library, generation, &self.panics, &self.names);
        symbols.send_panics_to(panics::sink, origin.context());
        for (index, found) in changes {
            if let Some(bound) = self.bound.get_mut(index) {
                bound.signature = bound.signature.or(found.signature());
                bound.found = Some(found);
                bound.target = Some(origin.target(index));
            }
        }
        self.outbox.forget_faults(library);
        self.libraries.insert(library.to_owned(), Library { generation, symbols, origin });
        Ok(())
    }

    /// Tells the server what became of a generation.
    fn answer(&self, loaded: &Loaded, result: Result<&(), &Refusal>, swap: Duration) {
        let (library, generation, load) = (&loaded.library, loaded.generation, loaded.load);
        self.outbox.report(Report::Reloaded(match result {
            Ok(_) => verdict::answer(library, generation, wire::Outcome::Applied, load, swap),
            Err(refusal) => refusal.answer(library, generation, load, swap),
        }));
    }

    /// A library is no more: what is bound keeps its code.
    fn retire(&mut self, library: String) {
        if self.libraries.remove(&library).is_some() {
            let message =
                format!("the workspace has no library `{library}` any more; its functions keep their code");
            self.outbox.tell(Event::Trouble { message });
        }
    }

    /// A server that lost count has built the very bytes that run.
    fn renumber(&mut self, library: String, generation: Generation) {
        let Some(running) = self.libraries.get_mut(&library) else { return };
        running.generation = generation;
        running.origin.renumber(generation);
        let none = Duration::ZERO;
        let answer = verdict::answer(&library, generation, wire::Outcome::Applied, none, none);
        self.outbox.report(Report::Reloaded(answer));
    }

    fn report_calls(&self) {
        for library in self.libraries.keys() {
            self.report_calls_of(library);
        }
    }

    /// Tells the server which of a library's functions ran.
    fn report_calls_of(&self, library: &str) {
        let Some(running) = self.libraries.get(library) else { return };
        let bound = self.bound.iter().filter(|bound| bound.library == library);
        let functions: BTreeMap<String, u64> = bound
            .map(|bound| (bound.name.clone(), bound.take_calls()))
            .filter(|(_, calls)| *calls > 0)
            .collect();
        if !functions.is_empty() {
            self.outbox.report(Report::Ran(wire::Ran {
                library: library.to_owned(),
                generation: wire::Generation(running.generation.0),
                functions,
            }));
        }
    }
}

impl Bound {
    /// Fails if the function is another one than the engine was built for.
    fn check(&self, found: &Found) -> Result<(), Refusal> {
        match (self.signature, found.signature()) {
            (Some(ours), Some(theirs)) if ours != theirs => Err(Refusal {
                reason: format!(
                    "`{}` is `{theirs}` now, and `{ours}` as the engine calls it: rebuild and restart the engine",
                    self.name
                ),
                cause: Some(wire::Cause::Interface),
                ..Refusal::default()
            }),
            _ => Ok(()),
        }
    }

    /// Adds what the function has counted by itself.
    fn count(&self) {
        self.calls.set(self.calls.get() + self.found.map_or(0, |found| found.take_calls()));
    }

    /// The calls since the last report.
    fn take_calls(&self) -> u64 {
        self.count();
        let calls = self.calls.take();
        self.reported.set(self.reported.get() + calls);
        calls
    }
}

fn missing(library: &str, generation: Generation, name: &str) -> String {
    format!(
        "generation {generation} of `{library}` has no function `{name}`, which the engine calls: add \
         `#[liveline_export::export] pub fn {name}`"
    )
}
