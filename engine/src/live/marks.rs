//! Which threads are inside a script call, readable from a signal's handler and from another thread.

use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering, compiler_fence};

use crate::Generation;
use crate::mode::crash::{self, Alternate};
use crate::mode::os;

/// More threads than this that call scripts are not looked after.
const MOST_THREADS: usize = 64;

static MARKS: [Mark; MOST_THREADS] = [const { Mark::new() }; MOST_THREADS];

/// Whose code a call runs. Other threads tell of its crashes and hangs.
pub(crate) trait Called: Sync {
    /// The library that the code is of.
    fn library(&self) -> &str;
    /// Its generation.
    fn generation(&self) -> Generation;
    /// The script's name.
    fn script(&self) -> &str;
    /// A method as a person names it.
    fn function(&self, method: usize) -> String;
}

/// A generation's number, which changes when a server that has lost count announces the same code again.
pub(crate) struct Number(AtomicU64);

impl Number {
    pub(crate) fn new(generation: Generation) -> Self {
        Self(AtomicU64::new(generation.0))
    }

    pub(crate) fn get(&self) -> Generation {
        Generation(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, generation: Generation) {
        self.0.store(generation.0, Ordering::Relaxed);
    }
}

/// What a call calls. It stays for the process's life: a call leaves no more than where it is.
pub(crate) struct Target {
    pub(crate) code: &'static dyn Called,
    pub(crate) method: usize,
}

/// One script call; it stands on its thread's stack while it lasts.
pub(crate) struct Call {
    target: Option<&'static Target>,
    /// The call from inside which this one was made.
    outer: *mut Call,
}

impl Call {
    /// What is called; unknown where a value of a script's is dropped.
    pub(crate) fn target(&self) -> Option<&'static Target> {
        self.target
    }
}

/// One thread's script calls.
///
/// Written by its own thread only. The orders are relaxed, so that a call pays for plain stores and no more.
pub(crate) struct Mark {
    /// The thread; zero while the mark is nobody's.
    thread: AtomicI32,
    /// The innermost call; null outside of all.
    innermost: AtomicPtr<Call>,
    /// Set by another thread that has looked during a call; cleared when no call is left.
    is_seen: AtomicBool,
    /// Where the thread's stack ends at the latest.
    lowest: AtomicUsize,
    /// Whether calls on this thread are to come back from fatal signals.
    recovers: AtomicBool,
    /// Where the innermost call that can come back has left its stack; null without one.
    way_back: AtomicPtr<usize>,
}

/// What was before a call that can come back.
pub(crate) struct Before {
    innermost: *mut Call,
    way_back: *mut usize,
}

impl Mark {
    const fn new() -> Self {
        Self {
            thread: AtomicI32::new(0),
            innermost: AtomicPtr::new(ptr::null_mut()),
            is_seen: AtomicBool::new(false),
            lowest: AtomicUsize::new(0),
            recovers: AtomicBool::new(false),
            way_back: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Runs `code` as a call. It must not unwind, unless [`Self::through`] is around it.
    #[inline]
    pub(crate) fn during<R>(&self, target: Option<&'static Target>, code: impl FnOnce() -> R) -> R {
        let outer = self.innermost.load(Ordering::Relaxed);
        let mut call = Call { target, outer };
        self.enter(&mut call);
        let result = code();
        self.leave(outer);
        result
    }

    /// The same with code that may panic; its panic ends here.
    #[inline]
    pub(crate) fn catch<R>(
        &self,
        target: Option<&'static Target>,
        code: impl FnOnce() -> R,
    ) -> std::thread::Result<R> {
        let outer = self.innermost.load(Ordering::Relaxed);
        let mut call = Call { target, outer };
        self.enter(&mut call);
        // Left in both arms, so that a call that went well is asked once whether it did.
        match panic::catch_unwind(AssertUnwindSafe(code)) {
            Ok(result) => {
                self.leave(outer);
                Ok(result)
            }
            Err(panic) => {
                self.leave(outer);
                Err(panic)
            }
        }
    }

    #[inline]
    fn enter(&self, call: &mut Call) {
        self.innermost.store(call, Ordering::Relaxed);
        // A handler on this thread must find what was written.
        compiler_fence(Ordering::SeqCst);
    }

    /// The call inside of `outer` is over.
    #[inline]
    fn leave(&self, outer: *mut Call) {
        compiler_fence(Ordering::SeqCst);
        if !outer.is_null() {
            return self.leave_nested(outer);
        }
        // Not `outer`: a processor would have the next call wait for this one's load.
        self.innermost.store(ptr::null_mut(), Ordering::Relaxed);
        // Stores are what a call costs most.
        if self.is_seen.load(Ordering::Relaxed) {
            self.is_seen.store(false, Ordering::Relaxed);
        }
    }

    #[cold]
    fn leave_nested(&self, outer: *mut Call) {
        self.innermost.store(outer, Ordering::Relaxed);
    }

    /// Runs `code` as a call that an exception of another language may leave.
    pub(crate) fn through<R>(&self, target: Option<&'static Target>, code: impl FnOnce() -> R) -> R {
        struct Ended<'a>(&'a Mark, *mut Call);
        impl Drop for Ended<'_> {
            fn drop(&mut self) {
                self.0.leave(self.1);
            }
        }
        let _ended = Ended(self, self.innermost.load(Ordering::Relaxed));
        self.during(target, code)
    }

