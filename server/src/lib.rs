//! Liveline's server: builds script libraries and tells running engines to take them.

pub mod diagnostics;
pub mod face;
pub mod lsp;
pub mod text;
