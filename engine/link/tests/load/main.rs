//! Real compilers' objects, linked, loaded into this very process, and run.
#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod c;
mod compile;
mod refuse;
mod rust;
