//! A stack for handlers of signals: an overflow leaves none on the thread's own.

use std::mem::MaybeUninit;
use std::ptr;

/// Enough to walk a stack on, beside what the kernel puts there of a processor with large registers.
const BYTES: usize = 128 * 1024;

/// The calling thread's stack for handlers, until it is dropped there.
#[derive(Debug)]
pub(crate) struct Alternate {
    /// With a page before it that cannot be used; nothing if the thread had a stack that is large enough.
    memory: *mut libc::c_void,
    length: usize,
}

impl Alternate {
    /// Gives the thread a stack for handlers, if it has none that is large enough.
    pub(crate) fn for_this_thread() -> Self {
        let page = page_size();
        let none = Self { memory: ptr::null_mut(), length: 0 };
        if current().is_some_and(|stack| stack.ss_flags & libc::SS_DISABLE == 0 && stack.ss_size >= BYTES) {
            return none;
        }
        let length = page + BYTES;
        // SAFETY: new memory, which nobody else knows. It stays until `drop` has taken it from the thread.
        unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
            let memory = libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0);
            if memory == libc::MAP_FAILED {
                return none;
            }
            libc::mprotect(memory, page, libc::PROT_NONE);
            let stack = libc::stack_t { ss_sp: memory.byte_add(page), ss_flags: 0, ss_size: BYTES };
            if libc::sigaltstack(&raw const stack, ptr::null_mut()) != 0 {
                libc::munmap(memory, length);
                return none;
            }
            Self { memory, length }
        }
    }
}

impl Drop for Alternate {
    fn drop(&mut self) {
        if self.memory.is_null() {
            return;
        }
        let page = page_size();
        // Someone may have put another in its place, and mean to put this one back.
        let is_ours = current().is_some_and(|stack| stack.ss_sp.addr() == self.memory.addr() + page);
        let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
        // SAFETY: the memory is this value's, and after the first call the thread's no more.
        unsafe {
            if is_ours && libc::sigaltstack(&raw const none, ptr::null_mut()) == 0 {
                libc::munmap(self.memory, self.length);
            }
        }
    }
}

/// As the C library says it: rustix reads where the kernel put it, which under valgrind leads nowhere.
fn page_size() -> usize {
    // SAFETY: asks only.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

fn current() -> Option<libc::stack_t> {
    let mut stack = MaybeUninit::uninit();
    // SAFETY: asks only; the system fills in the structure.
    unsafe { (libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) == 0).then(|| stack.assume_init()) }
}

/// Where the calling thread's own stack ends at the latest; zero if the system does not say.
pub(crate) fn lowest_address() -> usize {
    let mut attributes = MaybeUninit::uninit();
    let (mut lowest, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the attributes are filled in by the first call, read by the second and ended by the third.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return 0;
        }
        libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    lowest.addr()
}
