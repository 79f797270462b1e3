//! The interface by which a debugger learns of code that no file holds: "JIT Compilation Interface" in gdb's manual.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use object::elf;

use crate::Image;
use crate::output::{Pen, SECTION_HEADER, SYMBOL};

// Weak, since a game may hold another program's just-in-time compiler, which defines the same two names.
std::arch::global_asm!(
    ".pushsection .text.__jit_debug_register_code,\"ax\",%progbits",
    ".weak __jit_debug_register_code",
    ".type __jit_debug_register_code,%function",
    "__jit_debug_register_code:",
    "ret",
    ".size __jit_debug_register_code, . - __jit_debug_register_code",
    ".popsection",
    ".pushsection .data.__jit_debug_descriptor,\"aw\",%progbits",
    ".weak __jit_debug_descriptor",
    ".type __jit_debug_descriptor,%object",
    ".balign 8",
    "__jit_debug_descriptor:",
    ".long 1",
    ".long 0",
    ".quad 0",
    ".quad 0",
    ".size __jit_debug_descriptor, 24",
    ".popsection",
);

unsafe extern "C" {
    /// A debugger stops here, and reads the descriptor.
    fn __jit_debug_register_code();
    static mut __jit_debug_descriptor: Descriptor;
}

#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut Entry,
    first: *mut Entry,
}

#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    file: *const c_void,
    size: u64,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// Held while the list is changed.
static LIST: Mutex<()> = Mutex::new(());

/// A piece of code that debuggers know of, until it is dropped.
#[derive(Debug)]
pub(super) struct Registration {
    entry: *mut Entry,
    /// What the entry points to.
    file: Vec<u8>,
}

// SAFETY: the entry is the list's, which is changed under its lock only.
unsafe impl Send for Registration {}

impl Registration {
    /// Tells debuggers of `file`, an ELF file with the addresses that its sections have in this process.
    pub(super) fn new(file: Vec<u8>) -> Self {
        let _lock = LIST.lock().unwrap_or_else(PoisonError::into_inner);
        let descriptor = &raw mut __jit_debug_descriptor;
        // SAFETY: the descriptor is a static of this layout, and the lock is held. The entries in the list are alive:
        // each is removed before it is freed.
        unsafe {
            let first = (*descriptor).first;
            let entry = Box::into_raw(Box::new(Entry {
                next: first,
                previous: ptr::null_mut(),
                file: file.as_ptr().cast(),
                size: file.len() as u64,
            }));
            if !first.is_null() {
                (*first).previous = entry;
            }
            (*descriptor).first = entry;
            (*descriptor).relevant = entry;
            (*descriptor).action = REGISTER;
            __jit_debug_register_code();
            Self { entry, file }
        }
    }

    /// Has debuggers forget the code, and gives what it takes to tell them of it again.
    pub(super) fn end(mut self) -> Vec<u8> {
        // It stays where it is: the entry still points to it.
        std::mem::take(&mut self.file)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _lock = LIST.lock().unwrap_or_else(PoisonError::into_inner);
        let descriptor = &raw mut __jit_debug_descriptor;
        // SAFETY: as in `new`. The entry is in the list, and freed after it has left it and debuggers have been told.
        unsafe {
            let Entry { next, previous, .. } = *self.entry;
            if previous.is_null() {
                (*descriptor).first = next;
            } else {
                (*previous).next = next;
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
            (*descriptor).relevant = self.entry;
            (*descriptor).action = UNREGISTER;
            __jit_debug_register_code();
            (*descriptor).relevant = ptr::null_mut();
            drop(Box::from_raw(self.entry));
        }
    }
}

/// Tells debuggers of an image that was loaded at `base`. One without debug information is nothing to them.
pub(super) fn register(mut image: Image, base: u64) -> Option<Registration> {
    if image.debug_words.is_empty() {
        return None;
    }
    rebase(&mut image, base)?;
    Some(Registration::new(image.bytes))
}

/// Adds where the image is to every address that a debugger reads: it takes them as they stand.
fn rebase(image: &mut Image, base: u64) -> Option<()> {
    for offset in std::mem::take(&mut image.debug_words) {
        add(&mut image.bytes, u64::from(offset), base)?;
    }
    let table = read(&image.bytes, 40)?;
    let count = read(&image.bytes, 60)? & 0xffff;
    for header in (0..count).map(|index| table + index * SECTION_HEADER) {
        let kind = read(&image.bytes, header + 4)? as u32;
        let is_loaded = read(&image.bytes, header + 8)? & u64::from(elf::SHF_ALLOC) != 0;
        if matches!(kind, elf::SHT_DYNAMIC | elf::SHT_DYNSYM | elf::SHT_HASH | elf::SHT_RELA) {
            // These are for the system's loader, and their addresses stay relative.
            Pen::at(&mut image.bytes, header + 4).word(elf::SHT_NULL).long(0);
        } else if is_loaded {
            add(&mut image.bytes, header + 16, base)?;
        } else if kind == elf::SHT_SYMTAB {
            let (offset, size) = (read(&image.bytes, header + 24)?, read(&image.bytes, header + 32)?);
            // The first symbol is none.
            for symbol in (1..size / SYMBOL).map(|index| offset + index * SYMBOL) {
                add(&mut image.bytes, symbol + 8, base)?;
            }
        }
    }
    // No program headers: segments would be looked for in the file.
    Pen::at(&mut image.bytes, 32).long(0);
    Pen::at(&mut image.bytes, 56).half(0);
    Some(())
}

fn read(bytes: &[u8], offset: u64) -> Option<u64> {
    let rest = bytes.get(usize::try_from(offset).ok()?..)?;
    let mut word = [0; 8];
    let length = rest.len().min(8);
    word[..length].copy_from_slice(&rest[..length]);
    Some(u64::from_le_bytes(word))
}

fn add(bytes: &mut [u8], offset: u64, base: u64) -> Option<()> {
    let sum = read(bytes, offset)?.wrapping_add(base);
    Pen::at(bytes, offset).long(sum);
    Some(())
}
