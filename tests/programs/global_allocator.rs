//! An allocator of the program's own gets every allocation, std's too.
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
struct Counting;
static COUNT: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;
fn main() {
    let before = COUNT.load(Ordering::Relaxed);
    let live = LIVE.load(Ordering::Relaxed);
    let boxes: Vec<Box<u64>> = (0..100).map(Box::new).collect();
    let text = format!("{:?}", std::hint::black_box(&boxes).len());
    println!("{} allocations, {} bytes", COUNT.load(Ordering::Relaxed) - before, LIVE.load(Ordering::Relaxed) - live);
    drop((boxes, text));
    println!("{} bytes left", LIVE.load(Ordering::Relaxed) - live);
    println!("{}", std::env::args().count());
}
