//! Arguments that are no UTF-8.
// args: \xff\xfe plain
use std::env;
fn main() {
    for argument in env::args_os().skip(1) {
        println!("{:?} {:?}", argument.as_encoded_bytes(), argument.to_str());
    }
    println!("{}", std::panic::catch_unwind(|| env::args().count()).is_err());
}
