//! Types and statics that want large alignments, and ones that take no room.
use std::cell::Cell;
use std::mem::{align_of, size_of};
#[repr(align(4096))]
struct Page([u8; 100]);
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line(u8);
static PAGE: Page = Page([7; 100]);
static mut PAGES: [Page; 3] = [const { Page([0; 100]) }; 3];
static LINES: [Line; 4] = [Line(1); 4];
thread_local!(static OWN: Cell<Line> = const { Cell::new(Line(9)) });
struct Nothing;
static NOTHING: Nothing = Nothing;
static NOTHINGS: [Nothing; 1000] = [const { Nothing }; 1000];
#[repr(align(1024))]
struct Wide;
fn is_aligned<T>(place: *const T) -> bool {
    place as usize % align_of::<T>() == 0
}
fn main() {
    println!("{} {}", is_aligned(&PAGE), PAGE.0[99]);
    unsafe {
        PAGES[1].0[0] = 1;
        println!("{} {}", is_aligned(&raw const PAGES), size_of::<[Page; 3]>());
    }
    println!("{} {}", is_aligned(&LINES[3]), LINES[3].0);
    OWN.with(|own| println!("{} {}", is_aligned(own.as_ptr()), own.get().0));
    std::thread::spawn(|| OWN.with(|own| println!("{} {}", is_aligned(own.as_ptr()), own.get().0))).join().unwrap();
    println!("{} {} {}", size_of::<Nothing>(), NOTHINGS.len(), size_of_val(&NOTHING));
    println!("{} {}", size_of::<Wide>(), is_aligned(&Wide));
    let heap: Vec<Box<Page>> = (0..5).map(|n| Box::new(Page([n; 100]))).collect();
    println!("{}", heap.iter().all(|page| is_aligned(&**page)));
    let units = vec![(); 1 << 40];
    println!("{} {}", units.len(), std::mem::size_of_val(&units[..]));
}
