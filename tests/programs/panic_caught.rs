//! Panics that are caught, in this thread and in others, with payloads of several types.
// stderr: same
use std::panic::{self, AssertUnwindSafe};
use std::thread;

struct Loud(&'static str);
impl Drop for Loud {
    fn drop(&mut self) {
        println!("dropped {} while panicking: {}", self.0, thread::panicking());
    }
}

fn deep(levels: u32) -> u32 {
    let _guard = Loud("a frame");
    if levels == 0 { panic!("at the bottom, {}", 40 + 2) } else { deep(levels - 1) + 1 }
}

fn main() {
    let caught = panic::catch_unwind(|| deep(3)).unwrap_err();
    println!("{:?}", caught.downcast_ref::<String>());
    let caught = panic::catch_unwind(|| panic::panic_any(7u8)).unwrap_err();
    println!("{:?}", caught.downcast_ref::<u8>());
    let result = thread::Builder::new().name("thrower".into()).spawn(|| panic!("in a thread")).unwrap().join();
    println!("{:?}", result.unwrap_err().downcast_ref::<&str>());
    let mut count = 0;
    let again = panic::catch_unwind(AssertUnwindSafe(|| {
        count += 1;
        let empty: Vec<i32> = Vec::new();
        empty[count]
    }));
    println!("{} {count}", again.is_err());
    let resumed = panic::catch_unwind(|| panic::resume_unwind(Box::new("resumed")));
    println!("{:?}", resumed.unwrap_err().downcast_ref::<&str>());
    println!("{:?}", panic::catch_unwind(|| "1x".parse::<i32>().unwrap()).is_err());
    println!("{:?}", panic::catch_unwind(|| std::hint::black_box(1) / std::hint::black_box(0)).is_err());
}