    /// Whether the thread is inside a call.
    #[inline]
    pub(crate) fn is_inside(&self) -> bool {
        !self.innermost.load(Ordering::Relaxed).is_null()
    }

    /// Looks from another thread, one at a time: whether the thread is inside a call, and then whether that was so
    /// at the last look and it has not left the outermost call since.
    ///
    /// A call that ends at this very moment may make the next one look as if it had begun now.
    pub(crate) fn look(&self) -> Option<bool> {
        self.is_inside().then(|| self.is_seen.swap(true, Ordering::Relaxed))
    }

    /// Whether the thread is still inside of the outermost call that the last look saw.
    pub(crate) fn is_seen(&self) -> bool {
        self.is_inside() && self.is_seen.load(Ordering::Relaxed)
    }

    /// The thread, while there is one.
    pub(crate) fn thread(&self) -> Option<i32> {
        Some(self.thread.load(Ordering::Acquire)).filter(|thread| *thread != 0)
    }

    /// The innermost call and where on the stack the outermost one stands.
    ///
    /// # Safety
    /// This is the mark of the calling thread.
    pub(crate) unsafe fn innermost(&self) -> Option<(&Call, usize)> {
        let innermost = self.innermost.load(Ordering::Relaxed);
        // SAFETY: this thread has not left the call, nor those outside of it, so they stand on its stack.
        unsafe {
            let call = innermost.as_ref()?;
            let mut outermost = innermost;
            while !(*outermost).outer.is_null() {
                outermost = (*outermost).outer;
            }
            Some((call, outermost.addr()))
        }
    }

    /// Whether a fault at `address`, with the stack pointer at `stack`, comes of a stack that is used up.
    pub(crate) fn is_overflow(&self, address: usize, stack: usize) -> bool {
        /// The kernel keeps this much below the main thread's stack free of other memory; other threads have a page.
        const GUARD: usize = 1 << 20;
        /// A frame is entered some way before the end.
        const NEAR: usize = 1 << 16;
        let lowest = self.lowest.load(Ordering::Relaxed);
        let is_near = |at: usize| lowest != 0 && at < lowest + NEAR && at > lowest.saturating_sub(GUARD);
        is_near(address) && is_near(stack)
    }

    /// From now on calls on this thread are to come back from fatal signals, if that is possible here; whether it is.
    pub(crate) fn recover(&self) -> bool {
        self.recovers.store(crash::IS_POSSIBLE, Ordering::Relaxed);
        crash::IS_POSSIBLE
    }

    /// Whether calls are to come back from fatal signals.
    #[inline]
    pub(crate) fn recovers(&self) -> bool {
        self.recovers.load(Ordering::Relaxed)
    }

    /// A call begins that can come back, and leaves its stack there.
    pub(crate) fn begin_recovery(&self, stack: *mut usize) -> Before {
        let innermost = self.innermost.load(Ordering::Relaxed);
        Before { innermost, way_back: self.way_back.swap(stack, Ordering::Relaxed) }
    }

