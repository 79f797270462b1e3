//! Functions that run before `main` and after it.
use std::sync::atomic::{AtomicU32, Ordering};
static ORDER: AtomicU32 = AtomicU32::new(1);
static SEEN: AtomicU32 = AtomicU32::new(0);
extern "C" fn early(count: i32, arguments: *const *const u8, _: *const *const u8) {
    let first = unsafe { arguments.read() };
    SEEN.store(count as u32 * 10 + !first.is_null() as u32, Ordering::SeqCst);
    ORDER.store(ORDER.load(Ordering::SeqCst) * 10 + 2, Ordering::SeqCst);
}
extern "C" fn with_priority() {
    ORDER.store(ORDER.load(Ordering::SeqCst) * 10 + 1, Ordering::SeqCst);
}
extern "C" fn late() {
    println!("after main");
}
#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn(i32, *const *const u8, *const *const u8) = early;
#[used]
#[unsafe(link_section = ".init_array.00100")]
static PRIORITY: extern "C" fn() = with_priority;
#[used]
#[unsafe(link_section = ".fini_array")]
static LATE: extern "C" fn() = late;
fn main() {
    println!("{} {}", ORDER.load(Ordering::SeqCst), SEEN.load(Ordering::SeqCst) % 10);
}
