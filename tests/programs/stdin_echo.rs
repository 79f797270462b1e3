//! Standard input, line by line and to its end.
// stdin: first line\nsecond line\nrest\x00\xffwithout an end
use std::io::{self, BufRead, Read, Write};
fn main() {
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    println!("{line:?}");
    let next = io::stdin().lock().lines().next().unwrap().unwrap();
    println!("{next:?}");
    let mut rest = Vec::new();
    io::stdin().read_to_end(&mut rest).unwrap();
    io::stdout().write_all(&rest).unwrap();
    eprintln!("{} bytes", rest.len());
}
