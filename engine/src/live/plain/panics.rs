//! Where the panics of plain functions arrive, on whichever thread they happen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::symbols::Panicked;
use crate::mode::fault::{Parts, Place};
use crate::mode::marks::{Called, Number, Target};
use crate::{FaultKind, Generation};

/// A thread that panics in every call of a frame keeps no more than this many for the next poll.
const MOST_WAITING: usize = 256;

thread_local! {
    /// The newest panic of this thread's calls.
    static NEWEST: RefCell<Option<Parts>> = const { RefCell::new(None) };
}

/// The panics that no poll has seen yet.
#[derive(Default)]
pub(super) struct Panics {
    some: AtomicBool,
    waiting: Mutex<Vec<Parts>>,
}

impl Panics {
    fn put(&self, parts: Parts) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST_WAITING {
            waiting.push(parts);
        }
        self.some.store(true, Ordering::Release);
    }

    /// Those since the last time.
    pub(super) fn take(&self) -> Vec<Parts> {
        if !self.some.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The newest panic of a call on this thread, since this was asked last.
pub(super) fn take_newest() -> Option<Parts> {
    NEWEST.try_with(RefCell::take).unwrap_or_default()
}

/// A generation, as its code knows it. It stays for the process's life, as the code does.
pub(super) struct Origin {
    library: String,
    generation: Number,
    panics: Arc<Panics>,
    names: Arc<Names>,
    /// Of the functions that are bound, by their numbers.
    targets: Mutex<BTreeMap<usize, &'static Target>>,
}

/// The names of bound functions, by their bindings' numbers.
pub(super) type Names = Mutex<Vec<String>>;

impl Called for Origin {
    fn library(&self) -> &str {
        &self.library
    }

    fn generation(&self) -> Generation {
        self.generation.get()
    }

    fn script(&self) -> &str {
        &self.library
    }

    fn function(&self, method: usize) -> String {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(method).cloned().unwrap_or_default()
    }
}

impl Origin {
    /// One for a generation that is about to run.
    pub(super) fn of(
        library: &str,
        generation: Generation,
        panics: &Arc<Panics>,
        names: &Arc<Names>,
    ) -> &'static Self {
        Box::leak(Box::new(Self {
            library: library.to_owned(),
            generation: Number::new(generation),
            panics: Arc::clone(panics),
            names: Arc::clone(names),
            targets: Mutex::default(),
        }))
    }

    /// A bound function's code. It stays as well, and is found here by whoever looks for leaks.
    pub(super) fn target(&'static self, method: usize) -> &'static Target {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.entry(method).or_insert_with(|| Box::leak(Box::new(Target { code: self, method })))
    }

    /// The same code has another number.
    pub(super) fn renumber(&self, generation: Generation) {
        self.generation.set(generation);
    }

    /// For [`sink`].
    pub(super) fn context(&'static self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

/// Takes a panic from `liveline_export`.
///
/// # Safety
/// `context` is an [`Origin::context`], and `panicked` points to a panic for the time of the call.
pub(super) unsafe extern "C" fn sink(context: *mut c_void, panicked: *const Panicked) {
    // SAFETY: as the caller promises; origins are never freed, and are only read.
    let (origin, panicked) = unsafe { (&*context.cast::<Origin>(), &*panicked) };
    // SAFETY: as the caller promises.
    let [function, message, file] = unsafe { panicked.texts() }.map(str::to_owned);
    let parts = Parts {
        kind: FaultKind::Panic,
        library: origin.library.clone(),
        generation: origin.generation.get(),
        script: origin.library.clone(),
        function,
        message,
        place: (panicked.line > 0).then_some(Place { file, line: panicked.line, column: panicked.column }),
        restored: None,
    };
    let _ = NEWEST.try_with(|newest| newest.replace(Some(parts.clone())));
    origin.panics.put(parts);
}

/// What [`sink`] does, with a panic of a test's.
#[cfg(test)]
pub(super) fn tell_for_test(origin: &'static Origin, function: &str, message: &str, line: u32) {
    let panicked = Panicked::new(function, message, "a.rs", line, 1);
    // SAFETY: both are what they are taken for.
    unsafe { sink(origin.context(), &raw const panicked) };
}
