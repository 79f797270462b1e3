//! `liveline new` and `liveline init`: what a project needs so that its scripts reload. Everything here but `files.rs`
//! and `workspace.rs` is a function from what there is to what is to be written.

mod editors;
mod engine;
mod files;
mod init;
mod name;
mod source;
mod templates;
mod workspace;

pub use engine::Engine;
pub use files::{Done, File, is_new_folder, put};
pub use init::{ByHand, Plan, plan};
pub use name::{check, suggestion};
pub use source::Source;
pub use workspace::{Member, Workspace};

/// Where Liveline is developed.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
