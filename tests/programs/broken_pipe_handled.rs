//! The error of a pipe without a reader, and SIGPIPE set to its default by the program.
use std::io::{Write, pipe};
unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}
fn main() {
    let (reader, mut writer) = pipe().unwrap();
    drop(reader);
    println!("{:?}", writer.write(b"x").unwrap_err().kind());
    println!("{}", unsafe { signal(13, 0) });
    let _ = writer.write(b"x");
    println!("never");
}
