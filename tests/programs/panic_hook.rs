//! A hook of the program's own, which sees the panic's place.
use std::panic;
fn main() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().unwrap();
        let file = place.file().rsplit('/').next().unwrap();
        println!("hook: {} at {file}:{}:{}", info.payload().downcast_ref::<&str>().unwrap(), place.line(), place.column());
    }));
    let _ = panic::catch_unwind(|| panic!("one"));
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| previous(info)));
    panic!("two");
}
