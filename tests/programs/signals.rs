//! Handlers of signals, and an end by a signal.
use std::sync::atomic::{AtomicI32, Ordering};
unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn raise(number: i32) -> i32;
}
static SEEN: AtomicI32 = AtomicI32::new(0);
extern "C" fn handler(number: i32) {
    SEEN.store(number, Ordering::SeqCst);
}
fn main() {
    unsafe {
        println!("{}", signal(10, handler));
        raise(10);
        println!("{}", SEEN.load(Ordering::SeqCst));
        raise(15);
    }
    println!("never");
}
