//! Calls into script code that end in a value, also when the code panics.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::rc::Rc;
use std::sync::Once;

use crate::mode::backtrace;
use crate::mode::fault::Place;

thread_local! {
    /// How many script calls are on this thread's stack.
    static DEPTH: Depth = Depth::default();
    /// Where the newest panic inside a script call began.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    /// Where this thread's scripts have panicked since the last swap.
    static PRINTED: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// A count that a thread and all who call scripts on it share.
pub(crate) type Depth = Rc<Cell<u32>>;

/// What a panic left behind.
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

/// Whether this thread is inside a script call: then no code may be swapped.
pub(crate) fn in_script() -> bool {
    // A thread whose locals are gone runs no frame.
    DEPTH.try_with(|depth| depth.get() > 0).unwrap_or(false)
}

/// This thread's count of script calls.
pub(crate) fn depth() -> Depth {
    DEPTH.try_with(Rc::clone).unwrap_or_default()
}

/// Runs script code. A panic ends here.
///
/// The script's state may be half changed after a panic; the game goes on with it, as its author would in a debugger.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_in(&depth(), code)
}

/// The same where this thread's count is at hand.
#[inline]
pub(crate) fn catch_in<R>(depth: &Cell<u32>, code: impl FnOnce() -> R) -> Result<R, Panic> {
    depth.set(depth.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    depth.set(depth.get() - 1);
    result.map_err(caught)
}

#[cold]
fn caught(payload: Box<dyn Any + Send>) -> Panic {
    let panic =
        Panic { message: message(&*payload), place: PLACE.try_with(RefCell::take).unwrap_or_default() };
    discard(payload);
    panic
}

/// Makes panics inside script calls tell where they began.
///
/// What a panic printed before, it prints still, though once for each place in a script: one in every frame, with
/// its backtrace, would take the frame's time and flood the terminal.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !in_script() {
                previous(info);
            } else if remember(info) {
                previous(info);
                backtrace::print_unknown();
            }
        }));
    });
}

/// After a swap a place in the source is another one.
pub(crate) fn forget_printed() {
    PRINTED.take();
}

/// Whether the panic's place is a new one.
fn remember(info: &PanicHookInfo<'_>) -> bool {
    let place = info.location().map(|location| Place {
        file: location.file().to_owned(),
        line: location.line(),
        column: location.column(),
    });
    PLACE.set(place.clone());
    let Some(place) = place else { return true };
    PRINTED.with_borrow_mut(|printed| {
        let is_new = !printed.contains(&place);
        if is_new {
            printed.push(place);
        }
        is_new
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
        .to_owned()
}

/// A payload is any value, so its end may panic as well.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_and_place() {
        watch();
        let panic = catch(|| panic!("no {}", "fuel")).err().unwrap();
        assert_eq!(panic.message, "no fuel");
        assert!(panic.place.unwrap().file.ends_with("panics.rs"));
        assert!(!in_script());
    }

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let panic = catch(|| panic::panic_any(Bomb)).err().unwrap();
        assert_eq!(panic.message, "a panic without a message");
    }
}
