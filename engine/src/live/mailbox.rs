//! What the background thread hands to the game's thread, which asks with one relaxed load.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use liveline_protocol::engine::Trigger;

use crate::mode::keep::KeptType;
use crate::mode::layout::TypeLayout;
use crate::mode::plain::Symbols;
use crate::mode::registry::Entry;
use crate::{Event, Generation, Reloaded, StateReport};

/// Something for the game's thread, in the order in which it happened.
pub(crate) enum Mail {
    /// For the game to show.
    Event(Event),
    /// Code to swap in.
    Loaded(Loaded),
    /// Code that a newer generation, which comes later in the mail, takes the place of.
    Superseded { loaded: Loaded, by: Generation },
    /// A library is gone from the workspace.
    Retired { library: String },
    /// The code that runs has another number.
    Renumbered { library: String, generation: Generation },
    /// The calls so far are to be reported.
    CountsDue,
    /// The state of all instances is to be written.
    SnapshotDue,
    /// How long new generations are on probation.
    Probation { calls: u64 },
    /// A generation has panicked while it was on probation.
    Failed { library: String, generation: Generation, reason: String },
}

/// A generation whose code is in the process and has been checked.
pub(crate) struct Loaded {
    pub(crate) library: String,
    pub(crate) generation: Generation,
    pub(crate) scripts: Vec<LoadedScript>,
    /// Its types whose values the engine may hold itself.
    pub(crate) kept: Vec<&'static KeptType>,
    /// What can be found by name.
    pub(crate) symbols: Symbols,
    pub(crate) build: Duration,
    pub(crate) load: Duration,
    pub(crate) speculated: bool,
    pub(crate) saved_at_unix_micros: Option<u64>,
    /// The files whose change led to it.
    pub(crate) changed: Vec<PathBuf>,
    /// What started its build, or its announcement.
    pub(crate) trigger: Trigger,
    /// The state types that start anew; an empty list stands for all.
    pub(crate) reset: Option<Vec<String>>,
}

impl Loaded {
    /// For the game: it runs now.
    pub(crate) fn into_reloaded(self, swap: Duration, state: Vec<StateReport>) -> Reloaded {
        Reloaded {
            library: self.library,
            generation: self.generation,
            save_to_live: self.saved_at_unix_micros.and_then(since),
            build: self.build,
            load: self.load,
            swap,
            speculated: self.speculated,
            state,
        }
    }
}

/// The time since a moment of the wall clock; none if the clock was set back.
fn since(unix_micros: u64) -> Option<Duration> {
    let moment = UNIX_EPOCH.checked_add(Duration::from_micros(unix_micros))?;
    SystemTime::now().duration_since(moment).ok()
}

/// One script of a loaded generation.
pub(crate) struct LoadedScript {
    pub(crate) entry: &'static Entry,
    pub(crate) layout: TypeLayout,
}

/// One way, from the background thread to the game's.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// Set after a letter is in `mail`, cleared by the reader: false means that nothing has come.
    has_mail: AtomicBool,
    mail: Mutex<Vec<Mail>>,
    /// Whether a server's first generations are in `mail`, or have been.
    is_served: Mutex<bool>,
    served: Condvar,
}

impl Mailbox {
    /// Leaves something for the game's thread.
    pub(crate) fn put(&self, mail: Mail) {
        self.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(mail);
        self.has_mail.store(true, Ordering::Release);
    }

    /// A server's first generations have been left here.
    pub(crate) fn serve(&self) {
        *self.is_served.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        self.served.notify_all();
    }

    /// Waits for a server's first generations; whether they came.
    pub(crate) fn wait_until_served(&self, patience: Duration) -> bool {
        let is_served = self.is_served.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let waited = self.served.wait_timeout_while(is_served, patience, |is_served| !*is_served);
        *waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    /// Asks for a report of calls, once until it is read: a game may be paused for hours.
    pub(crate) fn ask_for_counts(&self) {
        let is_asked = |mail: &Mail| matches!(mail, Mail::CountsDue);
        let mut mail = self.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !mail.iter().any(is_asked) {
            mail.push(Mail::CountsDue);
        }
        drop(mail);
        self.has_mail.store(true, Ordering::Release);
    }

    /// Whether [`Self::take`] may give something.
    #[inline]
    pub(crate) fn has_mail(&self) -> bool {
        self.has_mail.load(Ordering::Relaxed)
    }

    /// All that has come; nothing while the other side is just writing, so that no frame waits for it.
    pub(crate) fn take(&self) -> Vec<Mail> {
        let Ok(mut mail) = self.mail.try_lock() else { return Vec::new() };
        self.has_mail.store(false, Ordering::Relaxed);
        mark_superseded(std::mem::take(&mut *mail))
    }
}

/// Of each library's code that has come, only the newest needs to run.
fn mark_superseded(mail: Vec<Mail>) -> Vec<Mail> {
    let loads = mail.iter().enumerate().filter_map(|(index, mail)| match mail {
        Mail::Loaded(loaded) => Some((loaded.library.clone(), (index, loaded.generation))),
        _ => None,
    });
    let newest: BTreeMap<String, (usize, Generation)> = loads.collect();
    let mark = |(index, mail)| match mail {
        Mail::Loaded(loaded) => match newest.get(&loaded.library) {
            Some((last, by)) if *last != index => Mail::Superseded { loaded, by: *by },
            _ => Mail::Loaded(loaded),
        },
        other => other,
    };
    mail.into_iter().enumerate().map(mark).collect()
}
