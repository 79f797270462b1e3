//! Where a thread is, as addresses: all that a signal's handler may find out.

use std::ffi::{c_int, c_void};

use crate::Generation;
use crate::mode::crash::machine;
use crate::mode::marks::{Mark, Target};

/// Enough to find a script's line, however much std lies above it.
const MOST_FRAMES: usize = 96;

/// From the instruction at which a signal came down to the engine's call.
#[derive(Clone)]
pub(crate) struct Trace {
    addresses: [usize; MOST_FRAMES],
    count: usize,
    /// The innermost call.
    pub(crate) target: Option<&'static Target>,
    /// The generation of what it calls.
    pub(crate) generation: Generation,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.addresses()).finish()
    }
}

impl Trace {
    pub(super) const fn none() -> Self {
        Self { addresses: [0; MOST_FRAMES], count: 0, target: None, generation: Generation::LINKED }
    }

    /// Innermost first, each inside of the instruction that faulted or called.
    pub(crate) fn addresses(&self) -> &[usize] {
        &self.addresses[..self.count.min(MOST_FRAMES)]
    }

    /// Where the signal came.
    pub(crate) fn start(&self) -> Option<usize> {
        self.addresses().first().copied()
    }

    /// Walks the stack of the calling thread. Allocates nothing.
    ///
    /// # Safety
    /// Runs in a signal's handler that was given `context`, on the thread of `mark`.
    pub(super) unsafe fn collect(&mut self, mark: &Mark, context: *mut c_void, is_jump: bool) {
        self.count = 0;
        self.target = None;
        // SAFETY: by this function's contract.
        unsafe {
            let Some((call, end)) = mark.innermost() else { return };
            self.target = call.target();
            if let Some(target) = self.target {
                self.generation = target.code.generation();
            }
            let Some(start) = machine::program_counter(context) else {
                return self.walk(None, end);
            };
            self.push(start);
            if is_jump {
                // What was called is no code, so nothing is known of its frame but who called.
                machine::as_caller(context, || {
                    let caller = machine::program_counter(context).unwrap_or(start);
                    self.push(caller.saturating_sub(1));
                    self.walk(Some(caller), end);
                });
            } else {
                self.walk(Some(start), end);
            }
        }
    }

    fn push(&mut self, address: usize) {
        if let Some(place) = self.addresses.get_mut(self.count) {
            *place = address;
            self.count += 1;
        }
    }

    /// Adds the frames below the one at `start`, which has been added.
    fn walk(&mut self, start: Option<usize>, end: usize) {
        let mut walk = Walk { trace: self, start, end };
        // SAFETY: the function gets what it expects, for as long as the walk lasts.
        unsafe { _Unwind_Backtrace(step, (&raw mut walk).cast()) };
    }
}

struct Walk<'a> {
    trace: &'a mut Trace,
    /// Frames before this one are the handler's own.
    start: Option<usize>,
    /// Where the engine's call stands on the stack.
    end: usize,
}

extern "C" fn step(context: *mut c_void, walk: *mut c_void) -> c_int {
    /// `_URC_NO_REASON`: go on.
    const ON: c_int = 0;
    /// `_URC_NORMAL_STOP`.
    const STOP: c_int = 4;
    let mut is_before_instruction = 0;
    // SAFETY: `walk` gave its walk, and the unwinder its context.
    let (walk, address, frame) = unsafe {
        let address = _Unwind_GetIPInfo(context, &raw mut is_before_instruction);
        (&mut *walk.cast::<Walk<'_>>(), address, _Unwind_GetCFA(context))
    };
    if let Some(start) = walk.start {
        if start == address {
            walk.start = None;
        }
        return ON;
    }
    // A stack grows downwards: what lies above the engine's call is the engine's own.
    if frame > walk.end || address == 0 || walk.trace.count == MOST_FRAMES {
        return STOP;
    }
    // An address to return to may be that of the next line.
    walk.trace.push(address - usize::from(is_before_instruction == 0));
    ON
}

// The language's own unwinder; "Level 1: Base ABI" of the Itanium C++ ABI for exceptions.
unsafe extern "C" {
    fn _Unwind_Backtrace(step: extern "C" fn(*mut c_void, *mut c_void) -> c_int, walk: *mut c_void) -> c_int;
    fn _Unwind_GetIPInfo(context: *mut c_void, is_before_instruction: *mut c_int) -> usize;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
}
