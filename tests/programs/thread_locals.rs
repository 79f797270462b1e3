//! Thread-locals with destructors, in the main thread and in others, and in what order they run.
use std::cell::{Cell, RefCell};
use std::thread;
struct Named(&'static str);
impl Drop for Named {
    fn drop(&mut self) {
        println!("{} ends", self.0);
    }
}
thread_local! {
    static FIRST: RefCell<Named> = RefCell::new(Named("first of main"));
    static SECOND: RefCell<Named> = const { RefCell::new(Named("second")) };
    static COUNT: Cell<u32> = const { Cell::new(5) };
    static BIG: RefCell<[u8; 5000]> = const { RefCell::new([3; 5000]) };
    static NESTED: Nest = Nest;
}
struct Nest;
impl Drop for Nest {
    fn drop(&mut self) {
        println!("nested sees {}", COUNT.with(Cell::get));
    }
}
fn main() {
    FIRST.with(|_| ());
    SECOND.with(|_| ());
    NESTED.with(|_| ());
    COUNT.with(|count| count.set(6));
    let other = thread::spawn(|| {
        FIRST.with(|named| named.borrow_mut().0 = "first of thread");
        COUNT.with(|count| {
            println!("fresh {}", count.get());
            count.set(count.get() + 100);
            println!("own {}", count.get());
        });
        println!("{}", BIG.with_borrow(|big| big.iter().map(|b| *b as u32).sum::<u32>()));
        NESTED.with(|_| ());
    });
    other.join().unwrap();
    println!("main {}", COUNT.with(Cell::get));
    BIG.with_borrow_mut(|big| big[0] = 1);
    println!("{}", BIG.with_borrow(|big| big[0] + big[4999]));
}
