//! The registers that a signal's handler finds; one section for each processor.

#[cfg(target_arch = "x86_64")]
mod registers {
    /// Where the program is.
    pub(in super::super) unsafe fn program_counter(context: *mut libc::c_void) -> Option<usize> {
        // SAFETY: the system gives handlers this structure.
        Some(unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] }
            as usize)
    }

    /// Where its stack ends.
    pub(in super::super) unsafe fn stack_pointer(context: *mut libc::c_void) -> Option<usize> {
        // SAFETY: as above.
        Some(unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RSP as usize] }
            as usize)
    }

    /// Makes the registers those of the caller, while `look` looks, of code that was called and is none.
    pub(in super::super) unsafe fn as_caller<R>(context: *mut libc::c_void, look: impl FnOnce() -> R) -> R {
        // SAFETY: as above. A call has just pushed the address that it returns to; were the stack damaged, reading
        // it would be a second fault, which is taken for the end of the search.
        unsafe {
            let registers = &raw mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
            let before = *registers;
            let stack = before[libc::REG_RSP as usize];
            (*registers)[libc::REG_RIP as usize] = *(stack as *const i64);
            (*registers)[libc::REG_RSP as usize] = stack + 8;
            let result = look();
            *registers = before;
            result
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod registers {
    /// Where the program is.
    pub(in super::super) unsafe fn program_counter(context: *mut libc::c_void) -> Option<usize> {
        // SAFETY: the system gives handlers this structure.
        Some(unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.pc } as usize)
    }

    /// Where its stack ends.
    pub(in super::super) unsafe fn stack_pointer(context: *mut libc::c_void) -> Option<usize> {
        // SAFETY: as above.
        Some(unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.sp } as usize)
    }

    /// Makes the registers those of the caller, while `look` looks, of code that was called and is none.
    pub(in super::super) unsafe fn as_caller<R>(context: *mut libc::c_void, look: impl FnOnce() -> R) -> R {
        // SAFETY: as above. A call leaves the address that it returns to in register 30.
        unsafe {
            let machine = &raw mut (*context.cast::<libc::ucontext_t>()).uc_mcontext;
            let before = (*machine).pc;
            (*machine).pc = (*machine).regs[30];
            let result = look();
            (*machine).pc = before;
            result
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod registers {
    /// Unknown here.
    pub(in super::super) unsafe fn program_counter(_: *mut libc::c_void) -> Option<usize> {
        None
    }

    /// Unknown here.
    pub(in super::super) unsafe fn stack_pointer(_: *mut libc::c_void) -> Option<usize> {
        None
    }

    /// Looks without a change.
    pub(in super::super) unsafe fn as_caller<R>(_: *mut libc::c_void, look: impl FnOnce() -> R) -> R {
        look()
    }
}

pub(super) use registers::{as_caller, program_counter, stack_pointer};
