//! Fatal signals in script code, and looks at where a thread is: told to the background thread, which knows names and
//! lines. A program without scripts on the faulting thread's stack ends as it would without Liveline.

mod machine;
mod recover;
mod sample;
mod signals;
mod stack;
mod trace;

use std::cell::UnsafeCell;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) use recover::{IS_POSSIBLE, recovering};
pub(crate) use sample::sample;
pub(crate) use signals::install;
pub(crate) use stack::{Alternate, lowest_address};
pub(crate) use trace::Trace;

use crate::mode::marks::Mark;
use crate::mode::os;

/// How long a faulting thread waits for the background thread, at the most.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What a handler leaves, and how far it is: each state has one writer.
const NOTHING: u32 = 0;
const WRITING: u32 = 1;
const READY: u32 = 2;
const TAKEN: u32 = 3;
const DONE: u32 = 4;

/// A fatal signal in script code.
#[derive(Clone, Debug)]
pub(crate) struct Crash {
    /// The thread that faulted.
    pub(crate) thread: i32,
    signal: i32,
    code: i32,
    address: usize,
    is_overflow: bool,
    /// Where it faulted.
    pub(crate) trace: Trace,
}

impl Crash {
    const fn none() -> Self {
        Self { thread: 0, signal: 0, code: 0, address: 0, is_overflow: false, trace: Trace::none() }
    }

    /// Whether the thread ended the process by itself.
    pub(crate) fn is_abort(&self) -> bool {
        self.signal == libc::SIGABRT
    }

    /// What happened, for a person; see sigaction(2) for the codes.
    pub(crate) fn message(&self) -> String {
        /// The kernel's own, for a fault that has no address.
        const SI_KERNEL: i32 = 128;
        /// An integer division by zero.
        const FPE_INTDIV: i32 = 1;
        let Self { signal, code, address, .. } = *self;
        match (signal, code) {
            _ if self.is_overflow => "stack overflow".to_owned(),
            (libc::SIGABRT, _) => "SIGABRT: the process was aborted".to_owned(),
            (libc::SIGSEGV, SI_KERNEL) => {
                "SIGSEGV: invalid memory reference, at no possible address".to_owned()
            }
            (libc::SIGSEGV, 1..) => format!("SIGSEGV: invalid memory reference at {address:#x}"),
            (libc::SIGBUS, 1..) => {
                format!("SIGBUS: memory at {address:#x} is misaligned, or its file is shorter")
            }
            (libc::SIGILL, 1..) => "SIGILL: illegal instruction, as behind an `abort`".to_owned(),
            (libc::SIGFPE, FPE_INTDIV) => "SIGFPE: integer division by zero".to_owned(),
            (libc::SIGFPE, 1..) => "SIGFPE: arithmetic error".to_owned(),
            (signal, _) => format!("{}: sent by a program", signals::name(signal)),
        }
    }
}

struct Exchange {
    state: AtomicU32,
    crash: UnsafeCell<Crash>,
    /// The faulting thread.
    thread: AtomicI32,
}

// SAFETY: the crash is written while the state is `WRITING`, by the one thread that made it so, and read after it has
// become `READY`.
unsafe impl Sync for Exchange {}

static CRASH: Exchange = Exchange {
    state: AtomicU32::new(NOTHING),
    crash: UnsafeCell::new(Crash::none()),
    thread: AtomicI32::new(0),
};

/// The sockets by which background threads that can tell a server are woken; no socket is -1.
static WAKERS: [AtomicI32; 16] = [const { AtomicI32::new(-1) }; 16];

/// While it lives, crashes wake a background thread.
#[derive(Debug)]
pub(crate) struct Attendance {
    /// Open as long as it can be written to.
    wake: Arc<UnixStream>,
}

