//! From a library's sources to an artifact: cargo for the first build, the captured rustc from then on.

mod artifact;
pub mod capture;
mod cargo;
pub mod compile;
mod direct;
mod inputs;
mod invocation;
pub mod job;
mod messages;
mod out_dirs;
mod record;
mod report;
pub mod stamp;
