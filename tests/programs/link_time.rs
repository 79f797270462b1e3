//! Weak and common symbols, sections by name, and a native library.
use std::ffi::{CStr, c_char};
#[link(name = "dl")]
unsafe extern "C" {
    fn dlsym(handle: *mut u8, name: *const c_char) -> *mut u8;
}
#[link(name = "m")]
unsafe extern "C" {
    fn lgamma(x: f64) -> f64;
}
#[used]
#[unsafe(link_section = "liveline_list")]
static ONE: u32 = 11;
#[used]
#[unsafe(link_section = "liveline_list")]
static TWO: u32 = 31;
unsafe extern "C" {
    #[link_name = "__start_liveline_list"]
    static START: u32;
    #[link_name = "__stop_liveline_list"]
    static STOP: u32;
}
fn main() {
    println!("{}", unsafe { lgamma(5.5) });
    let list = unsafe {
        let start = &raw const START;
        std::slice::from_raw_parts(start, (&raw const STOP).offset_from(start) as usize)
    };
    println!("{} {}", list.len(), list.iter().sum::<u32>());
    println!("{}", unsafe { dlsym(std::ptr::null_mut(), c"no_such_symbol_anywhere".as_ptr()) }.is_null());
    println!("{:?}", unsafe { CStr::from_ptr(c"x".as_ptr()) });
}
