//! C functions that call back: qsort, bsearch, atexit, and constructors of threads' keys.
use std::ffi::{CStr, CString, c_char, c_int, c_void};
unsafe extern "C" {
    fn qsort(base: *mut c_void, count: usize, size: usize, compare: extern "C" fn(*const i32, *const i32) -> c_int);
    fn bsearch(key: *const i32, base: *const i32, count: usize, size: usize, compare: extern "C" fn(*const i32, *const i32) -> c_int) -> *const i32;
    fn atexit(function: extern "C" fn()) -> c_int;
    fn strtol(text: *const c_char, end: *mut *mut c_char, base: c_int) -> i64;
    fn snprintf(buffer: *mut c_char, length: usize, format: *const c_char, ...) -> c_int;
    fn getenv(name: *const c_char) -> *const c_char;
    fn strerror(code: c_int) -> *const c_char;
}
extern "C" fn compare(a: *const i32, b: *const i32) -> c_int {
    unsafe { (*a).cmp(&*b) as c_int }
}
extern "C" fn first() {
    println!("at exit, registered first");
}
extern "C" fn second() {
    println!("at exit, registered second");
}
#[unsafe(no_mangle)]
pub extern "C" fn called_by_name(n: c_int) -> c_int {
    n + 1
}
fn main() {
    let mut numbers = [5, -3, 99, 0, 42, 7];
    unsafe {
        qsort(numbers.as_mut_ptr().cast(), numbers.len(), 4, compare);
        println!("{numbers:?}");
        let found = bsearch(&42, numbers.as_ptr(), numbers.len(), 4, compare);
        println!("{}", found.offset_from(numbers.as_ptr()));
        println!("{} {}", atexit(first), atexit(second));
        let text = CString::new("123abc").unwrap();
        let mut end = std::ptr::null_mut();
        println!("{} {:?}", strtol(text.as_ptr(), &mut end, 10), CStr::from_ptr(end));
        let mut buffer = [0u8; 64];
        let length = snprintf(buffer.as_mut_ptr().cast(), 64, c"%d-%s-%.3f-%c".as_ptr(), 5 as c_int, c"text".as_ptr(), 2.5f64, 'x' as c_int);
        println!("{length} {:?}", CStr::from_bytes_until_nul(&buffer).unwrap());
        println!("{}", getenv(c"NO_SUCH_VARIABLE".as_ptr()).is_null());
        println!("{:?} {}", CStr::from_ptr(strerror(2)), called_by_name(1));
    }
}
