//! The scripts of one interface: what the game's thread holds and polls.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::mode::link::{Facts, Link, Order};
use crate::mode::mailbox::{LoadedScript, Mailbox};
use crate::mode::memory::Vtable;
use crate::mode::outbox::Outbox;
use crate::mode::panics;
use crate::mode::registry;
use crate::mode::state::Describer;
use crate::mode::swap::{Code, Handle, Slot};
use crate::{AttachError, Event, Generation, Interface, Reloaded, SpawnError};

/// Collects the scripts of an interface that the engine was linked with, and looks for a server that builds newer
/// ones, now and as long as the game runs.
///
/// Never waits for a server. Fails when two linked scripts have the same name.
pub fn attach<I: ?Sized + Interface>() -> Result<Scripts<I>, AttachError> {
    panics::watch();
    let scripts = linked::<I>()?;
    let libraries = scripts.values().map(|code| (code.library.clone(), Generation::LINKED)).collect();
    let mailbox = Arc::new(Mailbox::default());
    let (link, outbox) = start_link(facts::<I>(), &mailbox);
    Ok(Scripts {
        codes: scripts.values().copied().collect(),
        scripts,
        libraries,
        slots: Vec::new(),
        outbox: Rc::new(outbox),
        mailbox,
        last_reload: None,
        _link: link,
    })
}

fn facts<I: ?Sized + Interface>() -> Facts {
    Facts {
        interface: I::NAME,
        methods: I::DESCRIPTOR,
        manifest_directory: I::MANIFEST_DIR,
        is_ours: |entry| entry.vtable.downcast_ref::<Vtable<I>>().is_some(),
        api_package: I::API_PACKAGE,
        anchor: I::anchor().addr(),
    }
}

/// Without the thread the linked scripts run, and a person is told why they stay as they are.
fn start_link(facts: Facts, mailbox: &Arc<Mailbox>) -> (Option<Link>, Outbox) {
    match Link::start(facts, Arc::clone(mailbox)) {
        Ok(link) => {
            let orders = link.orders();
            (Some(link), Outbox::new(Box::new(move |report| orders.give(Order::Report(report)))))
        }
        Err(error) => {
            let outbox = Outbox::new(Box::new(|_| ()));
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
    /// Swaps in what has been loaded since the last call: the only place where code changes.
    ///
    /// Costs one load of an atomic when nothing has come. Called from inside a script it does nothing.
    #[inline]
    pub fn poll(&mut self) {
        if self.mailbox.has_mail() {
            self.read_mail();
        }
    }

    /// Makes an instance of a script from its default.
    ///
    /// Fails if there is no script of that name, or if its `Default` panics.
    pub fn spawn(&mut self, name: &str) -> Result<I::Instance, SpawnError> {
        let Some(code) = self.scripts.get(name) else {
            return Err(SpawnError::Unknown {
                script: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
            });
        };
        let slot = Slot::new(code, &self.outbox).map_err(SpawnError::Fault)?;
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
