//! Functions that `tests/c/program.c` calls.

use std::ffi::{CStr, c_char, c_void};

/// The test changes it.
#[liveline_export::export]
pub fn answer() -> i32 {
    1
}

/// Panics if it is asked to.
#[liveline_export::export(otherwise = -7)]
pub fn fail(how: i32) -> i32 {
    let empty: Vec<i32> = Vec::new();
    if how == 0 { 0 } else { empty[how as usize] }
}

/// Crashes if the pointer is null.
#[liveline_export::export]
pub fn crash(value: *const i32) -> i32 {
    // SAFETY: there is none.
    unsafe { value.read_volatile() }
}

/// Without a guard.
#[unsafe(no_mangle)]
pub extern "C" fn add(one: i32, other: i32) -> i32 {
    one + other
}

/// Back into C.
#[liveline_export::export]
pub fn call_back(function: extern "C" fn(*mut c_void), data: *mut c_void) {
    function(data);
}

/// # Safety
/// `text` ends with a zero byte.
#[liveline_export::export]
pub unsafe fn letters(text: *const c_char) -> usize {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().chars().filter(|c| c.is_alphabetic()).count()
}
