//! A panic while another one unwinds ends the process.
struct Bad;
impl Drop for Bad {
    fn drop(&mut self) {
        panic!("the second");
    }
}
fn main() {
    println!("before");
    let _bad = Bad;
    panic!("the first");
}
