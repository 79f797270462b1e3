//! Statics: constant, mutable, atomic, behind locks, made at the first use; and their addresses.
use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};
use std::sync::{LazyLock, Mutex, Once, OnceLock};
static NAMES: &[&str] = &["a", "bc", "def"];
static NUMBER: AtomicI64 = AtomicI64::new(-3);
static LOCKED: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ONCE: OnceLock<String> = OnceLock::new();
static LAZY: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    println!("made once");
    NAMES.iter().map(|name| (*name, name.len())).collect()
});
static POINTER: &AtomicI64 = &NUMBER;
static SLOT: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static START: Once = Once::new();
struct Shared(UnsafeCell<[u32; 4]>);
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(UnsafeCell::new([1, 2, 3, 4]));
static mut RAW: u64 = 11;
const ZEROES: [u16; 1000] = [0; 1000];
fn function_static() -> i64 {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    CALLS.fetch_add(1, Ordering::SeqCst)
}
fn main() {
    NUMBER.fetch_add(10, Ordering::SeqCst);
    println!("{} {}", POINTER.load(Ordering::SeqCst), std::ptr::eq(POINTER, &NUMBER));
    LOCKED.lock().unwrap().extend(b"xyz");
    println!("{:?}", LOCKED.lock().unwrap());
    println!("{} {:?}", ONCE.get_or_init(|| "first".into()), ONCE.set("second".into()));
    println!("{:?} {:?}", LAZY.get("bc"), LAZY.get("none"));
    START.call_once(|| println!("started"));
    START.call_once(|| println!("never"));
    unsafe {
        (*SHARED.0.get())[2] = 30;
        RAW += 1;
        println!("{:?} {}", *SHARED.0.get(), *&raw const RAW);
    }
    println!("{} {:?}", SLOT.load(Ordering::SeqCst).is_null(), ZEROES.iter().sum::<u16>());
    println!("{} {} {}", function_static(), function_static(), function_static());
}
