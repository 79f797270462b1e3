//! Where another thread is now: a signal has it say so itself.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::mode::crash::trace::Trace;
use crate::mode::crash::{self, NOTHING, READY, WRITING, signals};
use crate::mode::{marks, os};

/// A thread that does not answer in this time, waiting for a device perhaps, is not waited for.
const ANSWER_WITHIN: Duration = Duration::from_millis(100);

struct Exchange {
    state: AtomicU32,
    /// Who is asked.
    thread: AtomicI32,
    trace: UnsafeCell<Trace>,
}

// SAFETY: the trace is written by the one handler that made the state `WRITING`, and read after it has become `READY`.
unsafe impl Sync for Exchange {}

static SAMPLE: Exchange = Exchange {
    state: AtomicU32::new(NOTHING),
    thread: AtomicI32::new(0),
    trace: UnsafeCell::new(Trace::none()),
};

/// The thread's trace, if it is inside a script call.
pub(crate) fn sample(thread: i32) -> Option<Trace> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let signal = signal()?;
    if crash::is_over() || SAMPLE.state.load(Ordering::Acquire) == WRITING {
        return None;
    }
    SAMPLE.state.store(NOTHING, Ordering::Relaxed);
    SAMPLE.thread.store(thread, Ordering::Release);
    // SAFETY: a thread of this process, or none of that number any more; the signal has a handler.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, std::process::id(), thread, signal) };
    let end = Instant::now() + ANSWER_WITHIN;
    while sent == 0 && SAMPLE.state.load(Ordering::Acquire) != READY {
        if Instant::now() > end {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    SAMPLE.thread.store(0, Ordering::Relaxed);
    SAMPLE.state.compare_exchange(READY, NOTHING, Ordering::AcqRel, Ordering::Relaxed).ok()?;
    // SAFETY: written, and a new one is asked for only after the lock has been given back.
    let trace = unsafe { (*SAMPLE.trace.get()).clone() };
    (!trace.addresses().is_empty()).then_some(trace)
}

/// A signal that the program does not use, handled from the first call on.
fn signal() -> Option<i32> {
    static SIGNAL: OnceLock<Option<i32>> = OnceLock::new();
    *SIGNAL.get_or_init(|| {
        let is_free = |signal: &i32| {
            signals::action(*signal).is_some_and(|action| action.sa_sigaction == libc::SIG_DFL)
        };
        // The lower ones are those that programs take first.
        let free = (libc::SIGRTMIN()..=libc::SIGRTMAX()).rev().find(is_free)?;
        signals::set(free, on_sample);
        Some(free)
    })
}

extern "C" fn on_sample(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let thread = os::this_thread();
    // One that was sent by someone else, or comes too late.
    if SAMPLE.thread.load(Ordering::Acquire) != thread
        || SAMPLE.state.compare_exchange(NOTHING, WRITING, Ordering::AcqRel, Ordering::Relaxed).is_err()
    {
        return;
    }
    // SAFETY: the system's pointer; this thread's mark and error number; the state makes this the only writer.
    unsafe {
        let error = *libc::__errno_location();
        let trace = &mut *SAMPLE.trace.get();
        *trace = Trace::none();
        if let Some(mark) = marks::of(thread) {
            trace.collect(mark, context, false);
        }
        *libc::__errno_location() = error;
    }
    SAMPLE.state.store(READY, Ordering::Release);
}
