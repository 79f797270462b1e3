//! The scripts of one interface: what the game's thread holds and polls.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use liveline_protocol::endpoint::AWAIT_VARIABLE;

use crate::mode::crash;
use crate::mode::keep::{self, Keeper};
use crate::mode::link::{Facts, InterfaceFacts, Link, Order};
use crate::mode::mailbox::{LoadedScript, Mailbox};
use crate::mode::memory::Vtable;
use crate::mode::outbox::Outbox;
use crate::mode::panics;
use crate::mode::plan::Hook;
use crate::mode::probation::{self, Probation};
use crate::mode::registry;
use crate::mode::snapshot::Snapshots;
use crate::mode::state::Describer;
use crate::mode::swap::{Code, Handle, Slot};
use crate::{AttachError, Event, Generation, Interface, Reloaded, SpawnError, Swap};

/// Collects the scripts of an interface that the engine was linked with, and looks for a server that builds newer
/// ones, now and as long as the game runs.
///
/// Never waits for a server, except where `liveline run` starts a game anew that crashed. Fails when two linked scripts have the same name.
pub fn attach<I: ?Sized + Interface>() -> Result<Scripts<I>, AttachError> {
    panics::watch();
    crash::install();
    let linked = linked::<I>()?;
    let mailbox = Arc::new(Mailbox::default());
    let (link, outbox) = start_link(facts::<I>(), &mailbox);
    let mut scripts = Scripts::new(linked, link, outbox, mailbox);
    if let Some(patience) = patience() {
        scripts.wait_for_server(patience);
    }
    Ok(scripts)
}

fn order(link: Option<&Link>) -> Box<dyn Fn(Order)> {
    match link.map(Link::orders) {
        Some(orders) => Box::new(move |order| orders.give(order)),
        None => Box::new(drop),
    }
}

/// How long whoever started this process wants it to wait for a server, in the environment in milliseconds: a build
/// after a crash may have linked the very code that crashed.
fn patience() -> Option<Duration> {
    std::env::var(AWAIT_VARIABLE).ok()?.parse().ok().map(Duration::from_millis)
}

fn facts<I: ?Sized + Interface>() -> Facts {
    Facts {
        manifest_directory: I::MANIFEST_DIR.into(),
        interface: Some(InterfaceFacts {
            name: I::NAME,
            methods: I::DESCRIPTOR,
            is_ours: |entry| entry.vtable.downcast_ref::<Vtable<I>>().is_some(),
            api_package: I::API_PACKAGE,
            anchor: I::anchor().addr(),
        }),
    }
}

/// Without the thread the linked scripts run, and a person is told why they stay as they are.
pub(super) fn start_link(facts: Facts, mailbox: &Arc<Mailbox>) -> (Option<Link>, Outbox) {
    match Link::start(facts, Arc::clone(mailbox)) {
        Ok(link) => {
            let orders = link.orders();
            let mailbox = Arc::clone(mailbox);
            (Some(link), Outbox::new(Box::new(move |report| orders.give(Order::Report(report))), mailbox))
        }
        Err(error) => {
            let outbox = Outbox::new(Box::new(|_| ()), Arc::clone(mailbox));
            outbox
                .tell(Event::Trouble { message: format!("scripts cannot be reloaded: no thread: {error}") });
            (None, outbox)
        }
    }
}

/// The scripts of one interface.
///
/// Stays on the thread that attached, as do its instances. Dropping it detaches; instances live on with the code
/// that they have.
pub struct Scripts<I: ?Sized + Interface> {
    /// By name, the newest code of each.
    pub(super) scripts: BTreeMap<&'static str, &'static Code<I>>,
    /// All code that may have been called since the last report.
    pub(super) codes: Vec<&'static Code<I>>,
    pub(super) libraries: BTreeMap<String, Generation>,
    pub(super) slots: Vec<Weak<Slot<I>>>,
    pub(super) outbox: Rc<Outbox>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) last_reload: Option<Reloaded>,
    /// For so many first calls of a script its generation is on probation.
    pub(super) probation: u64,
    pub(super) probations: BTreeMap<String, Probation<I>>,
    pub(super) hooks_before: Vec<Hook>,
    pub(super) hooks_after: Vec<Hook>,
    pub(super) snapshots: Option<Snapshots>,
    /// To the background thread.
    pub(super) order: Box<dyn Fn(Order)>,
    /// Dropped with the rest: then the engine detaches.
    _link: Option<Link>,
}

impl<I: ?Sized + Interface> fmt::Debug for Scripts<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        f.debug_struct("Scripts").field("names", &names).field("libraries", &self.libraries).finish()
    }
}

