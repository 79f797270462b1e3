//! A stack overflow of the main thread: std's message, SIGABRT.
// stderr: same
fn deeper(level: u64) -> u64 {
    let page = std::hint::black_box([level; 512]);
    if level == u64::MAX { 0 } else { deeper(level + 1) + page[511] }
}
fn main() {
    println!("going down");
    println!("{}", deeper(std::hint::black_box(0)));
}
