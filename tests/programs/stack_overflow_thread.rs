//! A stack overflow of another thread: std's message with its name, SIGABRT.
// stderr: same
fn deeper(level: u64) -> u64 {
    let page = std::hint::black_box([level; 512]);
    if level == u64::MAX { 0 } else { deeper(level + 1) + page[511] }
}
fn main() {
    println!("going down");
    let diver = std::thread::Builder::new().name("diver".into()).spawn(|| deeper(std::hint::black_box(0)));
    println!("{:?}", diver.unwrap().join());
}