impl<I: ?Sized + Interface> Scripts<I> {
    fn new(
        linked: BTreeMap<&'static str, &'static Code<I>>,
        link: Option<Link>,
        outbox: Outbox,
        mailbox: Arc<Mailbox>,
    ) -> Self {
        Self {
            codes: linked.values().copied().collect(),
            libraries: linked.values().map(|code| (code.library.clone(), Generation::LINKED)).collect(),
            scripts: linked,
            slots: Vec::new(),
            outbox: Rc::new(outbox),
            mailbox,
            last_reload: None,
            probation: probation::CALLS,
            probations: BTreeMap::new(),
            hooks_before: Vec::new(),
            hooks_after: Vec::new(),
            snapshots: Snapshots::start(),
            order: order(link.as_ref()),
            _link: link,
        }
    }

    /// Swaps in what has been loaded since the last call: the only place where code changes.
    ///
    /// Costs one load of an atomic when nothing has come. Called from inside a script it does nothing.
    #[inline]
    pub fn poll(&mut self) {
        if self.mailbox.has_mail() {
            self.read_mail(&mut keep::Nothing);
        }
    }

    /// The same for an engine that holds values of scripts' types itself. Not for people: it changes without notice.
    #[doc(hidden)]
    #[inline]
    pub fn poll_with(&mut self, keeper: &mut dyn Keeper) {
        if self.mailbox.has_mail() {
            self.read_mail(keeper);
        }
    }

    /// Takes what the server has, before any script is called.
    fn wait_for_server(&mut self, patience: Duration) {
        if self.mailbox.wait_until_served(patience) {
            self.poll();
        } else {
            let message = format!("no server within {} s: the linked scripts run", patience.as_secs());
            self.outbox.tell(Event::Trouble { message });
        }
    }

    /// Makes an instance of a script from its default.
    ///
    /// Fails if there is no script of that name, or if its `Default` panics.
    pub fn spawn(&mut self, name: &str) -> Result<I::Instance, SpawnError> {
        let Some(code) = self.scripts.get(name).copied() else {
            return Err(SpawnError::Unknown {
                script: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
            });
        };
        let slot = match self.handed_over(code) {
            Some(value) => Slot::with(code, value, &self.outbox),
            None => Slot::new(code, &self.outbox).map_err(SpawnError::Fault)?,
        };
        if self.slots.len() == self.slots.capacity() {
            self.slots.retain(|slot| slot.strong_count() > 0);
        }
        self.slots.push(Rc::downgrade(&slot));
        Ok(I::instance(Handle::new(slot)))
    }

    /// The names of all scripts, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scripts.keys().copied()
    }

    /// Another number for other code of a script. Not for people: it changes without notice.
    #[doc(hidden)]
    #[must_use]
    pub fn code_of(&self, name: &str) -> Option<usize> {
        self.scripts.get(name).map(|code| std::ptr::from_ref::<Code<I>>(code).addr())
    }

    /// The generation of a library that runs.
    #[must_use]
    pub fn generation(&self, library: &str) -> Option<Generation> {
        self.libraries.get(library).copied()
    }

    /// The newest swap of code.
    #[must_use]
    pub fn last_reload(&self) -> Option<&Reloaded> {
        self.last_reload.as_ref()
    }

    /// Has fatal signals in script calls on this thread come back as a [`Fault`](crate::Fault) of the kind
    /// [`FaultKind::Crash`](crate::FaultKind::Crash) instead of ending the process; calls cost some nanoseconds more
    /// from then on. Gives whether this is possible here: on x86-64 Linux, in development builds.
    ///
    /// # Safety
    /// A call that comes back this way has stopped in the middle. Nothing on its stack was dropped: locks stay taken,
    /// `RefCell`s borrowed, memory allocated, and state, the game's own too, may be half changed. Where the signal
    /// came from a write to a wrong place, other memory may be damaged. Where it came inside the allocator or another
    /// part with a lock of its own, the next use of that part may wait for ever. After a panic that could not unwind,
    /// [`std::thread::panicking`] stays true on this thread. No reference that a script was given may be relied on to
    /// be unique or valid afterwards because it went out of scope. The engine must be able to live with all of that;
    /// it is meant for development, where the way to a saved file matters more than the process's health.
    #[expect(unsafe_code, reason = "after a crash nothing can be promised")]
    pub unsafe fn recover_from_crashes(&mut self) -> bool {
        panics::depth().recover()
    }

    /// Calls `hook` before each swap, when all that can fail has been done. A panic in it goes through
    /// [`poll`](Self::poll), and nothing is swapped.
    pub fn before_swap(&mut self, hook: impl FnMut(&Swap) + 'static) {
        self.hooks_before.push(Box::new(hook));
    }

    /// Calls `hook` after each swap, before [`poll`](Self::poll) returns.
    pub fn after_swap(&mut self, hook: impl FnMut(&Swap) + 'static) {
        self.hooks_after.push(Box::new(hook));
    }

    /// For how many first calls of a script its new generation is on probation: where it panics in that time, the
    /// generation before runs again. 100 unless the server's `liveline.toml` says otherwise; zero: never.
    pub fn set_probation(&mut self, calls: u64) {
        self.probation = calls;
    }

    /// What has happened since the last call; the newest 256 events.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.outbox.take_events()
    }
}

