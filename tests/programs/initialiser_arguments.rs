//! What an initialiser sees of the arguments is what `main` sees.
// args: a b c
use std::ffi::CStr;
use std::sync::Mutex;
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
extern "C" fn early(count: i32, arguments: *const *const std::ffi::c_char) {
    for n in 0..count as usize {
        let argument = unsafe { arguments.add(n).read() };
        if argument.is_null() {
            break;
        }
        SEEN.lock().unwrap().push(unsafe { CStr::from_ptr(argument) }.to_string_lossy().into_owned());
    }
}
#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn(i32, *const *const std::ffi::c_char) = early;
fn main() {
    let seen = SEEN.lock().unwrap();
    println!("{:?} {}", &seen[1..], *seen == std::env::args().collect::<Vec<_>>());
}
