//! A backtrace that names functions, files and lines.
// flags: -g
// env: RUST_BACKTRACE=1
// stderr: same
mod inner {
    #[inline(never)]
    pub fn fails(text: &str) -> u32 {
        text.parse::<u32>().expect("a number")
    }
}
struct Thing;
impl Thing {
    #[inline(never)]
    fn method(&self) -> u32 {
        let closure = || inner::fails("x");
        std::hint::black_box(closure())
    }
}
fn main() {
    println!("{}", Thing.method());
}
