//! A backtrace without debug information names functions, in a thread too, and all of them when asked to.
// env: RUST_BACKTRACE=1
// stderr: same
#[inline(never)]
fn fails(n: usize) -> u8 {
    let empty = std::hint::black_box(vec![1u8]);
    empty[n]
}
fn main() {
    println!("{}", std::thread::spawn(|| fails(9)).join().is_err());
    println!("{}", fails(8));
}
