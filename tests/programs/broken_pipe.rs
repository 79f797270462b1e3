//! A reader that has gone: `println!` panics, as SIGPIPE is ignored.
// stdout: closed
// stderr: same
fn main() {
    for n in 0..100_000 {
        println!("line {n}");
    }
}
