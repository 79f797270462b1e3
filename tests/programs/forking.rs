//! `fork`: the child has the program's memory and thread-locals, and its end is its own.
use std::cell::Cell;
unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}
thread_local!(static OWN: Cell<u32> = const { Cell::new(1) });
fn main() {
    OWN.set(7);
    println!("before");
    let pid = unsafe { fork() };
    if pid == 0 {
        let panicked = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(3u8)));
        println!("child {} {}", OWN.get(), panicked.is_err());
        std::process::exit(12);
    }
    let mut status = 0;
    unsafe { waitpid(pid, &mut status, 0) };
    println!("{} {}", status >> 8, OWN.get());
}
