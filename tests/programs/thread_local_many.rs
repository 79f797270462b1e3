//! Many threads with many thread-locals, one after another and at once.
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
static DROPPED: AtomicUsize = AtomicUsize::new(0);
struct Counted(Vec<usize>);
impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0.len(), Ordering::SeqCst);
    }
}
thread_local!(static LIST: RefCell<Counted> = RefCell::new(Counted(Vec::new())));
fn main() {
    for round in 0..20 {
        thread::scope(|scope| {
            for n in 0..16 {
                scope.spawn(move || {
                    for _ in 0..n {
                        LIST.with(|list| list.borrow_mut().0.push(round));
                    }
                });
            }
        });
    }
    // A scope ends before the destructors of its threads have.
    while DROPPED.load(Ordering::SeqCst) < 20 * 120 {
        thread::yield_now();
    }
    println!("{}", DROPPED.load(Ordering::SeqCst));
}
