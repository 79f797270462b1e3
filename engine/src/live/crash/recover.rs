//! Goes on after a fatal signal, where an engine has asked for it: from the faulting instruction back to the engine's call.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use crate::mode::crash::{CRASH, Crash, NOTHING};
use crate::mode::marks::Mark;

/// Whether this processor is known well enough.
pub(crate) const IS_POSSIBLE: bool = cfg!(target_arch = "x86_64");

struct Job<F, R> {
    function: Option<F>,
    result: Option<R>,
}

extern "C" fn work<F: FnOnce() -> R, R>(job: *mut c_void) {
    // SAFETY: `recovering` gave its job, and waits.
    let job = unsafe { &mut *job.cast::<Job<F, R>>() };
    if let Some(function) = job.function.take() {
        job.result = Some(function());
    }
}

/// Runs `function`, or as much of it as comes before a fatal signal on this thread. It must not unwind.
///
/// # Safety
/// After a signal, what `function` and all that it called had on the stack is forgotten, and not dropped: locks stay
/// taken, borrows counted, values half changed. The caller must have said that it can live with that.
pub(crate) unsafe fn recovering<R, F: FnOnce() -> R>(mark: &Mark, function: F) -> Result<R, Box<Crash>> {
    let mut job = Job { function: Some(function), result: None };
    let mut stack = 0_usize;
    let before = mark.begin_recovery(&raw mut stack);
    // SAFETY: the function gets the job that it expects. The handler of a signal may have it return early, with the
    // registers that must be kept as they were.
    unsafe { machine::guarded(work::<F, R>, (&raw mut job).cast(), &raw mut stack) };
    mark.end_recovery(before);
    job.result.ok_or_else(taken)
}

/// The crash that was recovered from. From now on there may be another.
fn taken() -> Box<Crash> {
    // SAFETY: this thread's handler has written it and keeps others out.
    let crash = Box::new(unsafe { (*CRASH.crash.get()).clone() });
    CRASH.state.store(NOTHING, Ordering::Release);
    crash
}

/// Has the thread go on after its engine's call when the handler returns.
///
/// # Safety
/// The handler was given `context` on this thread, which is in a call of [`recovering`] that left `stack`.
pub(super) unsafe fn go_back(context: *mut c_void, stack: usize) {
    // SAFETY: by this function's contract.
    unsafe { machine::go_back(context, stack) }
}

#[cfg(target_arch = "x86_64")]
mod machine {
    use std::ffi::c_void;

    // Keeps what the calling convention wants kept ("System V Application Binary Interface, AMD64", 3.2.1), and where.
    std::arch::global_asm!(
        ".pushsection .text.liveline_guarded,\"ax\",%progbits",
        ".hidden liveline_guarded",
        ".globl liveline_guarded",
        ".type liveline_guarded,%function",
        "liveline_guarded:",
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        ".cfi_offset rbx, -24",
        ".cfi_offset r12, -32",
        ".cfi_offset r13, -40",
        ".cfi_offset r14, -48",
        ".cfi_offset r15, -56",
        "sub rsp, 8",
        "stmxcsr [rsp]",
        "fnstcw [rsp + 4]",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "2:",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        ".cfi_remember_state",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_restore_state",
        ".hidden liveline_recovered",
        ".globl liveline_recovered",
        "liveline_recovered:",
        "ldmxcsr [rsp]",
        "fninit",
        "fldcw [rsp + 4]",
        "lea rbp, [rsp + 48]",
        "jmp 2b",
        ".cfi_endproc",
        ".size liveline_guarded, . - liveline_guarded",
        ".popsection",
    );

    unsafe extern "C" {
        fn liveline_guarded(work: extern "C" fn(*mut c_void), job: *mut c_void, stack: *mut usize);
        fn liveline_recovered();
    }

    /// Calls, and returns early if the thread goes back. Other crates cannot see the symbol itself.
    #[inline(never)]
    pub(super) unsafe fn guarded(work: extern "C" fn(*mut c_void), job: *mut c_void, stack: *mut usize) {
        // SAFETY: the caller's.
        unsafe { liveline_guarded(work, job, stack) }
    }

    pub(super) unsafe fn go_back(context: *mut c_void, stack: usize) {
        /// String instructions go upwards, and alignment is not checked: what every function may expect.
        const DIRECTION_AND_ALIGNMENT: i64 = 1 << 10 | 1 << 18;
        // SAFETY: the system gives handlers this structure, and goes on with what stands there.
        unsafe {
            let registers = &raw mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
            (*registers)[libc::REG_RIP as usize] = liveline_recovered as *const () as i64;
            (*registers)[libc::REG_RSP as usize] = stack as i64;
            (*registers)[libc::REG_EFL as usize] &= !DIRECTION_AND_ALIGNMENT;
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod machine {
    use std::ffi::c_void;

    /// Calls; nobody asks for more here.
    pub(super) unsafe fn guarded(work: extern "C" fn(*mut c_void), job: *mut c_void, _: *mut usize) {
        work(job);
    }

    /// Not reached.
    pub(super) unsafe fn go_back(_: *mut c_void, _: usize) {}
}
