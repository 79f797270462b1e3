//! From a handle to its engine, on its thread; and the last error of each thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use crate::engine::Engine;
use crate::held::c_text;
use crate::types::{Kind, Refusal, liveline_engine};

/// Handles differ by this much, as pointers to objects would.
const STEP: usize = 16;

thread_local! {
    static HERE: RefCell<BTreeMap<usize, Rc<Engine>>> = const { RefCell::new(BTreeMap::new()) };
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// The last handle that was given, and all those that are not detached.
static EVERYWHERE: Mutex<(usize, Vec<usize>)> = Mutex::new((0, Vec::new()));

/// A handle for an engine of this thread.
pub(crate) fn add(engine: Engine) -> *mut liveline_engine {
    let number = {
        let mut everywhere = EVERYWHERE.lock().unwrap_or_else(PoisonError::into_inner);
        everywhere.0 += STEP;
        let number = everywhere.0;
        everywhere.1.push(number);
        number
    };
    HERE.with_borrow_mut(|here| here.insert(number, Rc::new(engine)));
    std::ptr::without_provenance_mut(number)
}

/// The engine of a handle of this thread.
pub(crate) fn find(handle: *mut liveline_engine) -> Result<Rc<Engine>, Refusal> {
    if handle.is_null() {
        return Err(Refusal::new(Kind::Argument, "the engine is a null pointer"));
    }
    let number = handle.addr();
    HERE.with_borrow(|here| here.get(&number).cloned()).ok_or_else(|| not_here(number))
}

/// Forgets a handle of this thread.
pub(crate) fn remove(handle: *mut liveline_engine) {
    let number = handle.addr();
    EVERYWHERE.lock().unwrap_or_else(PoisonError::into_inner).1.retain(|other| *other != number);
    let engine = HERE.with_borrow_mut(|here| here.remove(&number));
    // Not inside of the borrow: it takes a while.
    drop(engine);
}

fn not_here(number: usize) -> Refusal {
    let everywhere = EVERYWHERE.lock().unwrap_or_else(PoisonError::into_inner);
    if everywhere.1.contains(&number) {
        Refusal::new(Kind::Thread, "the engine belongs to the thread that attached it: call on that one")
    } else if number > 0 && number <= everywhere.0 && number.is_multiple_of(STEP) {
        Refusal::new(Kind::Handle, "the engine is detached already")
    } else {
        Refusal::new(Kind::Handle, "this is no engine: `liveline_attach` makes them")
    }
}

/// Keeps a sentence for `liveline_error`.
pub(crate) fn remember(sentence: &str) {
    let text = c_text(sentence);
    // A thread whose locals are gone has nobody to ask.
    let _ = LAST_ERROR.try_with(|last| last.replace(text));
}

/// The last error of this thread.
pub(crate) fn last_error() -> *const c_char {
    LAST_ERROR.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}
