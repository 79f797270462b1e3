//! Anything as an object or an archive. The promises are the tests' own.
#![no_main]

#[path = "../../../engine/link/tests/hostile/check.rs"]
mod check;

use libfuzzer_sys::fuzz_target;
use liveline_link::Machine;

fuzz_target!(|bytes: &[u8]| {
    let machine = if bytes.get(18) == Some(&183) { Machine::Aarch64 } else { Machine::X86_64 };
    check::everything(bytes, machine);
});
