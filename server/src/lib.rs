//! Liveline's server: builds script libraries and tells running engines to take them.
//!
//! On other systems than Unix there is nothing in it.
#![cfg(unix)]

pub mod bench;
pub mod build;
pub mod channel;
pub mod check;
pub mod cli;
pub mod config;
pub mod core;
pub mod diagnostics;
pub mod doctor;
#[cfg(target_os = "linux")]
pub mod exec;
pub mod face;
pub mod folders;
pub mod hash;
pub mod hub;
pub mod link;
pub mod lsp;
pub mod new;
pub mod os;
pub mod project;
#[cfg(test)]
mod reference;
pub mod test_report;
pub mod text;
pub mod watch;