    /// It is over, however it ended: so are the calls that were made from inside it.
    pub(crate) fn end_recovery(&self, before: Before) {
        self.leave(before.innermost);
        self.way_back.store(before.way_back, Ordering::Relaxed);
    }

    /// The stack of the innermost call that can come back.
    ///
    /// # Safety
    /// This is the mark of the calling thread.
    pub(crate) unsafe fn way_back(&self) -> Option<usize> {
        // SAFETY: the call that left it is on this thread's stack.
        unsafe { self.way_back.load(Ordering::Relaxed).as_ref() }.copied()
    }

    /// The thread is gone, or new.
    fn clear(&self) {
        self.recovers.store(false, Ordering::Relaxed);
        self.way_back.store(ptr::null_mut(), Ordering::Relaxed);
        self.leave(ptr::null_mut());
    }
}

/// A thread's mark for those who call scripts on it. It stays on the thread.
#[derive(Clone)]
pub(crate) struct Depth {
    mark: &'static Mark,
    _owner: Rc<Owner>,
}

impl std::ops::Deref for Depth {
    type Target = Mark;

    #[inline]
    fn deref(&self) -> &Mark {
        self.mark
    }
}

impl Default for Depth {
    /// The calling thread's; its signals' handlers get a stack of their own.
    fn default() -> Self {
        let thread = os::this_thread();
        // A thread of the same number that ended and left its mark behind is no more.
        let is_free = |mark: &&Mark| {
            let take = |from| {
                mark.thread.compare_exchange(from, thread, Ordering::AcqRel, Ordering::Relaxed).is_ok()
            };
            take(thread) || take(0)
        };
        let Some(mark) = MARKS.iter().find(is_free) else {
            let mark = Box::leak(Box::new(Mark::new()));
            return Self { mark, _owner: Rc::new(Owner { listed: None, here: PhantomData }) };
        };
        mark.clear();
        mark.lowest.store(crash::lowest_address(), Ordering::Relaxed);
        let listed = Some((mark, Alternate::for_this_thread()));
        Self { mark, _owner: Rc::new(Owner { listed, here: PhantomData }) }
    }
}

/// Gives the mark back when the last who knows it is gone.
struct Owner {
    listed: Option<(&'static Mark, Alternate)>,
    /// On this thread.
    here: PhantomData<*const ()>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some((mark, _)) = self.listed {
            mark.clear();
            mark.thread.store(0, Ordering::Release);
        }
    }
}

/// The marks of all threads, those of nobody among them.
pub(crate) fn all() -> &'static [Mark] {
    &MARKS
}

/// A thread's mark.
pub(crate) fn of(thread: i32) -> Option<&'static Mark> {
    MARKS.iter().find(|mark| mark.thread.load(Ordering::Relaxed) == thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_tells_whether_the_outermost_call_is_another_one() {
        let depth = Depth::default();
        assert!(std::ptr::eq(of(os::this_thread()).unwrap(), &raw const *depth));
        assert_eq!(depth.look(), None);
        let nested = |code: &mut dyn FnMut()| {
            // SAFETY: this thread's own mark.
            let (_, outermost) = unsafe { depth.innermost() }.unwrap();
            depth.during(None, || {
                // SAFETY: this thread's own mark.
                assert_eq!(unsafe { depth.innermost() }.unwrap().1, outermost);
                code();
            });
        };
        depth.during(None, || {
            assert!(!depth.is_seen());
            nested(&mut || assert_eq!(depth.look(), Some(false)));
            assert!(depth.is_seen(), "seen from inside of another");
            nested(&mut || assert_eq!(depth.look(), Some(true)));
            assert_eq!(depth.look(), Some(true));
        });
        assert!(!depth.is_inside() && !depth.is_seen());
        depth.during(None, || assert_eq!(depth.look(), Some(false), "another call"));
    }

    #[test]
    fn a_thread_that_ends_gives_its_mark_back() {
        let thread = std::thread::spawn(|| {
            let depth = Depth::default();
            (os::this_thread(), of(os::this_thread()).is_some(), depth.thread().is_some())
        });
        let (number, was_there, had_number) = thread.join().unwrap();
        assert!(was_there && had_number && of(number).is_none());
    }
}
