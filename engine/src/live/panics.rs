//! Calls into script code that end in a value, also when the code panics.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, Once};

use crate::mode::fault::Place;
use crate::mode::marks::{Depth, Mark, Target};
use crate::mode::{backtrace, os};

thread_local! {
    /// The script calls on this thread's stack.
    static DEPTH: Depth = Depth::default();
    /// Where the newest panic inside a script call began.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    /// Where this thread's scripts have panicked since the last swap.
    static PRINTED: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// The newest panic that has not been caught yet, and its thread: what an abort is told with.
static UNCAUGHT: Mutex<Option<(i32, Panic)>> = Mutex::new(None);

/// What a panic left behind.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

/// Whether this thread is inside a script call: then no code may be swapped.
pub(crate) fn in_script() -> bool {
    // A thread whose locals are gone runs no frame.
    DEPTH.try_with(|depth| depth.is_inside()).unwrap_or(false)
}

/// This thread's mark of script calls.
pub(crate) fn depth() -> Depth {
    DEPTH.try_with(Depth::clone).unwrap_or_default()
}

/// Runs script code. A panic ends here.
///
/// The script's state may be half changed after a panic; the game goes on with it, as its author would in a debugger.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_in(&depth(), None, code)
}

/// The same where this thread's mark is at hand, and what is called is known.
#[inline]
pub(crate) fn catch_in<R>(
    mark: &Mark,
    target: Option<&'static Target>,
    code: impl FnOnce() -> R,
) -> Result<R, Panic> {
    mark.catch(target, code).map_err(caught)
}

/// The panic that a thread's abort began with, if nobody writes there now: it may be that thread.
pub(crate) fn uncaught(thread: i32) -> Option<Panic> {
    let uncaught = UNCAUGHT.try_lock().ok()?;
    uncaught.as_ref().filter(|(of, _)| *of == thread).map(|(_, panic)| panic.clone())
}

/// This thread's panic has ended where it should.
pub(crate) fn forget_uncaught() {
    let mut uncaught = UNCAUGHT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    drop(uncaught.take_if(|(thread, _)| *thread == os::this_thread()));
}

#[cold]
fn caught(payload: Box<dyn Any + Send>) -> Panic {
    forget_uncaught();
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
    note_uncaught(info.payload_as_str().unwrap_or_default(), place.as_ref());
    let Some(place) = place else { return true };
    PRINTED.with_borrow_mut(|printed| {
        let is_new = !printed.contains(&place);
        if is_new {
            printed.push(place);
        }
        is_new
    })
}

/// A panic that cannot unwind is followed by one of the standard library's, which says nothing of the first.
fn note_uncaught(message: &str, place: Option<&Place>) {
    if place.is_some_and(|place| backtrace::is_of_toolchain(&place.file)) {
        return;
    }
    let panic = Panic { message: message.to_owned(), place: place.cloned() };
    *UNCAUGHT.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((os::this_thread(), panic));
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
