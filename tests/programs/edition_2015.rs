//! The edition that rustc has without being told.
// edition: none
extern crate core;
use std::fmt::Debug;
trait Old {
    fn anonymous(&self, u8) -> u32;
}
impl Old for u32 {
    fn anonymous(&self, n: u8) -> u32 {
        self + n as u32
    }
}
#[allow(bare_trait_objects)]
fn show(value: &Debug) -> String {
    let async = 1;
    format!("{:?} {}", value, async)
}
fn main() {
    println!("{} {}", show(&"old"), 5u32.anonymous(3));
    println!("{}", core::mem::size_of::<usize>());
}
