//! The C interface of Liveline: `engine/include/liveline.h` documents every function.
//!
//! A handle is a number in a pointer's clothes, and is looked up on the thread that calls: so one that is detached, or
//! another thread's, or none at all, is an error and not a crash.
#![deny(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("Liveline reloads scripts on Linux only: link the scripts as a static library here");

#[expect(unsafe_code, reason = "C calls it, with pointers")]
mod api;
mod engine;
mod handles;
#[cfg(test)]
mod header;
mod held;
mod types;
