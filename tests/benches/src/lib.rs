//! What is measured, and on what: generated scripts and projects, the ways from a save to running code, the goals.
//!
//! The binary `measure` runs it all; `cargo xtask measure` builds it and says how.

pub mod bevy;
mod child;
pub mod costs;
pub mod exec;
pub mod figures;
pub mod first;
pub mod frames;
pub mod goals;
pub mod keys;
pub mod machine;
pub mod memory;
pub mod project;
pub mod remote;
pub mod report;
pub mod text;
pub mod way;
