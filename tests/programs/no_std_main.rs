//! A program without std's start: `main` is its own C function.
#![no_main]
use std::ffi::{CStr, c_char, c_int};
unsafe extern "C" {
    fn signal(number: c_int, handler: usize) -> usize;
}
#[unsafe(no_mangle)]
pub extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    let name = unsafe { CStr::from_ptr(*arguments) }.to_string_lossy().into_owned();
    println!("{count} {}", name.rsplit('/').next().unwrap());
    // SIGPIPE is as the shell left it: std's start has not been there.
    println!("{} {}", unsafe { signal(13, 0) }, unsafe { signal(11, 0) });
    41
}
