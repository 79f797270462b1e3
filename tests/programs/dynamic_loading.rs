//! A library that is loaded while the program runs.
use std::ffi::{c_char, c_int, c_void};
unsafe extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}
fn main() {
    unsafe {
        let library = dlopen(c"libm.so.6".as_ptr(), 2);
        let cosine: extern "C" fn(f64) -> f64 = std::mem::transmute(dlsym(library, c"cos".as_ptr()));
        println!("{}", cosine(1.0));
        println!("{}", dlopen(c"libsuch_a_library_is_not_there.so".as_ptr(), 2).is_null());
    }
}