fn linked<I: ?Sized + Interface>() -> Result<BTreeMap<&'static str, &'static Code<I>>, AttachError> {
    let mut scripts: BTreeMap<&'static str, &'static Code<I>> = BTreeMap::new();
    for entry in registry::linked() {
        if entry.vtable.downcast_ref::<Vtable<I>>().is_none() {
            continue;
        }
        if let Some(other) = scripts.get(entry.name) {
            let libraries = [other.package, entry.library];
            return Err(AttachError::DuplicateScript { interface: I::NAME, script: entry.name, libraries });
        }
        let script = LoadedScript { entry, layout: (entry.layout)(&mut Describer::default()) };
        if let Ok(code) = Code::<I>::new(script, entry.library, Generation::LINKED) {
            scripts.insert(entry.name, code);
        }
    }
    Ok(scripts)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use liveline_protocol::engine::Trigger;

    use super::*;
    use crate::mode::mailbox::{Loaded, Mail};
    use crate::mode::memory::{Ways, create, destroy};
    use crate::mode::plain::Symbols;
    use crate::mode::registry::{ENTRY_VERSION, Entry};

    #[crate::interface]
    trait Script {
        fn update(&mut self) -> u32;
    }

    static PANICS: AtomicBool = AtomicBool::new(false);

    #[derive(Default, crate::State)]
    struct Player {
        count: u32,
    }

    impl Script for Player {
        fn update(&mut self) -> u32 {
            assert!(!PANICS.load(Ordering::Relaxed), "no fuel");
            self.count += 1;
            self.count
        }
    }

    const WAYS: Ways = Ways::of::<Player>();

    /// As `#[script]` makes it, without the record: this executable is no library of scripts.
    static VTABLE: Vtable<dyn Script> = Vtable {
        create: create::<Player>,
        destroy: destroy::<Player>,
        take_apart: WAYS.take_apart,
        restore: WAYS.restore,
        as_dyn: |state| state.cast::<Player>() as *mut dyn Script,
    };

    static ENTRY: Entry = Entry {
        version: ENTRY_VERSION,
        library: "scripts",
        file: None,
        name: "player",
        type_name: "Player",
        vtable: &VTABLE,
        layout: WAYS.layout,
        record: &[],
    };

    fn script() -> LoadedScript {
        LoadedScript { entry: &ENTRY, layout: (ENTRY.layout)(&mut Describer::default()) }
    }

    /// The same script once more, as a generation that has been loaded.
    fn loaded(generation: u64) -> Mail {
        Mail::Loaded(Loaded {
            library: ENTRY.library.to_owned(),
            generation: Generation(generation),
            scripts: vec![script()],
            kept: Vec::new(),
            symbols: Symbols::default(),
            build: Duration::ZERO,
            load: Duration::ZERO,
            speculated: false,
            saved_at_unix_micros: None,
            changed: Vec::new(),
            trigger: Trigger::Save,
            reset: None,
        })
    }

    #[test]
    fn counting_calls_in_the_poll_after_a_panic_does_not_end_the_probation() {
        let mailbox = Arc::new(Mailbox::default());
        let outbox = Outbox::new(Box::new(drop), Arc::clone(&mailbox));
        let code = Code::<dyn Script>::new(script(), ENTRY.library, Generation::LINKED).unwrap();
        let linked = BTreeMap::from([(code.name, code)]);
        let mut scripts = Scripts::new(linked, None, outbox, Arc::clone(&mailbox));
        let mut player = scripts.spawn("player").unwrap();
        for generation in [1, 2] {
            mailbox.put(loaded(generation));
            scripts.poll();
            assert!(player.update().is_ok());
        }
        mailbox.ask_for_counts();
        PANICS.store(true, Ordering::Relaxed);
        assert!(player.update().is_err());
        PANICS.store(false, Ordering::Relaxed);
        scripts.poll();
        assert_eq!(scripts.generation("scripts"), Some(Generation(1)));
        assert_eq!(player.update().ok(), Some(3), "its state is as it was");
    }
}
