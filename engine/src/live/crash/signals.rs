//! The handlers of fatal signals. What was there before has the last word, so that core dumps, exit codes and the
//! program's own handlers are what they are without Liveline.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Once, OnceLock};

use crate::mode::{crash, marks, os};

const FATAL: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// What each of the signals did before.
static BEFORE: OnceLock<[libc::sigaction; FATAL.len()]> = OnceLock::new();

/// The name of a fatal signal.
pub(super) fn name(signal: i32) -> &'static str {
    match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        _ => "SIGABRT",
    }
}

/// Handles the fatal signals of this process from now on; the first call counts.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(before) = FATAL.map(action).into_iter().collect::<Option<Vec<_>>>() else { return };
        let Ok(before) = before.try_into() else { return };
        // Before the first handler can run.
        if BEFORE.set(before).is_ok() {
            FATAL.iter().for_each(|signal| set(*signal, on_fatal));
        }
    });
}

/// What a signal does now.
pub(super) fn action(signal: i32) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: asks only; the system fills in the structure.
    unsafe { (libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0).then(|| action.assume_init()) }
}

/// A handler with the widest signature.
pub(super) type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);

/// Has a signal handled on the stack for handlers; system calls that it interrupts go on.
pub(super) fn set(signal: i32, handler: Handler) {
    // SAFETY: a whole structure of plain values, and a handler of the signature that the flags name.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        // A second fault, on the way through a damaged stack, is handled too.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(signal, &raw const action, ptr::null_mut());
    }
}

extern "C" fn on_fatal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system's pointers, handed on; the thread's own error number; the thread's own mark.
    unsafe {
        let error = *libc::__errno_location();
        let mark = marks::of(os::this_thread()).filter(|mark| mark.is_inside());
        if mark.is_some_and(|mark| crash::recover(mark, signal, info, context)) {
            return;
        }
        if let Some(mark) = mark.filter(|_| crash::has_attendant()) {
            crash::tell(mark, signal, info, context);
        }
        *libc::__errno_location() = error;
        go_on(signal, info, context);
    }
}

/// Does what would have been done without this handler.
///
/// # Safety
/// The pointers are those that the system gave the handler.
unsafe fn go_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let place = FATAL.iter().position(|fatal| *fatal == signal);
    let Some(before) = place.and_then(|place| BEFORE.get()?.get(place)) else { return };
    // SAFETY: the action is the system's own, so its handler has the signature that its flags name.
    unsafe {
        let is_sent = (*info).si_code <= 0;
        match before.sa_sigaction {
            libc::SIG_IGN if is_sent => {}
            libc::SIG_IGN | libc::SIG_DFL => {
                // A fault comes again when the instruction is tried again; a signal that was sent does not.
                libc::sigaction(signal, before, ptr::null_mut());
                if is_sent {
                    libc::raise(signal);
                }
            }
            handler if before.sa_flags & libc::SA_SIGINFO != 0 => {
                let handler: Handler = std::mem::transmute(handler);
                handler(signal, info, context);
            }
            handler => {
                let handler: extern "C" fn(i32) = std::mem::transmute(handler);
                handler(signal);
            }
        }
    }
}
