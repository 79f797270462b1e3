//! Liveline's server: builds script libraries and tells running engines to take them.

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
pub mod os;
pub mod project;
pub mod test_report;
pub mod text;
pub mod watch;
