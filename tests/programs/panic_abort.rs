//! Panics that abort: no unwinding, no destructors, SIGABRT.
// flags: -Cpanic=abort
// stderr: same
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {
        println!("never");
    }
}
fn main() {
    println!("before");
    let _guard = Guard;
    let _ = std::panic::catch_unwind(|| panic!("not caught"));
    println!("never");
}
