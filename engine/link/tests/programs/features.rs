//! What rustc's objects can hold, each behind a C function that gives 1 if it works. Compiled by the tests.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::SeqCst};

fn check(condition: bool) -> i32 {
    i32::from(condition)
}

#[inline(never)]
fn deep(depth: u32) -> u32 {
    if depth == 0 { panic!("bottom {depth}") } else { deep(depth - 1) + 1 }
}

struct Guard<'a>(&'a Cell<u32>);
impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn panics_unwind_and_are_caught() -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    let dropped = Cell::new(0);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = Guard(&dropped);
        deep(10)
    }));
    let message = result.err().and_then(|payload| payload.downcast::<String>().ok());
    check(dropped.get() == 1 && message.is_some_and(|message| *message == "bottom 0"))
}

#[unsafe(no_mangle)]
pub extern "C" fn backtraces_have_files_and_lines() -> i32 {
    let line = line!() + 1;
    let trace = std::backtrace::Backtrace::force_capture().to_string();
    check(trace.contains("backtraces_have_files_and_lines") && trace.contains(&format!("features.rs:{line}")))
}

static DROPPED: AtomicI32 = AtomicI32::new(0);
struct Counted(i32);
impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0, SeqCst);
    }
}
thread_local! {
    static CONSTANT: Cell<i32> = const { Cell::new(5) };
    static LAZY: RefCell<Counted> = RefCell::new(Counted(30));
    static LARGE: RefCell<[u8; 5000]> = const { RefCell::new([3; 5000]) };
}

#[unsafe(no_mangle)]
pub extern "C" fn thread_locals_are_dropped_with_their_thread() -> i32 {
    CONSTANT.set(9);
    let seen = std::thread::spawn(|| {
        LAZY.with_borrow_mut(|counted| counted.0 += 4);
        LARGE.with_borrow_mut(|large| large[4999] = 9);
        CONSTANT.get()
    });
    let large = LARGE.with_borrow(|large| large.iter().all(|byte| *byte == 3));
    check(seen.join().is_ok_and(|seen| seen == 5) && CONSTANT.get() == 9 && DROPPED.load(SeqCst) == 34 && large)
}

trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String;
}
struct Square(f64);
struct Circle(f64);
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
    fn name(&self) -> String {
        "square".to_owned()
    }
}
impl Shape for Circle {
    fn area(&self) -> f64 {
        self.0.powi(2) * self.0.sin().abs().mul_add(0.0, 3.0)
    }
    fn name(&self) -> String {
        "circle".to_owned()
    }
}

fn joined<T: Display>(values: &[T]) -> String {
    values.iter().map(|value| format!("{value}")).collect::<Vec<_>>().join("+")
}

#[unsafe(no_mangle)]
pub extern "C" fn vtables_and_generics() -> i32 {
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(2.0)), Box::new(Circle(1.0))];
    let sum: f64 = shapes.iter().map(|shape| shape.area()).sum();
    let names: Vec<String> = shapes.iter().map(|shape| shape.name()).collect();
    check(sum == 7.0 && joined(&names) == "square+circle" && joined(&[1.5, 2.5]) == "1.5+2.5")
}

static ORDER: AtomicU32 = AtomicU32::new(0);
extern "C" fn first() {
    let _ = ORDER.compare_exchange(0, 1, SeqCst, SeqCst);
}
extern "C" fn second() {
    let _ = ORDER.compare_exchange(1, 2, SeqCst, SeqCst);
}
extern "C" fn third() {
    let _ = ORDER.compare_exchange(2, 3, SeqCst, SeqCst);
}
#[used]
#[unsafe(link_section = ".init_array")]
static LAST: extern "C" fn() = third;
#[used]
#[unsafe(link_section = ".init_array.00200")]
static MIDDLE: extern "C" fn() = second;
#[used]
#[unsafe(link_section = ".init_array.00101")]
static EARLY: extern "C" fn() = first;

#[unsafe(no_mangle)]
pub extern "C" fn initialisers_have_run_in_order() -> i32 {
    check(ORDER.load(SeqCst) == 3)
}

