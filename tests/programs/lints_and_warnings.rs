//! rustc's warnings are said, and the program runs.
// stderr: same
#[warn(unused_variables)]
fn main() {
    let unused = 5;
    let mut not_changed = 1;
    println!("{not_changed}");
}
