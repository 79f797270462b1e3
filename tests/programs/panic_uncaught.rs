//! A panic that nobody catches: its message, its place and exit status 101.
// stderr: same
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {
        println!("unwound");
    }
}
fn main() {
    let _guard = Guard;
    let text = std::env::args().nth(5).expect("a fifth argument");
    println!("{text}");
}