#[repr(align(4096))]
struct Page([u8; 100]);
#[repr(align(16384))]
struct Pages(AtomicU32);
static READ_ONLY: Page = Page([1; 100]);
static WRITTEN: Pages = Pages(AtomicU32::new(7));
static ZEROS: Pages = Pages(AtomicU32::new(0));
static HUGE: [AtomicU32; 16 << 20] = [const { AtomicU32::new(0) }; 16 << 20];
static LARGE_DATA: [u64; 200_000] = [0x0102_0304_0506_0708; 200_000];
static NOTHING: [u64; 0] = [];

#[unsafe(no_mangle)]
pub extern "C" fn sections_are_aligned_and_may_be_huge_or_empty() -> i32 {
    HUGE[(16 << 20) - 1].store(5, SeqCst);
    let pages = [&raw const READ_ONLY as usize];
    let large = [&raw const WRITTEN as usize, &raw const ZEROS as usize];
    let sum = LARGE_DATA.iter().step_by(1000).fold(0_u64, |sum, value| sum ^ value);
    check(
        pages.iter().all(|page| page % 4096 == 0)
            && large.iter().all(|page| page % 16384 == 0)
            && READ_ONLY.0[99] + HUGE[(16 << 20) - 1].load(SeqCst) as u8 == 6
            && WRITTEN.0.fetch_add(1, SeqCst) + ZEROS.0.fetch_add(1, SeqCst) == 7
            && sum == 0
            && NOTHING.as_ptr() as usize % 8 == 0,
    )
}

macro_rules! listed {
    ($($name:ident = $value:expr),*) => { $(
        #[used]
        #[unsafe(link_section = "test_list")]
        static $name: &'static str = $value;
    )* };
}
listed!(ONE = "one", TWO = "two", THREE = "three");

#[unsafe(no_mangle)]
pub extern "C" fn a_list_lies_between_its_ends() -> i32 {
    #[allow(improper_ctypes)]
    unsafe extern "C" {
        static __start_test_list: [&'static str; 0];
        static __stop_test_list: [&'static str; 0];
    }
    let (start, end) = (&raw const __start_test_list as *const &str, &raw const __stop_test_list as *const &str);
    let count = (end as usize - start as usize) / size_of::<&str>();
    let mut list: Vec<&str> = (0..count).map(|index| unsafe { *start.add(index) }).collect();
    list.sort();
    check(list == ["one", "three", "two"])
}

#[unsafe(no_mangle)]
pub extern "C" fn arithmetic_of_128_bits_and_hash_maps() -> i32 {
    let wide = std::hint::black_box(u128::MAX / 7) % std::hint::black_box(1_000_007);
    let map: HashMap<u32, u32> = (0..1000).map(|key| (key, key * key)).collect();
    check(wide == (u128::MAX / 7) % 1_000_007 && map[&31] == 961)
}

#[unsafe(no_mangle)]
pub extern "C" fn the_system_is_the_processs() -> i32 {
    // `realpath` without a version would be the one of 1998, which takes no null.
    let folder = std::fs::canonicalize("/usr/..").is_ok_and(|path| path == std::path::Path::new("/"));
    check(folder && std::env::var_os("PATH").is_some() && std::process::id() > 1)
}

static MADE: AtomicU32 = AtomicU32::new(0);
struct Made(u32);
impl Iterator for Made {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        self.0 = self.0.checked_sub(1)?;
        Some(self.0 + MADE.fetch_add(1, SeqCst))
    }
}

/// A value for whoever loads this; another loaded copy uses it.
#[unsafe(no_mangle)]
pub extern "C" fn make() -> *mut Box<dyn Iterator<Item = u32>> {
    Box::into_raw(Box::new(Box::new(Made(3))))
}

/// # Safety
/// `made` is from [`make`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn use_of_another(made: *mut Box<dyn Iterator<Item = u32>>) -> i32 {
    // SAFETY: the caller's.
    let made = unsafe { Box::from_raw(made) };
    let values: Vec<u32> = made.collect();
    // The other copy's counter has counted, and not this one's.
    check(values == [2, 2, 2] && MADE.load(SeqCst) == 0)
}