impl Attendance {
    /// Whoever writes to `wake` wakes the thread.
    pub(crate) fn new(wake: Arc<UnixStream>) -> Self {
        let descriptor = wake.as_raw_fd();
        let take = |waker: &&AtomicI32| {
            waker.compare_exchange(-1, descriptor, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        WAKERS.iter().find(take);
        Self { wake }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let descriptor = self.wake.as_raw_fd();
        let give_back = |waker: &&AtomicI32| {
            waker.compare_exchange(descriptor, -1, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        WAKERS.iter().find(give_back);
    }
}

/// The crash that has come, for the one who asks first. The faulting thread waits for [`told`].
pub(crate) fn take() -> Option<Crash> {
    CRASH.state.compare_exchange(READY, TAKEN, Ordering::AcqRel, Ordering::Relaxed).ok()?;
    // SAFETY: the handler has written it and waits; nobody else takes it.
    Some(unsafe { (*CRASH.crash.get()).clone() })
}

/// The crash has been told: the process may end.
pub(crate) fn told() {
    CRASH.state.store(DONE, Ordering::Release);
}

/// Whether a thread is in the handler of a fatal signal.
fn is_over() -> bool {
    CRASH.state.load(Ordering::Relaxed) != NOTHING
}

fn has_attendant() -> bool {
    WAKERS.iter().any(|waker| waker.load(Ordering::Acquire) >= 0)
}

/// Collects what is known of a fault and waits until it has been told. Runs in a signal's handler, on its stack.
///
/// # Safety
/// The pointers are those that the system gave the handler, and `mark` is the calling thread's.
unsafe fn tell(mark: &Mark, signal: i32, info: *const libc::siginfo_t, context: *mut libc::c_void) {
    let thread = os::this_thread();
    match CRASH.state.compare_exchange(NOTHING, WRITING, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            CRASH.thread.store(thread, Ordering::Relaxed);
            // SAFETY: by this function's contract; the state makes this the only writer.
            unsafe { write(&mut *CRASH.crash.get(), thread, mark, signal, info, context) };
        }
        Err(_) if CRASH.thread.load(Ordering::Relaxed) != thread => return wait(),
        // The stack is damaged so much that walking it faults: what has been found must do.
        Err(WRITING) => {}
        // Told already: std aborts after a stack overflow, for one.
        Err(_) => return,
    }
    CRASH.state.store(READY, Ordering::Release);
    for waker in &WAKERS {
        let descriptor = waker.load(Ordering::Acquire);
        if descriptor >= 0 {
            // SAFETY: one byte of a constant; the owner keeps the descriptor open while it is in the list.
            unsafe {
                libc::send(descriptor, b"!".as_ptr().cast(), 1, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT)
            };
        }
    }
    wait();
}

/// Has a thread that can come back from a fault do so when the handler returns; whether it can.
///
/// # Safety
/// As [`tell`].
unsafe fn recover(
    mark: &Mark,
    signal: i32,
    info: *const libc::siginfo_t,
    context: *mut libc::c_void,
) -> bool {
    let thread = os::this_thread();
    // SAFETY: by this function's contract.
    let Some(stack) = (unsafe { mark.way_back() }) else { return false };
    let end = Instant::now() + LONGEST_WAIT;
    loop {
        match CRASH.state.compare_exchange(NOTHING, WRITING, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                CRASH.thread.store(thread, Ordering::Relaxed);
                // SAFETY: by this function's contract; the state makes this the only writer.
                unsafe { write(&mut *CRASH.crash.get(), thread, mark, signal, info, context) };
                break;
            }
            // The stack is damaged so much that walking it faults: what has been found must do.
            Err(WRITING) if CRASH.thread.load(Ordering::Relaxed) == thread => break,
            // Another thread is just coming back.
            Err(_) if Instant::now() < end => pause(),
            Err(_) => return false,
        }
    }
    CRASH.state.store(TAKEN, Ordering::Release);
    // SAFETY: the mark is this thread's, so the stack was left by a call that it is in.
    unsafe { recover::go_back(context, stack) };
    true
}

/// # Safety
/// As [`tell`].
unsafe fn write(
    crash: &mut Crash,
    thread: i32,
    mark: &Mark,
    signal: i32,
    info: *const libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the system's pointers; the address is there for every signal whose code says so.
    unsafe {
        crash.thread = thread;
        crash.signal = signal;
        crash.code = (*info).si_code;
        crash.address = if crash.code > 0 { (*info).si_addr().addr() } else { 0 };
        crash.is_overflow = signal == libc::SIGSEGV
            && crash.code > 0
            && machine::stack_pointer(context).is_some_and(|at| mark.is_overflow(crash.address, at));
        // Other signals give the instruction's own address.
        let is_access = crash.code > 0 && matches!(signal, libc::SIGSEGV | libc::SIGBUS);
        let is_jump = is_access && machine::program_counter(context) == Some(crash.address);
        crash.trace.collect(mark, context, is_jump);
    }
}

/// Waits until the crash has been told, or too long for anyone to come.
fn wait() {
    let end = Instant::now() + LONGEST_WAIT;
    while CRASH.state.load(Ordering::Acquire) != DONE && Instant::now() < end {
        pause();
    }
}

fn pause() {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    // SAFETY: a valid time, and no wish to know what is left of it.
    unsafe { libc::nanosleep(&raw const pause, std::ptr::null_mut()) };
}
