//! `process::exit` runs no destructors of the stack, from a thread as well.
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {
        println!("never");
    }
}
fn main() {
    let _guard = Guard;
    print!("no line end");
    std::thread::spawn(|| std::process::exit(37)).join().unwrap();
}
