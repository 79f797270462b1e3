//! Which threads the processor is given to first: those that somebody waits for, not those that compile.
//!
//! A thread that asks the scheduler for short slices gets the processor sooner when it has something to do, and no more of it than its
//! share. No privilege is needed. Systems that do not know such a wish (Linux before 6.12, others) refuse or ignore it.

/// Half of what Linux gives by default, in nanoseconds: sooner than a compiler's turn ends, and long enough for an answer.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SHORT: u64 = 700_000;

/// This thread answers somebody. What it starts from now on does too, unless it is told otherwise.
pub fn be_prompt() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    ask_for_slices(SHORT);
}

/// This thread computes. It may be called between fork and exec.
pub(super) fn be_ordinary() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    ask_for_slices(0);
}

/// Starts a thread that computes.
pub fn work(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        be_ordinary();
        work();
    });
}

/// Slices of this many nanoseconds for this thread; 0 stands for the system's own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn ask_for_slices(nanos: u64) {
    const SIZE: libc::c_uint = size_of::<libc::sched_attr>() as libc::c_uint;
    // SAFETY: the structure is integers, for which zeros are a value. The calls read and write it within its size, which they are told,
    // and concern the scheduling of this thread alone.
    unsafe {
        let mut wish: libc::sched_attr = std::mem::zeroed();
        let known = libc::syscall(libc::SYS_sched_getattr, 0, &raw mut wish, SIZE, 0);
        // Another policy is the choice of whoever started this program.
        if known != 0 || wish.sched_policy.cast_signed() != libc::SCHED_OTHER {
            return;
        }
        wish.size = SIZE;
        wish.sched_flags = 0;
        wish.sched_runtime = nanos;
        libc::syscall(libc::SYS_sched_setattr, 0, &raw const wish, 0);
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn slice() -> u64 {
        // SAFETY: as above.
        unsafe {
            let mut now: libc::sched_attr = std::mem::zeroed();
            libc::syscall(libc::SYS_sched_getattr, 0, &raw mut now, size_of::<libc::sched_attr>(), 0);
            now.sched_runtime
        }
    }

    #[test]
    fn what_a_prompt_thread_starts_is_prompt_and_what_computes_is_not() {
        let before = slice();
        be_prompt();
        if slice() != SHORT {
            assert_eq!(slice(), before, "a system that knows nothing of it leaves it as it was");
            return;
        }
        assert_eq!(std::thread::spawn(slice).join().unwrap(), SHORT);
        let (sender, receiver) = mpsc::channel();
        work(move || sender.send(slice()).unwrap());
        assert_eq!(receiver.recv().unwrap(), before);
        be_ordinary();
        assert_eq!(slice(), before);
    }
}
