//! Calls into script code that end in a value, also when the code panics.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::mode::backtrace;
use crate::mode::fault::Place;

thread_local! {
    /// How many script calls are on this thread's stack.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where the newest panic inside a script call began.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    /// Where this thread's scripts have panicked since the last swap.
    static PRINTED: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// What a panic left behind.
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

/// Whether this thread is inside a script call: then no code may be swapped.
pub(crate) fn in_script() -> bool {
    DEPTH.get() > 0
}

/// Runs script code. A panic ends here.
///
/// The script's state may be half changed after a panic; the game goes on with it, as its author would in a debugger.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    DEPTH.set(DEPTH.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| {
        let panic = Panic { message: message(&*payload), place: PLACE.take() };
        discard(payload);
        panic
    })
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
