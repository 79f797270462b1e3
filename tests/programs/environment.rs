//! Variables, arguments and the working folder are those of the shell.
// args: one two=3 --four -- ä
// env: LIVELINE_TEST_VARIABLE=seen RUST_BACKTRACE=0
use std::env;
fn main() {
    println!("{:?}", env::args().skip(1).collect::<Vec<_>>());
    println!("{:?}", env::var("LIVELINE_TEST_VARIABLE"));
    println!("{:?}", env::current_dir().unwrap());
    let mut names: Vec<_> = env::vars_os().map(|(name, _)| name).collect();
    names.sort();
    println!("{names:?}");
    unsafe { env::set_var("ADDED", "1") };
    println!("{:?} {:?}", env::var("ADDED"), env::var("NOT_THERE"));
    let name = env::args().next().unwrap();
    println!("{}", name.rsplit('/').next().unwrap());
}
